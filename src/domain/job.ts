import type { Eta } from './eta.ts'
import type { AssetId, JobId, TenantId } from './ids.ts'
import type { MicroUsd } from './money.ts'
import type { Outcome } from './outcome.ts'
import type { Plan } from './plan.ts'
import type { Stage } from './progress.ts'
import type { JobRequest } from './request.ts'
import type { TraceContext } from './trace.ts'

/**
 * A job is one request for one asset.
 *
 * - `queued`: accepted and stored; no step has run. → `running`, `cancelled`, `expired`, `failed`
 * - `running`: its steps are at work. `playableAt` is set once the first segment has passed the gate.
 *   → `held`, `succeeded`, `failed`, `cancelled`, `expired`
 * - `held`: at least one of its reviews is open, so its end waits for a person. Its other parts go on being made, and may
 *   still be released. → `running` (the last open review was decided), `failed`, `cancelled`, `expired`
 * - `succeeded`: the asset is published. Background renditions may still be on their way.
 * - `failed`, `cancelled`, `expired`: ended without it; `outcome` says why and what it cost.
 *
 * An ended job stays ended. A retry is a new job that names the old one.
 */
export type JobState =
  | { state: 'queued' }
  /** `heldMs`: how long it has waited for people so far, in milliseconds. Absent: never. */
  | { state: 'running'; startedAt: Date; playableAt: Date | null; heldMs?: number }
  | { state: 'held'; startedAt: Date; playableAt: Date | null; heldMs?: number; heldAt: Date }
  | { state: 'succeeded'; startedAt: Date; playableAt: Date | null; endedAt: Date }
  | { state: 'failed' | 'cancelled' | 'expired'; endedAt: Date; outcome: Outcome }

/** The last picture or sound of the work in progress. */
export interface Preview {
  kind: 'image'
  /** Object key of a small JPEG. Grows with `seq`, so an old one is never shown for a new one. */
  objectKey: string
  seq: number
  alt: string
}

export interface Job {
  id: JobId
  tenantId: TenantId
  request: JobRequest
  /** The job this one repeats. */
  retryOf: JobId | null
  state: JobState
  stages: Stage[]
  /** The bar, 0 to 1; `null` while unknown. Never goes back. */
  progress: number | null
  eta: Eta | null
  plan: Plan | null
  assetId: AssetId | null
  preview: Preview | null
  /** A line for the person waiting, e.g. why it takes longer. */
  notice: string | null
  cost: { estimateMicroUsd: MicroUsd; actualMicroUsd: MicroUsd }
  /** Id of the last event; events of a job have ids 1, 2, 3, ... without a gap. */
  seq: number
  createdAt: Date
  /** When it expires if it has not ended. */
  deadlineAt: Date | null
  /** The span it was accepted in; what is done for it goes on from there. Absent: it was not traced. */
  trace?: TraceContext
}

const legal: Record<JobState['state'], JobState['state'][]> = {
  queued: ['running', 'cancelled', 'expired', 'failed'],
  running: ['running', 'held', 'succeeded', 'failed', 'cancelled', 'expired'],
  held: ['held', 'running', 'failed', 'cancelled', 'expired'],
  succeeded: [],
  failed: [],
  cancelled: [],
  expired: [],
}

/** The only writer of a job's state. */
export function setJobState(job: Job, to: JobState): Job {
  if (!legal[job.state.state].includes(to.state)) {
    throw new Error(`job ${job.id}: ${job.state.state} cannot become ${to.state}`)
  }
  return { ...job, state: to, ...(to.state === 'succeeded' && { progress: 1, eta: null, notice: null }) }
}

/** Whether a job in this state has ended. A client asks it too, and may be older than its server: a state it does not know has not. */
export function isFinal(state: JobState['state']): boolean {
  return legal[state]?.length === 0
}

export function jobEnded(job: Job): boolean {
  return isFinal(job.state.state)
}
