import type { Asset } from '../../../src/domain/asset.ts'
import type { JobId, TakeId, TenantId } from '../../../src/domain/ids.ts'
import { type Job, jobEnded } from '../../../src/domain/job.ts'
import type { Plan } from '../../../src/domain/plan.ts'
import { newStages } from '../../../src/domain/progress.ts'
import type { JobKind, JobRequest } from '../../../src/domain/request.ts'
import { newRetention } from '../../../src/domain/retention.ts'
import { laneOf, type StepName } from '../../../src/domain/step.ts'
import { silentMetrics } from '../../../src/drivers/metrics/silent/metrics.ts'
import { silentTracer } from '../../../src/drivers/tracer/silent/tracer.ts'
import { cancelJob } from '../../../src/engine/cancel.ts'
import { decideOrder } from '../../../src/engine/decide.ts'
import { createForecast } from '../../../src/engine/forecast.ts'
import { runStep } from '../../../src/engine/run-step.ts'
import { createRunningSteps } from '../../../src/engine/running-steps.ts'
import { receiveWebhook } from '../../../src/engine/webhook.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import type { Pipeline, StepHandler } from '../../../src/ports/stages.ts'
import type { Store } from '../../../src/ports/store.ts'
import { cleanup } from '../../../src/stages/cleanup.ts'
import type { StageDeps } from '../../../src/stages/deps.ts'
import { download } from '../../../src/stages/download.ts'
import { loseTake, takeOutcome } from '../../../src/stages/end-take.ts'
import { generate } from '../../../src/stages/generate.ts'
import { orderTakes } from '../../../src/stages/order-takes.ts'
import { waitOut } from '../../../src/stages/park.ts'
import { testIds } from '../../../src/testing/entities.ts'
import { seeded } from '../seeded.ts'
import { createMemoryStore } from './memory-store.ts'
import { createMortalProcess, type MortalProcess } from './process.ts'
import { createVendor, type Vendor } from './vendor.ts'

const LEASE_MS = 20_000
const JOBS_AT_ONCE = 200
/** A job that has not ended by then is stuck. */
const STUCK_MS = 72 * 3_600_000
const OPERATOR_EVERY_MS = 15 * 60_000
const CRASH_CHANCE = 0.012
const CANCEL_CHANCE = 0.03
const RISK_CHANCE = 0.05
const OUTPUT_BYTES = 1_000

export interface SimulationOptions {
  takes: number
  seed: number
  /** Takes an order in doubt for one that was never sent: the build that must be found out. */
  withoutReconcile?: boolean
}

export interface SimulationResult {
  takes: number
  jobs: number
  crashes: number
  /** Different places at which the process died. */
  crashPlaces: number
  /** Takes with more than one charge. */
  chargedTwice: number
  /** Outputs that were paid and are not in our keeping. */
  paidOutputsLost: number
  stuck: number
  /** Sum over all takes of what the vendors took, and of what our ledger says, without what counts as `assumed`. */
  vendorMicroUsd: number
  ledgerMicroUsd: number
  /** Takes whose price counts as spent because nobody could tell. */
  assumed: number
  /** Orders in doubt that were found, by list or webhook, or shown absent; and those somebody had to look up. */
  inDoubt: number
  decided: number
  budgetLeftReserved: number
}

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const done: StepHandler = async () => ({ then: 'done' })

