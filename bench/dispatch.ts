import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../src/compose/clock.ts'
import { ids } from '../src/compose/ids.ts'
import type { JobKind, JobRequest } from '../src/domain/request.ts'
import type { StepName } from '../src/domain/step.ts'
import { createPostgresBus } from '../src/drivers/bus/postgres/bus.ts'
import { createPostgresQueue } from '../src/drivers/queue/postgres/queue.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import { createEngine } from '../src/engine/create-engine.ts'
import type { Pipeline, StepHandler } from '../src/ports/stages.ts'
import { log, openPool } from './database.ts'
import { type Figure, ms, quantile, ratio } from './figures.ts'

const JOBS = 400
const PER_SECOND = 50
const request: JobRequest = {
  kind: 'sound',
  providers: [],
  prompt: 'a bell',
  durationSeconds: 1,
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
    maxTakesPerShot: 2,
    maxCostMicroUsd: null,
    onSubmitUnknown: 'ask',
  },
}

/** From the commit that makes a step due to its handler's first line, at 50 steps a second, against a bare NOTIFY. */
export async function benchDispatch(): Promise<Figure> {
  const { pool, stop } = await openPool()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const tenant = await store.tenants.ensure('default', ids.next('ten'))
  const queue = createPostgresQueue({ pool, log })
  const bus = createPostgresBus({ pool, log })
  const started = new Map<string, number>()
  const handler: StepHandler = async (run) => {
    started.set(run.job.id, performance.now())
    return { then: 'done', write: async (tx) => tx.end('failed', { class: 'internal', detail: 'measured', retry: 'never', charged: 'no' }) }
  }
  const quiet: StepHandler = async () => ({ then: 'done' })
  const names: StepName[] = ['analyse', 'generate', 'ingest', 'finish', 'publish', 'rendition', 'review', 'cleanup']
  const pipeline: Pipeline = {
    stages: ['analyse'],
    plan: () => ({ title: '', shots: [], takes: [], estimatedSeconds: 1, quotedSeconds: 1, notes: [] }),
  }
  const kinds: JobKind[] = ['presentation', 'video', 'speech', 'music', 'sound']
  const engine = createEngine({
    store,
    queue,
    bus,
    clock: systemClock,
    ids,
    log,
    providers: new Map(),
    pipelines: Object.fromEntries(kinds.map((kind) => [kind, pipeline])) as Record<JobKind, Pipeline>,
    handlers: { ...(Object.fromEntries(names.map((name) => [name, quiet])) as Record<StepName, StepHandler>), analyse: handler },
    config: { slots: { io: 32, cpu: 2, resident: 4 }, leaseMs: 20_000, hintAgainMs: 3_000, drainMs: 5_000 },
  })
  await engine.start(['io', 'cpu', 'resident'])
  const admitted = new Map<string, number>()
  for (let i = 0; i < JOBS; i++) {
    const { job } = await engine.submit(tenant, request)
    admitted.set(job.id, performance.now())
    await sleep(1000 / PER_SECOND)
  }
  while (started.size < JOBS) await sleep(5)
  const latencies = [...admitted].slice(JOBS / 10).map(([id, at]) => Math.max(0, (started.get(id) ?? Number.NaN) - at))
  await engine.drain()
  await queue.close()
  await bus.close()
  const bare = await bareNotify(pool)
  await stop()
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)]
  return {
    name: 'step due → handler starts',
    measured: `p50 ${ms(p50)}, p99 ${ms(p99)}`,
    target: 'p50 ≤ 5 ms, p99 ≤ 25 ms',
    met: p50 <= 5 && p99 <= 25,
    against: `bare NOTIFY: p50 ${ms(quantile(bare, 0.5))}, p99 ${ms(quantile(bare, 0.99))} (${ratio(p50, quantile(bare, 0.5))})`,
  }
}

async function bareNotify(pool: import('pg').Pool): Promise<number[]> {
  const listener = await pool.connect()
  await listener.query('listen bench')
  const latencies: number[] = []
  for (let i = 0; i < JOBS; i++) {
    const heard = new Promise<void>((resolve) => listener.once('notification', () => resolve()))
    const at = performance.now()
    await pool.query('notify bench')
    await heard
    latencies.push(performance.now() - at)
    await sleep(1000 / PER_SECOND / 4)
  }
  await listener.query('unlisten bench')
  listener.release()
  return latencies
}
