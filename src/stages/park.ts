import { SluiceError } from '../domain/errors.ts'
import { isOutage } from '../domain/outage.ts'
import type { ProblemCode } from '../domain/problems.ts'
import type { Take } from '../domain/take.ts'
import type { Provider } from '../ports/provider.ts'
import type { StepResult, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'

export type Parked = Extract<StepResult, { then: 'park' }>

export function park(deps: Pick<StageDeps, 'clock'>, milliseconds: number, reason: string): Parked {
  return { then: 'park', wakeAt: new Date(deps.clock.now().getTime() + milliseconds), reason }
}

/** Faults that pass, or that the operator mends: no reason to give up what is being paid for. */
const PASSING: ReadonlySet<ProblemCode> = new Set([
  'provider_unavailable',
  'provider_throttled',
  // A key that was changed or an account that ran dry while the take was being made.
  'provider_key_invalid',
  'provider_billing',
])
export const passes = (error: unknown): error is SluiceError => SluiceError.is(error) && (PASSING.has(error.code) || isOutage(error.code))
const SHORTEST_MS = 5_000
const LONGEST_MS = 60_000

/**
 * Waits such a fault out for as long as the job has, when the take is ordered from outside; it is tried less often the
 * longer the take takes. Anything else is thrown on.
 */
export function waitOut(deps: Pick<StageDeps, 'clock'>, run: Pick<StepRun, 'log'>, provider: Provider, take: Take, error: unknown): Parked {
  if (provider.capabilities.volatile || !passes(error)) throw error
  const ageMs = deps.clock.now().getTime() - new Date(take.createdAt).getTime()
  const pauseMs = error.retryAfterMs ?? Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ageMs / 10))
  run.log.warn({ code: error.code, fix: error.fix, pauseMs, err: error.message }, 'a take waits until this is over')
  return park(deps, pauseMs, error.message)
}
