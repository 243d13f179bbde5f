import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../src/compose/clock.ts'
import { ids } from '../../src/compose/ids.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { SluiceError } from '../../src/domain/errors.ts'
import type { TenantId } from '../../src/domain/ids.ts'
import { type Job, jobEnded } from '../../src/domain/job.ts'
import type { JobKind, JobRequest } from '../../src/domain/request.ts'
import { LANES, type Lane, type StepName } from '../../src/domain/step.ts'
import { QUANTUM_SECONDS } from '../../src/domain/turns.ts'
import { createPostgresBus } from '../../src/drivers/bus/postgres/bus.ts'
import { silentMetrics } from '../../src/drivers/metrics/silent/metrics.ts'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { createPostgresQueue } from '../../src/drivers/queue/postgres/queue.ts'
import { createEmbeddedPostgres } from '../../src/drivers/store/embedded/embedded-postgres.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { silentTracer } from '../../src/drivers/tracer/silent/tracer.ts'
import { createEngine, type RunningEngine } from '../../src/engine/create-engine.ts'
import type { EngineConfig } from '../../src/engine/deps.ts'
import type { Metrics } from '../../src/ports/metrics.ts'
import type { Pipeline, StepHandler } from '../../src/ports/stages.ts'
import type { Store } from '../../src/ports/store.ts'
import { newJob, newStep } from '../../src/testing/entities.ts'
import { recordedMetrics } from '../helpers/recorded-metrics.ts'

/** The engine over the real embedded store, queue and bus; only what a step does is scripted. */
const log = createLogger('silent')
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
const pipeline: Pipeline = {
  stages: ['analyse', 'publish'],
  plan: () => ({ title: 'a bell', shots: [], takes: [], estimatedSeconds: 1, quotedSeconds: 30, notes: [] }),
}
const kinds: JobKind[] = ['presentation', 'video', 'speech', 'music', 'sound']
const pipelines = Object.fromEntries(kinds.map((kind) => [kind, pipeline])) as Record<JobKind, Pipeline>
const done: StepHandler = async () => ({ then: 'done' })

let folder: string
let database: Awaited<ReturnType<typeof createEmbeddedPostgres>>
let pool: pg.Pool
let store: Store
let tenant: TenantId
const engines: RunningEngine[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-engine-'))
  database = await createEmbeddedPostgres({ dataFolder: folder, log })
  pool = createPool({ connection: database.connection })
  store = createSqlStore({ pool, log })
  await store.migrate()
  tenant = await store.tenants.ensure('default', ids.next('ten'))
})

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.drain()))
})

afterAll(async () => {
  await pool.end()
  await database.stop()
  await rm(folder, { recursive: true, force: true })
})

async function startEngine(
  scripts: Partial<Record<StepName, StepHandler>>,
  config: Partial<EngineConfig> & { ioSlots?: number; lanes?: Lane[]; on?: pg.Pool; metrics?: Metrics } = {},
): Promise<RunningEngine> {
  const { lanes = LANES, on = pool, metrics = silentMetrics, ioSlots = 4, ...set } = config
  const names: StepName[] = ['analyse', 'generate', 'ingest', 'finish', 'publish', 'mend', 'rendition', 'review', 'cleanup']
  const handlers = { ...Object.fromEntries(names.map((name) => [name, done])), ...scripts } as Record<StepName, StepHandler>
  const queue = createPostgresQueue({ pool: on, log })
  const bus = createPostgresBus({ pool: on, log })
  const engine = createEngine({
    store: createSqlStore({ pool: on, log }),
    queue,
    bus,
    clock: systemClock,
    ids,
    log,
    within: (_log, work) => work(),
    metrics,
    tracer: silentTracer,
    providers: new Map(),
    pipelines,
    inFlight: () => null,
    handlers,
    config: {
      leaseMs: 5_000,
      hintAgainMs: 500,
      drainMs: 2_000,
      jobsAtOnce: null,
      tenantJobsAtOnce: null,
      tenantWaitingJobs: 1_000,
      tenantJobsPerMinute: null,
      tenantWaitingSeconds: null,
      retention: { ephemeralHours: 24, standardDays: null, masterDays: null },
      ...set,
      slots: { io: ioSlots, cpu: 2, resident: 4 },
    },
  })
  await engine.start({ lanes, schedules: true, api: false, host: 'here', pid: process.pid, version: '0.0.0', isRunning: () => true })
  engines.push(engine)
  onTestFinished(async () => {
    await engine.drain()
    await queue.close()
    await bus.close()
  })
  return engine
}

