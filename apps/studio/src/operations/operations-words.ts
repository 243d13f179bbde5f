import type { DeadLetterView, OperationsView } from 'sluice/client'
import { ago, moment } from '../format/time.ts'

type Process = OperationsView['processes'][number]
type Account = OperationsView['providers'][number]

/** What a retry does, as a button says it. */
export const retryWords: Record<DeadLetterView['kind'], string> = {
  job: 'Submit again',
  step: 'Do again',
  delivery: 'Send again',
}

const steps: Record<string, string> = { rendition: 'A further format', cleanup: 'Clean-up', review: 'What follows a review' }

/** What was given up: `Job failed`, `A further format`, `Message job.failed`. */
export function letterName({ kind, name }: Pick<DeadLetterView, 'kind' | 'name'>): string {
  if (kind === 'job') return 'Job failed'
  if (kind === 'delivery') return `Message ${name}`
  return steps[name ?? ''] ?? `Step ${name}`
}

const begun: Record<DeadLetterView['kind'], string> = {
  job: 'Submitted again.',
  step: 'It is done again.',
  delivery: 'It is sent again.',
}

/** What came of an answer. */
export function answerWords({ kind, state }: Pick<DeadLetterView, 'kind' | 'state'>): string {
  return state === 'dismissed' ? 'Dismissed.' : begun[kind]
}

const scheduling: Record<Process['scheduling'], string | null> = {
  active: 'Schedules',
  standby: 'Stands by to schedule',
  off: null,
}

/** `Schedules`, `API`, `io 3 of 32, cpu 1 of 2`. */
export function dutiesOf(process: Pick<Process, 'api' | 'scheduling' | 'lanes'>): string[] {
  const lanes = process.lanes.map(({ lane, running, slots }) => `${lane} ${running} of ${slots}`).join(', ')
  return [process.api ? 'API' : null, scheduling[process.scheduling], lanes || null].filter((duty) => duty !== null)
}

const failures: Record<string, string> = {
  refused_output: 'It would not deliver an output',
  quality: 'An output could not be used',
  transient: 'It could not be reached, or failed',
  throttled: 'It asked to slow down',
  billing: 'It does not accept the key, or wants to be paid',
  sunset: 'A model is no longer offered',
  lost: 'It lost an order',
  submit_unknown: 'Its answer to an order was lost',
  internal: 'A call to it broke',
}

/** What is known of how a provider answers. A pause that lasts comes first. */
export function accountSays({ pausedUntil, slowedAt, lastFailure }: Account, now: Date): { text: string; tone: string }[] {
  const pause =
    pausedUntil !== null
      ? { text: `Paused until ${moment(pausedUntil)}: it asked to slow down`, tone: 'text-warn' }
      : slowedAt !== null && { text: `Asked to slow down ${ago(slowedAt, now)}`, tone: 'text-muted' }
  const failed = lastFailure && {
    text: `${failures[lastFailure.class] ?? lastFailure.class}, ${ago(lastFailure.at, now)}`,
    tone: 'text-muted',
  }
  const said = [pause, failed].filter((line) => line !== null && line !== false)
  return said.length > 0 ? said : [{ text: 'Nothing is amiss', tone: 'text-muted' }]
}
