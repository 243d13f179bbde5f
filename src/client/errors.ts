import type { OutcomeView } from '../wire/jobs.ts'
import type { ProblemView } from '../wire/problem.ts'

const MARK: unique symbol = Symbol.for('sluice.client-error') as never

/** Anything this SDK rejects with. `jobId` is set wherever a job is known, so that its work is never lost from sight. */
export class SluiceClientError extends Error {
  readonly [MARK] = true
  readonly jobId: string | undefined

  constructor(message: string, details: { jobId?: string | undefined; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.jobId = details.jobId
  }

  /** Recognises errors across bundles, where `instanceof` fails. */
  static is(error: unknown): error is SluiceClientError {
    return typeof error === 'object' && error !== null && MARK in error
  }
}

/** The server answered with a problem. */
export class ApiError extends SluiceClientError {
  readonly problem: ProblemView
  /** From `Retry-After`, if the server sent it. */
  readonly retryAfterMs: number | undefined

  constructor(problem: ProblemView, details: { jobId?: string | undefined; retryAfterMs?: number | undefined } = {}) {
    super(problem.detail || problem.title, details)
    this.problem = problem
    this.retryAfterMs = details.retryAfterMs
  }

  get status(): number {
    return this.problem.status
  }

  /** The code of `docs/errors/`, e.g. `prompt_too_long`. `http_<status>` when something else than Sluice answered. */
  get code(): string {
    return this.problem.code
  }
}

/** The server could not be reached, or what answered makes no sense. */
export class TransportError extends SluiceClientError {}

/** A webhook is not from the server it claims to be from, or the secret is not its own. */
export class WebhookVerificationError extends SluiceClientError {}

/** The job ended without an asset: `failed` or `expired`. */
export class JobFailedError extends SluiceClientError {
  readonly outcome: OutcomeView | null
  readonly state: 'failed' | 'expired'

  constructor(jobId: string, state: 'failed' | 'expired', outcome: OutcomeView | null) {
    super(outcome?.detail ?? `The job ${state === 'expired' ? 'ran out of time' : 'failed'}.`, { jobId })
    this.state = state
    this.outcome = outcome
  }
}

/** The job was cancelled. */
export class JobCancelledError extends SluiceClientError {
  readonly outcome: OutcomeView | null

  constructor(jobId: string, outcome: OutcomeView | null) {
    super(outcome?.detail ?? 'The job was cancelled.', { jobId })
    this.outcome = outcome
  }
}

/** Waited long enough. The job goes on. */
export class WaitTimeoutError extends SluiceClientError {
  constructor(details: { jobId?: string | undefined; cause?: unknown } = {}) {
    super('The wait is over; the job goes on.', details)
  }
}

/** The caller's signal ended the wait. The job goes on. Its name is `AbortError`, as the platform's own. */
export class WaitAbortedError extends SluiceClientError {
  constructor(details: { jobId?: string | undefined; cause?: unknown } = {}) {
    super('The wait was aborted; the job goes on.', details)
    this.name = 'AbortError'
  }
}

/** What a fired signal means: a time limit or a wish to stop. */
export function abortError(signal: AbortSignal, jobId?: string): WaitTimeoutError | WaitAbortedError {
  const reason: unknown = signal.reason
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError'
  return timedOut ? new WaitTimeoutError({ jobId, cause: reason }) : new WaitAbortedError({ jobId, cause: reason })
}