async function untilEnded(id: Job['id']): Promise<Job> {
  return vi.waitFor(
    async () => {
      const job = await store.jobs.get(id)
      if (!job || !jobEnded(job)) throw new Error(`still ${job?.state.state}`)
      return job
    },
    { timeout: 20_000, interval: 20 },
  )
}

const eventsOf = (id: Job['id']) => store.events.read(id, 0, 1_000)
const fail = (retry: 'same' | 'never') => new SluiceError('internal', 'broken on purpose', { retry, retryAfterMs: 10 })

const cancelOutcome = { class: 'internal', detail: 'done', retry: 'never', charged: 'no' } as const
/** Ends the job from inside a step; these scripted jobs make no asset. */
const endJob: StepHandler = async () => ({ then: 'done', write: (tx) => tx.end('failed', cancelOutcome) })

describe('a step', () => {
  it('that fails with the advice to try again is run again, and the failures are counted', async () => {
    const attempts: number[] = []
    const engine = await startEngine({
      analyse: async (run) => {
        attempts.push(run.step.failures)
        if (attempts.length < 3) throw fail('same')
        return endJob(run)
      },
    })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    expect(attempts).toEqual([0, 1, 2])
  })

  it('that fails for good ends its job with the reason', async () => {
    const engine = await startEngine({ analyse: async () => Promise.reject(fail('never')) })
    const { job } = await engine.submit(tenant, request)
    const ended = await untilEnded(job.id)
    expect(ended.state).toMatchObject({ state: 'failed', outcome: { class: 'internal', detail: 'broken on purpose' } })
  })

  it('that fails again and again ends its job after the last try', async () => {
    let runs = 0
    const engine = await startEngine({
      analyse: async () => {
        runs++
        throw fail('same')
      },
    })
    const { job } = await engine.submit(tenant, request)
    expect((await untilEnded(job.id)).state.state).toBe('failed')
    expect(runs).toBe(4)
  })

  it('that fails because the files are gone waits until they are back, and its job says so meanwhile', async () => {
    const metrics = recordedMetrics()
    const gone = new SluiceError('storage_unavailable', 'The bucket is gone.', { retryAfterMs: 10 })
    const notices: (string | null)[] = []
    const failures: number[] = []
    const engine = await startEngine(
      {
        analyse: async (run) => {
          failures.push(run.step.failures)
          notices.push(run.job.notice)
          if (failures.length <= 6) throw gone
          if (failures.length === 7) return { then: 'park', wakeAt: new Date(), reason: 'test' }
          return endJob(run)
        },
      },
      { metrics },
    )
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    await engine.drain()
    expect(failures, 'an outage that is over is forgotten').toEqual([0, 1, 2, 3, 4, 5, 6, 0])
    const said = 'Goes on by itself when this is over: The bucket is gone.'
    expect(notices).toEqual([null, null, null, null, said, said, said, null])
    const told = (await eventsOf(job.id)).filter(({ type }) => type === 'notice').map(({ data }) => data)
    expect(told).toEqual([{ text: said }, { text: null }])
    const outcomes = metrics.labelsOf('sluice_step_seconds').filter(({ step }) => step === 'analyse')
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([...Array(3).fill('retried'), ...Array(3).fill('waiting'), 'parked', 'done'])
  })

  it('that waits for the files may be cancelled', async () => {
    let runs = 0
    const engine = await startEngine({
      analyse: async () => {
        runs++
        throw new SluiceError('storage_full', 'The disk is full.', { retryAfterMs: runs < 4 ? 10 : 60_000 })
      },
    })
    const { job } = await engine.submit(tenant, request)
    await vi.waitFor(async () => expect((await store.jobs.get(job.id))?.notice).toContain('The disk is full.'), { timeout: 10_000 })
    await engine.cancel(tenant, job.id)
    const { state, notice } = await untilEnded(job.id)
    expect([state.state, notice, runs]).toEqual(['cancelled', null, 4])
  })

  it('that parks holds no worker and runs again at its time', async () => {
    const runs: number[] = []
    const engine = await startEngine({
      analyse: async (run) => {
        runs.push(run.step.attempt)
        if (runs.length === 1) return { then: 'park', wakeAt: new Date(Date.now() + 150), reason: 'test' }
        return endJob(run)
      },
    })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    expect(runs).toEqual([1, 2])
  })

  it('is counted by what became of each of its runs, and its job once', async () => {
    const metrics = recordedMetrics()
    const runs: StepHandler[] = [
      async () => ({ then: 'park', wakeAt: new Date(), reason: 'test' }),
      async () => Promise.reject(fail('same')),
      async () => Promise.reject(fail('never')),
    ]
    let run = 0
    const engine = await startEngine({ analyse: (step) => (runs[run++] ?? done)(step) }, { metrics })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    await engine.drain()
    const steps = metrics.labelsOf('sluice_step_seconds')
    expect(steps.filter(({ step }) => step === 'analyse').map(({ outcome }) => outcome)).toEqual(['parked', 'retried', 'failed'])
    expect(metrics.labelsOf('sluice_dispatch_seconds').filter(({ lane }) => lane === 'io')).toHaveLength(3)
    expect(metrics.labelsOf('sluice_jobs_ended_total')).toEqual([{ kind: 'sound', state: 'failed' }])
    expect(metrics.labelsOf('sluice_scheduler_looks_total')).toContainEqual({ outcome: 'succeeded' })
  })

  it('that a drain interrupts, or whose lease is lost, is counted as that', async () => {
    const metrics = recordedMetrics()
    const begun = Promise.withResolvers<void>()
    const first = await startEngine(
      {
        analyse: async ({ signal }) => {
          begun.resolve()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          throw signal.reason
        },
      },
      { metrics, drainMs: 20 },
    )
    const { job } = await first.submit(tenant, request)
    await begun.promise
    await first.drain()
    const second = await startEngine(
      {
        analyse: async ({ step }) => {
          await pool.query('update sluice.step set attempt = attempt + 1 where id = $1', [step.id])
          return { then: 'done' }
        },
      },
      { metrics },
    )
    // A step that another test left open may be among them.
    const outcomes = () => metrics.labelsOf('sluice_step_seconds').map(({ outcome }) => outcome)
    await vi.waitFor(() => expect(outcomes()).toEqual(expect.arrayContaining(['interrupted', 'lost'])), 10_000)
    await second.cancel(tenant, job.id)
  })

  it('that parks with nothing to say leaves its job alone', async () => {
    const seen: string[] = []
    const engine = await startEngine({
      analyse: async (run) => {
        // Which version of the row it is: any save makes another.
        const { rows } = await pool.query<{ version: string }>('select xmin::text || ctid::text as version from sluice.job where id = $1', [
          run.job.id,
        ])
        seen.push(rows[0]?.version ?? 'none')
        if (seen.length < 3) return { then: 'park', wakeAt: new Date(Date.now() + 20), reason: 'nothing new' }
        return endJob(run)
      },
    })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    expect(seen).toEqual([seen[0], seen[0], seen[0]])
  })

  it('that is woken while it has nothing to say runs again at once', async () => {
    let runs = 0
    const engine = await startEngine({
      analyse: async (run) => {
        runs++
        if (runs > 1) return endJob(run)
        await store.steps.wake(run.job.id, 'analyse')
        return { then: 'park', wakeAt: new Date(Date.now() + 3_600_000), reason: 'would sleep for an hour' }
      },
    })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    expect(runs).toBe(2)
  })

  it('that lost its lease does not park what another has taken over', async () => {
    const { promise: parked, resolve: letItPark } = Promise.withResolvers<void>()
    const attempts: number[] = []
    const engine = await startEngine(
      {
        analyse: async (run) => {
          attempts.push(run.step.attempt)
          if (run.step.attempt === 1) {
            await pool.query('update sluice.step set due_at = now(), hint_at = now() where id = $1', [run.step.id])
            await parked
            return { then: 'park', wakeAt: new Date(Date.now() + 3_600_000), reason: 'too late' }
          }
          letItPark()
          await vi.waitFor(async () => expect((await store.steps.get(run.step.id))?.state.state).toBe('running'))
          return endJob(run)
        },
      },
      { leaseMs: 600_000 },
    )
    const { job } = await engine.submit(tenant, request)
    expect((await untilEnded(job.id)).state.state).toBe('failed')
    expect(attempts).toEqual([1, 2])
  })

  it('that is woken while it runs is run again instead of parking for long', async () => {
    let runs = 0
    const engine = await startEngine({
      analyse: async (run) => {
        runs++
        if (runs > 1) return endJob(run)
        await run.checkpoint((tx) => tx.wake('analyse'))
        return { then: 'park', wakeAt: new Date(Date.now() + 3_600_000), reason: 'would sleep for an hour' }
      },
    })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    expect(runs).toBe(2)
  })

  it('may add steps, which run once each', async () => {
    const ran: string[] = []
    const engine = await startEngine({
      analyse: async () => ({
        then: 'done',
        write: (tx) =>
          tx.addSteps([
            { name: 'rendition', format: 'mp3' },
            { name: 'rendition', format: 'webm' },
          ]),
      }),
      rendition: async (run) => {
        ran.push(run.step.work.name === 'rendition' ? run.step.work.format : '')
        return ran.length === 2 ? endJob(run) : { then: 'done' }
      },
    })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    expect(ran.toSorted()).toEqual(['mp3', 'webm'])
  })

  it('whose lease is lost writes nothing; the one who took it over does', async () => {
    let release: (() => void) | undefined
    const stuck = new Promise<void>((resolve) => {
      release = resolve
    })
    let first = true
    const wrote: string[] = []
    const engine = await startEngine(
      {
        analyse: async (run) => {
          if (!first) {
            wrote.push('second')
            return endJob(run)
          }
          first = false
          await pool.query(
            "update sluice.step set due_at = now() - interval '1 second', hint_at = now() - interval '1 second' where id = $1",
            [run.step.id],
          )
          await stuck
          return { then: 'done', write: async () => void wrote.push('first') }
        },
      },
      { leaseMs: 600_000 },
    )
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    release?.()
    await engine.drain()
    const statuses = (await eventsOf(job.id)).filter(({ type }) => type === 'status')
    expect(statuses.map(({ data }) => (data as { state: string }).state)).toEqual(['queued', 'running', 'failed'])
    expect(wrote[0]).toBe('second')
  })
})

