import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type pg from 'pg'
import { systemClock } from '../src/compose/clock.ts'
import { ids } from '../src/compose/ids.ts'
import type { JobId, TakeId, TenantId } from '../src/domain/ids.ts'
import type { JobKind } from '../src/domain/request.ts'
import type { StepName } from '../src/domain/step.ts'
import { createPostgresBus } from '../src/drivers/bus/postgres/bus.ts'
import { createPostgresQueue } from '../src/drivers/queue/postgres/queue.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import { createEngine } from '../src/engine/create-engine.ts'
import type { Provider } from '../src/ports/provider.ts'
import type { Pipeline, StepHandler } from '../src/ports/stages.ts'
import type { StageDeps } from '../src/stages/deps.ts'
import { generate } from '../src/stages/generate.ts'
import { log, openPool } from './database.ts'
import { type Figure, ms, quantile, ratio } from './figures.ts'

const MANY = 100_000
const FEW = 1_000
/** Every parked take is asked for once in this time: what the pace comes to for takes that have been making for twenty minutes. */
const ROUND_SECONDS = 120
const WATCH_SECONDS = 20
const WAKES = 200

interface Measured {
  memoryBytes: number
  pollsPerSecond: number
  duePerSecond: number
  cpuMsPerPoll: number
  wakesMs: number[]
}

/** Takes in the making at a provider: what they hold while nobody works on them, what asking costs, how fast a hint is followed. */
export async function benchParked(): Promise<Figure> {
  const few = await measure(FEW)
  const many = await measure(MANY)
  const [p50, p99] = [quantile(many.wakesMs, 0.5), quantile(many.wakesMs, 0.99)]
  const growth = (many.memoryBytes - few.memoryBytes) / 2 ** 20
  return {
    name: `${MANY.toLocaleString('en')} parked takes`,
    measured: `${growth.toFixed(0)} MB more than with ${FEW.toLocaleString('en')}; ${Math.round(many.pollsPerSecond)} of ${Math.round(many.duePerSecond)} polls/s, ${many.cpuMsPerPoll.toFixed(1)} ms CPU each; hint → asked p50 ${ms(p50)}, p99 ${ms(p99)}`,
    target: 'flat memory, every poll in time',
    met: growth < 50 && many.pollsPerSecond >= many.duePerSecond * 0.95,
    against: `${FEW.toLocaleString('en')} takes: ${few.cpuMsPerPoll.toFixed(1)} ms a poll (${ratio(many.cpuMsPerPoll, few.cpuMsPerPoll)})`,
  }
}

async function measure(count: number): Promise<Measured> {
  const { pool, stop } = await openPool()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const tenant = await store.tenants.ensure('default', ids.next('ten'))
  const takes = await parkTakes(pool, tenant, count)
  let polls = 0
  const asked = new Map<string, () => void>()
  const provider: Provider = {
    id: 'slow',
    capabilities: { kinds: ['sound'] },
    quote: () => ({ amountMicroUsd: 1, seconds: 1, basis: 'bench' }),
    start: () => Promise.reject(new Error('nothing is ordered here')),
    fetch: () => Promise.reject(new Error('nothing is fetched here')),
    async status(ref) {
      polls++
      asked.get(String(ref['id']))?.()
      return { state: 'running', progress: null }
    },
  }
  const queue = createPostgresQueue({ pool, log })
  const bus = createPostgresBus({ pool, log })
  const names: StepName[] = ['analyse', 'generate', 'ingest', 'finish', 'publish', 'rendition', 'review', 'cleanup']
  const quiet: StepHandler = async () => ({ then: 'done' })
  const pipeline: Pipeline = {
    stages: [],
    plan: () => ({ title: '', shots: [], takes: [], estimatedSeconds: 1, quotedSeconds: 1, notes: [] }),
  }
  const kinds: JobKind[] = ['presentation', 'video', 'speech', 'music', 'sound']
  const providers = new Map([[provider.id, provider]])
  const stageDeps = { store, providers, clock: systemClock, ids } as unknown as StageDeps
  const engine = createEngine({
    store,
    queue,
    bus,
    clock: systemClock,
    ids,
    log,
    providers,
    pipelines: Object.fromEntries(kinds.map((kind) => [kind, pipeline])) as Record<JobKind, Pipeline>,
    handlers: {
      ...(Object.fromEntries(names.map((name) => [name, quiet])) as Record<StepName, StepHandler>),
      generate: generate(stageDeps),
    },
    config: { slots: { io: 32, cpu: 1, resident: 1 }, leaseMs: 20_000, hintAgainMs: 3_000, drainMs: 5_000 },
  })
  await engine.start(['io'])
  await sleep(3_000)
  const [before, cpu, begun] = [polls, process.cpuUsage(), performance.now()]
  await sleep(WATCH_SECONDS * 1000)
  const spent = process.cpuUsage(cpu)
  const elapsedSeconds = (performance.now() - begun) / 1000
  const done = polls - before
  const wakesMs: number[] = []
  for (let i = 0; i < WAKES; i++) {
    const take = takes(Math.floor((i / WAKES) * count))
    const heard = new Promise<void>((resolve) => asked.set(take.remoteId, resolve))
    const at = performance.now()
    engine.hintTake(take.jobId, take.takeId)
    await heard
    wakesMs.push(performance.now() - at)
    asked.delete(take.remoteId)
  }
  const memoryBytes = settledMemoryBytes()
  await engine.drain()
  await queue.close()
  await bus.close()
  await stop()
  return {
    memoryBytes,
    pollsPerSecond: done / elapsedSeconds,
    duePerSecond: count / ROUND_SECONDS,
    cpuMsPerPoll: (spent.user + spent.system) / 1000 / Math.max(1, done),
    wakesMs,
  }
}

