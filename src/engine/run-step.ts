import { asSluiceError, type SluiceError, storeError } from '../domain/errors.ts'
import type { StepId } from '../domain/ids.ts'
import { type Job, jobEnded } from '../domain/job.ts'
import { isOutageNotice, outageNotice } from '../domain/outage.ts'
import { outcomeOf } from '../domain/outcome.ts'
import { retryAfter, type Step, waitsForOutage } from '../domain/step.ts'
import { faultOf } from '../domain/trace.ts'
import type { Logger } from '../ports/logger.ts'
import type { StepResult, StepRun } from '../ports/stages.ts'
import type { ClaimedStep, Repositories } from '../ports/store.ts'
import type { SpanAttributes } from '../ports/tracer.ts'
import type { EngineDeps } from './deps.ts'
import { type ChangeDeps, changeJob, LeaseLost } from './job-transaction.ts'
import { holdLease } from './lease.ts'
import type { RunningSteps } from './running-steps.ts'

/**
 * What became of a run, for who counts them. `retried`: it failed and will be tried again. `interrupted`: by a drain or a
 * cancelled job. `waiting`: for an outage to end. `lost`: the lease. `unwritten`: the store did not take its failure.
 */
type RunOutcome = 'done' | 'parked' | 'retried' | 'waiting' | 'failed' | 'interrupted' | 'lost' | 'unwritten'

type RunDeps = ChangeDeps & Pick<EngineDeps, 'handlers' | 'config' | 'within'> & { workerId: string; running: RunningSteps }

/** Runs one admitted step: claim, handler, commit. Never throws; what goes wrong is in the store and in the log. */
export async function runStep(deps: RunDeps, stepId: StepId): Promise<void> {
  const { store, config, workerId } = deps
  const step = await store.steps.claim(stepId, workerId, config.leaseMs)
  if (!step) return
  const begun = performance.now()
  deps.metrics.observe('sluice_dispatch_seconds', { lane: step.lane }, step.waitedMs / 1000)
  const outcome = await runClaimed(deps, step)
  deps.metrics.observe('sluice_step_seconds', { step: step.work.name, outcome }, (performance.now() - begun) / 1000)
}

async function runClaimed(deps: RunDeps, step: ClaimedStep): Promise<RunOutcome> {
  const { store, config, tracer } = deps
  const log = deps.log.child(idsOf(step))
  const lease = holdLease(store.steps, step, config.leaseMs, log)
  const released = deps.running.add(step, lease.abort)
  const reading = store.jobs.get(step.jobId)
  try {
    // What the job cannot be read for fails the run, below.
    const parent = await reading.then((job) => job?.trace ?? null).catch(() => null)
    const options = { kind: 'consumer', parent, attributes: attributesOf(step) } as const
    return await tracer.span(`step ${step.work.name}`, options, async (span) => {
      const own = { ...deps, log: span.traceId === null ? log : log.child({ traceId: span.traceId }) }
      const outcome = await attempt(own, step, reading, lease.signal)
      span.set({ 'sluice.step.outcome': outcome })
      own.log.debug({ outcome, waitedMs: Math.round(step.waitedMs) }, 'a step has run')
      return outcome
    })
  } finally {
    lease.end()
    released()
  }
}

function idsOf({ id, jobId, work, attempt }: Step) {
  return { jobId, stepId: id, step: work.name, attempt, ...('takeId' in work && { takeId: work.takeId }) }
}

function attributesOf({ id, jobId, work, lane, attempt, waitedMs }: ClaimedStep): SpanAttributes {
  return {
    'sluice.job.id': jobId,
    'sluice.step.id': id,
    'sluice.step.name': work.name,
    'sluice.step.attempt': attempt,
    'sluice.lane': lane,
    'sluice.waited_ms': Math.round(waitedMs),
    'sluice.take.id': 'takeId' in work ? work.takeId : undefined,
  }
}

/** @param own whose log is that of the step, and names the provider once it is known */
async function attempt(own: RunDeps, step: Step, reading: Promise<Job | undefined>, signal: AbortSignal): Promise<RunOutcome> {
  const stepId = step.id
  try {
    const job = await begin(own, step, reading)
    const run: StepRun = {
      job,
      step,
      signal,
      get log() {
        return own.log
      },
      about(provider) {
        own.log = own.log.child({ provider })
        own.tracer.current().set({ 'gen_ai.provider.name': provider })
      },
      checkpoint: async (write) => {
        await changeJob(own, step.jobId, { stepId, attempt: step.attempt }, write)
      },
    }
    const result = await own.within(
      () => own.log,
      () => own.handlers[step.work.name](run),
    )
    await leave(own, step, job, result)
    if (result.then === 'done')
      await result.after?.().catch((error) => own.log.warn({ err: error }, 'what should follow the commit failed'))
    return result.then === 'done' ? 'done' : 'parked'
  } catch (error) {
    if (!(error instanceof LeaseLost)) return await fail(own, step, error, signal).catch((second) => giveBack(second, own.log))
    own.log.info({}, 'someone else has the step now; nothing was written')
    return 'lost'
  }
}

