import type { JobSnapshot, JobStore } from '../client/job.ts'
import type { JobView } from '../wire/jobs.ts'

/** What an element follows. A `Job` of the client is one; `headersFor` is used for media and pictures where it is there. */
export type JobSource = JobStore & { headersFor?(url: string): Promise<Record<string, string>>; cancel?(): Promise<unknown> }
/** Plain state, for other transports, tests and server rendering. */
export type SnapshotInput = JobView | JobSnapshot

/**
 * `<sluice-progress>`: stages, bar, time left, queue, cancel, retry.
 * Attributes: `label`, `density="full|compact|line"`, `eta="range|point|none"`, `announce="stages|terminal|off"`, `hide-cancel`.
 * Slots: `title preview notice queue error actions`. Parts: `root header title eta track bar stages stage stage-<state> icon label value notice actions cancel retry`.
 */
export interface SluiceProgressElement extends HTMLElement {
  job: JobSource | null
  snapshot: SnapshotInput | null
}

/** `<sluice-preview>`: the last good picture of the work in progress. Parts: `media caption`. */
export interface SluicePreviewElement extends HTMLElement {
  job: JobSource | null
  snapshot: SnapshotInput | null
}

/**
 * `<sluice-player>`: plays a job's asset from its first checked segment, or the finished one at `src`.
 * Attributes: `src`, `poster`, `captions`, `planned-duration` (seconds), `kind="video|audio"`, `label`,
 * `autoplay="when-safe|first-segment|off"` (default `off`; empty means `when-safe`), `muted`.
 * Parts: `video controls play range produced time mute volume fullscreen captions overlay banner`.
 */
export interface SluicePlayerElement extends HTMLElement {
  job: JobSource | null
  play(): Promise<void>
  pause(): void
  /** Goes to a second of the media, at most to what is ready. */
  seek(seconds: number): void
  /** The media element inside, for meters and tests. */
  readonly media: HTMLMediaElement
  /** Media seconds that can be played now. */
  readonly producedSeconds: number
  /** Media seconds made in a second of wall time; `null` until two segments have come. */
  readonly rate: number | null
}

/** Events of the elements, all bubbling and composed. */
export interface SluiceEventMap {
  /** Cancel was pressed. Unless prevented, a `job` with a `cancel` method is cancelled. */
  'sluice-cancel': CustomEvent<{ jobId: string }>
  /** Try again was pressed. The page decides what follows. */
  'sluice-retry': CustomEvent<{ jobId: string }>
  'sluice-stage': CustomEvent<{ key: string; state: string }>
  'sluice-settled': CustomEvent<{ state: JobView['state'] }>
  'sluice-attached': CustomEvent<{ url: string; engine: 'hls' | 'native' }>
  /** The first frame is painted; `ms` since the player learned that the job was playable. */
  'sluice-first-frame': CustomEvent<{ ms: number }>
  'sluice-produced': CustomEvent<{ endSeconds: number; plannedSeconds: number }>
  /** Data is missing in the middle of playing. */
  'sluice-starved': CustomEvent<{ atSeconds: number; count: number }>
  'sluice-resumed': CustomEvent<{ ms: number }>
  'sluice-vod': CustomEvent<{ durationSeconds: number }>
  /** `stalls`: waits for data after the start; `hitches`: waits of a decoder that had data. */
  'sluice-ended': CustomEvent<{ stalls: number; hitches: number }>
  'sluice-engine-error': CustomEvent<{ fatal: boolean; recovered: boolean; detail: string }>
}

declare global {
  interface HTMLElementTagNameMap {
    'sluice-progress': SluiceProgressElement
    'sluice-preview': SluicePreviewElement
    'sluice-player': SluicePlayerElement
  }
}