/** Runs the real steps of ordering, finding, following and calling off against vendors and processes that fail all the time. */
export async function simulate({ takes: wanted, seed, withoutReconcile = false }: SimulationOptions): Promise<SimulationResult> {
  const random = seeded(seed)
  let nowMs = Date.parse('2026-11-23T00:00:00Z')
  const now = () => nowMs
  const clock = {
    now: () => new Date(nowMs),
    async sleep(milliseconds: number) {
      nowMs += milliseconds
    },
  }
  const tenantId = 'ten_simulated' as TenantId
  const store = createMemoryStore(now, null)
  const messages: { atMs: number; provider: string; message: { takeId: TakeId; remoteId: string; dedupeKey: string } }[] = []
  const vendors = new Map<string, Vendor>(
    (['list', 'webhook', 'none'] as const).map((reconcile) => {
      const id = `by-${reconcile}`
      return [
        id,
        createVendor({ id, reconcile, nowMs: now, random, send: (atMs, message) => messages.push({ atMs, provider: id, message }) }),
      ]
    }),
  )
  const places = new Set<string>()
  const result: SimulationResult = {
    takes: 0,
    jobs: 0,
    crashes: 0,
    crashPlaces: 0,
    chargedTwice: 0,
    paidOutputsLost: 0,
    stuck: 0,
    vendorMicroUsd: 0,
    ledgerMicroUsd: 0,
    assumed: 0,
    inDoubt: 0,
    decided: 0,
    budgetLeftReserved: 0,
  }
  let house = begin()

  function begin() {
    const mortal = createMortalProcess(
      store,
      () => random() < CRASH_CHANCE,
      (place) => {
        places.add(place)
        result.crashes++
      },
    )
    return houseOf(mortal)
  }

  function houseOf(process: MortalProcess) {
    const providers = new Map([...vendors].map(([id, { provider }]) => [id, process.provider(provider)]))
    const bus = { publish: async () => {}, subscribe: () => () => {}, close: async () => {} }
    const pipeline: Pipeline = { stages: ['analyse', 'voice', 'publish'], plan: planOf }
    const kinds: JobKind[] = ['presentation', 'video', 'speech', 'music', 'sound']
    const pipelines = Object.fromEntries(kinds.map((kind) => [kind, pipeline])) as Record<JobKind, Pipeline>
    const stageDeps = {
      store: withoutReconcile ? forgetful(process.store) : process.store,
      objects: { list: async function* () {}, put: keepNothing },
      providers,
      pipelines,
      clock,
      ids: testIds,
      hint: () => {},
      inFlight: () => null,
      ordersPerMinute: () => null,
      webhookUrl: () => null,
      maxOutputBytes: 1_000_000,
      orderSearchMs: 10 * 60_000,
    } as unknown as StageDeps
    const handlers: Record<StepName, StepHandler> = {
      analyse: analyse(stageDeps),
      generate: generate(stageDeps),
      ingest: ingest(stageDeps),
      mend: done,
      cleanup: cleanup(stageDeps),
      finish: done,
      publish: done,
      rendition: done,
      review: done,
    }
    const deps = {
      store: process.store,
      bus,
      clock,
      ids: testIds,
      log: quiet,
      within: (_log: unknown, work: () => unknown) => work(),
      providers,
      pipelines,
      handlers,
      metrics: silentMetrics,
      tracer: silentTracer,
      forecast: createForecast(store.samples),
      running: createRunningSteps(),
      workerId: 'worker',
      stepsDue: () => {},
      config: {
        slots: { io: 1, cpu: 1, resident: 1 },
        leaseMs: LEASE_MS,
        hintAgainMs: 1_000,
        drainMs: 1_000,
        retention: { ephemeralHours: 24, standardDays: null, masterDays: null },
      },
      inFlight: () => null,
    } as unknown as Parameters<typeof runStep>[0] & Parameters<typeof receiveWebhook>[0] & Parameters<typeof cancelJob>[0]
    return { process, deps }
  }

  /** Does something in the present process; when that dies, there is a new one afterwards. `false`: it died. */
  async function live(doing: string, work: (deps: (typeof house)['deps']) => Promise<unknown>): Promise<boolean> {
    house.process.doing = doing
    await work(house.deps).catch(() => {})
    if (house.process.alive) return true
    house = begin()
    return false
  }

  async function submit(): Promise<void> {
    const job = newJob(tenantId, random, clock.now())
    await store.transaction(async (tx) => {
      await tx.jobs.insert([job])
      await tx.steps.insert([
        {
          id: testIds.next('stp'),
          jobId: job.id,
          tenantId,
          costSeconds: 1,
          work: { name: 'analyse' },
          lane: laneOf.analyse,
          priority: 0,
          attempt: 0,
          failures: 0,
          state: { state: 'ready', runAt: clock.now() },
          createdAt: clock.now(),
        },
      ])
    })
    result.jobs++
  }

  async function deliver(): Promise<void> {
    const due = messages.filter(({ atMs }) => atMs <= nowMs)
    for (const one of due) messages.splice(messages.indexOf(one), 1)
    for (const { provider, message } of due) {
      const rawBody = Buffer.from(JSON.stringify(message))
      if (!store.state.takes.has(message.takeId)) continue
      const arrived = await live('webhook', (deps) => receiveWebhook(deps, { provider, takeId: message.takeId, headers: {}, rawBody }))
      if (!arrived) messages.push({ atMs: nowMs + 10_000, provider, message })
    }
  }

  /** Looks at the vendor, as one does, and says what is there. */
  async function operate(): Promise<void> {
    for (const step of [...store.state.steps.values()]) {
      if (step.state.state !== 'parked' || step.state.reason !== 'waits for a decision' || !('takeId' in step.work)) continue
      const take = store.state.takes.get(step.work.takeId)
      if (take?.state.state !== 'submit_unknown' || take.state.decision !== null) continue
      const [sale] = vendors.get(take.provider)?.sales.get(take.id) ?? []
      const decision = sale ? ({ decision: 'adopt', remoteId: sale.remoteId } as const) : ({ decision: 'not-taken' } as const)
      if (await live('decision', (deps) => decideOrder(deps, tenantId, take.jobId, take.id, decision))) result.decided++
    }
  }

  /** Holds our book against the vendor's for a job that has ended for good, and forgets it. */
  function audit(job: Job): void {
    const takes = store.state.takesOfJob.get(job.id) ?? []
    if (job.state.state === 'failed' && takes.length === 0)
      throw new Error(`a job failed before it had a take: ${JSON.stringify(job.state.outcome)}`)
    for (const takeId of takes) {
      const take = store.state.takes.get(takeId)
      const vendor = take && vendors.get(take.provider)
      if (!take || !vendor) throw new Error(`take ${takeId} is gone`)
      result.takes++
      const sales = vendor.sales.get(takeId) ?? []
      const entry = store.state.ledger.get(takeId)
      if (sales.length > 1) result.chargedTwice++
      if (entry?.state === 'reserved') result.stuck++
      if (entry?.state === 'settled' && entry.basis === 'assumed') result.assumed++
      else {
        result.vendorMicroUsd += vendor.charged(takeId)
        result.ledgerMicroUsd += entry?.state === 'settled' ? entry.amountMicroUsd : 0
        const made = sales.some(({ end }) => end === 'made')
        const kept = take.state.state === 'accepted' || (take.state.state === 'cancelled' && take.state.late !== undefined)
        if (made && !kept) result.paidOutputsLost++
      }
      vendor.forget(takeId)
    }
    store.forget(job.id)
  }

  const doubted = new Set<TakeId>()
  let operatorAtMs = nowMs
  for (;;) {
    while (store.state.jobs.size < JOBS_AT_ONCE && result.takes + store.state.takes.size < wanted) await submit()
    if (store.state.jobs.size === 0) break
    await deliver()
    for (const stepId of store.dueSteps()) {
      const step = store.state.steps.get(stepId)
      if (!step) continue
      const take = 'takeId' in step.work ? store.state.takes.get(step.work.takeId) : undefined
      if (take?.state.state === 'submit_unknown' && !doubted.has(take.id)) {
        doubted.add(take.id)
        result.inDoubt++
      }
      await live(`${step.work.name}${take ? ` (${take.state.state})` : ''}`, (deps) => runStep(deps, stepId))
    }
    for (const job of [...store.state.jobs.values()]) {
      if (!jobEnded(job) && random() < CANCEL_CHANCE / 50) await live('cancel', (deps) => cancelJob(deps, tenantId, job.id))
      const open = (store.state.stepsOfJob.get(job.id) ?? []).some((id) => store.state.steps.get(id)?.dueAtMs != null)
      if (jobEnded(job) && !open) audit(job)
      else if (nowMs - job.createdAt.getTime() > STUCK_MS) {
        result.stuck++
        audit(job)
      }
    }
    if (nowMs >= operatorAtMs) {
      operatorAtMs = nowMs + OPERATOR_EVERY_MS
      await operate()
    }
    const next = Math.min(store.nextDueMs() ?? Number.POSITIVE_INFINITY, operatorAtMs, ...messages.slice(0, 1_000).map(({ atMs }) => atMs))
    nowMs = Math.max(nowMs + 1, Number.isFinite(next) ? next : nowMs + 1_000)
  }
  result.crashPlaces = places.size
  result.budgetLeftReserved = store.state.budget.reservedMicroUsd
  return result
}

