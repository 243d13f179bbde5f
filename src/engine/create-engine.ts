import type { JobId, StepId, TakeId } from '../domain/ids.ts'
import { LANES, type Lane } from '../domain/step.ts'
import type { Consumer } from '../ports/queue.ts'
import { createAcceptance } from './accept.ts'
import { cancelJob, expireOverdue } from './cancel.ts'
import { dismissDeadLetter, retryDeadLetter } from './dead-letters.ts'
import { decideOrder } from './decide.ts'
import { decideReview } from './decide-review.ts'
import type { EngineDeps } from './deps.ts'
import type { Engine } from './engine.ts'
import { createForecast } from './forecast.ts'
import { holdAsset, releaseAsset } from './hold-asset.ts'
import { showLoad } from './load.ts'
import { startResident } from './resident.ts'
import { retryJob } from './retry.ts'
import { runStep } from './run-step.ts'
import { createRunningSteps } from './running-steps.ts'
import { type Scheduler, startScheduler } from './scheduler.ts'
import { quoteJob, submitJob } from './submit.ts'
import { receiveWebhook } from './webhook.ts'

const DEADLINE_EVERY_MS = 1_000
const FORGET_EVERY_MS = 3_600_000
/** No vendor sends a message again for longer. */
const HINTS_KEPT_MS = 7 * 24 * 3_600_000
const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000
/** For as long as the log of deliveries is of use to anybody. */
const DELIVERIES_KEPT_MS = 30 * 24 * 3_600_000

export interface RunningEngine extends Engine {
  /** Makes due whatever waits on this take: a provider's hint or webhook. */
  hintTake(jobId: JobId, takeId: TakeId): void
  /** Begins to admit and, on the given lanes, to run steps. */
  start(lanes: readonly Lane[]): Promise<void>
  /** Takes nothing new, waits for running steps, hands back what is not done in time. Safe to repeat. */
  drain(): Promise<void>
}

export function createEngine(deps: EngineDeps): RunningEngine {
  const running = createRunningSteps()
  const forecast = createForecast(deps.store.samples)
  const workerId = deps.ids.next('stp')
  let scheduler: Scheduler | null = null
  let consumers: Consumer[] = []
  let resident: Consumer | null = null
  let unsubscribe: (() => void) | null = null
  const timers: ReturnType<typeof setInterval>[] = []
  let draining: Promise<void> | null = null
  const inner = { ...deps, forecast, accept: createAcceptance(deps.store), running, workerId, stepsDue: (at?: Date) => scheduler?.poke(at) }

  showLoad(deps)
  deps.metrics.gauges(() => LANES.map((lane) => ({ name: 'sluice_steps_running', labels: { lane }, value: running.of(lane) })))

  function every(ms: number, what: string, work: () => Promise<void>): void {
    timers.push(setInterval(() => void work().catch((error) => deps.log.warn({ err: error }, `${what} failed; trying again`)), ms))
  }

  const handle = (stepId: StepId): Promise<void> =>
    runStep(inner, stepId).catch((error) => deps.log.error({ stepId, err: error }, 'a step could not be run; it will be admitted again'))

  async function shutDown(): Promise<void> {
    for (const timer of timers) clearInterval(timer)
    unsubscribe?.()
    await scheduler?.stop()
    const stopped = Promise.all([...consumers, ...(resident ? [resident] : [])].map((consumer) => consumer.stop()))
    const deadline = setTimeout(() => running.abortAll('draining'), deps.config.drainMs)
    await stopped
    clearTimeout(deadline)
  }

  return {
    quote: (request) => quoteJob(inner, request),
    submit: (tenantId, request, options) => submitJob(inner, tenantId, request, options),
    cancel: (tenantId, id) => cancelJob(inner, tenantId, id),
    decide: (tenantId, id, takeId, decision) => decideOrder(inner, tenantId, id, takeId, decision),
    decideReview: (tenantId, id, said, options) => decideReview(inner, tenantId, id, said, options),
    holdAsset: (tenantId, id, said) => holdAsset(inner, tenantId, id, said),
    releaseAsset: (tenantId, id, said) => releaseAsset(inner, tenantId, id, said),
    webhook: (message) => receiveWebhook(inner, message),
    retry: (tenantId, id, options) => retryJob(inner, tenantId, id, options),
    retryDeadLetter: (tenantId, id, options) => retryDeadLetter(inner, tenantId, id, options),
    dismissDeadLetter: (tenantId, id) => dismissDeadLetter(inner, tenantId, id),

    hintTake(jobId, takeId) {
      deps.store.steps
        .wake(jobId, 'generate', takeId)
        .then((due) => due.length > 0 && scheduler?.poke())
        .catch((error) => deps.log.warn({ jobId, takeId, err: error }, 'a hint was lost; the poll will find out'))
    },

    async start(lanes) {
      scheduler = startScheduler(deps)
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
