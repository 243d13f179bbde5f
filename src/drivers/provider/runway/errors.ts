import { SluiceError } from '../../../domain/errors.ts'
import { type Charged, type Outcome, outcomeOf } from '../../../domain/outcome.ts'
import type { RetryAdvice } from '../../../domain/problems.ts'
import { type Answer, throttled } from '../../http/vendor-api.ts'
import { refusal, type Task } from './api.ts'
import { CREDIT_MICRO_USD } from './models.ts'

/** Members of Runway's requests, as ours are called. */
const FIELDS: Record<string, string> = {
  promptText: 'prompt',
  promptImage: 'imageUrl',
  ratio: 'width',
  duration: 'durationSeconds',
  seed: 'seed',
  model: 'model',
  voice: 'voice',
}

/** An order that Runway did not take: nothing is charged. Bodies: `{ error, issues? }` (docs.dev.runwayml.com/errors). */
export async function refusedOrder(answer: Answer): Promise<SluiceError> {
  const said = await wordsOf(answer)
  const [issue] = said.issues ?? []
  const member = issue === undefined ? undefined : FIELDS[String(issue.path[0])]
  const words = [said.error, issue?.message].filter(Boolean).join(': ') || `it answered ${answer.status}`
  const detail = `Runway refused the order: ${words}`
  if (answer.status === 401 || answer.status === 403) return keyRefused(words)
  // Without credits the answer is a 400 in words.
  if (answer.status === 402 || /not (have )?enough credits|insufficient|billing/i.test(words))
    return new SluiceError('provider_billing', detail, { fix: 'Buy credits in the Runway developer portal, or turn on autobilling.' })
  if (answer.status === 429) return throttled('Runway', answer)
  if (/moderat|safety|content policy/i.test(words))
    return new SluiceError('input_refused', detail, { field: member ?? 'prompt', fix: 'Change what the prompt or the picture shows.' })
  if (
    answer.status === 404 ||
    answer.status === 410 ||
    member === 'model' ||
    /model .*(no longer|deprecated|sunset|not available)/i.test(words)
  )
    return new SluiceError('model_sunset', detail, { field: 'model', fix: 'Choose another model of Runway, or another provider.' })
  if (answer.status >= 300 && answer.status < 400)
    return new SluiceError('provider_unavailable', `Runway cannot be reached: the order was answered with a redirect (${answer.status}).`)
  return new SluiceError('provider_cannot', detail, {
    ...(member !== undefined && { field: member }),
    fix: 'Change the order as Runway says, or choose another provider.',
  })
}

/** A question that was not answered as asked. Says nothing about the task. */
export async function refusedQuestion(answer: Answer): Promise<SluiceError> {
  const { error } = await wordsOf(answer)
  if (answer.status === 401 || answer.status === 403) return keyRefused(error)
  return new SluiceError('provider_unavailable', `Runway did not tell of the task: it answered ${answer.status} ${error}`.trim())
}

function keyRefused(words: string): SluiceError {
  return new SluiceError('provider_key_invalid', `Runway does not accept the key: ${words}`, { fix: 'Set a valid key of the Runway API.' })
}

async function wordsOf(answer: Answer) {
  const text = await answer.text().catch(() => '')
  try {
    return refusal.parse(JSON.parse(text))
  } catch {
    return refusal.parse({ error: text.slice(0, 300) })
  }
}

/** What a task cost in the end. A full refund is told as 0 credits. */
export function chargedFor({ cost }: Task): Charged {
  if (cost === null || cost === undefined) return { charged: 'unknown' }
  const amountMicroUsd = Math.ceil(cost.credits * CREDIT_MICRO_USD)
  return amountMicroUsd === 0 ? { charged: 'no' } : { charged: 'yes', amountMicroUsd }
}

/** A failed task, by its `failureCode` (docs.dev.runwayml.com/errors/task-failures): matched by prefix, the unknown is the vendor's fault. */
export function failureOf(task: Task): Outcome {
  const code = task.failureCode ?? ''
  const detail = `Runway: ${task.failure || 'the task failed'}${code === '' ? '' : ` (${code})`}`
  const ended = (problem: SluiceError) => outcomeOf(problem, chargedFor(task))
  if (code.startsWith('SAFETY.OUTPUT'))
    return ended(new SluiceError('output_refused', detail, { fix: 'Word the prompt less drastically; the same one may be refused again.' }))
  if (code.includes('SAFETY')) {
    const field = code.includes('IMAGE') ? 'imageUrl' : 'prompt'
    return ended(new SluiceError('input_refused', detail, { field, fix: 'Change what the prompt or the picture shows.' }))
  }
  if (code.startsWith('ASSET'))
    return ended(
      new SluiceError('provider_cannot', detail, { field: 'imageUrl', fix: 'Give a picture that Runway can read: JPEG, PNG or WebP.' }),
    )
  if (code.startsWith('THIRD_PARTY')) return ended(new SluiceError('provider_unavailable', detail))
  const retry: RetryAdvice = code.startsWith('INTERNAL.BAD_OUTPUT') ? 'reseed' : 'same'
  return ended(new SluiceError('provider_failed', detail, { retry }))
}