function newJob(tenantId: TenantId, random: () => number, createdAt: Date): Job {
  const request: JobRequest = {
    kind: 'sound',
    prompt: 'simulated',
    durationSeconds: 1,
    providers: [],
    seed: Math.floor(random() * 1_000_000),
    formats: ['hls'],
    metadata: {},
    policy: {
      profile: 'standard',
      profileVersion: 1,
      gate: 'segment',
      deadlineSeconds: null,
      priority: 0,
      retention: 'standard',
      maxTakesPerShot: 3,
      maxCostMicroUsd: null,
      onSubmitUnknown: random() < RISK_CHANCE ? 'accept-risk' : 'ask',
    },
  }
  return {
    id: testIds.next('job') as JobId,
    tenantId,
    request,
    retryOf: null,
    state: { state: 'queued' },
    stages: newStages(['analyse', 'voice', 'publish'], 'sound'),
    progress: null,
    eta: null,
    plan: null,
    assetId: null,
    preview: null,
    notice: null,
    cost: { estimateMicroUsd: 0, actualMicroUsd: 0 },
    seq: 0,
    createdAt,
    deadlineAt: null,
  }
}

/** One sound, by the vendor that the seed chooses and the next one after it. */
function planOf(request: JobRequest): Plan {
  const ids = ['by-list', 'by-webhook', 'by-none']
  const first = request.seed % 3
  const order = { kind: 'sound' as const, prompt: 'simulated', durationSeconds: 1, seed: request.seed }
  return {
    title: 'simulated',
    shots: [],
    takes: [
      {
        key: 'sound',
        role: 'sound',
        shot: null,
        needs: [],
        provider: ids[first] ?? '',
        request: order,
        rank: 0,
        instead: [{ provider: ids[(first + 1) % 3] ?? '', request: order }],
      },
    ],
    estimatedSeconds: 1,
    quotedSeconds: 60,
    notes: [],
  }
}

