import type pg from 'pg'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import { generate } from '../src/stages/generate.ts'
import { ingest } from '../src/stages/ingest.ts'
import { log, openPool } from './database.ts'
import { databaseCpuMs } from './database-cpu.ts'
import { benchProvider, dutiesOf, openEngine } from './engine.ts'
import { type Figure, ratio } from './figures.ts'
import { insertJobs, insertSteps, jobId, stepId, takeId } from './numbered-takes.ts'
import { countRoundTrips } from './round-trips.ts'

const WARM_UP = 500
const TAKES = 2_000
/** As many as the lane has slots. */
const AT_ONCE = 32
/** Takes that wait at once: a backlog would be admitted again and again, which is no take's own cost. */
const PORTION = 100

const MOST_ROUND_TRIPS = 30

interface Cost {
  engineMs: number
  databaseMs: number
  roundTrips: number
  perSecond: number
}

/**
 * What the engine itself costs a take, from `planned` to `accepted`: the provider has made it when it is first asked, and
 * there is nothing to download. Its price is set aside and settled; its two steps are admitted, claimed and left.
 */
export async function benchTakeCost(): Promise<Figure> {
  const { pool, stop } = await openPool()
  const roundTrips = countRoundTrips(pool)
  const store = createSqlStore({ pool, log })
  await store.migrate()
  await insertJobs(store, WARM_UP + TAKES, { createdAt: new Date(), state: () => ({ state: 'planned' }), assets: true })
  await pool.query('analyze')
  let open = 0
  let allAccepted = (): void => {}
  const provider = benchProvider({
    start: async (_request, context) => ({ id: context.takeId }),
    status: async () => ({ state: 'succeeded', outputs: [] }),
    // What is released is accepted, and that is committed.
    release: async () => {
      if (--open === 0) allAccepted()
    },
  })
  const { engine, close } = openEngine(pool, provider, (deps) => ({ generate: generate(deps), ingest: ingest(deps) }))
  await engine.start(dutiesOf(['io']))
  const make = async (first: number, to: number): Promise<void> => {
    for (let from = first; from < to; from += PORTION) {
      const { promise, resolve } = Promise.withResolvers<void>()
      allAccepted = resolve
      open = Math.min(PORTION, to - from)
      await insertSteps(store, from, from + open, () => ({ state: 'ready', runAt: new Date() }))
      await promise
    }
  }
  await make(0, WARM_UP)
  const engineCost = await costOf(pool, roundTrips, TAKES, () => make(WARM_UP, WARM_UP + TAKES))
  await close()
  await bare(pool, 0, WARM_UP)
  const bareCost = await costOf(pool, roundTrips, TAKES, () => bare(pool, WARM_UP, WARM_UP + TAKES))
  await stop()
  return {
    name: "the engine's own cost per take, from planned to accepted",
    measured: textOf(engineCost),
    target: `≤ ${MOST_ROUND_TRIPS} round trips`,
    met: engineCost.roundTrips <= MOST_ROUND_TRIPS,
    against: `its four commits, bare: ${textOf(bareCost)} (CPU ${ratio(cpuOf(engineCost), cpuOf(bareCost))})`,
  }
}

const cpuOf = ({ engineMs, databaseMs }: Cost): number => engineMs + databaseMs

function textOf({ engineMs, databaseMs, roundTrips, perSecond }: Cost): string {
  return `CPU ${engineMs.toFixed(1)} ms and the database's ${databaseMs.toFixed(1)} ms, ${roundTrips.toFixed(1)} round trips, ${Math.round(perSecond)} takes/s`
}

async function costOf(pool: pg.Pool, roundTrips: () => number, takes: number, work: () => Promise<void>): Promise<Cost> {
  const [trips, database, cpu, begun] = [roundTrips(), await databaseCpuMs(pool), process.cpuUsage(), performance.now()]
  await work()
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    engineMs: (user + system) / 1000 / takes,
    databaseMs: ((await databaseCpuMs(pool)) - database) / takes,
    roundTrips: (roundTrips() - trips) / takes,
    perSecond: takes / seconds,
  }
}

/** Intent, order, delivery, acceptance: each is a commit that saves take, job and step and appends events, by statements made ready. */
async function bare(pool: pg.Pool, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i)
  const worker = async (): Promise<void> => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
      for (const firstEvent of [101, 103, 105, 107]) await commit(pool, number, firstEvent)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function commit(pool: pg.Pool, number: number, firstEvent: number): Promise<void> {
  const client = await pool.connect()
  const write = (name: string, text: string, values: unknown[]) => client.query({ name, text, values })
  const [job, take] = [jobId(number), takeId(number)]
  const data = JSON.stringify({ takeId: take, state: 'making' })
  await Promise.all([
    client.query('begin'),
    write('bare_take', 'update sluice.take set state_detail = $2 where id = $1', [take, data]),
    write(
      'bare_event',
      "insert into sluice.event (job_id, id, at, type, data) select $1, id, now(), 'take', $3 from generate_series($2::integer, $2 + 1) as id",
      [job, firstEvent, data],
    ),
    write('bare_job', 'update sluice.job set seq = $2 where id = $1', [job, firstEvent + 1]),
    write('bare_step', 'update sluice.step set failures = 0 where id = $1', [stepId(number)]),
    client.query('commit'),
  ])
  client.release()
}
