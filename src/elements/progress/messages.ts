import type { OutcomeView } from '../../wire/jobs.ts'

/** Every text of `<sluice-progress>`. Set the `messages` property to replace some. */
export interface ProgressMessages {
  label: string
  waiting: string
  starting: string
  held: string
  succeeded: string
  failed: string
  expired: string
  cancelled: string
  disconnected: string
  unreachable: string
  playable: string
  cancel: string
  cancelling: string
  retry: string
  stages: string
  queue(ahead: number): string
  stageState: Record<'pending' | 'running' | 'done' | 'skipped' | 'failed' | 'stopped', string>
  position(index: number, count: number): string
  charged(outcome: OutcomeView): string
}

export const english: ProgressMessages = {
  label: 'Progress',
  waiting: 'Waiting in the queue',
  starting: 'Starting',
  held: 'Held for review',
  succeeded: 'Done',
  failed: 'This could not be made',
  expired: 'It ran out of time',
  cancelled: 'Cancelled',
  disconnected: 'Reconnecting. This is the last known state; the work goes on.',
  unreachable: 'This job cannot be followed',
  playable: 'The first part can be played',
  cancel: 'Cancel',
  cancelling: 'Cancelling…',
  retry: 'Try again',
  stages: 'Stages',
  queue: (ahead) => (ahead === 0 ? 'Next in the queue' : ahead === 1 ? '1 job before this one' : `${ahead} jobs before this one`),
  stageState: { pending: 'not started', running: 'in progress', done: 'done', skipped: 'not needed', failed: 'failed', stopped: 'stopped' },
  position: (index, count) => `step ${index} of ${count}`,
  charged: (outcome) => {
    if (outcome.charged === 'no') return 'Nothing was charged.'
    if (outcome.charged === 'unknown') return 'Whether it was charged is not known yet.'
    return outcome.amountMicroUsd === undefined ? 'It was charged.' : `Charged: $${(outcome.amountMicroUsd / 1_000_000).toFixed(2)}.`
  },
}
