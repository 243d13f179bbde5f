import type { Asset } from '../../../src/domain/asset.ts'
import type { JobId, StepId, TakeId } from '../../../src/domain/ids.ts'
import type { Job } from '../../../src/domain/job.ts'
import type { Budget, LedgerEntry } from '../../../src/domain/spend.ts'
import type { Step, StepExit, StepState } from '../../../src/domain/step.ts'
import type { RemoteRef, Take } from '../../../src/domain/take.ts'
import type { Repositories, Store } from '../../../src/ports/store.ts'

interface StoredStep extends Step {
  dueAtMs: number | null
  poked: boolean
}

/** Everything of the store that spending touches, in memory, on a clock of the simulation. */
export interface MemoryStore extends Store {
  readonly state: State
  /** Steps that may run now, in order of their time. */
  dueSteps(): StepId[]
  nextDueMs(): number | null
  forget(jobId: JobId): void
}

interface State {
  jobs: Map<JobId, Job>
  steps: Map<StepId, StoredStep>
  takes: Map<TakeId, Take>
  takesOfJob: Map<JobId, TakeId[]>
  stepsOfJob: Map<JobId, StepId[]>
  assets: Map<string, Asset>
  ledger: Map<TakeId, LedgerEntry>
  budget: Budget
  pausedUntilMs: Map<string, number>
  hints: Map<string, { takeId: TakeId | null; ref: RemoteRef }>
}

/** What cannot happen in the simulation is not modelled. */
const notModelled = (what: string) => (): never => {
  throw new Error(`${what} is not part of the simulation`)
}

/**
 * A store with the meaning of the real one: conditional moves of steps with a fence, transactions that happen whole or not
 * at all. One transaction at a time, which is what row locks come to for one job.
 */
