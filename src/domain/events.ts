import type { Eta } from './eta.ts'
import type { AssetId, TakeId } from './ids.ts'
import type { JobState, Preview } from './job.ts'
import type { MicroUsd } from './money.ts'
import type { Outcome } from './outcome.ts'
import type { TakeRole } from './plan.ts'
import type { Stage } from './progress.ts'
import type { RepairChoice } from './repair.ts'
import type { Review } from './review.ts'
import type { TakeState } from './take.ts'
import type { Verdict } from './verdict.ts'

/** What the engine writes into the event log. Stored as JSON (a Date becomes its ISO string); `realtime/views.ts` makes the wire form of it. */
export type EngineEvent =
  | { type: 'status'; data: { state: JobState['state']; outcome?: Outcome; assetId?: AssetId; at: Date } }
  | { type: 'stage'; data: Stage }
  | { type: 'progress'; data: { progress: number | null; eta: Eta | null } }
  | { type: 'preview'; data: Preview }
  | {
      type: 'playable'
      data: {
        assetId: AssetId
        kind: 'video' | 'audio'
        plannedDurationSeconds: number
        releasedSeconds: number
        captions: boolean
        poster: boolean
      }
    }
  | { type: 'segment'; data: { index: number; startSeconds: number; endSeconds: number } }
  | { type: 'check'; data: Verdict }
  /** A review was opened, somebody has decided, or it was closed: the whole of it as it stands now. */
  | { type: 'review'; data: Review }
  | {
      type: 'take'
      data: {
        takeId: TakeId
        role: TakeRole
        shot: number | null
        number: number
        provider: string
        state: TakeState['state']
        outcome?: Outcome
      }
    }
  | {
      type: 'plan'
      data: { title: string; plannedDurationSeconds: number; shots: { index: number; title: string; estimatedSeconds: number }[] }
    }
  | { type: 'asset'; data: { assetId: AssetId; durationSeconds: number | null } }
  | { type: 'cost'; data: { estimateMicroUsd: MicroUsd; actualMicroUsd: MicroUsd } }
  /** A finding is being mended. */
  | { type: 'repair'; data: RepairChoice & { takeId: TakeId; shot: number | null } }
  | { type: 'notice'; data: { text: string | null } }
