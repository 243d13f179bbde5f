import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient, verifyWebhook, type WebhookMessage } from '../../src/client/index.ts'
import { systemClock } from '../../src/compose/clock.ts'
import { ids } from '../../src/compose/ids.ts'
import { createLogger } from '../../src/compose/logger.ts'
import type { WebhookId } from '../../src/domain/ids.ts'
import type { Job } from '../../src/domain/job.ts'
import type { WebhookDelivery, WebhookEndpoint } from '../../src/domain/webhook.ts'
import { messageId } from '../../src/domain/webhook.ts'
import { createCourier } from '../../src/drivers/http/courier.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { silentMetrics } from '../../src/drivers/metrics/silent/metrics.ts'
import { silentTracer } from '../../src/drivers/tracer/silent/tracer.ts'
import { type SenderDeps, startWebhookSender, type WebhookSender } from '../../src/realtime/webhook-sender.ts'
import { eventually } from '../helpers/eventually.ts'
import { recordedMetrics } from '../helpers/recorded-metrics.ts'
import { type ReceivedWebhook, type WebhookReceiver, webhookReceiver } from '../helpers/webhook-receiver.ts'
import { createWorld, type Served, type World } from './http-server.ts'

const DAY_MS = 24 * 3_600_000
const never = new Promise<never>(() => undefined)

let world: World
let server: Served
let receiver: WebhookReceiver
let client: ReturnType<typeof createClient>
const senders: WebhookSender[] = []

beforeAll(async () => {
  world = await createWorld()
  server = await world.serve()
  client = createClient({ baseUrl: server.url })
})
afterAll(() => world.close())
beforeEach(async () => {
  receiver = await webhookReceiver()
})
afterEach(async () => {
  await receiver[Symbol.asyncDispose]()
  for (const sender of senders.splice(0)) await sender.stop()
  for (const { id } of await client.webhooks.list()) await client.webhooks.remove(id)
})

/** As a worker has one, but with failures tried again at once, twice. */
function startSender(change: Partial<SenderDeps> = {}): WebhookSender {
  const sender = startWebhookSender({
    store: world.store,
    courier: world.courier,
    clock: systemClock,
    ids,
    log: createLogger('silent'),
    metrics: silentMetrics,
    tracer: silentTracer,
    waitMs: (attempts) => (attempts < 3 ? 0 : null),
    stopGraceMs: 0,
    ...change,
  })
  senders.push(sender)
  return sender
}

const idOf = ({ headers }: ReceivedWebhook): string => headers['webhook-id'] ?? ''
const messageOf = ({ body }: ReceivedWebhook): WebhookMessage => JSON.parse(body) as WebhookMessage
const headersOf = ({ headers }: ReceivedWebhook) => headers as Record<string, string>

/** The delivery, once it is as wanted. */
const delivery = (endpointId: string, id: string, will: (delivery: WebhookDelivery) => boolean): Promise<WebhookDelivery | undefined> =>
  eventually(
    () => world.store.webhooks.delivery(endpointId as WebhookId, id),
    (found) => found !== undefined && will(found),
    20_000,
  )

const endpoint = (id: string, will: (endpoint: WebhookEndpoint) => boolean): Promise<WebhookEndpoint | undefined> =>
  eventually(
    () => world.store.webhooks.get(id as WebhookId),
    (found) => found !== undefined && will(found),
    20_000,
  )

/** A job that goes from its first segment to its end. */
async function playedJob(): Promise<Job> {
  const job = await world.submit({ metadata: { page: 'front' } })
  const assetId = await world.begin(job)
  await world.release(job, assetId, 0, true)
  return world.change(job, (tx) => tx.succeed())
}

