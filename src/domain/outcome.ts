import type { SluiceError } from './errors.ts'
import type { MicroUsd } from './money.ts'
import type { ProblemCode, RetryAdvice } from './problems.ts'

/** Why something ended as it did. One mapping per provider, at the place that knows the cause. */
export type OutcomeClass =
  | 'refused_input'
  | 'refused_output'
  | 'quality'
  | 'transient'
  | 'throttled'
  | 'billing'
  | 'sunset'
  | 'cancelled'
  | 'expired'
  | 'lost'
  | 'submit_unknown'
  | 'internal'

export type Charged = { charged: 'no' } | { charged: 'yes'; amountMicroUsd: MicroUsd } | { charged: 'unknown' }

export type Outcome = {
  class: OutcomeClass
  /** In words a person understands. */
  detail: string
  /** The problem behind it; its page is `docs/errors/<code>.md`. Absent where no error was, as for a cancellation. */
  code?: ProblemCode
  /** How to mend it, as an instruction to the reader. */
  fix?: string
  /** The input that was refused, where the provider tells. */
  field?: string
  retry: RetryAdvice
} & Charged

const classOf: Partial<Record<SluiceError['code'], OutcomeClass>> = {
  input_refused: 'refused_input',
  prompt_refused: 'refused_input',
  script_not_speakable: 'refused_input',
  provider_cannot: 'refused_input',
  output_refused: 'refused_output',
  quality_rejected: 'quality',
  media_unreadable: 'quality',
  provider_unavailable: 'transient',
  provider_throttled: 'throttled',
  take_lost: 'lost',
  submit_unknown: 'submit_unknown',
  budget_exceeded: 'billing',
  provider_billing: 'billing',
  provider_key_invalid: 'billing',
  model_sunset: 'sunset',
  provider_failed: 'transient',
  output_too_large: 'quality',
  address_refused: 'refused_input',
  deadline_exceeded: 'expired',
  job_cancelled: 'cancelled',
}

/** The outcome of an error that no provider has mapped. `charged` is what the caller knows of the money. */
export function outcomeOf(error: SluiceError, charged: Charged = { charged: 'no' }): Outcome {
  return {
    class: classOf[error.code] ?? 'internal',
    detail: error.message,
    code: error.code,
    ...(error.fix !== undefined && { fix: error.fix }),
    ...(error.field !== undefined && { field: error.field }),
    retry: error.retry,
    ...charged,
  }
}
