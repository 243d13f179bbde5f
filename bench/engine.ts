import type pg from 'pg'
import { systemClock } from '../src/compose/clock.ts'
import { ids } from '../src/compose/ids.ts'
import { profileOf } from '../src/compose/profile-of.ts'
import type { Job } from '../src/domain/job.ts'
import type { JobRequest } from '../src/domain/request.ts'
import type { Lane, StepName } from '../src/domain/step.ts'
import { createPostgresBus } from '../src/drivers/bus/postgres/bus.ts'
import { silentMetrics } from '../src/drivers/metrics/silent/metrics.ts'
import { createLocalPlanner } from '../src/drivers/provider/local/plan/planner.ts'
import { createPostgresQueue } from '../src/drivers/queue/postgres/queue.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import { silentTracer } from '../src/drivers/tracer/silent/tracer.ts'
import { createEngine, type Duties, type RunningEngine } from '../src/engine/create-engine.ts'
import type { EngineConfig } from '../src/engine/deps.ts'
import { createPipelines } from '../src/pipelines/index.ts'
import type { Provider } from '../src/ports/provider.ts'
import type { Queue } from '../src/ports/queue.ts'
import type { StepHandler } from '../src/ports/stages.ts'
import type { StageDeps } from '../src/stages/deps.ts'
import { log } from './database.ts'

/** A job of one take. */
export const bell: Extract<JobRequest, { kind: 'sound' }> = {
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

/** Who makes it. */
export const PROVIDER = 'bench'

/** A provider of which nothing can be had but what is given. */
export function benchProvider(parts: Partial<Provider>): Provider {
  return {
    id: PROVIDER,
    capabilities: { kinds: ['sound'] },
    quote: () => ({ amountMicroUsd: 1, seconds: 1, basis: 'bench' }),
    start: () => Promise.reject(new Error('nothing is ordered here')),
    status: () => Promise.reject(new Error('nothing is asked for here')),
    fetch: () => Promise.reject(new Error('nothing is fetched here')),
    ...parts,
  }
}

/**
 * The engine as a server has it, over a migrated database.
 * @param handlers what the steps to be measured do; the others are done at once. Their `deps` have no files and no media
 */
export function openEngine(
  pool: pg.Pool,
  provider: Provider,
  handlers: (deps: StageDeps) => Partial<Record<StepName, StepHandler>>,
  { queue = createPostgresQueue({ pool, log }), ...config }: Partial<EngineConfig> & { queue?: Queue } = {},
): { engine: RunningEngine; close(): Promise<void> } {
  const store = createSqlStore({ pool, log })
  const bus = createPostgresBus({ pool, log })
  const providers = new Map([[provider.id, provider]])
  const pipelines = createPipelines(createLocalPlanner(), { all: providers, default: provider, assertPublicUrl: () => undefined })
  const atOnce: StepHandler = async () => ({ then: 'done' })
  const deps = {
    store,
    providers,
    pipelines,
    clock: systemClock,
    ids,
    inFlight: () => null,
    ordersPerMinute: () => null,
    webhookUrl: () => null,
    profileOf: (job: Job) => profileOf(store, job),
  } as unknown as StageDeps
  const engine = createEngine({
    store,
    queue,
    bus,
    clock: systemClock,
    ids,
    log,
    within: (_log, work) => work(),
    metrics: silentMetrics,
    tracer: silentTracer,
    providers,
    pipelines,
    inFlight: () => null,
    handlers: {
      analyse: atOnce,
      generate: atOnce,
      ingest: atOnce,
      finish: atOnce,
      publish: atOnce,
      rendition: atOnce,
      mend: atOnce,
      review: atOnce,
      cleanup: atOnce,
      ...handlers(deps),
    },
    config: {
      slots: { io: 32, cpu: 2, resident: 4 },
      leaseMs: 20_000,
      hintAgainMs: 3_000,
      drainMs: 5_000,
      jobsAtOnce: null,
      tenantJobsAtOnce: null,
      tenantWaitingJobs: 1_000_000,
      tenantJobsPerMinute: null,
      tenantWaitingSeconds: null,
      retention: { ephemeralHours: 24, standardDays: null, masterDays: null },
      ...config,
    },
  })
  return {
    engine,
    async close() {
      await engine.drain()
      await queue.close()
      await bus.close()
    },
  }
}

/** All that has to be done in the house, on these lanes. */
export function dutiesOf(lanes: readonly Lane[]): Duties {
  return { lanes, schedules: true, api: false, host: 'bench', pid: process.pid, version: '0.0.0', isRunning: () => true }
}