describe('a job', () => {
  it('that is cancelled ends at once, stops its running step and keeps what that writes out', async () => {
    let stopped = false
    let begun: (() => void) | undefined
    const running = new Promise<void>((resolve) => {
      begun = resolve
    })
    const engine = await startEngine({
      analyse: async (run) => {
        begun?.()
        await new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()))
        stopped = true
        return { then: 'done', write: async (tx) => tx.notice('must not be seen') }
      },
    })
    const { job } = await engine.submit(tenant, request)
    await running
    const cancelled = await engine.cancel(tenant, job.id)
    expect(cancelled.state).toMatchObject({ state: 'cancelled', outcome: { class: 'cancelled' } })
    await vi.waitFor(() => expect(stopped).toBe(true))
    await engine.drain()
    const events = await eventsOf(job.id)
    expect(events.at(-1)).toMatchObject({ type: 'status', data: { state: 'cancelled' } })
    expect(events.some(({ type }) => type === 'notice')).toBe(false)
    await expect(engine.cancel(tenant, job.id)).rejects.toMatchObject({ code: 'job_already_ended' })
  })

  it('that passes its deadline expires', async () => {
    const engine = await startEngine({ analyse: async () => ({ then: 'park', wakeAt: new Date(Date.now() + 3_600_000), reason: 'never' }) })
    const { job } = await engine.submit(tenant, { ...request, policy: { ...request.policy, deadlineSeconds: 1 } })
    expect((await untilEnded(job.id)).state).toMatchObject({ state: 'expired', outcome: { class: 'expired' } })
  })

  it('is estimated on the connection its change has, and waits for no other', async () => {
    const narrow = createPool({ connection: database.connection, max: 1 })
    onTestFinished(() => narrow.end())
    await startEngine(
      {
        analyse: async () => ({
          then: 'done',
          write: async (tx) => {
            tx.plan(pipeline.plan(request))
            tx.stage({ key: 'analyse', fraction: null })
            await tx.addSteps([{ name: 'generate', takeId: ids.next('tak') }])
          },
        }),
        generate: endJob,
      },
      { on: narrow, lanes: ['io'] },
    )
    // Not submitted: a quote would have read how long such jobs took.
    const job = newJob({ tenantId: tenant })
    await store.jobs.insert([job])
    await store.steps.insert([newStep(job.id)])
    await untilEnded(job.id)
    expect((await eventsOf(job.id)).map(({ type }) => type)).toContain('progress')
  })

  it('of another tenant does not exist', async () => {
    const engine = await startEngine({ analyse: async () => ({ then: 'park', wakeAt: new Date(Date.now() + 3_600_000), reason: 'never' }) })
    const { job } = await engine.submit(tenant, request)
    const other = await store.tenants.ensure('other', ids.next('ten'))
    await expect(engine.cancel(other, job.id)).rejects.toMatchObject({ code: 'job_not_found' })
    await engine.cancel(tenant, job.id)
  })

  it('can be retried once it has failed, as a new job that names the old one', async () => {
    const engine = await startEngine({ analyse: async () => Promise.reject(fail('never')) })
    const { job } = await engine.submit(tenant, request)
    await untilEnded(job.id)
    const { job: again } = await engine.retry(tenant, job.id)
    expect(again).toMatchObject({ retryOf: job.id, request: { prompt: 'a bell' } })
    expect(again.id).not.toBe(job.id)
    await untilEnded(again.id)
  })

  it('writes events with ids 1, 2, 3, ... however many steps write at once', async () => {
    let open = 12
    const engine = await startEngine({
      analyse: async () => ({
        then: 'done',
        write: (tx) => tx.addSteps(Array.from({ length: 12 }, () => ({ name: 'rendition', format: 'mp3' }) as const)),
      }),
      rendition: async (run) => {
        for (let i = 0; i < 5; i++) await run.checkpoint(async (tx) => tx.notice(`${run.step.id} ${i}`))
        open--
        return open === 0 ? endJob(run) : { then: 'done' }
      },
    })
    const { job } = await engine.submit(tenant, request)
    const ended = await untilEnded(job.id)
    const events = await eventsOf(job.id)
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    expect(events.filter(({ type }) => type === 'notice')).toHaveLength(60)
    expect(ended.seq).toBe(events.length)
  })
})

