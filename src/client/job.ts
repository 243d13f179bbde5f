import type { AssetView } from '../wire/assets.ts'
import type { StreamMessage } from '../wire/events.ts'
import type { JobView, PlaybackView } from '../wire/jobs.ts'
import type { DecisionInput, TakeView } from '../wire/spend.ts'
import type { SubmitOptions } from './client.ts'

/**
 * How the follower of a job stands.
 *
 * - `idle`: nobody listens, so no connection is held
 * - `connecting`: the first try, or one right after a cut
 * - `live`: a stream is open      - `polling`: streams stay silent here, long polling works
 * - `disconnected`: the last try failed; the snapshot is the last known state and another try is coming
 * - `ended`: the job has ended, nothing more will come
 * - `failed`: it cannot be followed (not allowed, not there); `Job.failure` says why
 */
export type Connection = 'idle' | 'connecting' | 'live' | 'polling' | 'disconnected' | 'ended' | 'failed'

/** The whole state of a job, and how fresh it is. Every URL in it is absolute. */
export type JobSnapshot = JobView & { connection: Connection }

/** What a view reads: the contract of React's `useSyncExternalStore`. `null` until the first message. */
export interface JobStore {
  getSnapshot(): JobSnapshot | null
  /** Calls back after each change, at most ten times a second for mere progress. Returns the way to stop. */
  subscribe(onChange: () => void): () => void
}

export interface WaitOptions {
  /** Stops waiting. The job goes on. */
  signal?: AbortSignal
  /** Stops waiting after this long with a `WaitTimeoutError`. The job goes on. Default: waits for as long as it takes. */
  timeoutMs?: number
}

/**
 * A job somewhere on the server. Making or dropping a handle starts and stops nothing there.
 * While anyone subscribes or waits, one connection is held; it lingers 5 s after the last one left.
 */
export interface Job extends JobStore {
  readonly id: string
  /** Why it cannot be followed, once `connection` is `failed`. */
  readonly failure: Error | null
  /** The messages themselves, on a connection of their own: a snapshot, then events; with `after`, each event after that id. Ends after the last event. */
  events(options?: { after?: number; signal?: AbortSignal }): AsyncIterable<StreamMessage>
  /** Resolves with the asset. Rejects with `JobFailedError`, `JobCancelledError`, `WaitTimeoutError` or `WaitAbortedError`. */
  wait(options?: WaitOptions): Promise<AssetView>
  /** Resolves once the first segment can be fetched. Rejects like {@link wait} when the job ends before. */
  playable(options?: WaitOptions): Promise<PlaybackView>
  /** Asks the server to stop the job and resolves with its answer. The stream tells when it has stopped. */
  cancel(options?: { signal?: AbortSignal }): Promise<JobView>
  /** Starts a new job with the same request. Sent again after a lost answer with the same `Idempotency-Key`: one call, one job. */
  retry(options?: Pick<SubmitOptions, 'idempotencyKey' | 'signal'>): Promise<Job>
  /** What was ordered for it, where, and what each take cost. Those with a `decision` wait for {@link decide}. */
  takes(options?: { signal?: AbortSignal }): Promise<TakeView[]>
  /**
   * Says what to do about an order nobody can find. Rejects with `take_not_in_doubt` when that is settled already, which a
   * call whose first answer was lost can be told of itself.
   */
  decide(takeId: string, decision: DecisionInput, options?: { signal?: AbortSignal }): Promise<TakeView>
  /** Headers a media request to `url` needs: the authorization for the server itself, none for any other host. */
  headersFor(url: string): Promise<Record<string, string>>
}
