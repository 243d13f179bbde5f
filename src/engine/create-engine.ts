import type { JobId, StepId, TakeId } from '../domain/ids.ts'
import type { HouseProcess } from '../domain/process.ts'
import { LANES, type Lane } from '../domain/step.ts'
import type { Consumer } from '../ports/queue.ts'
import { createAcceptance } from './accept.ts'
import { createBackPressure } from './back-pressure.ts'
import { cancelJob, expireOverdue } from './cancel.ts'
import { dismissDeadLetter, retryDeadLetter } from './dead-letters.ts'
import { decideOrder } from './decide.ts'
import { decideReview } from './decide-review.ts'
import type { EngineDeps } from './deps.ts'
import type { Engine } from './engine.ts'
import { createForecast } from './forecast.ts'
import { holdAsset, releaseAsset } from './hold-asset.ts'
import { showLoad } from './load.ts'
import { type Presence, startPresence } from './presence.ts'
import { startResident } from './resident.ts'
import { retryJob } from './retry.ts'
import { runStep } from './run-step.ts'
import { createRunningSteps } from './running-steps.ts'
import { leaveScheduling, type Scheduling, startScheduling } from './scheduling.ts'
import { showStored } from './show-stored.ts'
import { quoteJob, submitJob } from './submit.ts'
import { createTenantPolicies } from './tenant-policies.ts'
import { tenantStorage } from './tenant-storage.ts'
import { receiveWebhook } from './webhook.ts'

const DEADLINE_EVERY_MS = 1_000
const FORGET_EVERY_MS = 3_600_000
/** No vendor sends a message again for longer. */
const HINTS_KEPT_MS = 7 * 24 * 3_600_000
const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000
/** For as long as the log of deliveries is of use to anybody. */
const DELIVERIES_KEPT_MS = 30 * 24 * 3_600_000

/** What a process does, and what it is called where the processes of the house are listed. */
export interface Duties extends Pick<HouseProcess, 'host' | 'pid' | 'version' | 'api'> {
  /** Runs steps of these lanes. */
  lanes: readonly Lane[]
  /** Admits steps, or stands by while another does. */
  schedules: boolean
  /** Whether there is a process of this number on this host. */
  isRunning(pid: number): boolean
}

export interface RunningEngine extends Engine {
  /** Makes due whatever waits on this take: a provider's hint or webhook. */
  hintTake(jobId: JobId, takeId: TakeId): void
  /** Begins to run steps and to admit them. */
  start(duties: Duties): Promise<void>
  /** Takes nothing new, waits for running steps, hands back what is not done in time. Safe to repeat. */
  drain(): Promise<void>
}

