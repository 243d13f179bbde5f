import type { MicroUsd } from '../domain/money.ts'
import type { Outcome } from '../domain/outcome.ts'
import { type Take, takeEnded } from '../domain/take.ts'
import type { Provider, TakeStatus } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { settleBy } from './end-take.ts'
import { searchOver, whereIs } from './find-order.ts'

/** Whether the take's account with its provider is closed. `false`: ask again later. */
export type CalledOff = boolean

/**
 * Stops a take nobody waits for any more and settles what it has cost, by what the provider says and not by what was
 * wished: an order to stop may come too late. Safe to repeat.
 */
export async function callOff(deps: StageDeps, run: StepRun, take: Take): Promise<CalledOff> {
  if (takeEnded(take) || take.state.state === 'accepted') return true
  const provider = providerOf(deps, take.provider)
  const { state } = take
  switch (state.state) {
    case 'planned':
      await run.checkpoint((tx) => cancelled(tx, take, { detail: 'It was never ordered.', charged: 'no' }))
      return true
    case 'ordering':
    case 'submit_unknown': {
      if (provider.capabilities.volatile) {
        await run.checkpoint((tx) => cancelled(tx, take, { detail: 'The job had ended.', charged: 'no' }))
        return true
      }
      const found = await whereIs(deps, run, provider, take)
      if (found === 'absent') await run.checkpoint((tx) => cancelled(tx, take, { detail: 'It was never ordered.', charged: 'no' }))
      else if (found === 'unknown') {
        if (!searchOver(deps, provider, take)) return false
        const detail = `Nobody can tell whether ${provider.id} took the order; its price counts as spent.`
        await run.checkpoint((tx) => cancelled(tx, take, { detail, charged: 'unknown' }))
      } else {
        await run.checkpoint(async (tx) => {
          await tx.setTake(take, { state: 'making', ref: found, progress: null })
        })
        return false
      }
      return true
    }
    case 'making':
      return stop(deps, run, provider, take, state.ref)
    case 'delivered':
      await provider.release?.(state.ref)
      await run.checkpoint((tx) =>
        cancelled(tx, take, { detail: 'It was made; the job had ended before it was fetched.', charged: 'unknown' }),
      )
      return true
    default:
      return true
  }
}

async function stop(
  deps: StageDeps,
  run: StepRun,
  provider: Provider,
  take: Take,
  ref: Extract<Take['state'], { state: 'making' }>['ref'],
): Promise<CalledOff> {
  const truth = (await provider.cancel?.(ref)) ?? 'too_late'
  if (provider.capabilities.volatile) {
    await provider.release?.(ref)
    await run.checkpoint((tx) => cancelled(tx, take, { detail: 'The job had ended.', charged: 'no' }))
    return true
  }
  const status = await provider.status(ref, { signal: run.signal })
  const reserved = await deps.store.ledger.get(take.id)
  const outcome = endOf(provider, reserved?.amountMicroUsd ?? 0, status)
  if (outcome === null) return false
  await provider.release?.(ref)
  await run.checkpoint((tx) => cancelled(tx, take, { ...outcome, detail: `${outcome.detail} (${saidOf(truth)})` }))
  return true
}

/** How it ended at the provider; `null` while it goes on there. Without a figure of the provider's, what was reserved counts. */
function endOf(provider: Provider, reservedMicroUsd: MicroUsd, status: TakeStatus): Money | null {
  switch (status.state) {
    case 'queued':
    case 'throttled':
    case 'running':
      return null
    case 'succeeded': {
      const amountMicroUsd = status.charge?.amountMicroUsd ?? reservedMicroUsd
      return { detail: `${provider.id} had made it before it could be stopped.`, charged: 'yes', amountMicroUsd }
    }
    default: {
      const { outcome } = status
      return outcome.charged === 'yes'
        ? { detail: outcome.detail, charged: 'yes', amountMicroUsd: outcome.amountMicroUsd }
        : { detail: outcome.detail, charged: outcome.charged }
    }
  }
}

type Money = { detail: string } & ({ charged: 'no' } | { charged: 'unknown' } | { charged: 'yes'; amountMicroUsd: number })

const saidOf = (truth: 'stopped' | 'too_late' | 'unknown'): string =>
  ({ stopped: 'stopped upstream', too_late: 'it could not be stopped', unknown: 'whether it was stopped is not known' })[truth]

async function cancelled(tx: JobTransaction, take: Take, money: Money): Promise<void> {
  const outcome: Outcome = { class: 'cancelled', retry: 'never', ...money }
  // What was delivered is settled already; closing twice changes nothing.
  await settleBy(tx, take, outcome)
  await tx.setTake(take, { state: 'cancelled', outcome })
}
