import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { systemClock } from '../src/compose/clock.ts'
import { createCourier } from '../src/drivers/http/courier.ts'
import { createNetwork } from '../src/drivers/http/network.ts'
import { silentMetrics } from '../src/drivers/metrics/silent/metrics.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import { silentTracer } from '../src/drivers/tracer/silent/tracer.ts'
import type { Store } from '../src/ports/store.ts'
import { startWebhookSender } from '../src/realtime/webhook-sender.ts'
import { newJob, newWebhook, testIds } from '../src/testing/entities.ts'
import { log, openPool } from './database.ts'
import { type Figure, median, ms, ratio } from './figures.ts'

const ENDPOINTS = 10
const JOBS = 200
const COMMITS = 400
const playable = { type: 'playable', data: {} }

/** What a webhook costs the commit that announces it where nobody listens, and what sending one costs. */
export async function benchWebhooks(): Promise<Figure[]> {
  const { pool, stop } = await openPool()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const receiver = await openReceiver()
  try {
    return [await announcing(store), await sending(store, receiver)]
  } finally {
    receiver.close()
    await stop()
  }
}

/** Commits of an event with and without the statement for webhooks, in turns, as a tenant without an endpoint has them. */
async function announcing(store: Store): Promise<Figure> {
  const job = newJob({ tenantId: await store.tenants.ensure('nobody listens', testIds.next('ten')) })
  await store.jobs.insert([job])
  let current = job
  const commit = async (announce: boolean): Promise<number> => {
    const begun = performance.now()
    await store.transaction(async (tx) => {
      const locked = await tx.jobs.lock(job.id)
      if (!locked) throw new Error('the job is gone')
      current = await tx.events.append(locked, new Date(), [playable])
      if (announce) await tx.webhooks.announce(current, new Date(), [{ id: current.seq, type: 'job.playable' }])
      await tx.jobs.save(current)
    })
    return performance.now() - begun
  }
  const [without, including]: [number[], number[]] = [[], []]
  for (let i = 0; i < COMMITS; i++) {
    without.push(await commit(false))
    including.push(await commit(true))
  }
  const [bare, told] = [median(without), median(including)]
  return {
    name: 'commit of an event that webhooks may tell of, nobody listening',
    measured: `p50 ${ms(told)}`,
    target: '≤ 1.25x',
    met: told <= bare * 1.25,
    against: `the same commit without: p50 ${ms(bare)} (${ratio(told, bare)})`,
  }
}

async function sending(store: Store, receiver: Receiver): Promise<Figure> {
  const tenantId = await store.tenants.ensure('everybody listens', testIds.next('ten'))
  const urls = Array.from({ length: ENDPOINTS }, (_, i) => `${receiver.url}/${i}`)
  for (const url of urls) await store.webhooks.insert(newWebhook(tenantId, { url }))
  const jobs = Array.from({ length: JOBS }, () => newJob({ tenantId }))
  await store.jobs.insert(jobs)
  for (const job of jobs)
    await store.transaction(async (tx) => {
      await tx.events.append(job, new Date(), [playable])
      await tx.webhooks.announce(job, new Date(), [{ id: 1, type: 'job.playable' }])
    })

  const network = createNetwork()
  const courier = createCourier({ network, allowPrivate: true, userAgent: 'Sluice/bench' })
  const all = JOBS * ENDPOINTS
  const sluice = await timed(async () => {
    const sender = startWebhookSender({ store, courier, clock: systemClock, ids: testIds, log, metrics: silentMetrics, tracer: silentTracer })
    await receiver.has(all)
    await sender.stop()
  })
  await network.close()

  const dispatcher = new Agent({ connections: ENDPOINTS * 4 })
  const bare = await timed(async () => {
    const post = async (url: string) => (await request(url, { method: 'POST', body: '{}', dispatcher })).body.dump()
    for (let i = 0; i < all; i += ENDPOINTS * 4)
      await Promise.all(Array.from({ length: ENDPOINTS * 4 }, (_, n) => post(urls[n % ENDPOINTS] ?? '')))
  })
  await dispatcher.close()
  return {
    name: `${all.toLocaleString('en')} webhooks to ${ENDPOINTS} endpoints`,
    measured: `${Math.round((all / sluice.wallMs) * 1_000)}/s, ${ms(sluice.cpuMs / all)} CPU each`,
    target: '≥ 200/s',
    met: all / sluice.wallMs >= 0.2,
    against: `bare posts: ${Math.round((all / bare.wallMs) * 1_000)}/s, ${ms(bare.cpuMs / all)} CPU each, the receiver's in both`,
  }
}

async function timed(work: () => Promise<void>): Promise<{ wallMs: number; cpuMs: number }> {
  const [begun, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wallMs: performance.now() - begun, cpuMs: (user + system) / 1_000 }
}

type Receiver = Awaited<ReturnType<typeof openReceiver>>

async function openReceiver() {
  let received = 0
  let wanted = Number.POSITIVE_INFINITY
  let reached = () => {}
  const server = createServer((asked, answer) => {
    asked.resume().once('end', () => {
      answer.writeHead(204).end()
      if (++received === wanted) reached()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    has: (count: number) =>
      new Promise<void>((resolve) => {
        wanted = count
        reached = resolve
      }),
    close: () => server.close(),
  }
}
