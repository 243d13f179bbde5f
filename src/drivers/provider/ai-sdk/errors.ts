import { SluiceError } from '../../../domain/errors.ts'
import { type Outcome, outcomeOf } from '../../../domain/outcome.ts'
import { neverSent, throttled } from '../../http/vendor-api.ts'
import type { SeenAnswer } from './watched-fetch.ts'

/** What is read of `APICallError`. The class itself is not loaded: several versions of it may be about. */
export interface ApiCallError extends Error {
  url: string
  statusCode?: number
  requestBodyValues?: unknown
  responseHeaders?: Record<string, string>
  responseBody?: string
}

const REFUSAL = /nsfw|safety|moderat|content[_ ]policy|policy violation|sensitive|prohibited|flagged/i
const BILLING = /billing|balance|credit|payment|quota|insufficient funds|spend(ing)? limit/i

const marked = (error: unknown, name: string): boolean =>
  typeof error === 'object' && error !== null && Symbol.for(`vercel.ai.error.${name}`) in error

export const isApiCallError = (error: unknown): error is ApiCallError => marked(error, 'AI_APICallError')

/** Errors of the SDK that are thrown before anything is sent. */
const BEFORE_SENDING: [name: string, code: 'provider_key_invalid' | 'provider_cannot' | 'config_invalid'][] = [
  ['AI_LoadAPIKeyError', 'provider_key_invalid'],
  ['AI_LoadSettingError', 'config_invalid'],
  ['AI_UnsupportedFunctionalityError', 'provider_cannot'],
  ['AI_InvalidArgumentError', 'provider_cannot'],
]

/**
 * Why an order failed. A doubt, unless it is certain that nothing was taken: the SDK refused it by itself, no connection came
 * about, or the vendor answered the order itself with a 4xx that means no. A 4xx after an answered order is none of these: models
 * that fetch their result in the same call meet it on the way to what was already paid.
 */
export function orderError(vendor: string, error: unknown, answers: readonly SeenAnswer[]): SluiceError {
  if (SluiceError.is(error)) return error
  const words = error instanceof Error ? error.message : String(error)
  const taken = answers.some(({ method, status }) => method === 'POST' && status !== null && status < 400)
  const early = BEFORE_SENDING.find(([name]) => marked(error, name))
  if (early !== undefined && answers.length === 0)
    return new SluiceError(early[1], `${vendor}: ${words}`, { fix: 'Change what the words above name.', cause: error })
  if (isApiCallError(error) && !taken && isPost(error, answers)) {
    const { statusCode } = error
    if (statusCode === undefined && neverSent(error))
      return new SluiceError('provider_unavailable', `${vendor} cannot be reached: ${words}`, { cause: error })
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 409)
      return refusal(vendor, error, statusCode)
  }
  return new SluiceError('submit_unknown', `It is unknown whether ${vendor} took the order: ${words}`, { cause: error })
}

/** Whether the error is the answer to an order. Unwatched, only posts carry a body. */
function isPost({ requestBodyValues }: ApiCallError, answers: readonly SeenAnswer[]): boolean {
  const last = answers.at(-1)
  if (last !== undefined) return last.method === 'POST'
  return typeof requestBodyValues === 'object' && requestBodyValues !== null && Object.keys(requestBodyValues).length > 0
}

function refusal(vendor: string, { message, responseBody = '', responseHeaders = {} }: ApiCallError, status: number): SluiceError {
  const words = `${vendor}: ${wordsOf(message, responseBody)}`
  if (status === 402 || (BILLING.test(words) && (status === 403 || status === 429)))
    return new SluiceError('provider_billing', words, { fix: `Top up the account at ${vendor}.` })
  if (status === 401 || status === 403)
    return new SluiceError('provider_key_invalid', words, { fix: `Check the key for ${vendor} and what it may do.` })
  if (status === 429) return throttled(vendor, { headers: responseHeaders })
  if (status === 404 || status === 410) return new SluiceError('model_sunset', words, { field: 'model', fix: 'Name another model.' })
  if (REFUSAL.test(words))
    return new SluiceError('input_refused', words, { field: 'prompt', fix: 'Change the prompt so that it keeps to the vendor’s policies.' })
  return new SluiceError('provider_cannot', words, { fix: 'Change what the words above name, or use another model.' })
}

/** Models shorten errors to the words of the status line; what was meant is in the body. */
const wordsOf = (message: string, body: string): string =>
  (body.includes(message) || body === '' ? body || message : `${message}: ${body}`).slice(0, 500)

/** A question that could not be asked. `undefined`: the vendor does not know the work. */
export function askError(vendor: string, error: unknown): SluiceError | undefined {
  if (SluiceError.is(error)) return error
  const words = error instanceof Error ? error.message : String(error)
  if (isApiCallError(error)) {
    const { statusCode, responseHeaders = {} } = error
    if (statusCode === 404 || statusCode === 410) return undefined
    if (statusCode === 401 || statusCode === 403) return keyInvalid(vendor, words)
    if (statusCode === 429) return throttled(vendor, { headers: responseHeaders })
  }
  return new SluiceError('provider_unavailable', `${vendor} cannot be asked: ${words}`, { cause: error })
}

export function keyInvalid(vendor: string, words: string): SluiceError {
  return new SluiceError('provider_key_invalid', `${vendor}: ${words}`, { fix: `Check the key for ${vendor}.` })
}

/** The contract of the SDK has no code, no class and no charge: words are all there is. */
export function endOf(vendor: string, message: string, body = ''): { state: 'failed' | 'cancelled'; outcome: Outcome } {
  const words = `${vendor}: ${wordsOf(message, body)}`
  const charged = { charged: 'unknown' } as const
  if (REFUSAL.test(words)) {
    const fix = 'Change the prompt so that it keeps to the vendor’s policies.'
    return { state: 'failed', outcome: outcomeOf(new SluiceError('output_refused', words, { fix }), charged) }
  }
  if (/\b(was|been) cancell?ed\b|\baborted\b/i.test(words))
    return { state: 'cancelled', outcome: { class: 'cancelled', detail: words, retry: 'never', ...charged } }
  return { state: 'failed', outcome: outcomeOf(new SluiceError('provider_failed', words), charged) }
}
