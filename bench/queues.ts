import { setTimeout as sleep } from 'node:timers/promises'
import { createPostgresBus } from '../src/drivers/bus/postgres/bus.ts'
import { bullOnPostgres } from '../src/drivers/queue/bullmq/on-postgres.ts'
import { bullOnRedis } from '../src/drivers/queue/bullmq/on-redis.ts'
import { createBullQueue } from '../src/drivers/queue/bullmq/queue.ts'
import { createPostgresQueue } from '../src/drivers/queue/postgres/queue.ts'
import { createRabbitmqQueue } from '../src/drivers/queue/rabbitmq/queue.ts'
import { createPostgresPool } from '../src/drivers/store/postgres/pool.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import type { Queue } from '../src/ports/queue.ts'
import { startPostgresServer } from '../test/contract/postgres-server.ts'
import { startRabbitmqServer } from '../test/contract/rabbitmq-server.ts'
import { startRedisServer } from '../test/contract/redis-server.ts'
import { AT_ONCE, type BareQueue, bareAmqp, bareBull } from './bare-queues.ts'
import { log } from './database.ts'
import { benchProvider, dutiesOf, openEngine } from './engine.ts'
import { type Figure, ms, quantile, ratio } from './figures.ts'
import { insertJobs, insertSteps, numberOf } from './numbered-takes.ts'

const WARM_UP = 500
/** For the throughput. */
const STEPS = 4_000
/** Sent at once: what a backlog looks like to a queue. */
const PORTION = 500
/** For the latency at half of that throughput. */
const LATENCY_SECONDS = 4
const MOST_A_SECOND = 2_000

interface Speed {
  perSecond: number
  latenciesMs: number[]
}

/**
 * Steps through the whole engine (written, admitted by turns, sent, claimed, left) over each queue, beside messages through the
 * queue's own library alone on the same servers: how many a second, and from the write to the handler at half of that.
 */
export async function benchQueues(): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack()
  const postgres = await startPostgresServer()
  stack.defer(() => postgres.dispose())
  const redis = await startRedisServer()
  stack.defer(() => redis.dispose())
  const rabbitmq = await startRabbitmqServer()
  stack.defer(() => rabbitmq.dispose())

  const onRedis = () => bullOnRedis({ url: redis.url, log })
  const onPostgres = (url: string) => bullOnPostgres({ pool: createPostgresPool(url, { max: 8 }) })
  const bull = { name: 'bare BullMQ on Redis', speed: await bareSpeed(await bareBull(onRedis())) }
  const bullPg = { name: 'bare BullMQ on PostgreSQL', speed: await bareSpeed(await bareBull(onPostgres(await postgres.createDatabase()))) }
  const amqp = { name: 'bare amqplib, quorum queue, confirms', speed: await bareSpeed(await bareAmqp(rabbitmq.url)) }
  const prefix = 'bench'
  const rows: [string, (url: string) => Queue | undefined, typeof bull][] = [
    ['PostgreSQL', () => undefined, bull],
    ['BullMQ on PostgreSQL', (url) => createBullQueue({ storage: onPostgres(url), prefix, log }), bullPg],
    ['BullMQ on Redis', () => createBullQueue({ storage: onRedis(), prefix, log }), bull],
    ['RabbitMQ', () => createRabbitmqQueue({ url: rabbitmq.url, prefix, log }), amqp],
  ]
  const figures: Figure[] = []
  for (const [name, open, bare] of rows) {
    const url = await postgres.createDatabase()
    figures.push(figureOf(name, await engineSpeed(url, open(url)), bare.name, bare.speed))
  }
  return figures
}