function analyse(deps: StageDeps): StepHandler {
  return async ({ job }) => ({
    then: 'done',
    write: async (tx) => {
      tx.plan(planOf(job.request))
      const asset = {
        id: testIds.next('ast'),
        jobId: job.id,
        state: { state: 'making' },
        releasedSeconds: 1,
        durationSeconds: 1,
        verdicts: [],
        cues: [],
        renditions: [],
        retention: newRetention(job.request.policy.retention),
      }
      await tx.createAsset(asset as unknown as Asset)
      await orderTakes(deps, tx)
    },
  })
}

/** The real download; what is measured of the bytes afterwards costs nothing and is left out. */
function ingest(deps: StageDeps): StepHandler {
  return async (run) => {
    if (run.step.work.name !== 'ingest') return { then: 'done' }
    const take = await deps.store.takes.get(run.step.work.takeId)
    const provider = take && deps.providers.get(take.provider)
    if (take?.state.state !== 'delivered' || !provider) return { then: 'done' }
    const { ref, outputs } = take.state
    const [output] = outputs
    if (!output) throw new Error('nothing was delivered')
    let sizeBytes = 0
    try {
      const options = { clock: deps.clock, signal: run.signal, maxBytes: deps.maxOutputBytes }
      for await (const chunk of download(provider, ref, 0, output, options)) sizeBytes += chunk.length
    } catch (error) {
      if (takeOutcome(error).class !== 'lost') return waitOut(deps, run, provider, take, error)
      return { then: 'done', write: (tx) => loseTake(deps, tx, take, takeOutcome(error)) }
    }
    if (sizeBytes !== OUTPUT_BYTES) throw new Error(`${sizeBytes} bytes arrived`)
    return {
      then: 'done',
      write: async (tx) => {
        await tx.setTake(take, { state: 'accepted', masters: [] })
        await tx.succeed()
      },
    }
  }
}

/** Reads what is kept to its end, as the object store does. */
async function keepNothing(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ key: string; sizeBytes: number }> {
  let sizeBytes = 0
  for await (const chunk of bytes) sizeBytes += chunk.length
  return { key, sizeBytes }
}

/** A store that has forgotten which orders are in doubt. */
function forgetful(store: Store): Store {
  return {
    ...store,
    takes: {
      ...store.takes,
      async get(id: TakeId) {
        const take = await store.takes.get(id)
        const doubt = take?.state.state === 'ordering' || take?.state.state === 'submit_unknown'
        return take && doubt ? { ...take, state: { state: 'planned' } } : take
      },
    },
  }
}
