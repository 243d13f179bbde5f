import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Mail {
  /** Names in lower case. */
  headers: Record<string, string | undefined>
  rawBody: Buffer
  /** What followed the mailbox's address. */
  path: string
}

export interface Mailbox {
  url: string
  mails: readonly Mail[]
  /** Resolves with the first so many, once they have come. */
  first(count: number): Promise<Mail[]>
  close(): Promise<void>
}

/** Takes webhooks and answers each with 204. */
export async function createMailbox(): Promise<Mailbox> {
  const mails: Mail[] = []
  let arrived = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      mails.push({ headers, rawBody: Buffer.concat(pieces), path: request.url ?? '' })
      response.writeHead(204).end()
      arrived.resolve()
      arrived = Promise.withResolvers()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    async first(count) {
      while (mails.length < count) await arrived.promise
      return mails.slice(0, count)
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