export function createEngine(deps: EngineDeps): RunningEngine {
  const running = createRunningSteps()
  const forecast = createForecast(deps.store.samples)
  const id = deps.ids.next('prc')
  let scheduling: Scheduling = leaveScheduling(deps)
  let presence: Presence | null = null
  let consumers: Consumer[] = []
  let resident: Consumer | null = null
  let unsubscribe: (() => void) | null = null
  const timers: ReturnType<typeof setInterval>[] = []
  let draining: Promise<void> | null = null
  const policies = createTenantPolicies(deps.store)
  const stepsDue = (at?: Date): void => scheduling.stepsDue(at)
  const inner = {
    ...deps,
    forecast,
    policies,
    accept: createAcceptance(deps.store),
    backPressure: createBackPressure(deps),
    running,
    workerId: id,
    stepsDue,
  }

  showLoad(deps)
  showStored(deps)
  deps.metrics.gauges(() => LANES.map((lane) => ({ name: 'sluice_steps_running', labels: { lane }, value: running.of(lane) })))

  function every(ms: number, what: string, work: () => Promise<void>): void {
    timers.push(setInterval(() => void work().catch((error) => deps.log.warn({ err: error }, `${what} failed; trying again`)), ms))
  }

  const handle = (stepId: StepId): Promise<void> =>
    runStep(inner, stepId).catch((error) => deps.log.error({ stepId, err: error }, 'a step could not be run; it will be admitted again'))

  async function shutDown(): Promise<void> {
    for (const timer of timers) clearInterval(timer)
    unsubscribe?.()
    await scheduling.stop()
    const stopped = Promise.all([...consumers, ...(resident ? [resident] : [])].map((consumer) => consumer.stop()))
    const deadline = setTimeout(() => running.abortAll('draining'), deps.config.drainMs)
    await stopped
    clearTimeout(deadline)
    await presence?.stop()
  }

  return {
    quote: (request) => quoteJob(inner, request),
    submit: (tenantId, request, options) => submitJob(inner, tenantId, request, options),
    cancel: (tenantId, id) => cancelJob(inner, tenantId, id),
    decide: (tenantId, id, takeId, decision) => decideOrder(inner, tenantId, id, takeId, decision),
    decideReview: (tenantId, id, said, options) => decideReview(inner, tenantId, id, said, options),
    holdAsset: (tenantId, id, said) => holdAsset(inner, tenantId, id, said),
    releaseAsset: (tenantId, id, said) => releaseAsset(inner, tenantId, id, said),
    storagePolicy: (tenantId) => policies.of(tenantId),
    storage: (tenantId) => tenantStorage(deps, tenantId),
    webhook: (message) => receiveWebhook(inner, message),
    retry: (tenantId, id, options) => retryJob(inner, tenantId, id, options),
    retryDeadLetter: (tenantId, id, options) => retryDeadLetter(inner, tenantId, id, options),
    dismissDeadLetter: (tenantId, id) => dismissDeadLetter(inner, tenantId, id),

    hintTake(jobId, takeId) {
      deps.store.steps
        .wake(jobId, 'generate', takeId)
        .then((due) => due.length > 0 && stepsDue())
        .catch((error) => deps.log.warn({ jobId, takeId, err: error }, 'a hint was lost; the poll will find out'))
    },

    async start({ lanes, schedules, host, pid, version, api, isRunning }) {
      if (schedules) scheduling = startScheduling(deps, { id, host, isRunning })
      const { slots } = deps.config
      const startedAt = deps.clock.now()
      presence = await startPresence(deps, () => ({
        id,
        host,
        pid,
        version,
        api,
        scheduling: scheduling.role(),
        slots: Object.fromEntries(lanes.map((lane) => [lane, slots[lane]])),
        running: Object.fromEntries(lanes.map((lane) => [lane, running.of(lane)])),
        startedAt,
      }))
      unsubscribe = deps.bus.subscribe('job:cancel', ({ jobId }) => running.abortJob(jobId, 'cancelled'))
      every(DEADLINE_EVERY_MS, 'looking for overdue jobs', () => expireOverdue(inner))
      every(FORGET_EVERY_MS, 'forgetting old webhooks', () =>
        deps.store.hints.forgetBefore(new Date(deps.clock.now().getTime() - HINTS_KEPT_MS)),
      )
      every(FORGET_EVERY_MS, 'forgetting old idempotency keys', () =>
        deps.store.idempotency.forgetBefore(new Date(deps.clock.now().getTime() - IDEMPOTENCY_KEPT_MS)),
      )
      every(FORGET_EVERY_MS, 'forgetting old deliveries', () =>
        deps.store.webhooks.forgetBefore(new Date(deps.clock.now().getTime() - DELIVERIES_KEPT_MS)),
      )
      const shared = lanes.filter((lane) => lane !== 'resident')
      consumers = await Promise.all(shared.map((lane) => deps.queue.consume(lane, deps.config.slots[lane], handle)))
      if (lanes.includes('resident')) resident = startResident(deps, handle)
    },

    drain() {
      draining ??= shutDown()
      return draining
    },
  }
}
