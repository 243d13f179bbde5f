import { usd } from '../domain/money.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { RemoteRef, Take } from '../domain/take.ts'
import type { Provider } from '../ports/provider.ts'
import type { JobTransaction, StepResult, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { loseTake } from './end-take.ts'
import { park } from './park.ts'
import { reportTakes } from './take-progress.ts'

const FIRST_SEARCH_MS = 5_000
const LONGEST_SEARCH_MS = 60_000
/**
 * How long an order may still arrive whose run is gone: it may stand still, or its network may be down, and the connection it has opened
 * goes on trying without it. So long nothing that was not found is believed to be absent.
 */
const ON_ITS_WAY_MS = 120_000
/** A decision wakes the step at once; this is for one whose signal was lost. */
const ASK_AGAIN_MS = 3_600_000

/** The answer to an order never came. */
export function doubt(deps: StageDeps, provider: Provider, take: Take, why: string): StepResult {
  return {
    ...park(deps, provider.capabilities.reconcile === undefined ? 0 : FIRST_SEARCH_MS, why),
    write: async (tx) => {
      await tx.setTake(take, unknown(deps, take))
      tx.notice(`It is not known whether ${provider.id} took an order; it is being looked for.`)
    },
  }
}

/**
 * Looks for an order in doubt: a webhook may have named it, the provider may list it. Found, it is followed as if its
 * answer had come. Certainly absent, it has cost nothing and is ordered anew. Not to be found, the job's policy decides:
 * `ask` waits for somebody, `accept-risk` counts it as paid and orders anew, as often as the policy allows takes.
 */
export async function findOrder(deps: StageDeps, run: StepRun, provider: Provider, take: Take): Promise<StepResult> {
  const state = unknown(deps, take)
  const found = await whereIs(deps, run, provider, take)
  if (found === 'on-its-way') return park(deps, searchPauseMs(deps, state), `an order to ${provider.id} may be on its way`)
  if (found === 'absent') return { then: 'done', write: (tx) => orderAnew(deps, tx, take, notTaken(provider)) }
  if (found !== 'unknown') {
    if (state.decision?.decision === 'adopt' && (await provider.status(found, { signal: run.signal })).state === 'lost')
      return ask(deps, run, provider, take, `${provider.id} does not know an order ${state.decision.remoteId}. `)
    return taken(deps, take, found)
  }
  if (state.decision === null && !searchOver(deps, provider, take)) {
    return {
      ...park(deps, searchPauseMs(deps, state), `looking for an order at ${provider.id}`),
      write: async (tx) => {
        await tx.setTake(take, state)
      },
    }
  }
  const policy = run.job.request.policy.onSubmitUnknown
  const decision = state.decision?.decision ?? (policy === 'accept-risk' ? 'order-again' : null)
  if (decision === null) return ask(deps, run, provider, take)
  const reserved = await deps.store.ledger.get(take.id)
  const atStake = reserved?.amountMicroUsd ?? 0
  const outcome: Outcome = {
    class: 'submit_unknown',
    code: 'submit_unknown',
    detail: `It is unknown whether ${provider.id} took the order; ${usd(atStake)} count as spent.`,
    retry: decision === 'order-again' ? 'same' : 'never',
    charged: 'unknown',
  }
  return {
    then: 'done',
    write: async (tx) => {
      await tx.settle(take, atStake, 'assumed')
      tx.notice(null)
      // What somebody decides is done; what a policy accepts counts as a take, or a bad line could spend without end.
      if (state.decision?.decision === 'order-again') await orderAnew(deps, tx, take, outcome)
      else await loseTake(deps, tx, take, outcome)
    },
  }
}

/**
 * What can be learnt of an order in doubt: from a webhook that named it, or from the provider. `on-its-way`: it was not found, but may
 * arrive yet.
 */
export async function whereIs(
  deps: StageDeps,
  run: StepRun,
  provider: Provider,
  take: Take,
): Promise<RemoteRef | 'absent' | 'unknown' | 'on-its-way'> {
  const found = await lookFor(deps, run, provider, take)
  if (take.state.state !== 'ordering' || (found !== 'absent' && found !== 'unknown')) return found
  return sinceOrderMs(deps, take.state) < Math.min(ON_ITS_WAY_MS, deps.orderSearchMs) ? 'on-its-way' : found
}

async function lookFor(deps: StageDeps, run: StepRun, provider: Provider, take: Take): Promise<RemoteRef | 'absent' | 'unknown'> {
  const decision = take.state.state === 'submit_unknown' ? take.state.decision : null
  if (decision?.decision === 'adopt') return provider.adopt?.(decision.remoteId, take.request) ?? 'unknown'
  if (decision?.decision === 'not-taken') return 'absent'
  const named = await deps.store.hints.refOf(take.id)
  if (named || !provider.reconcile) return named ?? 'unknown'
  const orderedAt = new Date(unknown(deps, take).orderedAt)
  return provider.reconcile({ takeId: take.id, request: take.request, orderedAt }, { signal: run.signal })
}

/** Whether nothing more can be learnt by waiting. */
export function searchOver(deps: StageDeps, provider: Provider, take: Take): boolean {
  if (provider.capabilities.reconcile === undefined) return true
  return sinceOrderMs(deps, unknown(deps, take)) >= deps.orderSearchMs
}

function sinceOrderMs(deps: StageDeps, { orderedAt }: { orderedAt: string }): number {
  return deps.clock.now().getTime() - Date.parse(orderedAt)
}

function searchPauseMs(deps: StageDeps, state: { orderedAt: string }): number {
  return Math.min(LONGEST_SEARCH_MS, Math.max(FIRST_SEARCH_MS, sinceOrderMs(deps, state) / 2))
}

function taken(deps: StageDeps, take: Take, ref: RemoteRef): StepResult {
  return {
    ...park(deps, 0, 'the order was found'),
    write: async (tx) => {
      tx.notice(null)
      const doubted = take.state.state === 'ordering' ? take : await tx.setTake(take, unknown(deps, take))
      await tx.setTake(doubted, { state: 'making', ref, progress: null })
      await reportTakes(tx, take.role)
    },
  }
}

/** Also when what somebody said was not so: then the question is open again. */
function ask(deps: StageDeps, run: StepRun, provider: Provider, take: Take, before = ''): StepResult {
  const decide = `POST /v1/jobs/${take.jobId}/takes/${take.id}/decision`
  run.log.warn({ decide }, 'an order is in doubt and waits for a decision')
  return {
    ...park(deps, ASK_AGAIN_MS, 'waits for a decision'),
    write: async (tx) => {
      await tx.setTake(take, { ...unknown(deps, take), decision: null })
      const amount = (await tx.repositories.ledger.get(take.id))?.amountMicroUsd ?? 0
      tx.notice(
        `${before}It is not known whether ${provider.id} took an order of ${usd(amount)}, and ${provider.id} cannot be asked. Look there and say what you found, or decide without: order again, at the risk of paying twice, or give up.`,
      )
    },
  }
}

/** Another take in its place, whatever the number of takes: this one was never made. */
async function orderAnew(deps: StageDeps, tx: JobTransaction, take: Take, outcome: Outcome): Promise<void> {
  tx.notice(null)
  await loseTake(deps, tx, take, { ...outcome, class: 'lost' })
}

function notTaken(provider: Provider): Outcome {
  return { class: 'lost', detail: `${provider.id} never received the order.`, code: 'take_lost', retry: 'same', charged: 'no' }
}

function unknown(deps: StageDeps, { state }: Take): Extract<Take['state'], { state: 'submit_unknown' }> {
  if (state.state === 'submit_unknown') return state
  const orderedAt = state.state === 'ordering' ? state.orderedAt : deps.clock.now().toISOString()
  return { state: 'submit_unknown', orderedAt, decision: null }
}
