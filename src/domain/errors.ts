import { type ProblemCode, problems, type RetryAdvice } from './problems.ts'

const MARK: unique symbol = Symbol.for('sluice.error') as never

export interface ErrorDetails {
  /** Path of the offending input, e.g. `policy.deadlineSeconds`. */
  field?: string
  /** How to mend it, as an instruction to the reader. */
  fix?: string
  /** Overrides the table's advice where the place of failure knows better. */
  retry?: RetryAdvice
  /** Milliseconds to wait before the next try; from `Retry-After` or the like. */
  retryAfterMs?: number
  /** Further facts shown to the user as members of the problem document. No secrets. */
  facts?: Record<string, unknown>
  cause?: unknown
}

/**
 * The one error type of Sluice. What it means, its HTTP status and whether to try again stand in one table,
 * {@link problems}; the page `docs/errors/<code>.md` explains each to the user.
 */
export class SluiceError extends Error {
  readonly [MARK] = true
  readonly code: ProblemCode
  readonly field: string | undefined
  readonly fix: string | undefined
  readonly retry: RetryAdvice
  readonly retryAfterMs: number | undefined
  readonly facts: Record<string, unknown>

  constructor(code: ProblemCode, detail: string, details: ErrorDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'SluiceError'
    this.code = code
    this.field = details.field
    this.fix = details.fix
    this.retry = details.retry ?? problems[code].retry
    this.retryAfterMs = details.retryAfterMs
    this.facts = details.facts ?? {}
  }

  get status(): number {
    return problems[this.code].status
  }

  /** Recognises errors across bundles and worker threads, where `instanceof` fails. */
  static is(error: unknown): error is SluiceError {
    return typeof error === 'object' && error !== null && MARK in error
  }
}

/** An error as a row keeps it: plain JSON, without a stack. */
export interface StoredError {
  code: ProblemCode
  detail: string
  field?: string
  fix?: string
}

export function storeError(error: unknown): StoredError {
  const known = asSluiceError(error)
  return {
    code: known.code,
    detail: known.message,
    ...(known.field !== undefined && { field: known.field }),
    ...(known.fix !== undefined && { fix: known.fix }),
  }
}

/** Anything thrown, as a SluiceError. What nobody foresaw is `internal`, which is tried again a bounded number of times. */
export function asSluiceError(error: unknown): SluiceError {
  if (SluiceError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new SluiceError('internal', message, { cause: error })
}
