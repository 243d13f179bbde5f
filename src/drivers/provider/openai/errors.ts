import { SluiceError } from '../../../domain/errors.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import { type Charged, type Outcome, outcomeOf } from '../../../domain/outcome.ts'
import { type Answer, throttled } from '../../http/vendor-api.ts'
import { refusal, type VideoFailure } from './api.ts'

/** Members of the requests, as ours are called. */
const FIELDS: Record<string, string> = {
  prompt: 'prompt',
  input: 'text',
  voice: 'voice',
  model: 'model',
  seconds: 'durationSeconds',
  num_frames: 'durationSeconds',
  fps: 'fps',
  size: 'width',
  width: 'width',
  height: 'height',
  seed: 'seed',
  input_reference: 'imageUrl',
  image_reference: 'imageUrl',
  reference_url: 'imageUrl',
}

const MODERATION = /moderat|content.?policy|safety/i
const BILLING = /insufficient_quota|billing|exceeded your current quota|credit balance/i

/** An order that was not taken: nothing is charged. `said`: the member that holds the user's words. */
export async function refusedOrder(vendor: string, answer: Answer, said: 'prompt' | 'text'): Promise<SluiceError> {
  const { words, code, field } = await told(answer)
  const detail = `${vendor} refused the order: ${words}`
  // Being out of money is told with a 429 as well.
  if (answer.status === 402 || BILLING.test(`${code} ${words}`))
    return new SluiceError('provider_billing', detail, { fix: `Pay what ${vendor} asks for, or choose another provider.` })
  if (answer.status === 429) return throttled(vendor, answer)
  if (MODERATION.test(`${code} ${words}`))
    return new SluiceError('input_refused', detail, { field: field ?? said, fix: 'Change what the text says.' })
  if (answer.status === 401 || answer.status === 403) return keyRefused(vendor, words)
  if (answer.status === 404 || answer.status === 410 || /model_not_found|deprecated/i.test(code))
    return new SluiceError('model_sunset', detail, { field: 'model', fix: 'Choose another model or another provider.' })
  if (answer.status < 400) return new SluiceError('provider_unavailable', `${vendor} cannot be reached: it redirects (${answer.status}).`)
  return new SluiceError('provider_cannot', detail, {
    ...(field !== undefined && { field }),
    fix: `Change the order as ${vendor} says, or choose another provider.`,
  })
}

/** A question that was not answered as asked. Says nothing about the video. */
export async function refusedQuestion(vendor: string, answer: Answer): Promise<SluiceError> {
  const { words } = await told(answer)
  if (answer.status === 401 || answer.status === 403) return keyRefused(vendor, words)
  return new SluiceError('provider_unavailable', `${vendor} did not tell of the video: it answered ${answer.status}: ${words}`)
}

function keyRefused(vendor: string, words: string): SluiceError {
  return new SluiceError('provider_key_invalid', `${vendor} does not accept the key: ${words}`, { fix: `Set a valid key of ${vendor}.` })
}

async function told(answer: Answer): Promise<{ words: string; code: string; field: string | undefined }> {
  const text = await answer.text().catch(() => '')
  const parsed = refusal.safeParse(jsonOf(text))
  const { error, detail } = parsed.success ? parsed.data : {}
  if (error) {
    const words = error.message || `it answered ${answer.status}`
    return { words, code: `${error.code ?? ''} ${error.type ?? ''}`.trim(), field: fieldOf(error.param) }
  }
  if (Array.isArray(detail)) {
    const [first] = detail
    return { words: first?.msg ?? '', code: '', field: fieldOf(String(first?.loc.at(-1))) }
  }
  const words = detail || text.slice(0, 300) || `it answered ${answer.status}`
  // In words alone, the member is quoted at most.
  return { words, code: '', field: fieldOf(/'(\w+)'/.exec(words)?.[1]) }
}

const fieldOf = (member: string | null | undefined): string | undefined => (member ? FIELDS[member] : undefined)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** What is known of the money when a video did not come about: on one's own machine there is none. */
export const chargedFor = (amountMicroUsd: MicroUsd | undefined): Charged =>
  amountMicroUsd === 0 ? { charged: 'no' } : { charged: 'unknown' }

/**
 * A failed video. `error.code` is a name, an HTTP status as a number (vLLM-Omni) or missing (SGLang). That refusals are called
 * `moderation_blocked` is reported by third parties only, so words count as well.
 */
export function failureOf(vendor: string, failure: VideoFailure | null | undefined, charged: Charged): Outcome {
  const code = String(failure?.code ?? '')
  const detail = `${vendor}: ${failure?.message || 'the video failed'}${code === '' ? '' : ` (${code})`}`
  const field = fieldOf(failure?.param)
  const told = `${code} ${failure?.type ?? ''} ${failure?.message ?? ''}`
  const ended = (problem: SluiceError) => outcomeOf(problem, charged)
  if (MODERATION.test(told))
    return /input|prompt/i.test(told)
      ? ended(new SluiceError('input_refused', detail, { field: field ?? 'prompt', fix: 'Change what the prompt says.' }))
      : ended(new SluiceError('output_refused', detail, { fix: 'Word the prompt less drastically; the same one may be refused again.' }))
  if (BILLING.test(told) || code === '402') return ended(new SluiceError('provider_billing', detail))
  if (/rate_limit/i.test(code) || code === '429') return ended(new SluiceError('provider_throttled', detail))
  if (code === 'model_not_found') return ended(new SluiceError('model_sunset', detail, { field: 'model' }))
  if (code === '400' || code === '422' || /^invalid_/.test(code))
    return ended(new SluiceError('provider_cannot', detail, { ...(field !== undefined && { field }), fix: 'Change the order.' }))
  return ended(new SluiceError('provider_failed', detail))
}
