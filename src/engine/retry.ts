import { SluiceError } from '../domain/errors.ts'
import type { JobId, TenantId } from '../domain/ids.ts'
import { jobEnded } from '../domain/job.ts'
import { findJob } from './cancel.ts'
import type { SubmitOptions, Submitted } from './engine.ts'
import { submitJob } from './submit.ts'

/**
 * A new job for the same request; the old one stays as it ended, and its dead letter is closed. The seed stays too: what failed by
 * chance gets new seeds by its takes.
 */
export async function retryJob(
  deps: Parameters<typeof submitJob>[0],
  tenantId: TenantId,
  id: JobId,
  options: Pick<SubmitOptions, 'idempotency'> = {},
): Promise<Submitted> {
  const old = await findJob(deps, tenantId, id)
  const { state } = old.state
  if (state === 'succeeded' || !jobEnded(old)) {
    throw new SluiceError('job_not_retryable', `Job ${id} is ${state}.`, {
      fix: state === 'succeeded' ? 'Submit a new job for another version.' : 'Wait for it to end, or cancel it first.',
    })
  }
  const submitted = await submitJob(deps, tenantId, old.request, { ...options, retryOf: id })
  await deps.store.deadLetters.closeJob(id, { state: 'retried', at: deps.clock.now(), jobId: submitted.job.id })
  return submitted
}
