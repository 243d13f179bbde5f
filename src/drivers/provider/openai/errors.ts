import { SluiceError } from '../../../domain/errors.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import { type Charged, type Outcome, outcomeOf } from '../../../domain/outcome.ts'
import { BILLING, keyRefused, MODERATION, openAiRefusal, readOpenAiError } from '../../http/openai-error.ts'
import type { Answer } from '../../http/vendor-api.ts'
import type { VideoFailure } from './api.ts'

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

/** An order that was not taken: nothing is charged. `said`: the member that holds the user's words. */
export const refusedOrder = (vendor: string, answer: Answer, said: 'prompt' | 'text'): Promise<SluiceError> =>
  openAiRefusal(vendor, answer, { fields: FIELDS, disliked: { field: said, fix: 'Change what the text says.' } })

/** A question that was not answered as asked. Says nothing about the video. */
export async function refusedQuestion(vendor: string, answer: Answer): Promise<SluiceError> {
  const { words } = await readOpenAiError(answer)
  if (answer.status === 401 || answer.status === 403) return keyRefused(vendor, words)
  return new SluiceError('provider_unavailable', `${vendor} did not tell of the video: it answered ${answer.status}: ${words}`)
}

const fieldOf = (member: string | null | undefined): string | undefined => (member ? FIELDS[member] : undefined)

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