describe('what happens to a job', () => {
  it('is told as it happens, in order, signed, to who wants to know, and to nobody else', async () => {
    const { id, secret } = await client.webhooks.create({ url: receiver.url, events: ['job.playable', 'job.succeeded'] })
    await client.webhooks.create({ url: `${receiver.url}/failures`, events: ['job.failed'] })
    const job = await playedJob()
    startSender()
    await receiver.has(2)
    await delivery(id, messageId(job.id, job.seq), ({ state }) => state === 'delivered')

    const log = await world.store.events.read(job.id, 0, 100)
    const playable = log.find(({ type }) => type === 'playable')
    expect(receiver.received.map(messageOf)).toEqual([
      {
        type: 'job.playable',
        timestamp: playable?.at.toISOString(),
        data: {
          job: expect.objectContaining({ id: job.id, kind: 'video', metadata: { page: 'front' }, assetId: job.assetId }),
          event: {
            id: playable?.id,
            at: playable?.at.toISOString(),
            type: 'playable',
            data: expect.objectContaining({ url: `/v1/assets/${job.assetId}/hls/master.m3u8`, readySeconds: 2 }),
          },
        },
      },
      {
        type: 'job.succeeded',
        timestamp: log.at(-1)?.at.toISOString(),
        data: {
          job: {
            id: job.id,
            kind: 'video',
            state: 'succeeded',
            metadata: { page: 'front' },
            assetId: job.assetId,
            createdAt: job.createdAt.toISOString(),
          },
          event: { id: job.seq, at: log.at(-1)?.at.toISOString(), type: 'status', data: expect.objectContaining({ state: 'succeeded' }) },
        },
      },
    ])
    expect(receiver.received.map(idOf)).toEqual([messageId(job.id, playable?.id ?? 0), messageId(job.id, job.seq)])
    for (const each of receiver.received) {
      expect(new Webhook(secret).verify(each.body, headersOf(each))).toEqual(messageOf(each))
      expect(await verifyWebhook(secret, each.headers, each.body)).toEqual(messageOf(each))
    }
    const { deliveries } = await client.webhooks.deliveries(id)
    expect(deliveries.map(({ type, state, attempts, last }) => [type, state, attempts, last?.status])).toEqual([
      ['job.succeeded', 'delivered', 1, 200],
      ['job.playable', 'delivered', 1, 200],
    ])
  })

  it('is told to the job’s own tenant only, and its log is nobody else’s', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    const stranger = await world.store.tenants.ensure('stranger', ids.next('ten'))
    const job = await world.submit({}, stranger)
    await world.change(job, (tx) => tx.end('failed', { class: 'internal', detail: 'No.', retry: 'never', charged: 'no' }))
    expect((await client.webhooks.deliveries(id)).deliveries).toEqual([])
  })
})

describe('a receiver', () => {
  it('that fails is asked again, with the same message, until it takes it', async () => {
    const { id, secret } = await client.webhooks.create({ url: receiver.url })
    receiver.answers.push({ status: 500, body: 'no such table' }, 302)
    const test = await client.webhooks.test(id)
    const metrics = recordedMetrics()
    startSender({ metrics })
    expect(test).toMatchObject({ type: 'webhook.test', state: 'pending', jobId: null, eventId: null, last: null })
    await receiver.has(3)
    expect(await delivery(id, test.id, ({ state }) => state === 'delivered')).toMatchObject({
      attempts: 3,
      lastStatus: 200,
      lastError: null,
    })
    expect(receiver.received.map(idOf)).toEqual([test.id, test.id, test.id])
    for (const each of receiver.received)
      expect(new Webhook(secret).verify(each.body, headersOf(each))).toMatchObject({ data: { webhookId: id } })
    expect((await endpoint(id, ({ failingSince }) => failingSince === null))?.state).toEqual({ state: 'enabled' })
    expect((await client.webhooks.deliveries(id)).deliveries).toHaveLength(1)
    const outcomes = metrics.labelsOf('sluice_webhook_delivery_seconds').map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['retrying', 'retrying', 'delivered'])
  })

  it('that asks to be left alone is', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    receiver.answers.push({ status: 429, headers: { 'retry-after': '600' } })
    const { id: message } = await client.webhooks.test(id)
    startSender()
    const waiting = await delivery(id, message, ({ lastStatus }) => lastStatus === 429)
    expect((waiting?.nextAt?.getTime() ?? 0) - (waiting?.lastAttemptAt?.getTime() ?? 0)).toBeGreaterThan(590_000)
    await endpoint(id, ({ failingSince }) => failingSince !== null)
  })

  it('that never takes it is given up for this message, and after days for all, with a notice', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    receiver.answers.push(500, 500, 500)
    const first = await client.webhooks.test(id)
    const sender = startSender()
    expect(await delivery(id, first.id, ({ state }) => state === 'failed')).toMatchObject({
      attempts: 3,
      lastError: 'It was answered with 500.',
    })
    const since = (await endpoint(id, ({ failingSince }) => failingSince !== null)) as WebhookEndpoint
    expect(since.state.state).toBe('enabled')

    const longAgo = new Date(Date.now() - 3 * DAY_MS)
    await world.store.webhooks.save({ ...since, failingSince: longAgo })
    receiver.answers.push(500, 500, 500)
    await client.webhooks.test(id)
    sender.poke()
    await endpoint(id, ({ state }) => state.state === 'disabled')
    const view = await client.webhooks.get(id)
    expect(view).toMatchObject({
      enabled: false,
      disabled: { reason: 'failing', notice: expect.stringContaining('three days') },
      failingSince: longAgo.toISOString(),
    })
    await expect(client.webhooks.test(id)).rejects.toMatchObject({ code: 'webhook_disabled' })
    await expect(client.webhooks.replay(id, first.id)).rejects.toMatchObject({ code: 'webhook_disabled' })
    expect(await client.webhooks.update(id, { enabled: true })).toMatchObject({ enabled: true, disabled: null, failingSince: null })
    await client.webhooks.replay(id, first.id)
    sender.poke()
    await delivery(id, first.id, ({ state }) => state === 'delivered')
  })

  it('that is gone gets no more', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    receiver.answers.push(410)
    const { id: message } = await client.webhooks.test(id)
    startSender()
    expect((await endpoint(id, ({ state }) => state.state === 'disabled'))?.state).toMatchObject({ reason: 'gone' })
    expect(await delivery(id, message, ({ state }) => state === 'failed')).toMatchObject({ attempts: 1, lastStatus: 410 })
    const job = await playedJob()
    expect((await client.webhooks.deliveries(id)).deliveries.map(({ jobId }) => jobId)).toEqual([null])
    expect(job.state.state).toBe('succeeded')
    expect(receiver.received).toHaveLength(1)
  })

  it('that is slow holds up itself alone', async () => {
    const slow = await client.webhooks.create({ url: `${receiver.url}/slow` })
    await using quick = await webhookReceiver()
    const other = await client.webhooks.create({ url: quick.url })
    for (let i = 0; i < 20; i++) receiver.answers.push({ status: 200, after: never })
    for (let i = 0; i < 10; i++) for (const { id } of [slow, other]) await client.webhooks.test(id)
    startSender()
    await quick.has(10)
    await receiver.has(4)
    for (const { id } of (await client.webhooks.deliveries(other.id)).deliveries)
      await delivery(other.id, id, ({ state }) => state === 'delivered')
    // Its four places are taken, and nothing more is sent until one is free.
    expect(receiver.received).toHaveLength(4)
    const waiting = (await client.webhooks.deliveries(slow.id)).deliveries.filter(({ attempts }) => attempts === 0)
    expect(waiting).toHaveLength(6)
  })

  it('is sent what a stop cut off by the next sender', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    receiver.answers.push({ status: 200, after: never })
    const { id: message } = await client.webhooks.test(id)
    const first = startSender()
    await receiver.has(1)
    await first.stop()
    expect(await world.store.webhooks.delivery(id as WebhookId, message)).toMatchObject({ state: 'pending', attempts: 0 })
    startSender()
    await delivery(id, message, ({ state }) => state === 'delivered')
    expect(receiver.received.map(idOf)).toEqual([message, message])
  })

  it('is sent again what a sender could not write down as delivered, under the same id', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    const { id: message } = await client.webhooks.test(id)
    const settle = () => {
      void dying.stop()
      return Promise.reject(new Error('the process was killed'))
    }
    const dying = startSender({ store: { ...world.store, webhooks: { ...world.store.webhooks, settle } }, leaseMs: 0 })
    await receiver.has(1)
    await dying.stop()
    startSender()
    await delivery(id, message, ({ state }) => state === 'delivered')
    expect(receiver.received.map(idOf)).toEqual([message, message])
  })
})

