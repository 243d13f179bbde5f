import { asSluiceError, SluiceError } from '../domain/errors.ts'
import { KEPT } from '../domain/object-keys.ts'
import { isOutage } from '../domain/outage.ts'
import type { ProblemCode } from '../domain/problems.ts'
import type { RemoteRef, Take } from '../domain/take.ts'
import type { Provider } from '../ports/provider.ts'
import type { StepResult, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { loseTake, paidFor, takeOutcome } from './end-take.ts'
import { doubt } from './find-order.ts'
import { followTake } from './follow-take.ts'
import { keepAnswer } from './keep-answer.ts'
import { keptKey } from './keys.ts'
import { park, waitOut } from './park.ts'
import { reportTakes } from './take-progress.ts'

/** Tries to reach a provider that cannot be reached, before another one is asked or the job fails. */
const MAX_UNREACHED = 3

/** What ends a take before it is ordered: no budget is left, or the provider no longer makes it since the job was planned. */
const FINAL_BEFORE_ORDER: ReadonlySet<ProblemCode> = new Set(['budget_exceeded', 'model_sunset', 'provider_cannot'])

/**
 * Sends the order, at most once for each time it is written down. What is thrown by `start` says what is known of it:
 * certainly not taken (the take is `planned` again and its price released), refused, or in doubt.
 */
export async function orderTake(deps: StageDeps, run: StepRun, provider: Provider, take: Take): Promise<StepResult> {
  const { volatile } = provider.capabilities
  let intended = take
  let waitMs: number | null = null
  try {
    await run.checkpoint(async (tx) => {
      const limits = { inFlight: deps.inFlight(provider.id), perMinute: deps.ordersPerMinute(provider.id) }
      if (!volatile || limits.inFlight !== null) {
        const place = await tx.repositories.accounts.enter(provider.id, limits, {
          takeId: take.id,
          jobId: take.jobId,
          tenantId: tx.job.tenantId,
        })
        waitMs = place.enter ? null : place.waitMs
        if (waitMs !== null) return
      }
      if (!volatile) await tx.reserve(take, provider.quote(take.request))
      intended = await tx.setTake(take, { state: 'ordering', orderedAt: deps.clock.now().toISOString() })
    })
  } catch (error) {
    if (!SluiceError.is(error) || !FINAL_BEFORE_ORDER.has(error.code)) throw error
    return { then: 'done', write: (tx) => loseTake(deps, tx, take, takeOutcome(error)) }
  }
  if (waitMs !== null) return park(deps, waitMs, `${provider.id} takes no more orders at once`)
  let ref: RemoteRef
  /** Why what came with the answer was not kept. */
  let unkept: SluiceError | undefined
  try {
    ref = await provider.start(take.request, {
      takeId: take.id,
      signal: run.signal,
      rank: take.rank,
      hint: () => deps.hint(take.jobId, take.id),
      ...webhookFor(deps, provider, take),
      keep: async ({ role, mimeType }, bytes) => {
        const bounded = atMost(deps.maxOutputBytes, bytes, (receivedBytes) => {
          unkept = tooLarge(provider, receivedBytes, deps.maxOutputBytes)
          return unkept
        })
        const key = keptKey(take.jobId, take.id, role)
        const stored = await keepAnswer(deps, run, key, bounded, mimeType).catch((error: unknown) => {
          if (SluiceError.is(error) && isOutage(error.code)) unkept = error
          throw error
        })
        return { role, mimeType, locator: `${KEPT}${stored.key}`, sizeBytes: stored.sizeBytes }
      },
    })
  } catch (error) {
    if (unkept && !run.signal.aborted) return paidForNothing(deps, intended, unkept)
    return notStarted(deps, run, provider, intended, unreachedBefore(take), error)
  }
  let making = intended
  await run.checkpoint(async (tx) => {
    making = await tx.setTake(intended, { state: 'making', ref, progress: null })
    if (!volatile) await tx.repositories.accounts.wentWell(provider.id)
    await reportTakes(tx, take.role)
  })
  try {
    return await followTake(deps, run, provider, making)
  } catch (error) {
    run.signal.throwIfAborted()
    return waitOut(deps, run, provider, making, error)
  }
}

/** What becomes of a take whose order failed. */
function notStarted(deps: StageDeps, run: StepRun, provider: Provider, take: Take, unreached: number, thrown: unknown): StepResult {
  if (provider.capabilities.volatile || run.signal.aborted) throw thrown
  // What an adapter did not foresee happened at an unknown moment.
  const error = SluiceError.is(thrown) ? thrown : new SluiceError('submit_unknown', asSluiceError(thrown).message, { cause: thrown })
  const { retryAfterMs } = error
  switch (error.code) {
    case 'submit_unknown':
      return doubt(deps, provider, take, error.message)
    case 'provider_throttled':
      return {
        ...park(deps, retryAfterMs ?? 1_000, error.message),
        write: async (tx) => {
          await tx.repositories.accounts.slowDown(provider.id, retryAfterMs ?? null)
          await tx.releaseReserve(take)
          await tx.setTake(take, { state: 'planned' })
        },
      }
    case 'provider_unavailable': {
      const tries = unreached + 1
      if (tries >= MAX_UNREACHED)
        return { then: 'done', write: (tx) => loseTake(deps, tx, take, { ...takeOutcome(error), retry: 'other_provider' }) }
      return {
        ...park(deps, retryAfterMs ?? 1_000 * 4 ** tries, error.message),
        write: async (tx) => {
          await tx.releaseReserve(take)
          await tx.setTake(take, { state: 'planned', unreached: tries })
        },
      }
    }
    default:
      return { then: 'done', write: (tx) => loseTake(deps, tx, take, takeOutcome(error)) }
  }
}

function unreachedBefore({ state }: Take): number {
  return state.state === 'planned' ? (state.unreached ?? 0) : 0
}

function webhookFor(deps: StageDeps, provider: Provider, take: Take): { webhookUrl?: string } {
  if (provider.capabilities.webhook !== 'per-order') return {}
  const webhookUrl = deps.webhookUrl(provider.id, take.id)
  return webhookUrl === null ? {} : { webhookUrl }
}

async function* atMost(
  maxBytes: number,
  bytes: AsyncIterable<Uint8Array>,
  exceeded: (receivedBytes: number) => SluiceError,
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = 0
  for await (const chunk of bytes) {
    received += chunk.length
    if (received > maxBytes) throw exceeded(received)
    yield chunk
  }
}

function tooLarge(provider: Provider, receivedBytes: number, maxBytes: number): SluiceError {
  const detail = `${provider.id} answered the order with the output itself, of ${receivedBytes} bytes or more; at most ${maxBytes} are taken. It cannot be fetched again.`
  const fix = 'Raise SLUICE_MAX_OUTPUT_BYTES and retry the job, which orders it anew; or order a shorter or smaller output.'
  return new SluiceError('output_too_large', detail, { fix })
}

/**
 * The order was taken and answered: there is no doubt to clear, its price is due, and what came is gone. Whatever the adapter
 * makes of it, it is not ordered again by itself.
 */
function paidForNothing(deps: StageDeps, take: Take, error: SluiceError): StepResult {
  return {
    then: 'done',
    write: async (tx) => {
      const reserved = await tx.repositories.ledger.get(take.id)
      if (reserved) await tx.settle(take, reserved.amountMicroUsd, reserved.basis)
      await loseTake(deps, tx, take, { ...takeOutcome(error), retry: 'never', ...(await paidFor(tx, take)) })
    },
  }
}
