import { SluiceError } from '../domain/errors.ts'
import { isKept, KEPT } from '../domain/object-keys.ts'
import type { Charged, Outcome } from '../domain/outcome.ts'
import type { LedgerEntry } from '../domain/spend.ts'
import { type Late, type RemoteRef, type Take, type TakeOutput, takeEnded } from '../domain/take.ts'
import type { Provider, TakeStatus } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { download } from './download.ts'
import { paidFor, settleBy } from './end-take.ts'
import { searchOver, whereIs } from './find-order.ts'
import { keptKey } from './keys.ts'
import { passes } from './park.ts'

/** Whether the take's account with its provider is closed. `false`: ask again later. */
export type CalledOff = boolean

/**
 * Stops a take nobody waits for any more and settles what it has cost, by what the provider says and not by what was
 * wished: an order to stop may come too late. Safe to repeat.
 */
export async function callOff(deps: StageDeps, run: StepRun, take: Take): Promise<CalledOff> {
  try {
    return await callOffNow(deps, run, take)
  } catch (error) {
    if (passes(error)) return false
    throw error
  }
}

async function callOffNow(deps: StageDeps, run: StepRun, take: Take): Promise<CalledOff> {
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
      if (found === 'on-its-way') return false
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
    case 'delivered': {
      const late = provider.capabilities.volatile ? undefined : await keepLate(deps, run, provider, take, state.ref, state.outputs)
      if (!stays(late)) await provider.release?.(state.ref)
      const detail = `The job had ended.${wordsOf(late)}`
      await run.checkpoint(async (tx) => cancelled(tx, take, { detail, ...(await paidFor(tx, take)) }, late))
      return true
    }
    default:
      return true
  }
}

async function stop(deps: StageDeps, run: StepRun, provider: Provider, take: Take, ref: RemoteRef): Promise<CalledOff> {
  const truth = (await provider.cancel?.(ref)) ?? 'too_late'
  if (provider.capabilities.volatile) {
    await provider.release?.(ref)
    await run.checkpoint((tx) => cancelled(tx, take, { detail: 'The job had ended.', charged: 'no' }))
    return true
  }
  const status = await provider.status(ref, { signal: run.signal })
  const reserved = await deps.store.ledger.get(take.id)
  const outcome = endOf(provider, reserved, status)
  if (outcome === null) return false
  const late = status.state === 'succeeded' ? await keepLate(deps, run, provider, take, ref, status.outputs) : undefined
  if (!stays(late)) await provider.release?.(ref)
  const detail = `${outcome.detail} (${saidOf(truth)})${wordsOf(late)}`
  await run.checkpoint((tx) => cancelled(tx, take, { ...outcome, detail }, late))
  return true
}

/**
 * What was paid for is not left behind: a retry of the job takes it instead of ordering again. What is larger than allowed stays
 * where it is, to be fetched by that retry. `undefined`: it is no longer there, or is not what was said.
 */
async function keepLate(
  deps: StageDeps,
  run: StepRun,
  provider: Provider,
  take: Take,
  ref: RemoteRef,
  outputs: TakeOutput[],
): Promise<Late | undefined> {
  const options = { clock: deps.clock, signal: run.signal, maxBytes: deps.maxOutputBytes }
  const found: TakeOutput[] = []
  for (const [index, output] of outputs.entries()) {
    if (isKept(output)) {
      found.push(output)
      continue
    }
    try {
      const bytes = download(provider, ref, index, output, options)
      const { key, sizeBytes } = await deps.objects.put(keptKey(take.jobId, take.id, `${output.role}-${index}`), bytes, {
        mimeType: output.mimeType,
        keyed: 'by-content',
      })
      found.push({ ...output, locator: `${KEPT}${key}`, sizeBytes })
    } catch (error) {
      const code = SluiceError.is(error) ? error.code : undefined
      if (code === 'take_lost' || code === 'media_unreadable') return undefined
      if (code !== 'output_too_large') throw error
      found.push(output)
    }
  }
  return { ref, outputs: found }
}

/** Whether some of it is still at the provider, and must not be forgotten there. */
const stays = (late: Late | undefined): boolean => late !== undefined && !late.outputs.every(isKept)

function wordsOf(late: Late | undefined): string {
  if (late === undefined) return ''
  return stays(late)
    ? ' It is larger than SLUICE_MAX_OUTPUT_BYTES allows; a retry of the job, once that is raised, fetches it.'
    : ' A retry of the job uses it.'
}

/** How it ended at the provider; `null` while it goes on there. Without a figure of the provider's, what was reserved counts. */
function endOf(provider: Provider, reserved: LedgerEntry | undefined, status: TakeStatus): Money | null {
  switch (status.state) {
    case 'queued':
    case 'throttled':
    case 'running':
      return null
    case 'succeeded': {
      const amountMicroUsd = status.charge?.amountMicroUsd ?? reserved?.amountMicroUsd ?? 0
      const basis = status.charge?.basis === 'vendor' ? 'vendor' : (reserved?.basis ?? 'vendor')
      return { detail: `${provider.id} had made it before it could be stopped.`, charged: 'yes', amountMicroUsd, basis }
    }
    default: {
      const { outcome } = status
      return outcome.charged === 'yes'
        ? { detail: outcome.detail, charged: 'yes', amountMicroUsd: outcome.amountMicroUsd, basis: 'vendor' }
        : { detail: outcome.detail, charged: outcome.charged }
    }
  }
}

/** `basis`: as in the ledger. Absent for what was settled when it was delivered. */
type Money = { detail: string; basis?: string } & Charged

const saidOf = (truth: 'stopped' | 'too_late' | 'unknown'): string =>
  ({ stopped: 'stopped upstream', too_late: 'it could not be stopped', unknown: 'whether it was stopped is not known' })[truth]

async function cancelled(tx: JobTransaction, take: Take, money: Money, late?: Late): Promise<void> {
  const known = money.charged === 'yes' ? { charged: money.charged, amountMicroUsd: money.amountMicroUsd } : { charged: money.charged }
  const outcome: Outcome = { class: 'cancelled', retry: 'never', detail: money.detail, ...known }
  // What was delivered is settled already; closing twice changes nothing.
  await settleBy(tx, take, outcome, money.basis)
  await tx.setTake(take, { state: 'cancelled', outcome, ...(late && { late }) })
}
