import type { Connection } from '../../client/job.ts'
import { isFinal } from '../../domain/job.ts'
import type { JobView, StageView } from '../../wire/jobs.ts'
import type { SnapshotInput } from '../contract.ts'
import type { ProgressMessages } from './messages.ts'

/** What is said of the job as a whole. `slow`: it runs, and there is a notice why it takes longer. `held`: a person has to look at it. */
export type ProgressState =
  | 'empty'
  | 'queued'
  | 'starting'
  | 'running'
  | 'slow'
  | 'held'
  | 'disconnected'
  | 'unreachable'
  | 'succeeded'
  | 'failed'
  | 'cancelled'

/** Everything `<sluice-progress>` shows, without any DOM. */
export interface ProgressView {
  state: ProgressState
  title: string
  /** 0 to 100, whole; `null` while unknown. 100 only at the end. */
  percent: number | null
  /** What the bar says in words, for those who cannot see it. */
  valueText: string
  /** The stage that stands for the work now. */
  current: { label: string; percent: number | null } | null
  stages: { key: string; label: string; state: StageView['state'] | 'stopped'; percent: number | null; current: boolean }[]
  queue: string
  notice: string
  error: string
  canCancel: boolean
  canRetry: boolean
  /** Nothing can be played yet and more is coming. */
  busy: boolean
}

export function progressView(snapshot: SnapshotInput | null, time: string, messages: ProgressMessages): ProgressView {
  if (!snapshot) {
    const text = messages.starting
    return { ...nothing, valueText: text, title: text }
  }
  const connection = 'connection' in snapshot ? snapshot.connection : undefined
  const state = stateOf(snapshot, connection)
  const ended = isFinal(snapshot.state)
  const percent = snapshot.state === 'succeeded' ? 100 : snapshot.progress === null ? null : Math.min(99, whole(snapshot.progress))
  const running = snapshot.stages.filter((stage) => stage.state === 'running')
  // stages overlap; the last that runs is the one furthest on
  const current = ended || snapshot.state === 'queued' ? undefined : running.at(-1)
  const stages = snapshot.stages.map((stage) => ({
    key: stage.key,
    label: stage.label,
    // a job that was stopped leaves stages behind that nobody will finish
    state: ended && stage.state === 'running' ? ('stopped' as const) : stage.state,
    percent: !ended && stage.state === 'running' && stage.progress !== null ? whole(stage.progress) : null,
    current: stage === current,
  }))
  const queue = snapshot.state === 'queued' && snapshot.queue ? messages.queue(snapshot.queue.ahead) : ''
  return {
    state,
    title: snapshot.title,
    percent,
    valueText: valueText(snapshot, percent, current, queue, time, messages),
    current: current ? { label: current.label, percent: current.progress === null ? null : whole(current.progress) } : null,
    stages,
    queue,
    notice:
      connection === 'failed' && !ended
        ? messages.unreachable
        : connection === 'disconnected' && !ended
          ? messages.disconnected
          : (snapshot.notice ?? ''),
    error: errorText(snapshot, messages),
    canCancel: !ended,
    canRetry: ended && snapshot.state !== 'succeeded' && snapshot.outcome?.retry !== 'never',
    busy: !ended && !snapshot.playable,
  }
}

/** Whole percent, rounded down; 0.58 * 100 is 57.99… */
const whole = (fraction: number): number => Math.floor(fraction * 100 + 1e-9)

const nothing: ProgressView = {
  state: 'empty',
  title: '',
  percent: null,
  valueText: '',
  current: null,
  stages: [],
  queue: '',
  notice: '',
  error: '',
  canCancel: false,
  canRetry: false,
  busy: true,
}

function stateOf(job: JobView, connection: Connection | undefined): ProgressState {
  if (job.state === 'expired' || job.state === 'failed') return 'failed'
  if (job.state === 'succeeded' || job.state === 'cancelled') return job.state
  if (connection === 'failed') return 'unreachable'
  if (connection === 'disconnected') return 'disconnected'
  if (job.state === 'queued') return 'queued'
  if (job.state === 'held') return 'held'
  if (!job.stages.some((stage) => stage.state !== 'pending')) return 'starting'
  return job.notice ? 'slow' : 'running'
}

/** "58%, step 3 of 5, Rendering video, about 40 s left". */
function valueText(
  job: JobView,
  percent: number | null,
  current: StageView | undefined,
  queue: string,
  time: string,
  messages: ProgressMessages,
): string {
  if (isFinal(job.state)) return headline(job, messages)
  if (job.state === 'queued') return [messages.waiting, queue].filter(Boolean).join(', ')
  const shown = job.stages.filter((stage) => stage.state !== 'skipped')
  const words = [
    percent === null ? '' : `${percent}%`,
    current ? messages.position(shown.indexOf(current) + 1, shown.length) : '',
    current?.label ?? (job.state === 'held' ? '' : messages.starting),
    job.state === 'held' ? messages.held : time,
  ]
  return words.filter(Boolean).join(', ')
}

/** How it stands, in a word or two. */
export function headline(job: JobView, messages: ProgressMessages): string {
  if (job.state === 'queued') return messages.waiting
  if (job.state === 'running') return messages.starting
  return messages[job.state]
}

function errorText(job: JobView, messages: ProgressMessages): string {
  if (job.state !== 'failed' && job.state !== 'expired' && job.state !== 'cancelled') return ''
  const { outcome } = job
  if (!outcome) return ''
  const why = job.state === 'cancelled' ? [] : [outcome.detail, outcome.fix ?? '']
  const parts = [...why, messages.charged(outcome)]
  return parts.filter(Boolean).join(' ')
}