/** Running jobs of one take each, in the making, whose next polls are spread over a round. */
async function parkTakes(
  pool: pg.Pool,
  tenant: TenantId,
  count: number,
): Promise<(index: number) => { jobId: JobId; takeId: TakeId; remoteId: string }> {
  const number = (index: string) => `lpad(${index}::text, 26, '0')`
  const request = JSON.stringify({
    kind: 'sound',
    prompt: 'a bell',
    durationSeconds: 1,
    providers: [],
    seed: 1,
    formats: ['hls'],
    metadata: {},
    policy: {
      profile: 'standard',
      profileVersion: 1,
      gate: 'segment',
      deadlineSeconds: null,
      priority: 0,
      retention: 'standard',
      maxTakesPerShot: 1,
    },
  })
  const order = JSON.stringify({ kind: 'sound', prompt: 'a bell', durationSeconds: 1, seed: 1 })
  const running = JSON.stringify({ state: 'running', startedAt: new Date(), playableAt: null })
  await pool.query(
    `insert into sluice.job (id, tenant_id, kind, state, seq, request, state_detail, stages, cost, created_at)
     select 'job_' || ${number('n')}, $1, 'sound', 'running', 1, $2, $3, '[]', '{"estimateMicroUsd":1,"actualMicroUsd":0}', now()
     from generate_series(0, $4::integer - 1) as n`,
    [tenant, request, running, count],
  )
  await pool.query(
    `insert into sluice.take (id, job_id, key, role, number, provider, rank, state, request, state_detail, created_at)
     select 'tak_' || ${number('n')}, 'job_' || ${number('n')}, 'sound', 'sound', 1, 'slow', 0, 'making', $1,
       json_build_object('state', 'making', 'progress', null, 'ref', json_build_object('id', 'remote-' || n)), now() - interval '20 minutes'
     from generate_series(0, $2::integer - 1) as n`,
    [order, count],
  )
  await pool.query(
    `insert into sluice.step (id, job_id, name, take_id, work, lane, priority, attempt, failures, state, due_at, hint_at, poked, reason, created_at)
     select 'stp_' || ${number('n')}, 'job_' || ${number('n')}, 'generate', 'tak_' || ${number('n')},
       json_build_object('name', 'generate', 'takeId', 'tak_' || ${number('n')}), 'io', 0, 1, 0, 'parked',
       now() + n * $1::double precision / $2::integer * interval '1 second', now() + n * $1::double precision / $2::integer * interval '1 second',
       false, 'at work', now()
     from generate_series(0, $2::integer - 1) as n`,
    [ROUND_SECONDS, count],
  )
  await pool.query('analyze')
  return (index) => {
    const name = String(index).padStart(26, '0')
    return { jobId: `job_${name}` as JobId, takeId: `tak_${name}` as TakeId, remoteId: `remote-${index}` }
  }
}

function settledMemoryBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().rss
}
