import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RelayedWebhook {
  path: string
  headers: Record<string, string>
  body: Buffer
  /** What the server answered. */
  status: number
}

export interface WebhookRelay {
  url: string
  relayed: readonly RelayedWebhook[]
  /** The server behind it. */
  target: string
  close(): Promise<void>
}

/** The public address of a server that is started later: passes webhooks on and keeps them as they came. */
export async function webhookRelay(): Promise<WebhookRelay> {
  const relayed: RelayedWebhook[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        ['host', 'connection', 'content-length', 'transfer-encoding'].includes(name) ? [] : [[name, String(value)]],
      ),
    )
    const path = request.url ?? '/'
    const status = await fetch(`${relay.target}${path}`, { method: 'POST', headers, body }).then(
      (answer) => answer.status,
      () => 502,
    )
    relayed.push({ path, headers, body, status })
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const relay: WebhookRelay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    relayed,
    target: '',
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return relay
}
