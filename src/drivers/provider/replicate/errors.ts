import { SluiceError } from '../../../domain/errors.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import { type Charged, type Outcome, outcomeOf } from '../../../domain/outcome.ts'
import { type Answer, throttled } from '../../http/vendor-api.ts'
import { problem, type ReplicateProblem } from './api.ts'

/**
 * How Replicate's refusals and failures are called here, and nowhere else.
 *
 * There is no code of a refusal: only words, which differ by model. What matches none of the patterns is a failure. Who pays:
 * a prediction that was aborted before it began costs nothing, one that was cancelled costs the time it took, of a failed one
 * nobody says.
 */

/** Words of refusals that were seen, and those that say it plainly. */
const REFUSALS: readonly RegExp[] = [
  /NSFW/i,
  /flagged as sensitive/i,
  /\bE005\b/,
  /content (policy|moderation|filter)/i,
  /safety (filter|system|checker|guideline)/i,
  /\bmoderat(ed|ion)\b/i,
  /violat\w+ .*polic/i,
]

/** Most say "input or output", or to try another prompt: only one that blames the input alone is about what was sent. */
const OF_INPUT = /\b(input|prompt)s?\b[^.]*\b(was|were|is|contains?|violates?|flagged|blocked|rejected)\b/i

/** Replicate's names of inputs, as ours. */
const FIELDS: Record<string, string> = {
  prompt: 'prompt',
  text: 'text',
  image: 'imageUrl',
  duration: 'durationSeconds',
  resolution: 'width',
  aspect_ratio: 'width',
  voice_id: 'voice',
  seed: 'seed',
}

export async function problemFrom(answer: Answer): Promise<ReplicateProblem> {
  const text = await answer.text()
  try {
    return problem.parse(JSON.parse(text))
  } catch {
    return { detail: text.slice(0, 300) }
  }
}

const wordsOf = ({ detail, title, invalid_fields }: ReplicateProblem): string =>
  (detail ?? invalid_fields?.flatMap(({ description }) => description ?? []).join('; ')) || (title ?? 'no reason given')

function fieldOf({ invalid_fields, detail }: ReplicateProblem): { field?: string } {
  const name = invalid_fields?.[0]?.field ?? /\binput\.(\w+)/.exec(detail ?? '')?.[0]
  const field = name === undefined ? undefined : FIELDS[name.replace(/^input\./, '')]
  return field === undefined ? {} : { field }
}

/** A definite no to an order, or to a question about one. */
export function refusalOf(answer: Answer, found: ReplicateProblem, refusals: readonly RegExp[] = []): SluiceError {
  const { status } = answer
  const words = wordsOf(found)
  if (status === 429) return throttled('Replicate', withDelay(answer, words))
  if (status === 402) {
    const fix = 'Add credit at replicate.com/account/billing.'
    return new SluiceError('provider_billing', `Replicate wants to be paid first: ${words}`, { fix })
  }
  if (status === 401 || status === 403) {
    const fix = 'Set a token from replicate.com/account/api-tokens.'
    return new SluiceError('provider_key_invalid', `Replicate does not accept the token: ${words}`, { fix })
  }
  if (status === 404 || status === 410) {
    const details = { field: 'model', fix: 'Use another model.' }
    return new SluiceError('model_sunset', `Replicate no longer offers the model: ${words}`, details)
  }
  if (isRefusal(words, refusals)) return inputRefused(words)
  return new SluiceError('provider_cannot', `Replicate does not make it: ${words}`, fieldOf(found))
}

/** The delay stands in the words; a header for it may be missing. */
function withDelay({ headers }: Answer, words: string): Pick<Answer, 'headers'> {
  const seconds = /resets in ~?(\d+)\s*s/i.exec(words)?.[1]
  return { headers: { ...(seconds !== undefined && { 'retry-after': seconds }), ...headers } }
}

const isRefusal = (words: string, own: readonly RegExp[]): boolean => [...REFUSALS, ...own].some((pattern) => pattern.test(words))

function inputRefused(words: string): SluiceError {
  const fix = 'Say it in other words.'
  return new SluiceError('input_refused', `Replicate refuses it: ${words}`, { field: 'prompt', fix, retry: 'soften' })
}

/** How a prediction ended that `failed`. */
export function failureOf(error: unknown, refusals: readonly RegExp[]): Outcome {
  const words = typeof error === 'string' ? error : error == null ? 'no reason given' : JSON.stringify(error)
  if (!isRefusal(words, refusals))
    return outcomeOf(new SluiceError('provider_failed', `Replicate failed: ${words}`), { charged: 'unknown' })
  const ofInput = OF_INPUT.test(words) && !/output/i.test(words)
  const details = { fix: 'Say it in other words.' }
  const refusal = ofInput ? inputRefused(words) : new SluiceError('output_refused', `Replicate refused what was made: ${words}`, details)
  return outcomeOf(refusal, { charged: 'unknown' })
}

/** `aborted`: before it began. `canceled`: after. */
export function cancellationOf(status: 'aborted' | 'canceled'): Outcome {
  const charged = status === 'aborted' ? 'no' : 'unknown'
  return { class: 'cancelled', detail: `Cancelled at Replicate (${status}).`, retry: 'never', charged }
}

const paid = (amountMicroUsd: MicroUsd | undefined): Charged =>
  amountMicroUsd === undefined ? { charged: 'unknown' } : { charged: 'yes', amountMicroUsd }

/** It was made and paid, and nobody fetched it in the hour it was kept. */
export function removed(id: string, amountMicroUsd: MicroUsd | undefined): Outcome {
  const error = new SluiceError('take_lost', `Replicate made prediction ${id} and deleted its output an hour later.`)
  return { ...outcomeOf(error, paid(amountMicroUsd)), class: 'expired' }
}

export function lost(id: string): Outcome {
  return outcomeOf(new SluiceError('take_lost', `Replicate no longer knows prediction ${id}.`), { charged: 'unknown' })
}

/** It says that it is done, and there is nothing. */
export function emptyHanded(amountMicroUsd: MicroUsd | undefined): Outcome {
  return outcomeOf(new SluiceError('provider_failed', 'Replicate says it is done, but its output names no file.'), paid(amountMicroUsd))
}
