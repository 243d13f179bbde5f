import { request as ask, createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpRecorder {
  url: string
  asked: readonly { method: string; path: string; headers: IncomingHttpHeaders }[]
  close(): Promise<void>
}

/** Passes everything on to a server, and keeps what it was asked for and with which headers. */
export async function httpRecorder(target: string): Promise<HttpRecorder> {
  const asked: { method: string; path: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    const { method = 'GET', url: path = '/', headers } = request
    asked.push({ method, path, headers })
    const onward = ask(`${target}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
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
