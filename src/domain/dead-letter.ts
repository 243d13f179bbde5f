import type { StoredError } from './errors.ts'
import type { DeadLetterId, JobId, StepId, TenantId, WebhookId } from './ids.ts'
import type { Outcome, OutcomeClass } from './outcome.ts'
import type { StepName } from './step.ts'
import type { WebhookDelivery } from './webhook.ts'

/**
 * What was given up, and what doing it again means:
 *
 * - `job`: its failure was not an answer to what was asked for. Again: a new job for the same request, which begins with what
 *   the old one has paid for.
 * - `step`: background work of a job that has ended, and stands as it is. Again: the same step, in place.
 * - `delivery`: a message that a webhook did not take for a day. Again: it is sent under the same id.
 */
export type DeadLetterAbout =
  | { kind: 'job' }
  | { kind: 'step'; stepId: StepId; step: StepName }
  | { kind: 'delivery'; webhookId: WebhookId; deliveryId: string; type: WebhookDelivery['type'] }

export const DEAD_LETTER_KINDS = ['job', 'step', 'delivery'] as const satisfies DeadLetterAbout['kind'][]

/**
 * A dead letter is work that was given up and that nothing takes up again by itself. It is written in the transaction that gives
 * the work up.
 *
 * - `open`: waits for a person. → `retried`, `dismissed`
 * - `retried`: begun again, from here or where the work itself is shown. What is given up once more is another dead letter.
 * - `dismissed`: a person let it go. Nothing else changes.
 *
 * Its one setter is the store's `close`: a single statement whose condition is the legal move, so of two who retry at once one does.
 */
export interface DeadLetter {
  id: DeadLetterId
  tenantId: TenantId
  /** The job it belongs to. */
  jobId: JobId
  about: DeadLetterAbout
  /** Why it was given up. A receiver's refusal has no code. */
  error: Omit<StoredError, 'code'> & Partial<Pick<StoredError, 'code'>>
  state: DeadLetterState
  /** When it was given up. */
  at: Date
}

export type DeadLetterState =
  | { state: 'open' }
  /** `jobId`: the new job, where a retry has made one. */
  | { state: 'retried'; at: Date; jobId: JobId | null }
  | { state: 'dismissed'; at: Date }

/** What a request, its output or its time brought about: an answer to whoever asked, and no fault of the house. */
const answers: ReadonlySet<OutcomeClass> = new Set(['refused_input', 'refused_output', 'quality', 'cancelled', 'expired'])

/** Whether a job that ended so is a dead letter. */
export function isDeadLetter({ class: kind }: Outcome): boolean {
  return !answers.has(kind)
}
