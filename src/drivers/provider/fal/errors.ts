import { SluiceError } from '../../../domain/errors.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import { type Charged, type Outcome, outcomeOf } from '../../../domain/outcome.ts'
import { type Answer, throttled } from '../../http/vendor-api.ts'
import { type FalFailure, type FalProblem, failure } from './api.ts'

/**
 * How fal's refusals and failures are called here, and nowhere else.
 *
 * Who pays: fal says that errors of its servers are not charged. Whether a refusal after the work has begun (422) is,
 * nobody says: `unknown`.
 */

/** fal's names of inputs, as ours. */
const FIELDS: Record<string, string> = {
  prompt: 'prompt',
  text: 'text',
  image_url: 'imageUrl',
  duration: 'durationSeconds',
  seconds_total: 'durationSeconds',
  aspect_ratio: 'width',
  resolution: 'width',
  voice: 'voice',
  seed: 'seed',
}

const BILLING = /balance|billing|top up|payment|credit|insufficient funds/i
const POLICY = 'content_policy_violation'
const PICTURE = /^(image_too_large|image_too_small|image_load_error|file_download_error|unsupported_image_format|file_too_large)$/
/** Errors of a model that are the fault of fal or of whom it asks, though some come with 422. */
const SERVERS = /^(generation_timeout|downstream_service_|internal_|runner_|startup_timeout|request_timeout)/

export async function failureFrom(answer: Answer): Promise<FalFailure> {
  const text = await answer.text()
  try {
    return failure.parse(JSON.parse(text))
  } catch {
    return {}
  }
}

const problemsOf = ({ detail }: FalFailure): FalProblem[] => (Array.isArray(detail) ? detail : [])

function wordsOf(found: FalFailure): string {
  const { detail } = found
  if (typeof detail === 'string') return detail
  const words = problemsOf(found).flatMap(({ msg, type }) => msg ?? type ?? [])
  return words.join('; ') || (found.error_type ?? 'no reason given')
}

function fieldOf(problem: FalProblem | undefined): string | undefined {
  const name = problem?.loc?.findLast((part) => typeof part === 'string')
  return typeof name === 'string' ? FIELDS[name] : undefined
}

function fieldDetails(problem: FalProblem | undefined): { field?: string } {
  const field = fieldOf(problem)
  return field === undefined ? {} : { field }
}

/** A definite no to an order, or to a question about one. */
export function refusalOf(answer: Answer, found: FalFailure): SluiceError {
  const { status } = answer
  const words = wordsOf(found)
  const [first] = problemsOf(found)
  // A locked account with nothing on it is answered with 403, so the words are read before the number.
  if (status === 402 || ((status === 403 || status === 429) && BILLING.test(words))) {
    return new SluiceError('provider_billing', `fal wants to be paid first: ${words}`, {
      fix: 'Top up the balance at fal.ai/dashboard/billing.',
    })
  }
  if (status === 401 || status === 403) {
    return new SluiceError('provider_key_invalid', `fal does not accept the key: ${words}`, {
      fix: 'Set a key from fal.ai/dashboard/keys.',
    })
  }
  if (status === 429) return throttled('fal', answer)
  if (status === 404 || status === 410) {
    return new SluiceError('model_sunset', `fal no longer offers the model: ${words}`, { field: 'model', fix: 'Use another model.' })
  }
  if (problemsOf(found).some(({ type }) => type === POLICY)) return policyRefusal(words, first)
  return new SluiceError('provider_cannot', `fal does not make it: ${words}`, fieldDetails(first))
}

function policyRefusal(words: string, problem: FalProblem | undefined): SluiceError {
  return new SluiceError('input_refused', `fal refuses it: ${words}`, {
    field: fieldOf(problem) ?? 'prompt',
    fix: 'Say it in other words.',
    retry: 'soften',
  })
}

export interface StoredFailure {
  /** Of the answer that held the result. */
  status: number
  errorType: string | undefined
  /** `user`: our own deadline for its start. */
  timeoutType?: string | undefined
  found: FalFailure
}

/** How a request ended whose result is not one. */
export function endOf({ status, errorType, timeoutType, found }: StoredFailure): { state: 'failed' | 'cancelled'; outcome: Outcome } {
  const words = wordsOf(found)
  const [first] = problemsOf(found)
  const type = first?.type ?? errorType ?? found.error_type ?? ''
  const failed = (error: SluiceError, charged: 'no' | 'unknown') => ({ state: 'failed', outcome: outcomeOf(error, { charged }) }) as const

  if (status === 499 || type === 'client_cancelled' || type === 'client_disconnected') {
    return { state: 'cancelled', outcome: { class: 'cancelled', detail: 'Cancelled at fal.', retry: 'never', charged: 'unknown' } }
  }
  if (type === POLICY) {
    const field = fieldOf(first)
    // Without a field it was what came out.
    return field === undefined
      ? failed(new SluiceError('output_refused', `fal refused what was made: ${words}`, { fix: 'Say it in other words.' }), 'unknown')
      : failed(policyRefusal(words, first), 'unknown')
  }
  if (PICTURE.test(type)) {
    const details = { field: 'imageUrl', fix: 'Use another picture.' }
    return failed(new SluiceError('provider_cannot', `fal cannot use the picture: ${words}`, details), 'unknown')
  }
  if (timeoutType === 'user') {
    return failed(new SluiceError('provider_failed', `fal did not begin in time: ${words}`, { retry: 'never' }), 'no')
  }
  if (status >= 500 || SERVERS.test(type)) return failed(new SluiceError('provider_failed', `fal failed: ${words}`), 'no')
  if (type === 'no_media_generated') return failed(new SluiceError('provider_failed', `fal made nothing: ${words}`), 'unknown')
  if (status === 400 || status === 422) {
    return failed(new SluiceError('provider_cannot', `fal does not make it: ${words}`, fieldDetails(first)), 'unknown')
  }
  return failed(new SluiceError('provider_failed', `fal failed (${status}): ${words}`), 'unknown')
}

export function lost(requestId: string): Outcome {
  return outcomeOf(new SluiceError('take_lost', `fal no longer knows the request ${requestId}.`), { charged: 'unknown' })
}

/** It says that it is done, and there is nothing. */
export function emptyHanded(amountMicroUsd: MicroUsd | undefined): Outcome {
  const charged: Charged = amountMicroUsd === undefined ? { charged: 'unknown' } : { charged: 'yes', amountMicroUsd }
  return outcomeOf(new SluiceError('provider_failed', 'fal says it is done, but its result names no file.'), charged)
}