export function createMemoryStore(nowMs: () => number, limitMicroUsd: number | null): MemoryStore {
  const state: State = {
    jobs: new Map(),
    steps: new Map(),
    takes: new Map(),
    takesOfJob: new Map(),
    stepsOfJob: new Map(),
    assets: new Map(),
    ledger: new Map(),
    budget: { limitMicroUsd, reservedMicroUsd: 0, spentMicroUsd: 0 },
    pausedUntilMs: new Map(),
    hints: new Map(),
  }
  /** Undoes a transaction that does not commit. `null` outside one: then a write stands at once. */
  let undo: (() => void)[] | null = null

  function set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const before = map.get(key)
    undo?.push(() => (before === undefined ? map.delete(key) : map.set(key, before)))
    map.set(key, value)
  }

  function spend(change: { reserved?: number; spent?: number }): void {
    const before = { ...state.budget }
    undo?.push(() => Object.assign(state.budget, before))
    state.budget.reservedMicroUsd += change.reserved ?? 0
    state.budget.spentMicroUsd += change.spent ?? 0
  }

  const stepAs = (step: StoredStep, to: StepState, more: Partial<StoredStep> = {}): StoredStep => ({
    ...step,
    ...more,
    state: to,
    dueAtMs: dueMs(to),
  })
  const ofJob = <T>(ids: readonly T[] | undefined): readonly T[] => ids ?? []

  const repositories: Repositories = {
    profiles: { add: notModelled('profiles'), get: async () => undefined, list: async () => [] },
    judgements: { add: async () => undefined, replace: async () => undefined, get: async () => undefined, of: async () => [] },
    processes: { beat: async () => undefined, list: async () => [], leave: async () => undefined },
    leases: { take: async () => true, holder: async () => undefined, release: async () => undefined },
    turns: { all: async () => new Map(), save: async () => undefined },
    repairs: { of: async () => [], learn: async () => undefined },
    jobs: {
      async insert(jobs) {
        for (const job of jobs) set(state.jobs, job.id, job)
      },
      get: async (id) => state.jobs.get(id),
      lock: async (id) => state.jobs.get(id),
      async save(job) {
        set(state.jobs, job.id, job)
      },
      list: notModelled('listing'),
      changedSince: notModelled('changedSince'),
      overdue: async () => [],
      ahead: async () => 0,
    },
    steps: {
      async insert(steps) {
        for (const step of steps) {
          set(state.steps, step.id, { ...step, dueAtMs: dueMs(step.state), poked: false })
          set(state.stepsOfJob, step.jobId, [...ofJob(state.stepsOfJob.get(step.jobId)), step.id])
        }
      },
      get: async (id) => state.steps.get(id),
      ofJob: async (jobId) => ofJob(state.stepsOfJob.get(jobId)).flatMap((id) => state.steps.get(id) ?? []),
      async claim(id, workerId, leaseMs) {
        const step = state.steps.get(id)
        if (!step || step.dueAtMs === null || step.dueAtMs > nowMs()) return undefined
        const leaseUntil = new Date(nowMs() + leaseMs)
        const claimed = stepAs(step, { state: 'running', leaseUntil, workerId }, { attempt: step.attempt + 1, poked: false })
        set(state.steps, id, claimed)
        return { ...claimed, waitedMs: 0 }
      },
      async renew(id, attempt) {
        const step = state.steps.get(id)
        return step?.attempt === attempt && step.state.state === 'running'
      },
      async hold(id, attempt) {
        const step = state.steps.get(id)
        return step?.attempt === attempt && step.state.state === 'running'
      },
      async leave(id, attempt, to, failures) {
        const step = state.steps.get(id)
        if (step?.attempt !== attempt || step.state.state !== 'running') return null
        const left: StepExit = step.poked && to.state === 'parked' ? { state: 'ready', runAt: new Date(nowMs()) } : to
        set(state.steps, id, stepAs(step, left, { failures, poked: false }))
        return left.state
      },
      revive: notModelled('revive'),
      async wake(jobId, name, takeId) {
        const woken: StepId[] = []
        for (const id of ofJob(state.stepsOfJob.get(jobId))) {
          const step = state.steps.get(id)
          if (step?.work.name !== name || (takeId !== undefined && !('takeId' in step.work && step.work.takeId === takeId))) continue
          if (step.state.state === 'running') set(state.steps, id, { ...step, poked: true })
          if (step.state.state !== 'parked') continue
          set(state.steps, id, { ...step, dueAtMs: Math.min(step.dueAtMs ?? nowMs(), nowMs()) })
          woken.push(id)
        }
        return woken
      },
      async cancelOpen(jobId, keep) {
        for (const id of ofJob(state.stepsOfJob.get(jobId))) {
          const step = state.steps.get(id)
          if (step && id !== keep && step.dueAtMs !== null) set(state.steps, id, stepAs(step, { state: 'cancelled' }))
        }
      },
      waiting: notModelled('waiting'),
      hintAll: notModelled('hintAll'),
      entriesOf: notModelled('entriesOf'),
      hint: notModelled('hint'),
      nextDueInMs: notModelled('nextDueInMs'),
      backlog: notModelled('backlog'),
      async open(jobId, names) {
        const steps = ofJob(state.stepsOfJob.get(jobId)).flatMap((id) => state.steps.get(id) ?? [])
        return steps.filter((step) => step.dueAtMs !== null && names.includes(step.work.name)).length
      },
    },
    takes: {
      async insert(takes) {
        for (const take of takes) {
          set(state.takes, take.id, take)
          set(state.takesOfJob, take.jobId, [...ofJob(state.takesOfJob.get(take.jobId)), take.id])
        }
      },
      get: async (id) => state.takes.get(id),
      async save(take) {
        set(state.takes, take.id, take)
      },
      ofJob: async (jobId) => ofJob(state.takesOfJob.get(jobId)).flatMap((id) => state.takes.get(id) ?? []),
      ordered: notModelled('ordered'),
      byRemoteId: async (provider, remoteId) =>
        [...state.takes.values()].find((take) => take.provider === provider && 'ref' in take.state && take.state.ref['id'] === remoteId),
    },
    reviews: {
      insert: notModelled('reviews'),
      get: notModelled('reviews'),
      save: notModelled('reviews'),
      ofJob: async () => [],
      list: notModelled('reviews'),
    },
    assets: {
      async insert(asset) {
        set(state.assets, asset.id, asset)
      },
      get: async (id) => state.assets.get(id),
      async save(asset) {
        set(state.assets, asset.id, asset)
      },
      files: async () => [],
      rungs: async () => [],
      segments: async () => [],
      getWithTenant: notModelled('getWithTenant'),
      parts: async () => ({ files: [], rungs: [], segments: [] }),
      list: notModelled('list'),
      overdue: notModelled('overdue'),
      forgetParts: notModelled('forgetParts'),
      storedBytes: notModelled('storedBytes'),
      storedBytesByTenant: notModelled('storedBytesByTenant'),
      addFiles: notModelled('addFiles'),
      file: notModelled('file'),
      addRungs: notModelled('addRungs'),
      addSegments: notModelled('addSegments'),
      segment: notModelled('segment'),
    },
    events: {
      append: async (job, _at, events) => ({ ...job, seq: job.seq + events.length }),
      async begin() {},
      read: async () => [],
    },
    samples: { async add() {}, read: async () => new Map() },
    idempotency: { remember: notModelled('remember'), recall: async () => undefined, async forgetBefore() {} },
    tenants: {
      ensure: notModelled('ensure'),
      shares: async () => [],
      setShares: async () => [],
      setShare: notModelled('setShare'),
      runningJobs: async () => 0,
      runningJobsOf: async () => new Map(),
      submits: async () => 0,
      get: async () => undefined,
      list: notModelled('list'),
      setStoragePolicy: notModelled('setStoragePolicy'),
    },
    keys: { insert: notModelled('keys'), byHash: notModelled('keys'), count: notModelled('keys') },
    ledger: {
      async reserve(entry, jobLimit) {
        const known = state.ledger.get(entry.takeId)
        if (known && known.state !== 'released') return 'reserved'
        const { limitMicroUsd: limit, reservedMicroUsd, spentMicroUsd } = state.budget
        if (limit !== null && reservedMicroUsd + spentMicroUsd + entry.amountMicroUsd > limit) return 'tenant'
        const ofThisJob = ofJob(state.takesOfJob.get(entry.jobId)).flatMap((id) => state.ledger.get(id) ?? [])
        const committed = ofThisJob.filter((one) => one.state !== 'released').reduce((sum, one) => sum + one.amountMicroUsd, 0)
        if (jobLimit !== null && committed + entry.amountMicroUsd > jobLimit) return 'job'
        set(state.ledger, entry.takeId, { ...entry, state: 'reserved' })
        spend({ reserved: entry.amountMicroUsd })
        return 'reserved'
      },
      async close(takeId, to, at) {
        const entry = state.ledger.get(takeId)
        if (entry?.state !== 'reserved') return 0
        const amountMicroUsd = to.state === 'settled' ? to.amountMicroUsd : entry.amountMicroUsd
        set(state.ledger, takeId, { ...entry, state: to.state, amountMicroUsd, at, ...(to.state === 'settled' && { basis: to.basis }) })
        const spent = to.state === 'settled' ? amountMicroUsd : 0
        spend({ reserved: -entry.amountMicroUsd, spent })
        return spent
      },
      get: async (takeId) => state.ledger.get(takeId),
      budget: async () => ({ ...state.budget }),
      setLimit: notModelled('setLimit'),
      usage: notModelled('usage'),
    },
    accounts: {
      async enter(provider) {
        const waitMs = (state.pausedUntilMs.get(provider) ?? 0) - nowMs()
        return waitMs > 0 ? { enter: false, waitMs } : { enter: true }
      },
      next: async () => [],
      leave: async () => undefined,
      async slowDown(provider, retryAfterMs) {
        set(state.pausedUntilMs, provider, Math.max(state.pausedUntilMs.get(provider) ?? 0, nowMs() + (retryAfterMs ?? 1_000)))
      },
      async wentWell() {},
      async failed() {},
      list: notModelled('accounts'),
    },
    deadLetters: {
      async insert() {},
      async closeJob() {},
      get: notModelled('dead letters'),
      listOpen: notModelled('dead letters'),
      countOpen: notModelled('dead letters'),
      openByKind: notModelled('dead letters'),
      close: notModelled('dead letters'),
    },
    stuck: { lostSteps: notModelled('stuck'), lateSteps: notModelled('stuck'), ordersInDoubt: notModelled('stuck') },
    blockLists: { get: notModelled('block lists'), set: notModelled('block lists') },
    hints: {
      async remember({ provider, dedupeKey, takeId, ref }) {
        const key = `${provider} ${dedupeKey}`
        if (state.hints.has(key)) return false
        set(state.hints, key, { takeId, ref })
        return true
      },
      refOf: async (takeId) => [...state.hints.values()].find((hint) => hint.takeId === takeId)?.ref,
      async forgetBefore() {},
    },
    webhooks: {
      async announce() {},
      insert: notModelled('insert'),
      get: notModelled('get'),
      lock: notModelled('lock'),
      save: notModelled('save'),
      remove: notModelled('remove'),
      list: notModelled('list'),
      addTest: notModelled('addTest'),
      claim: notModelled('claim'),
      settle: notModelled('settle'),
      giveBack: notModelled('giveBack'),
      delivery: notModelled('delivery'),
      deliveries: notModelled('deliveries'),
      replay: notModelled('replay'),
      async forgetBefore() {},
    },
  }

  return {
    ...repositories,
    state,
    async transaction(work) {
      if (undo) throw new Error('two transactions at once')
      undo = []
      try {
        return await work(repositories)
      } catch (error) {
        for (const one of (undo ?? []).reverse()) one()
        throw error
      } finally {
        undo = null
      }
    },
    dueSteps() {
      const now = nowMs()
      const due = [...state.steps.values()].filter((step) => step.dueAtMs !== null && step.dueAtMs <= now)
      return due.sort((a, b) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0)).map(({ id }) => id)
    },
    nextDueMs() {
      let next: number | null = null
      for (const { dueAtMs } of state.steps.values()) if (dueAtMs !== null && (next === null || dueAtMs < next)) next = dueAtMs
      return next
    },
    forget(jobId) {
      for (const id of ofJob(state.takesOfJob.get(jobId))) {
        state.takes.delete(id)
        state.ledger.delete(id)
        for (const [key, { takeId }] of state.hints) if (takeId === id) state.hints.delete(key)
      }
      for (const id of ofJob(state.stepsOfJob.get(jobId))) state.steps.delete(id)
      const { assetId } = state.jobs.get(jobId) ?? {}
      if (assetId) state.assets.delete(assetId)
      state.takesOfJob.delete(jobId)
      state.stepsOfJob.delete(jobId)
      state.jobs.delete(jobId)
    },
    exclusively: notModelled('exclusively'),
    migrate: notModelled('migrate'),
    installation: notModelled('installation'),
    ping: notModelled('ping'),
    now: notModelled('now'),
    close: async () => {},
  }
}

function dueMs(state: StepState): number | null {
  switch (state.state) {
    case 'ready':
      return state.runAt.getTime()
    case 'parked':
      return state.wakeAt.getTime()
    case 'running':
      return state.leaseUntil.getTime()
    default:
      return null
  }
}