describe('an address on the inside', () => {
  it('is refused, and nothing is sent there, unless the operator allows it', async () => {
    const network = createNetwork()
    const strict = createCourier({ network, allowPrivate: false, userAgent: 'Sluice/test' })
    const closed = await world.serve({ courier: strict })
    const { webhooks } = createClient({ baseUrl: closed.url })
    const refused = { code: 'address_refused', problem: { field: 'url', fix: expect.stringContaining('SLUICE_WEBHOOK_PRIVATE=true') } }
    await expect(webhooks.create({ url: receiver.url })).rejects.toMatchObject(refused)
    await expect(webhooks.create({ url: 'https://192.168.1.4/hook' })).rejects.toMatchObject(refused)
    // Added while it was allowed.
    const { id } = await client.webhooks.create({ url: receiver.url })
    const { id: message } = await client.webhooks.test(id)
    startSender({ courier: strict })
    const failed = await delivery(id, message, ({ state }) => state === 'failed')
    expect(failed).toMatchObject({ lastStatus: null, lastError: expect.stringContaining('SLUICE_WEBHOOK_PRIVATE=true') })
    expect(receiver.received).toEqual([])
    await closed.close()
    await network.close()
  })
})

describe('the owner of a webhook', () => {
  it('has a message sent again, under the same id', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    const job = await playedJob()
    const sender = startSender()
    await receiver.has(2)
    const last = messageId(job.id, job.seq)
    await delivery(id, last, ({ state }) => state === 'delivered')
    expect(await client.webhooks.replay(id, last)).toMatchObject({ id: last, state: 'pending', jobId: job.id, eventId: job.seq })
    sender.poke()
    await receiver.has(3)
    const [, original, replayed] = receiver.received as [ReceivedWebhook, ReceivedWebhook, ReceivedWebhook]
    expect([idOf(replayed), replayed.body]).toEqual([idOf(original), original.body])
  })

  it('changes the secret, and both sign until the overlap is over', async () => {
    const { id, secret: old } = await client.webhooks.create({ url: receiver.url })
    const sender = startSender()
    const rotated = await client.webhooks.rotate(id)
    expect(rotated.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(Date.parse(rotated.previousSecretUntil ?? '')).toBeGreaterThan(Date.now() + DAY_MS - 60_000)
    await client.webhooks.test(id)
    sender.poke()
    const [both] = (await receiver.has(1)) as [ReceivedWebhook]
    for (const secret of [old, rotated.secret]) expect(new Webhook(secret).verify(both.body, headersOf(both))).toBeTruthy()

    const bare = await fetch(`${server.url}/v1/webhooks/${id}/rotate`, { method: 'POST' })
    expect(bare.status).toBe(200)
    const { secret: third, previousSecretUntil } = await client.webhooks.rotate(id, { overlapSeconds: 0 })
    expect(previousSecretUntil).toBeNull()
    await client.webhooks.test(id)
    sender.poke()
    const [, one] = (await receiver.has(2)) as [ReceivedWebhook, ReceivedWebhook]
    expect(new Webhook(third).verify(one.body, headersOf(one))).toBeTruthy()
    for (const secret of [old, rotated.secret]) expect(() => new Webhook(secret).verify(one.body, headersOf(one))).toThrow()
  })

  it('makes, lists, changes and removes them; the secret is shown once', async () => {
    const made = await client.webhooks.create({ url: receiver.url })
    expect(made).toMatchObject({
      url: receiver.url,
      enabled: true,
      disabled: null,
      events: expect.arrayContaining(['job.succeeded', 'review.opened']),
    })
    expect(made.events).not.toContain('take.failed')
    const { secret, ...view } = made
    expect(await client.webhooks.list()).toEqual([view])
    expect(await client.webhooks.get(made.id)).toEqual(view)
    const changed = await client.webhooks.update(made.id, {
      url: `${receiver.url}/2`,
      events: ['take.failed', 'take.failed'],
      enabled: false,
    })
    expect(changed).toMatchObject({ url: `${receiver.url}/2`, events: ['take.failed'], enabled: false, disabled: { reason: 'request' } })
    await client.webhooks.remove(made.id)
    await expect(client.webhooks.get(made.id)).rejects.toMatchObject({ code: 'webhook_not_found', status: 404 })
    expect(secret).toMatch(/^whsec_/)
  })

  it('reads the log in pages, by state', async () => {
    const { id } = await client.webhooks.create({ url: receiver.url })
    const made: string[] = []
    for (let i = 0; i < 3; i++) made.unshift((await client.webhooks.test(id)).id)
    const first = await client.webhooks.deliveries(id, { limit: 2 })
    expect(first).toMatchObject({ deliveries: [{ id: made[0] }, { id: made[1] }], next: made[1] })
    expect(await client.webhooks.deliveries(id, { limit: 2, before: first.next ?? '' })).toMatchObject({
      deliveries: [{ id: made[2] }],
      next: null,
    })
    expect((await client.webhooks.deliveries(id, { state: 'failed' })).deliveries).toEqual([])
  })

  it('is told what is wrong with an address, an event or an id, and when there are enough', async () => {
    const create = (body: unknown) => client.webhooks.create(body as never)
    await expect(create({ url: 'ftp://app.example/' })).rejects.toMatchObject({ code: 'address_refused', problem: { field: 'url' } })
    await expect(create({ url: receiver.url, events: ['job.done'] })).rejects.toMatchObject({
      code: 'request_invalid',
      problem: { field: 'events.0' },
    })
    await expect(create({ url: receiver.url, events: [] })).rejects.toMatchObject({ code: 'request_invalid' })
    await expect(create({})).rejects.toMatchObject({ code: 'request_invalid', problem: { field: 'url' } })
    const { id } = await create({ url: receiver.url })
    await expect(client.webhooks.update(id, { url: 'nowhere' })).rejects.toMatchObject({ code: 'address_refused' })
    await expect(client.webhooks.get('whk_0')).rejects.toMatchObject({ code: 'webhook_not_found' })
    for (const wrong of ['evt_0', 'evt_\0', `evt_${'0'.repeat(26)}_1`])
      await expect(client.webhooks.replay(id, wrong)).rejects.toMatchObject({ code: 'delivery_not_found' })
    await expect(client.webhooks.deliveries(id, { before: '\0' })).rejects.toMatchObject({ code: 'request_invalid' })
    await expect(client.webhooks.rotate(id, { overlapSeconds: -1 })).rejects.toMatchObject({ code: 'request_invalid' })
    for (let i = 1; i < 20; i++) await create({ url: `${receiver.url}/${i}` })
    await expect(create({ url: receiver.url })).rejects.toMatchObject({ code: 'webhooks_too_many', status: 409 })
  })
})
