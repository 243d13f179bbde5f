import { asSluiceError, type SluiceError, storeError } from '../domain/errors.ts'
import type { StepId } from '../domain/ids.ts'
import { type Job, jobEnded } from '../domain/job.ts'
import { outcomeOf } from '../domain/outcome.ts'
import { MAX_STEP_FAILURES, retryDelayMs, type Step } from '../domain/step.ts'
import type { StepResult, StepRun } from '../ports/stages.ts'
import type { Repositories } from '../ports/store.ts'
import type { EngineDeps } from './deps.ts'
import { type ChangeDeps, changeJob, LeaseLost } from './job-transaction.ts'
import { holdLease } from './lease.ts'
import type { RunningSteps } from './running-steps.ts'

/**
 * What became of a run, for who counts them. `retried`: it failed and will be tried again. `interrupted`: by a drain or a
 * cancelled job. `lost`: the lease. `unwritten`: the store did not take its failure.
 */
type RunOutcome = 'done' | 'parked' | 'retried' | 'failed' | 'interrupted' | 'lost' | 'unwritten'

type RunDeps = ChangeDeps & Pick<EngineDeps, 'handlers' | 'config'> & { workerId: string; running: RunningSteps }

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

async function runClaimed(deps: RunDeps, step: Step): Promise<RunOutcome> {
  const { store, config } = deps
  const stepId = step.id
  const log = deps.log.child({ jobId: step.jobId, stepId, step: step.work.name, attempt: step.attempt })
  const lease = holdLease(store.steps, step, config.leaseMs, log)
  const released = deps.running.add(step, lease.abort)
  try {
    const job = await begin(deps, step)
    const run: StepRun = {
      job,
      step,
      signal: lease.signal,
      log,
      checkpoint: async (write) => {
        await changeJob(deps, step.jobId, { stepId, attempt: step.attempt }, write)
      },
    }
    const result = await deps.handlers[step.work.name](run)
    await leave(deps, step, job, result)
    if (result.then === 'done') await result.after?.().catch((error) => log.warn({ err: error }, 'what should follow the commit failed'))
    return result.then === 'done' ? 'done' : 'parked'
  } catch (error) {
    if (!(error instanceof LeaseLost)) return await fail(deps, step, error, lease.signal, log).catch((second) => giveBack(second, log))
    log.info({}, 'someone else has the step now; nothing was written')
    return 'lost'
  } finally {
    lease.end()
    released()
  }
}

/** The job as it is now; its first step moves it from `queued` to `running`. */
async function begin(deps: RunDeps, step: Step): Promise<Job> {
  const job = await deps.store.jobs.get(step.jobId)
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
  const go = ({ steps }: Pick<Repositories, 'steps'>, after: Job) =>
    steps.leave(
      step.id,
      step.attempt,
      result.then === 'park' && parks(after) ? { state: 'parked', wakeAt: result.wakeAt, reason: result.reason } : { state: 'done' },
      step.failures,
    )
  if (result.write) await changeJob(deps, step.jobId, { stepId: step.id, attempt: step.attempt }, result.write, go)
  else {
    const left = await go(deps.store, before)
    if (left === null) throw new LeaseLost(step.id)
    if (left === 'ready') deps.stepsDue()
  }
  if (result.then === 'park') deps.stepsDue(result.wakeAt)
}

/**
 * The one place that decides what follows an error: the advice it carries, and how often the step has failed already.
 * An interrupted run (drain, lost lease, cancelled job) is no failure of the step.
 */
async function fail(deps: RunDeps, step: Step, thrown: unknown, signal: AbortSignal, log: RunDeps['log']): Promise<RunOutcome> {
  const held = { stepId: step.id, attempt: step.attempt }
  if (signal.aborted) {
    const returned = await deps.store.steps.leave(step.id, step.attempt, { state: 'ready', runAt: deps.clock.now() }, step.failures)
    log.info({ reason: String(signal.reason), returned }, 'interrupted')
    return returned === null ? 'lost' : 'interrupted'
  }
  const error = asSluiceError(thrown)
  const failures = step.failures + 1
  if (error.retry === 'same' && failures < MAX_STEP_FAILURES) {
    const delayMs = error.retryAfterMs ?? retryDelayMs(failures)
    log.warn({ err: thrown, delayMs, failures }, 'failed, will be tried again')
    const runAt = new Date(deps.clock.now().getTime() + delayMs)
    await deps.store.steps.leave(step.id, step.attempt, { state: 'ready', runAt }, failures)
    deps.stepsDue(runAt)
    return 'retried'
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
function giveBack(error: unknown, log: RunDeps['log']): RunOutcome {
  if (error instanceof LeaseLost) return 'lost'
  log.error({ err: error }, 'the failure could not be written; the step will run again when its lease is over')
  return 'unwritten'
}
