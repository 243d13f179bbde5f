import type { Asset } from '../domain/asset.ts'
import type { DeadLetter } from '../domain/dead-letter.ts'
import type { Eta } from '../domain/eta.ts'
import type { AssetId, DeadLetterId, JobId, ReviewId, TakeId, TenantId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import type { MicroUsd } from '../domain/money.ts'
import type { JobRequest } from '../domain/request.ts'
import type { HoldSaid, RetentionClass, RetentionPeriods } from '../domain/retention.ts'
import type { Review, ReviewDecision } from '../domain/review.ts'
import type { OrderDecision, Take } from '../domain/take.ts'
import type { StoragePolicy } from '../domain/tenant.ts'
import type { RetriedLetter } from './dead-letters.ts'
import type { IncomingWebhook } from './webhook.ts'

export interface JobQuote {
  amountMicroUsd: MicroUsd
  durationSeconds: number
  eta: Eta
  takes: { role: string; shot: number | null; provider: string; amountMicroUsd: MicroUsd }[]
  notes: string[]
}

export interface SubmitOptions {
  /** `fingerprint` is the SHA-256 of the request as it was sent. */
  idempotency?: { key: string; fingerprint: string }
  retryOf?: JobId
}

export interface Submitted {
  job: Job
  /** Jobs that were accepted before it and have not begun. `null` for one that was there already. */
  ahead: number | null
  /** An idempotency key gave the job it made before. */
  repeated: boolean
}

/** What a tenant stores, what it may store, and how long that stays. */
export interface TenantStorage {
  storedBytes: Record<RetentionClass, number>
  /** `null`: no limit. */
  quotaBytes: number | null
  /** Of jobs that ask for none. */
  defaultRetention: RetentionClass
  periods: RetentionPeriods
}

/** What the doors (HTTP, CLI) ask of the engine. */
export interface Engine {
  /** Plans and prices without writing anything. Throws what `submit` would. */
  quote(request: JobRequest): Promise<JobQuote>
  /**
   * Job, first step and first event in one transaction. A known idempotency key with the same fingerprint gives the job
   * it made (`repeated`); with another one it throws `idempotency_key_reused`. Throws `storage_quota_exceeded` for a new one of
   * a tenant who stores as much as it may.
   */
  submit(tenantId: TenantId, request: JobRequest, options?: SubmitOptions): Promise<Submitted>
  /** Resolves once the job has ended as `cancelled`. Throws `job_not_found`, `job_already_ended`. */
  cancel(tenantId: TenantId, id: JobId): Promise<Job>
  /** A new job with the same request. Throws `job_not_found`, `job_not_retryable`; knows idempotency keys as `submit` does. */
  retry(tenantId: TenantId, id: JobId, options?: Pick<SubmitOptions, 'idempotency'>): Promise<Submitted>
  /** What to do about an order whose answer was lost. Throws `job_not_found`, `take_not_found`, `take_not_in_doubt`. */
  decide(tenantId: TenantId, id: JobId, takeId: TakeId, decision: OrderDecision): Promise<Take>
  /**
   * What a person says of something that is held. A known idempotency key with the same fingerprint decides nothing and gives
   * the review as it stands (`repeated`). Throws `review_not_found`, `review_already_decided`, `reviewer_same_person`,
   * `decision_not_possible`, `idempotency_key_reused`.
   */
  decideReview(
    tenantId: TenantId,
    id: ReviewId,
    said: Omit<ReviewDecision, 'at'>,
    options?: Pick<SubmitOptions, 'idempotency'>,
  ): Promise<{ review: Review; repeated: boolean }>
  /** Nothing of it is removed from then on; one that is held already stays so. Throws `asset_not_found`, `asset_gone`. */
  holdAsset(tenantId: TenantId, id: AssetId, said: Omit<HoldSaid, 'at'>): Promise<Asset>
  /** Its time counts on. Safe to repeat. Throws `asset_not_found`. */
  releaseAsset(tenantId: TenantId, id: AssetId, said: Omit<HoldSaid, 'at'>): Promise<Asset>
  /** What is agreed with the tenant about its files; at most a second old. */
  storagePolicy(tenantId: TenantId): Promise<StoragePolicy>
  storage(tenantId: TenantId): Promise<TenantStorage>
  /**
   * Begins again what was given up: a new job, the same step, or the same message. One that was retried already begins nothing
   * (`repeated`). Throws `dead_letter_not_found`, `dead_letter_closed` for one that was dismissed, `asset_gone`,
   * `webhook_disabled`, `idempotency_key_reused`, and what `retry` throws.
   */
  retryDeadLetter(tenantId: TenantId, id: DeadLetterId, options?: Pick<SubmitOptions, 'idempotency'>): Promise<RetriedLetter>
  /** Lets it go. Safe to repeat. Throws `dead_letter_not_found`, `dead_letter_closed` for one that was retried. */
  dismissDeadLetter(tenantId: TenantId, id: DeadLetterId): Promise<DeadLetter>
  /** A provider's message. Throws `not_found`, `webhook_invalid`. */
  webhook(message: IncomingWebhook): Promise<void>
}
