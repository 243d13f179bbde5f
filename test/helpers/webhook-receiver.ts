import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ReceivedWebhook {
  path: string
  headers: Record<string, string | undefined>
  body: string
}

export interface ReceiverAnswer {
  status: number
  headers?: Record<string, string>
  body?: string
  /** The answer waits for it. */
  after?: Promise<unknown>
}

export interface WebhookReceiver extends AsyncDisposable {
  url: string
  received: ReceivedWebhook[]
  /** What the next ones are answered with; 200 when there is none left. */
  answers: (number | ReceiverAnswer)[]
  /** Resolves once so many have come. */
  has(count: number): Promise<ReceivedWebhook[]>
}

const LOOK_EVERY_MS = 5

/** Somebody who takes webhooks and keeps them as they came. `host`: the address to listen on. */
export async function webhookReceiver(host = '127.0.0.1'): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = []
  const answers: (number | ReceiverAnswer)[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    received.push({
      path: request.url ?? '/',
      headers: request.headers as ReceivedWebhook['headers'],
      body: Buffer.concat(chunks).toString('utf8'),
    })
    const next = answers.shift() ?? 200
    const { status, headers, body, after } = typeof next === 'number' ? { status: next } : next
    await after
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/hook`,
    received,
    answers,
    async has(count) {
      while (received.length < count) await sleep(LOOK_EVERY_MS)
      return received
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
