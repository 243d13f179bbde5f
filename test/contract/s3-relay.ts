import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the relay does with a request instead of passing it on unharmed. */
export type Spoiling =
  /** Answers with an error of S3's. */
  | { status: number; code: string }
  /** Cuts the connection after so many bytes of the answer's body. */
  | { cutAfterBytes: number }
  /** Answers so, and does not ask the server. */
  | { answer: { headers: Record<string, string>; body: Uint8Array } }
  /** Never answers. */
  | 'silence'

export interface Passing {
  method: string
  /** Path and query. */
  url: string
  /** The `Range` header. */
  range: string | undefined
  /** The `If-None-Match` or `If-Match` header. */
  condition: string | undefined
}

/** Stands before an S3 server and spoils what goes through. The signature stays right: the server sees the `Host` the client signed. */
export interface S3Relay {
  endpoint: string
  /** All that came, the oldest first. */
  seen: Passing[]
  /** Asked for each request, which waits for the answer. */
  spoil: (passing: Passing) => Spoiling | undefined | Promise<Spoiling | undefined>
  /** Connections the client has given up before the answer was all there. */
  givenUp: number
  close(): Promise<void>
}

export async function startS3Relay(target: string): Promise<S3Relay> {
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const passing = { method, url, range: headers.range, condition: headers['if-none-match'] ?? headers['if-match'] }
    relay.seen.push(passing)
    response.on('close', () => {
      if (!response.writableFinished) relay.givenUp += 1
    })
    const spoiling = await relay.spoil(passing)
    if (spoiling === 'silence') request.resume()
    else if (spoiling && 'status' in spoiling) {
      request.resume()
      response.writeHead(spoiling.status, { 'content-type': 'application/xml' }).end(`<Error><Code>${spoiling.code}</Code></Error>`)
    } else if (spoiling && 'answer' in spoiling) {
      request.resume()
      response.writeHead(200, spoiling.answer.headers).end(spoiling.answer.body)
    } else pass(target, request, response, spoiling?.cutAfterBytes)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const relay: S3Relay = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    spoil: () => undefined,
    givenUp: 0,
    async close() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
  return relay
}

function pass(target: string, request: IncomingMessage, response: ServerResponse, cutAfterBytes = Number.POSITIVE_INFINITY): void {
  const { method = 'GET', url = '/', headers } = request
  const onward = send(new URL(url, target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders()
    let left = cutAfterBytes
    answer.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, left)
      left -= part.byteLength
      if (!response.write(part, () => left <= 0 && response.destroy())) answer.pause()
    })
    response.on('drain', () => answer.resume())
    answer.on('end', () => response.end())
    if (left === 0) response.destroy()
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}
