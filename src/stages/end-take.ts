import { asSluiceError } from '../domain/errors.ts'
import { isOutage, OUTAGE_PAUSE_MS, outageNotice } from '../domain/outage.ts'
import { type Charged, type Outcome, outcomeOf } from '../domain/outcome.ts'
import type { Take } from '../domain/take.ts'
import type { JobTransaction } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { hasOtherRoute, laneFor, orderTakes, spentTakes } from './order-takes.ts'

/** Losses are nobody's fault and do not count as takes, but a provider that loses everything is not asked for ever. */
const MAX_LOST = 50

/**
 * Ends a take that gave nothing: settles its price by what the outcome says of the money, and orders another or ends the
 * job. Another provider is asked only when nothing was charged.
 */
export async function loseTake(deps: StageDeps, tx: JobTransaction, take: Take, outcome: Outcome): Promise<void> {
  await settleBy(tx, take, outcome)
  await tx.setTake(take, { state: 'failed', outcome })
  // A sentence that could not be spoken again: the voice it is for is made anew.
  if (take.cause?.action === 'respeak') return tx.addSteps([{ name: 'mend', takeId: take.cause.takeId }], laneFor(deps, take))
  const takes = await tx.repositories.takes.ofJob(take.jobId)
  const spent = spentTakes(takes, take.key)
  const lost = takes.filter(({ key, state }) => key === take.key && 'outcome' in state && state.outcome.class === 'lost').length
  const elsewhere = outcome.charged === 'no' && tx.job.plan !== null && hasOtherRoute(tx.job.plan, takes, take.key)
  const again =
    outcome.class === 'lost'
      ? lost < MAX_LOST
      : outcome.retry !== 'never' && outcome.retry !== 'other_provider' && spent < tx.job.request.policy.maxTakesPerShot
  if (!again && !elsewhere) return tx.end('failed', outcome)
  const waits = isOutage(outcome.code)
  if (waits) tx.notice(outageNotice(outcome.detail))
  await orderTakes(deps, tx, new Map(), waits ? OUTAGE_PAUSE_MS : 0)
}

/** Closes the reservation: what was charged and how that is known, nothing, or all of it where nobody can tell. */
export async function settleBy(tx: JobTransaction, take: Take, outcome: Outcome, basis = 'vendor'): Promise<void> {
  if (outcome.charged === 'no') return tx.releaseReserve(take)
  if (outcome.charged === 'yes') return tx.settle(take, outcome.amountMicroUsd, basis)
  const reserved = await tx.repositories.ledger.get(take.id)
  return tx.settle(take, reserved?.amountMicroUsd ?? 0, 'assumed')
}

/** What the take has cost, by the ledger: nothing where it is free, or was paid by the job that is retried. */
export async function paidFor(tx: JobTransaction, take: Take): Promise<Charged> {
  const entry = await tx.repositories.ledger.get(take.id)
  return entry?.state === 'settled' ? { charged: 'yes', amountMicroUsd: entry.amountMicroUsd } : { charged: 'no' }
}

/** An error that concerns the take rather than the step, as its outcome. */
export function takeOutcome(error: unknown): Outcome {
  return outcomeOf(asSluiceError(error))
}
