import { SluiceError } from '../../../domain/errors.ts'
import type { Charged, Outcome } from '../../../domain/outcome.ts'
import { type Answer, throttled } from '../../http/vendor-api.ts'

const REFUSED = /sensitive|copyright|moderat|polic|guideline|artist|existing work|matches|prohibited/i
/** Not any word of credits: a refund is told with them as well. */
const MONEY = /insufficient|not enough|top.?up|out of credits|no credits|quota|balance|payment/i
const MODEL_GONE = /model.*(deprecated|not (found|exist|supported)|no longer|unavailable)/i

/**
 * What a refusal means, by code and words. sunoapi.org has its own meanings: 405 and 430 are its rate limits, 429 is an
 * empty account, 455 maintenance; suno-api uses 402 for an empty account.
 */
export function refusalOf(code: number, message: string, answer: Answer): SluiceError {
  const detail = `Suno: ${message || `refused with ${code}`}`
  if (code === 401 || code === 403)
    return new SluiceError('provider_key_invalid', detail, { fix: 'Check the key, or the cookie of the self-hosted server.' })
  if (code === 402 || ((code === 429 || code === 400) && MONEY.test(message)) || (code === 429 && answer.status === 200))
    return new SluiceError('provider_billing', detail, { fix: 'Top up the account.' })
  if (code === 429 || code === 430 || code === 405) return throttled('Suno', answer)
  if (code === 455 || code === 503) return new SluiceError('provider_unavailable', detail)
  if (code === 410 || MODEL_GONE.test(message))
    return new SluiceError('model_sunset', detail, { field: 'model', fix: 'Choose another model.' })
  if (REFUSED.test(message)) return new SluiceError('input_refused', detail, { field: 'prompt', fix: 'Say it in other words.' })
  if (code >= 500) return new SluiceError('provider_unavailable', detail)
  return new SluiceError('provider_cannot', detail, { ...(code === 413 && { field: 'prompt' }), fix: 'Change the order as Suno says.' })
}

/** The end of a song that failed. Only the code 531 says that it was refunded. */
export function failureOf(message: string, code?: number): Outcome {
  const charged: Charged = { charged: code === 531 ? 'no' : 'unknown' }
  const detail = `Suno: ${message || 'no reason was given'}`
  if (code === 400 || code === 413 || REFUSED.test(message))
    return {
      class: 'refused_input',
      code: 'input_refused',
      field: 'prompt',
      detail,
      fix: 'Say it in other words, without names of songs or artists.',
      retry: 'soften',
      ...charged,
    }
  if (MONEY.test(message))
    return { class: 'billing', code: 'provider_billing', detail, fix: 'Top up the account.', retry: 'other_provider', ...charged }
  return { class: 'transient', code: 'provider_failed', detail, retry: 'reseed', ...charged }
}

export function lostOutcome(detail: string): Outcome {
  return { class: 'lost', code: 'take_lost', detail, retry: 'reseed', charged: 'unknown' }
}

/** The order was taken, or may have been, but its answer cannot be used. */
export function answerLost(why: string): SluiceError {
  return new SluiceError('submit_unknown', `It is unknown whether Suno took the order: ${why}`)
}
