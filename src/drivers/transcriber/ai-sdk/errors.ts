import { SluiceError } from '../../../domain/errors.ts'
import { neverSent, throttled } from '../../http/vendor-api.ts'

/** What is read of `APICallError`. The class itself is not loaded: several versions of it may be about. */
interface ApiCallError extends Error {
  statusCode?: number
  requestBodyValues?: unknown
  responseHeaders?: Record<string, string>
  responseBody?: string
}

const BILLING = /billing|balance|credit|payment|quota|insufficient funds|spend(ing)? limit/i

/** Errors of the SDK that are thrown before anything is sent. */
const BEFORE_SENDING = [
  ['AI_LoadAPIKeyError', 'provider_key_invalid'],
  ['AI_LoadSettingError', 'config_invalid'],
  ['AI_UnsupportedFunctionalityError', 'provider_cannot'],
  ['AI_InvalidArgumentError', 'provider_cannot'],
] as const

const marked = (error: unknown, name: string): boolean =>
  typeof error === 'object' && error !== null && Symbol.for(`vercel.ai.error.${name}`) in error

const isApiCallError = (error: unknown): error is ApiCallError => marked(error, 'AI_APICallError')

/**
 * Why a model did not transcribe. A doubt, unless it is certain that nothing was taken: the SDK refused it by itself, no
 * connection came about, or the post itself was answered with a 4xx. A 4xx to a question is a doubt: models that ask for their result
 * within the call meet it on the way to what was already paid. Posts are known by the body they carry.
 */
export function transcriptionError(vendor: string, error: unknown): SluiceError {
  if (SluiceError.is(error)) return error
  const words = error instanceof Error ? error.message : String(error)
  const early = BEFORE_SENDING.find(([name]) => marked(error, name))
  if (early !== undefined)
    return new SluiceError(early[1], `${vendor}: ${words}`, { fix: 'Change what the words above name.', cause: error })
  if (isApiCallError(error) && hasBody(error)) {
    const { statusCode } = error
    if (statusCode === undefined && neverSent(error))
      return new SluiceError('provider_unavailable', `${vendor} cannot be reached: ${words}`, { cause: error })
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 409)
      return refusal(vendor, error, statusCode)
  }
  return new SluiceError('submit_unknown', `It is unknown whether ${vendor} took the recording: ${words}`, { cause: error })
}

const hasBody = ({ requestBodyValues: values }: ApiCallError): boolean =>
  typeof values === 'object' && values !== null && Object.keys(values).length > 0

function refusal(vendor: string, { message, responseBody = '', responseHeaders = {} }: ApiCallError, status: number): SluiceError {
  // Models shorten errors to the words of the status line; what was meant is in the body.
  const words =
    `${vendor}: ${responseBody.includes(message) || responseBody === '' ? responseBody || message : `${message}: ${responseBody}`}`.slice(
      0,
      500,
    )
  if (status === 402 || (BILLING.test(words) && (status === 403 || status === 429)))
    return new SluiceError('provider_billing', words, { fix: `Top up the account at ${vendor}.` })
  if (status === 401 || status === 403)
    return new SluiceError('provider_key_invalid', words, { fix: `Check the key for ${vendor} and what it may do.` })
  if (status === 429) return throttled(vendor, { headers: responseHeaders })
  if (status === 404 || status === 410) return new SluiceError('model_sunset', words, { field: 'model', fix: 'Name another model.' })
  if (status === 413) return new SluiceError('provider_cannot', words, { field: 'sizeBytes', fix: 'Give a shorter recording.' })
  return new SluiceError('provider_cannot', words, { fix: 'Change what the words above name, or use another model.' })
}
