import { SluiceError } from '../domain/errors.ts'
import type { JobId, TenantId } from '../domain/ids.ts'
import { type Job, jobEnded } from '../domain/job.ts'
import type { EngineDeps } from './deps.ts'
import { type ChangeDeps, changeJob } from './job-transaction.ts'
import type { RunningSteps } from './running-steps.ts'

type StopDeps = ChangeDeps & Pick<EngineDeps, 'store' | 'bus'> & { running: RunningSteps }

/** The tenant's job, or `job_not_found`: another tenant's job does not exist for this one. */
export async function findJob(deps: Pick<EngineDeps, 'store'>, tenantId: TenantId, id: JobId): Promise<Job> {
  const job = await deps.store.jobs.get(id)
  if (job?.tenantId === tenantId) return job
  throw new SluiceError('job_not_found', `There is no job ${id}.`, { fix: 'Check the id; GET /v1/jobs lists yours.' })
}

/** Ends the job in the store first; running steps lose their fence, are told to stop, and upstream work is called off by `cleanup`. */
export async function cancelJob(deps: StopDeps, tenantId: TenantId, id: JobId): Promise<Job> {
  await findJob(deps, tenantId, id)
  const job = await changeJob(deps, id, null, async (tx) => {
    if (jobEnded(tx.job)) {
      throw new SluiceError('job_already_ended', `Job ${id} has already ended as ${tx.job.state.state}.`, {
        fix: 'Nothing is left to cancel.',
      })
    }
    await tx.end('cancelled', { class: 'cancelled', detail: 'Cancelled on request.', retry: 'same', charged: 'no' })
  })
  await stopRunning(deps, id, 'cancelled')
  return job
}

/** Ends jobs whose deadline has passed. Safe to run in several processes. */
export async function expireOverdue(deps: StopDeps): Promise<void> {
  for (const id of await deps.store.jobs.overdue(deps.clock.now(), 100)) {
    await changeJob(deps, id, null, async (tx) => {
      if (jobEnded(tx.job)) return
      const seconds = tx.job.request.policy.deadlineSeconds
      await tx.end('expired', {
        class: 'expired',
        code: 'deadline_exceeded',
        detail: `The deadline of ${seconds} s has passed.`,
        fix: 'Retry it with a longer `policy.deadlineSeconds`, or none.',
        retry: 'same',
        charged: 'no',
      })
    })
    await stopRunning(deps, id, 'expired')
  }
}

async function stopRunning(deps: StopDeps, jobId: JobId, reason: string): Promise<void> {
  deps.running.abortJob(jobId, reason)
  await deps.bus
    .publish('job:cancel', { jobId })
    .catch((error) => deps.log.warn({ jobId, err: error }, 'other workers will notice at their next renewal'))
}
