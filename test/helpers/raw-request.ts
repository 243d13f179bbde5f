import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

export interface RawRequest {
  method?: string
  /** Names as they are to be sent; `Host` may be given. */
  headers?: Record<string, string>
  body?: string
}

const TIMEOUT_MS = 20_000

/** Sends the path exactly as it is written, dots and all, with any header: a browser or `fetch` would mend them first. */
export async function rawRequest(base: string, path: string, { method = 'GET', headers = {}, body }: RawRequest = {}): Promise<Response> {
  const { hostname, port } = new URL(base)
  const sent = request({ hostname, port, path, method, headers, timeout: TIMEOUT_MS, agent: false })
  sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} was not answered within ${TIMEOUT_MS} ms`)))
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const pairs = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  )
  return new Response(Buffer.concat(chunks), { status: answer.statusCode ?? 0, headers: pairs })
}
