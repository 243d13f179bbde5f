import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ScriptedAnswer {
  status?: number
  headers?: Record<string, string>
  /** JSON, or a text as it is. */
  body: unknown
}

export interface ScriptedServer {
  url: string
  asked: readonly { method: string; path: string; headers: IncomingHttpHeaders; body: string }[]
  close(): Promise<void>
}

/** Gives its answers one after the other, and the last one for ever: for what no lab plays. */
export async function createScriptedServer(...answers: [ScriptedAnswer, ...ScriptedAnswer[]]): Promise<ScriptedServer> {
  const asked: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { status = 200, headers, body } = answers[Math.min(asked.length, answers.length - 1)] as ScriptedAnswer
      asked.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('latin1'),
      })
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
