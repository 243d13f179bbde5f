import { SluiceError } from '../domain/errors.ts'
import type { JobId, TakeId, TenantId } from '../domain/ids.ts'
import type { OrderDecision, Take } from '../domain/take.ts'
import { findJob } from './cancel.ts'
import type { EngineDeps } from './deps.ts'
import { type ChangeDeps, changeJob } from './job-transaction.ts'

/**
 * Says what to do about an order nobody can find. Throws `job_not_found`, `take_not_found`, and `take_not_in_doubt` when
 * it was found meanwhile or somebody has decided already; `options_contradict` when an order there cannot be followed by its id.
 */
export async function decideOrder(
  deps: ChangeDeps & Pick<EngineDeps, 'providers'>,
  tenantId: TenantId,
  jobId: JobId,
  takeId: TakeId,
  decision: OrderDecision,
): Promise<Take> {
  await findJob(deps, tenantId, jobId)
  let decided: Take | undefined
  await changeJob(deps, jobId, null, async (tx) => {
    const take = await tx.repositories.takes.get(takeId)
    if (take?.jobId !== jobId) {
      throw new SluiceError('take_not_found', `Job ${jobId} has no take ${takeId}.`, { fix: 'GET /v1/jobs/{id}/takes lists them.' })
    }
    if (take.state.state !== 'submit_unknown' || take.state.decision !== null) {
      throw new SluiceError('take_not_in_doubt', `The take is ${take.state.state}: there is nothing to decide.`, {
        fix: 'Look at the job: it has gone on.',
      })
    }
    if (decision.decision === 'adopt' && !deps.providers.get(take.provider)?.adopt?.(decision.remoteId, take.request)) {
      throw new SluiceError('options_contradict', `An order of ${take.request.kind} at ${take.provider} cannot be followed by an id.`, {
        field: 'decision',
        fix: 'Its answer was the output itself. Decide `give-up` or `order-again` if it was taken, `not-taken` if it was not.',
      })
    }
    decided = await tx.setTake(take, { ...take.state, decision })
    await tx.wake('generate', takeId)
  })
  if (!decided) throw new Error(`take ${takeId} was not decided`)
  return decided
}
