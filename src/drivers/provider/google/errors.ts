import { SluiceError } from '../../../domain/errors.ts'
import { type Charged, type Outcome, outcomeOf } from '../../../domain/outcome.ts'
import type { Answer } from '../../http/vendor-api.ts'
import { throttled } from '../../http/vendor-api.ts'
import { ErrorBody, type Interaction, type Operation, type Status } from './api.ts'

/** Google has no code for a refused prompt or picture: it says so in words. */
const REFUSAL = /usage guidelines|safety|responsible ai|prohibited|policy|policies|sensitive words|content filter|blocked/i
const BILLING = /billing|credits? (are|is) depleted|prepay|spend(ing)? (cap|limit)|payment/i

const SOFTEN = 'Change the prompt so that it keeps to Google’s policies.'

export async function statusIn(answer: Answer): Promise<Status> {
  const text = await answer.text()
  try {
    const body: unknown = JSON.parse(text)
    // The gateway before some services answers with a list of one.
    return ErrorBody.parse(Array.isArray(body) ? body[0] : body).error
  } catch {
    return { message: text.slice(0, 300) }
  }
}

/** Why an order was answered with 4xx. Every one of these was certainly not taken, but for 409 and 499, which leave a doubt. */
export async function refusedOrder(vendor: string, model: string, answer: Answer): Promise<SluiceError> {
  const status = await statusIn(answer)
  const words = `${vendor}: ${status.message ?? `it answered ${answer.status}`}`
  const reasons = (status.details ?? []).map(({ reason }) => reason)
  switch (answer.status) {
    case 401:
    case 403:
      if (BILLING.test(words) || reasons.includes('BILLING_DISABLED')) return unpaid(words)
      return keyInvalid(vendor, words)
    case 402:
      return unpaid(words)
    case 404:
    case 410:
      return new SluiceError('model_sunset', words, { field: 'model', fix: `${model} is not offered here: name another model.` })
    case 409:
    case 499:
      return new SluiceError('submit_unknown', `It is unknown whether ${vendor} took the order: ${status.message ?? answer.status}`)
    case 429:
      return exhausted(vendor, words, status, answer)
    default:
      // The Developer API answers 400 to a wrong key.
      if (reasons.includes('API_KEY_INVALID') || /api key not valid/i.test(words)) return keyInvalid(vendor, words)
      if (status.status === 'FAILED_PRECONDITION' && BILLING.test(words)) return unpaid(words)
      if (REFUSAL.test(words)) return new SluiceError('input_refused', words, { field: 'prompt', fix: SOFTEN })
      return new SluiceError('provider_cannot', words, {
        fix: 'Change what the words above name, or use another model.',
        ...fieldOf(status),
      })
  }
}

/** For calls that only ask. */
export function keyInvalid(vendor: string, words: string): SluiceError {
  return new SluiceError('provider_key_invalid', words, { fix: `Check the credentials for ${vendor} and what they may do.` })
}

function unpaid(words: string): SluiceError {
  return new SluiceError('provider_billing', words, { fix: 'Enable billing for the project, or pay for more.' })
}

/** 429 is a rate that passes, a quota that lasts until tomorrow, or an account without money. */
function exhausted(vendor: string, words: string, { details = [] }: Status, answer: Answer): SluiceError {
  const delay = details.map((detail) => seconds(detail['retryDelay'])).find((value) => value !== undefined)
  const lasting =
    /credits? (are|is) depleted|spend(ing)? (cap|limit)/i.test(words) || (delay === undefined && /PerDay/.test(JSON.stringify(details)))
  if (lasting) return unpaid(words)
  return throttled(vendor, delay === undefined ? answer : { headers: { ...answer.headers, 'retry-after-ms': String(delay * 1000) } })
}

/** A protobuf duration in JSON: `34s`, `0.5s`. */
function seconds(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(value) : null
  return match ? Number(match[1]) : undefined
}

/** Google's names of inputs, as `BadRequest` tells them, and ours. */
const FIELDS: [RegExp, string][] = [
  [/duration/i, 'durationSeconds'],
  [/aspect|resolution/i, 'width'],
  [/image/i, 'imageUrl'],
  [/seed/i, 'seed'],
  [/prompt|input/i, 'prompt'],
  [/model/i, 'model'],
]

function fieldOf({ details = [] }: Status): { field?: string } {
  const violations = details.flatMap((detail) => (Array.isArray(detail['fieldViolations']) ? detail['fieldViolations'] : []))
  const told = violations.map((violation: { field?: unknown }) => violation.field).find((field) => typeof field === 'string')
  const field = FIELDS.find(([pattern]) => pattern.test(told ?? ''))?.[1]
  return field === undefined ? {} : { field }
}

/** Why an interaction ended without a video. Google documents neither the moderation signal nor what a failure costs. */
export function failureOfInteraction({ status, errors, steps, usage }: Interaction): Outcome {
  const told = [
    ...errors.map(({ code, message }) => message ?? code ?? ''),
    ...steps.map(({ error }) => error?.message ?? ''),
    ...steps.flatMap(({ content }) => content ?? []).map(({ text }) => text ?? ''),
  ].filter((words) => words !== '')
  const words = `Google: ${told.join(' ') || `the interaction ended as ${status}`}`
  // Google bills by tokens put out: where there are none, there is nothing to bill.
  const charged: Charged = { charged: (usage?.total_output_tokens ?? 0) > 0 ? 'unknown' : 'no' }
  if (REFUSAL.test(words)) {
    const refused = /\b(prompt|input)\b/i.test(words)
      ? new SluiceError('input_refused', words, { field: 'prompt', fix: SOFTEN })
      : new SluiceError('output_refused', words, { fix: SOFTEN })
    return outcomeOf(refused, charged)
  }
  if (status === 'budget_exceeded') {
    const fix = 'The interaction used up its budget of tokens. Ask for a shorter or smaller video.'
    return outcomeOf(new SluiceError('provider_billing', words, { fix }), { charged: 'unknown' })
  }
  if (status === 'requires_action' || status === 'requires_continuation') {
    const fix = 'The model asks back instead of making a video. Say in the prompt what is to be seen, or use another provider.'
    return outcomeOf(new SluiceError('provider_failed', words, { fix, retry: 'other_provider' }), { charged: 'unknown' })
  }
  return outcomeOf(new SluiceError('provider_failed', words), charged)
}

/** Why an operation is done without a video. Google charges for videos it delivers only. */
export function failureOfOperation({ error, response }: Operation): Outcome {
  const free: Charged = { charged: 'no' }
  if (error) {
    const words = `Google: ${error.message ?? `the operation failed with code ${error.code ?? 'unknown'}`}`
    if (REFUSAL.test(words)) return outcomeOf(new SluiceError('input_refused', words, { field: 'prompt', fix: SOFTEN }), free)
    // google.rpc.Code: 8 RESOURCE_EXHAUSTED, 14 UNAVAILABLE
    if (error.code === 8) return { ...outcomeOf(new SluiceError('provider_throttled', words), free), retry: 'reseed' }
    return outcomeOf(new SluiceError('provider_failed', words), free)
  }
  const reasons = response?.raiMediaFilteredReasons ?? []
  if ((response?.raiMediaFilteredCount ?? 0) > 0 || reasons.length > 0) {
    const words = `Google: ${reasons.join(' ') || 'the video was filtered by its safety checks'}`
    return outcomeOf(new SluiceError('output_refused', words, { fix: SOFTEN }), free)
  }
  return outcomeOf(new SluiceError('provider_failed', 'Google: the operation is done and has no video'), free)
}