describe('submit', () => {
  const key = () => ({ idempotency: { key: ids.next('job'), fingerprint: 'f' } })

  it('with a known key gives the job it made', async () => {
    const engine = await startEngine({ analyse: endJob })
    const options = key()
    const first = await engine.submit(tenant, request, options)
    const second = await engine.submit(tenant, request, options)
    expect(second).toMatchObject({ repeated: true, job: { id: first.job.id } })
  })

  it('with a known key and another request is refused', async () => {
    const engine = await startEngine({ analyse: endJob })
    const options = key()
    await engine.submit(tenant, request, options)
    await expect(engine.submit(tenant, request, { idempotency: { ...options.idempotency, fingerprint: 'other' } })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  it('with the same key at the same time makes one job', async () => {
    const engine = await startEngine({ analyse: endJob })
    const options = key()
    const answers = await Promise.all(Array.from({ length: 8 }, () => engine.submit(tenant, request, options)))
    expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1)
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1)
  })
})

describe('whose turn it is', () => {
  const begin = (order: Job['id'][], gate: Promise<void>): StepHandler =>
    async function analyse(run) {
      order.push(run.job.id)
      await gate
      return endJob(run)
    }

  it('what somebody woke goes before all that waits of its tenant', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const ran: string[] = []
    const engine = await startEngine({
      ingest: async (run) => {
        await opened
        ran.push(run.step.id)
        return { then: 'done' }
      },
      generate: async (run) => {
        ran.push('woken')
        return endJob(run)
      },
    })
    onTestFinished(() => open())
    const job = newJob({ tenantId: tenant, state: { state: 'running', startedAt: new Date(), playableAt: null } })
    const takeId = ids.next('tak')
    const waiting = Array.from({ length: 400 }, () => newStep(job.id, { name: 'ingest', takeId }))
    const parked = newStep(
      job.id,
      { name: 'generate', takeId },
      { state: { state: 'parked', wakeAt: new Date(Date.now() + 3_600_000), reason: 'waits' } },
    )
    await store.jobs.insert([job])
    await store.steps.insert([...waiting, parked])
    await untilInLane(16)
    engine.hintTake(job.id, takeId)
    await vi.waitFor(async () => expect(await store.steps.get(parked.id)).toMatchObject({ state: { wakeAt: expect.any(Date) } }))
    open()
    await untilEnded(job.id)
    // The four that held the slots, those that had had their turn already, and as many that were given theirs at the same time.
    expect(ran.indexOf('woken')).toBeLessThanOrEqual(4 + 2 * 16)
  })

  it('a tenant with one job does not wait for all of another, and each begins where its place said', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    onTestFinished(() => open())
    const begun: Job['id'][] = []
    // What is on its way stays so, however long the machine takes.
    const engine = await startEngine({ analyse: begin(begun, opened) }, { ioSlots: 1, hintAgainMs: 60_000 })
    const other = await store.tenants.ensure('other', ids.next('ten'))
    const cost = (await engine.quote(request)).eta.p50Seconds
    const many: Job['id'][] = []
    for (let i = 0; i < 60; i++) many.push((await engine.submit(tenant, request)).job.id)
    // The slot and the lane are full: until the gate opens nothing more is on its way.
    await vi.waitFor(() => expect(begun).toHaveLength(1), { timeout: 10_000 })
    await untilInLane(4)
    const one = (await engine.submit(other, request)).job.id
    const all = [...many, one]
    const waiting = all.filter((id) => !begun.includes(id))
    const placesNow = () => Promise.all(waiting.map(placeOf))
    // A place is at most half a second old: who came since is told the place of another, and what was just sent is counted as waiting.
    let places: number[] = []
    let since = performance.now()
    await vi.waitFor(
      async () => {
        const now = await placesNow()
        if (now.some((place, i) => place !== places[i])) since = performance.now()
        places = now
        expect(performance.now() - since, 'they stay so').toBeGreaterThan(1_000)
      },
      { timeout: 10_000 },
    )
    expect(new Set(places).size).toBe(waiting.length)
    const told = new Map(waiting.map((id, i) => [id, places[i] ?? 0]))
    open()
    await vi.waitFor(() => expect(begun).toHaveLength(all.length), { timeout: 20_000 })
    const rest = begun.slice(begun.indexOf(one) - 5)
    expect(begun.indexOf(one), 'its bound: the slot, the window, and one turn of the other').toBeLessThanOrEqual(
      1 + 2 * 4 + Math.ceil(QUANTUM_SECONDS / cost) + 1,
    )
    expect(rest).toEqual(rest.toSorted((a, b) => (told.get(a) ?? 0) - (told.get(b) ?? 0)))
  })

  it('no more jobs are in the making than the house and their tenants may have', async () => {
    const most = { house: 0, busy: 0 }
    const running = { house: 0, busy: 0 }
    const busy = await store.tenants.ensure('busy', ids.next('ten'))
    await store.tenants.setShare(busy, { weight: 1, jobsAtOnce: 2 })
    const engine = await startEngine(
      {
        analyse: async (run) => {
          const isBusy = run.job.tenantId === busy
          running.house++
          if (isBusy) running.busy++
          most.house = Math.max(most.house, running.house)
          most.busy = Math.max(most.busy, running.busy)
          await new Promise((resolve) => setTimeout(resolve, 5))
          running.house--
          if (isBusy) running.busy--
          return endJob(run)
        },
      },
      { ioSlots: 8, jobsAtOnce: 3 + (await store.tenants.runningJobs(1_000)) },
    )
    const submitted = [...Array(12).fill(busy), ...Array(12).fill(tenant)].map((tenantId) => engine.submit(tenantId, request))
    await Promise.all((await Promise.all(submitted)).map(({ job }) => untilEnded(job.id)))
    expect(most.house).toBeGreaterThan(1)
    expect(most.house).toBeLessThanOrEqual(3)
    expect(most.busy).toBeLessThanOrEqual(2)
  })

  it('what could only wait is refused, and nothing of it is written', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    onTestFinished(() => open())
    const engine = await startEngine(
      { analyse: begin([], opened) },
      { ioSlots: 1, jobsAtOnce: 1 + (await store.tenants.runningJobs(1_000)), tenantWaitingJobs: 5 },
    )
    const crowd = await store.tenants.ensure('crowd', ids.next('ten'))
    const taken = [await engine.submit(crowd, request)]
    await vi.waitFor(async () => expect((await store.jobs.get(taken[0]?.job.id ?? never()))?.state.state).toBe('running'))
    for (let i = 0; i < 4; i++) taken.push(await engine.submit(crowd, request))
    const refused = await engine.submit(crowd, request).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'queue_full', retryAfterMs: expect.any(Number) })
    expect(await store.jobs.list(crowd, { limit: 100 })).toHaveLength(taken.length)
    const elsewhere = await engine.submit(tenant, request)
    open()
    await Promise.all([...taken, elsewhere].map(({ job }) => untilEnded(job.id)))
  })

  it('of a tenant so many jobs are taken in within a minute, at whatever server', async () => {
    const first = await startEngine({ analyse: endJob }, { tenantJobsPerMinute: 5 })
    const second = await startEngine({ analyse: endJob }, { tenantJobsPerMinute: 5 })
    const eager = await store.tenants.ensure('eager', ids.next('ten'))
    const answers = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => (i % 2 ? first : second).submit(eager, request)))
    const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.job.id : []))
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    expect(taken).toHaveLength(5)
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'rate_limited', message: 'More than 5 jobs were submitted within a minute.' })
      // One has room when a fifth of the minute has passed.
      expect(error.retryAfterMs).toBeGreaterThan(0)
      expect(error.retryAfterMs).toBeLessThanOrEqual(12_000)
    }
    expect(await store.jobs.list(eager, { limit: 100 })).toHaveLength(5)
    const other = await first.submit(tenant, request)
    await Promise.all([...taken, other.job.id].map(untilEnded))
  })

  async function untilInLane(count: number): Promise<void> {
    const inLane = async () => (await pool.query("select from sluice.queue_message where lane = 'io'")).rowCount
    await vi.waitFor(async () => expect(await inLane()).toBeGreaterThanOrEqual(count), { timeout: 10_000, interval: 20 })
  }

  async function placeOf(id: Job['id']): Promise<number> {
    return store.jobs.ahead((await store.jobs.get(id)) ?? never())
  }
})

function never(): never {
  throw new Error('it is there')
}

describe('a drain', () => {
  it('hands back what is not done in time, and another engine goes on with it', async () => {
    let begun: (() => void) | undefined
    const running = new Promise<void>((resolve) => {
      begun = resolve
    })
    const first = await startEngine(
      {
        analyse: async (run) => {
          begun?.()
          await new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()))
          throw new Error('interrupted')
        },
      },
      { drainMs: 50 },
    )
    const { job } = await first.submit(tenant, request)
    await running
    await first.drain()
    const step = (await store.steps.ofJob(job.id))[0]
    expect(step).toMatchObject({ state: { state: 'ready' }, failures: 0 })
    await startEngine({ analyse: endJob })
    expect((await untilEnded(job.id)).state.state).toBe('failed')
  })
})
