import { type JobView, problemTitle } from 'sluice/client'
import { money } from '../format/figures.ts'

export type Outcome = NonNullable<JobView['outcome']>

const titles: Record<Outcome['class'], string> = {
  refused_input: 'The request was refused',
  refused_output: 'The provider would not deliver the result',
  quality: 'The result did not pass its checks',
  transient: 'The provider could not be reached',
  throttled: 'The provider asked to slow down',
  billing: 'The provider refused the payment',
  sunset: 'The provider no longer offers this',
  cancelled: 'Cancelled',
  expired: 'The time allowed ran out',
  lost: 'The provider lost the work',
  submit_unknown: 'It is not known whether the provider took the order',
  internal: 'Something went wrong inside Sluice',
}

/** The class speaks of the kind of end; these say nothing of what it was where the problem behind it does. */
const vague: readonly Outcome['class'][] = ['internal', 'billing', 'transient', 'quality', 'refused_input']

/** What happened, in one line. */
export function outcomeTitle({ class: kind, code }: Outcome): string {
  return (vague.includes(kind) && code !== undefined && problemTitle(code)) || titles[kind]
}

/** What became of the money. */
export function outcomeCharge(outcome: Outcome): string {
  if (outcome.charged === 'no') return 'Nothing was charged.'
  if (outcome.charged === 'unknown') return 'Whether the provider charged for it is not known.'
  return outcome.amountMicroUsd ? `${money(outcome.amountMicroUsd)} was charged.` : 'Nothing was charged.'
}

const inputs: Record<string, string> = {
  text: 'the text',
  prompt: 'the description',
  imageUrl: 'the picture to begin with',
  voice: 'the voice',
  durationSeconds: 'the length',
  size: 'the size',
  fps: 'the frame rate',
  seed: 'the seed',
  model: 'the model',
  'policy.maxCostMicroUsd': 'the cost limit',
}

/** Which input it was about, where the provider told: `the picture to begin with`. */
export function outcomeInput({ field }: Outcome): string | null {
  return field === undefined ? null : (inputs[field] ?? field)
}
