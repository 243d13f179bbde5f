import type { SluiceError, StoredError } from './errors.ts'
import type { JobId, ReviewId, StepId, TakeId, TenantId } from './ids.ts'
import { isOutage, OUTAGE_PAUSE_MS } from './outage.ts'

/**
 * `io` waits on others and is cheap; `cpu` is FFmpeg. Each has its own slots in a worker.
 * `resident` is for takes of a provider that lives inside one process: of all workers one at a time runs it.
 */
export type Lane = 'io' | 'cpu' | 'resident'
export const LANES: readonly Lane[] = ['io', 'cpu', 'resident']

/** What a step does. One handler each, in `stages/`. */
export type StepWork =
  | { name: 'analyse' }
  | { name: 'generate'; takeId: TakeId }
  | { name: 'ingest'; takeId: TakeId }
  /** Puts sentences that were spoken again into their places. */
  | { name: 'mend'; takeId: TakeId }
  | { name: 'finish' }
  | { name: 'publish' }
  | { name: 'rendition'; format: 'webm' | 'mp3' }
  /** What follows a decision of a person. */
  | { name: 'review'; reviewId: ReviewId }
  /** Removes what a job that ended badly left behind. */
  | { name: 'cleanup' }

export type StepName = StepWork['name']

/** Where a step runs unless its provider is resident. */
export const laneOf: Record<StepName, Lane> = {
  analyse: 'io',
  generate: 'io',
  ingest: 'io',
  mend: 'io',
  finish: 'cpu',
  publish: 'cpu',
  rendition: 'cpu',
  review: 'io',
  // Calls off what its own process still makes.
  cleanup: 'resident',
}

/**
 * A step is a unit of queued, leased, retried work.
 *
 * - `ready`: to be run as soon as `runAt` has come. Entered at birth, by a retry, by a wake. → `running`, `cancelled`
 * - `running`: exactly one worker holds it until `leaseUntil`; `attempt` is the fence. An expired lease makes it
 *   claimable again, with the next attempt. → `ready` (retry), `parked`, `done`, `failed`, `cancelled`
 * - `parked`: waits for someone else and holds no worker; runs at `wakeAt` or when woken. → `running`, `cancelled`
 * - `done`, `cancelled`: the end.
 * - `failed`: the end as well, unless a person has background work tried again ({@link ./dead-letter.ts}). → `ready`
 *
 * Its one setter is the store: `claim` enters `running`, `leave` leaves it, `revive` leaves `failed`, `wake` and `cancelOpen` reach
 * the rest. Each is a single statement whose condition is the legal move, fenced by the attempt.
 */
export type StepState =
  | { state: 'ready'; runAt: Date }
  | { state: 'running'; leaseUntil: Date; workerId: string }
  | { state: 'parked'; wakeAt: Date; reason: string }
  | { state: 'done' }
  | { state: 'failed'; error: StoredError }
  | { state: 'cancelled' }

/** What a step leaves `running` for. */
export type StepExit = Exclude<StepState, { state: 'running' }>

export interface Step {
  id: StepId
  jobId: JobId
  tenantId: TenantId
  work: StepWork
  lane: Lane
  /** Higher goes first: each point is a head start of {@link HEAD_START_MS}, so that nothing waits for ever. */
  priority: number
  /** What it takes of its tenant's turn: seconds of a slot, estimated. */
  costSeconds: number
  /** Claims so far; the current one's number fences its writes. */
  attempt: number
  /** Failures so far, but for those of an outage that is over; parking and lost leases do not count. */
  failures: number
  state: StepState
  createdAt: Date
}

/** Steps that ask, look up and write take this long in their lane. */
const SHORT_SECONDS = 0.05

/** What a step takes of a slot of its lane, in seconds; of `lengthSeconds`, what the job makes. Shares as measured on two cores. */
export function costSecondsOf({ name }: StepWork, lengthSeconds: number): number {
  switch (name) {
    case 'finish':
      return SHORT_SECONDS + lengthSeconds * 0.35
    case 'rendition':
      return SHORT_SECONDS + lengthSeconds * 0.5
    case 'publish':
      return SHORT_SECONDS + lengthSeconds * 0.03
    default:
      return SHORT_SECONDS
  }
}

/**
 * What a point of priority is worth, in milliseconds of having come earlier. A job's priority counts a hundred points: one of
 * priority 1 goes before those of priority 0 that came up to a minute earlier.
 */
const HEAD_START_MS = 600

/** Where a step stands among those of its tenant: earlier goes first. */
export function rankOf({ createdAt, priority }: Pick<Step, 'createdAt' | 'priority'>): Date {
  return new Date(createdAt.getTime() - priority * HEAD_START_MS)
}

/** Whether nothing more will happen to it. */
export function stepEnded({ state: { state } }: Step): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** How often a step may fail before its job does. */
const MAX_STEP_FAILURES = 4

/** An hour of pauses. */
const MAX_OUTAGE_FAILURES = 120

/**
 * What follows the n-th failure of a step (n from 1): another try in so many milliseconds, or `null`: it is given up. One that has
 * failed as often as a step may goes on trying for an hour where not its own work but an outage is in the way.
 */
export function retryAfter(failures: number, { code, retry, retryAfterMs }: SluiceError): number | null {
  if (retry !== 'same') return null
  if (!waitsForOutage(failures)) return retryAfterMs ?? retryDelayMs(failures)
  return isOutage(code) && failures < MAX_OUTAGE_FAILURES ? (retryAfterMs ?? OUTAGE_PAUSE_MS) : null
}

/** Whether a step that failed so often, and is still tried, waits for an outage to end. */
export function waitsForOutage(failures: number): boolean {
  return failures >= MAX_STEP_FAILURES
}

/** Milliseconds until the n-th retry (n from 1): 0.5 s, 2 s, 8 s. */
function retryDelayMs(failures: number): number {
  return 500 * 4 ** (failures - 1)
}
