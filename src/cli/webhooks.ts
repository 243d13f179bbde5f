import { createClient, type WebhookView } from '../client/index.ts'
import { serverAddress } from './server-address.ts'

interface Where {
  server: string
}

const clientOf = ({ server }: Where) =>
  createClient({ baseUrl: serverAddress(server), ...(process.env['SLUICE_KEY'] && { auth: process.env['SLUICE_KEY'] }) })
const print = (line: string) => process.stdout.write(`${line}\n`)

export async function list(where: Where, options: { json?: boolean }): Promise<void> {
  const webhooks = await clientOf(where).webhooks.list()
  if (options.json) return void print(JSON.stringify(webhooks, null, 2))
  if (webhooks.length === 0) return void print('No webhooks.')
  for (const webhook of webhooks) print(`${webhook.id}  ${healthOf(webhook).padEnd(8)}  ${webhook.url}  ${webhook.events.join(',')}`)
}

/** The secret goes to standard output, alone, so that it can be piped to where it is kept. */
export async function add(where: Where, url: string, options: { events?: string[] }): Promise<void> {
  const webhook = await clientOf(where).webhooks.create({ url, ...(options.events && { events: options.events as WebhookView['events'] }) })
  print(webhook.secret)
  process.stderr.write(`${webhook.id} is told of ${webhook.events.join(', ')}.\nKeep the secret now: it is not shown again.\n`)
}

export async function remove(where: Where, id: string): Promise<void> {
  await clientOf(where).webhooks.remove(id)
  print(`${id} is removed`)
}

export async function test(where: Where, id: string): Promise<void> {
  const delivery = await clientOf(where).webhooks.test(id)
  print(`${delivery.id} is on its way; \`sluice webhooks deliveries ${id}\` says what became of it`)
}

export async function deliveries(where: Where, id: string, options: { limit: number; json?: boolean }): Promise<void> {
  const log = await clientOf(where).webhooks.deliveries(id, { limit: options.limit })
  if (options.json) return void print(JSON.stringify(log.deliveries, null, 2))
  if (log.deliveries.length === 0) return void print('Nothing was sent yet.')
  for (const { id: message, type, state, attempts, last, createdAt } of log.deliveries) {
    const how = last ? (last.error ?? `${last.status} in ${last.tookMs} ms`) : 'not tried yet'
    print(
      `${createdAt}  ${state.padEnd(9)}  ${type.padEnd(16)}  ${message}  ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}  ${how}`,
    )
  }
}

function healthOf({ enabled, failingSince }: WebhookView): string {
  if (!enabled) return 'disabled'
  return failingSince === null ? 'enabled' : 'failing'
}