/** The job as it is now; its first step moves it from `queued` to `running`. */
async function begin(deps: RunDeps, step: Step, reading: Promise<Job | undefined>): Promise<Job> {
  const job = await reading
  if (!job) throw new Error(`job ${step.jobId} is gone`)
  if (job.state.state !== 'queued') return job
  return changeJob(deps, step.jobId, { stepId: step.id, attempt: step.attempt }, async (tx) => tx.begin())
}

/**
 * Lets the step go with its result. One that writes nothing goes alone: its own row is fence enough, and the job's is
 * neither locked nor written. Most questions to a provider end so.
 */
async function leave(deps: RunDeps, step: Step, before: Job, result: StepResult): Promise<void> {
  /** A step whose own result ended the job has nothing left to wait for. */
  const parks = (after: Job) => result.then === 'park' && (jobEnded(before) || !jobEnded(after))
  const waited = waitsForOutage(step.failures)
  const go = ({ steps }: Pick<Repositories, 'steps'>, after: Job) =>
    steps.leave(
      step.id,
      step.attempt,
      result.then === 'park' && parks(after) ? { state: 'parked', wakeAt: result.wakeAt, reason: result.reason } : { state: 'done' },
      waited ? 0 : step.failures,
    )
  const write = waited ? clearingNotice(result.write) : result.write
  if (write) await changeJob(deps, step.jobId, { stepId: step.id, attempt: step.attempt }, write, go)
  else {
    const left = await go(deps.store, before)
    if (left === null) throw new LeaseLost(step.id)
    if (left === 'ready') deps.stepsDue()
  }
  if (result.then === 'park') deps.stepsDue(result.wakeAt)
}

/** Ends the notice of the outage, unless something else is said by now. */
function clearingNotice(write: StepResult['write']): NonNullable<StepResult['write']> {
  return async (tx) => {
    if (isOutageNotice(tx.job.notice)) tx.notice(null)
    await write?.(tx)
  }
}

/**
 * The one place that decides what follows an error: the advice it carries, and how often the step has failed already.
 * An interrupted run (drain, lost lease, cancelled job) is no failure of the step.
 */
async function fail(deps: RunDeps, step: Step, thrown: unknown, signal: AbortSignal): Promise<RunOutcome> {
  const { log } = deps
  const held = { stepId: step.id, attempt: step.attempt }
  if (signal.aborted) {
    const returned = await deps.store.steps.leave(step.id, step.attempt, { state: 'ready', runAt: deps.clock.now() }, step.failures)
    log.info({ reason: String(signal.reason), returned }, 'interrupted')
    return returned === null ? 'lost' : 'interrupted'
  }
  deps.tracer.current().fail(faultOf(thrown))
  const error = asSluiceError(thrown)
  const failures = step.failures + 1
  const delayMs = retryAfter(failures, error)
  if (delayMs !== null) {
    const at = new Date(deps.clock.now().getTime() + delayMs)
    const waits = waitsForOutage(failures)
    log.warn({ err: thrown, delayMs, failures }, waits ? 'waits for an outage to end' : 'failed, will be tried again')
    if (waits) await waitForOutage(deps, step, error, at, failures)
    else await deps.store.steps.leave(step.id, step.attempt, { state: 'ready', runAt: at }, failures)
    deps.stepsDue(at)
    return waits ? 'waiting' : 'retried'
  }
  log.error({ err: thrown, failures }, 'failed for good')
  await changeJob(
    deps,
    step.jobId,
    held,
    async (tx) => {
      if (!jobEnded(tx.job)) return tx.end(error.code === 'deadline_exceeded' ? 'expired' : 'failed', outcomeOf(error))
      if (step.work.name === 'rendition') await failRendition(tx, step.work.format, error)
      await tx.giveUp(step, error)
    },
    (repositories) => repositories.steps.leave(step.id, step.attempt, { state: 'failed', error: storeError(error) }, failures),
  )
  return 'failed'
}

/** Its job tells whoever waits for it; one that has ended stands as it is. */
async function waitForOutage(deps: RunDeps, step: Step, { message }: SluiceError, wakeAt: Date, failures: number): Promise<void> {
  await changeJob(
    deps,
    step.jobId,
    { stepId: step.id, attempt: step.attempt },
    async (tx) => {
      if (!jobEnded(tx.job)) tx.notice(outageNotice(message))
    },
    ({ steps }) => steps.leave(step.id, step.attempt, { state: 'parked', wakeAt, reason: message }, failures),
  )
}

/** A background copy that cannot be made does not undo the job: the asset says so. */
async function failRendition(tx: Parameters<Parameters<typeof changeJob>[3]>[0], format: string, error: SluiceError): Promise<void> {
  const { renditions } = await tx.asset()
  await tx.changeAsset({
    renditions: renditions.map((rendition) =>
      rendition.format === format ? { ...rendition, state: 'failed', detail: error.message } : rendition,
    ),
  })
}

/** The store did not take the failure either. The lease runs out and the reconciler hands the step to the next worker. */
function giveBack(error: unknown, log: Logger): RunOutcome {
  if (error instanceof LeaseLost) return 'lost'
  log.error({ err: error }, 'the failure could not be written; the step will run again when its lease is over')
  return 'unwritten'
}