function figureOf(name: string, engine: Speed, against: string, bare: Speed): Figure {
  const [p50, p99] = [quantile(engine.latenciesMs, 0.5), quantile(engine.latenciesMs, 0.99)]
  return {
    name: `steps through the engine, queue ${name}`,
    measured: `${Math.round(engine.perSecond)}/s; at half of it p50 ${ms(p50)}, p99 ${ms(p99)}`,
    target: '≥ 0.6x bare; p50 ≤ 5 ms, p99 ≤ 25 ms',
    met: engine.perSecond >= 0.6 * bare.perSecond && p50 <= 5 && p99 <= 25,
    against: `${against}: ${Math.round(bare.perSecond)}/s (${ratio(engine.perSecond, bare.perSecond)}); p50 ${ms(quantile(bare.latenciesMs, 0.5))}, p99 ${ms(quantile(bare.latenciesMs, 0.99))}`,
  }
}

async function engineSpeed(url: string, queue: Queue | undefined): Promise<Speed> {
  const pool = createPostgresPool(url)
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const bus = createPostgresBus({ pool, log })
  const count = WARM_UP + STEPS + MOST_A_SECOND * LATENCY_SECONDS
  await insertJobs(store, count, { createdAt: new Date(), state: () => ({ state: 'planned' }), assets: false })
  await pool.query('analyze')
  const seen = watch()
  const { engine, close } = openEngine(
    pool,
    benchProvider({}),
    () => ({
      generate: async ({ step }) => {
        seen.begun(String(numberOf(step.id)))
        return { then: 'done' }
      },
    }),
    { queue: queue ?? createPostgresQueue({ pool, log }), slots: { io: AT_ONCE, cpu: 1, resident: 1 } },
  )
  await engine.start(dutiesOf(['io']))
  const speed = await measure(seen, async (names) => {
    const first = Number(names[0])
    await insertSteps(store, first, first + names.length, () => ({ state: 'ready', runAt: new Date() }))
    // As another process says it.
    await bus.publish('steps:due', {})
  })
  await close()
  await bus.close()
  await store.close()
  return speed
}

async function bareSpeed(queue: BareQueue): Promise<Speed> {
  const seen = watch()
  await queue.consume(seen.begun)
  const speed = await measure(seen, (names) => queue.send(names))
  await queue.close()
  return speed
}

/** Which messages have come to their handler, and when. */
function watch() {
  const at = new Map<string, number>()
  let told = (): void => {}
  let awaited = Number.POSITIVE_INFINITY
  return {
    begun(name: string): void {
      at.set(name, performance.now())
      if (at.size >= awaited) told()
    },
    at: (name: string): number => at.get(name) ?? Number.NaN,
    async until(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      awaited = count
      told = resolve
      if (at.size < count) await promise
    },
  }
}

async function measure(seen: ReturnType<typeof watch>, send: (names: string[]) => Promise<void>): Promise<Speed> {
  let sent = 0
  const names = (count: number): string[] => Array.from({ length: count }, () => String(sent++))
  async function all(count: number): Promise<number> {
    const begun = performance.now()
    const end = sent + count
    while (sent < end) await send(names(PORTION))
    await seen.until(end)
    return (performance.now() - begun) / 1_000
  }
  await all(WARM_UP)
  const perSecond = STEPS / (await all(STEPS))
  return { perSecond, latenciesMs: await latencies(seen, send, names, Math.min(MOST_A_SECOND, perSecond / 2)) }
}

/** Sends at fixed times whether or not the last ones have come. */
async function latencies(
  seen: ReturnType<typeof watch>,
  send: (names: string[]) => Promise<void>,
  names: (count: number) => string[],
  perSecond: number,
): Promise<number[]> {
  const begun = performance.now()
  const due: Promise<{ name: string; at: number }[]>[] = []
  let count = 0
  while (performance.now() - begun < LATENCY_SECONDS * 1_000) {
    const until = Math.floor(((performance.now() - begun) / 1_000) * perSecond)
    if (until > count) {
      const batch = names(until - count)
      count = until
      due.push(send(batch).then(() => batch.map((name) => ({ name, at: performance.now() }))))
    }
    await sleep(2)
  }
  const all = (await Promise.all(due)).flat()
  await seen.until(WARM_UP + STEPS + count)
  return all.map(({ name, at }) => Math.max(0, seen.at(name) - at))
}
