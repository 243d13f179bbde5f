import type { Asset } from '../domain/asset.ts'
import { assetGone, isGone } from '../domain/asset-gone.ts'
import { SluiceError } from '../domain/errors.ts'
import { type AssetId, isId, type JobId, type ReviewId, type TenantId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import type { Review } from '../domain/review.ts'
import type { Store } from '../ports/store.ts'
import { isPlayable } from '../realtime/job-view.ts'
import type { Context } from './context.ts'

/** The tenant's job. Another tenant's does not exist for this one. Throws `job_not_found`. */
export async function findJob(store: Store, tenantId: TenantId, id: string): Promise<Job> {
  const job = isId('job', id) ? await store.jobs.get(id) : undefined
  if (job?.tenantId === tenantId) return job
  throw jobNotFound(id)
}

function jobNotFound(id: string): SluiceError {
  return new SluiceError('job_not_found', `There is no job ${JSON.stringify(id)}.`, { fix: 'Check the id; GET /v1/jobs lists yours.' })
}

/** `id` as that of a job, or `job_not_found`. */
export function asJobId(id: string): JobId {
  if (isId('job', id)) return id
  throw jobNotFound(id)
}

/** The tenant's review. Throws `review_not_found`. */
export async function findReview(store: Store, tenantId: TenantId, id: string): Promise<Review> {
  const review = await store.reviews.get(asReviewId(id))
  if (review?.tenantId === tenantId) return review
  throw reviewNotFound(id)
}

/** `id` as that of a review, or `review_not_found`. */
export function asReviewId(id: string): ReviewId {
  if (isId('rev', id)) return id
  throw reviewNotFound(id)
}

function reviewNotFound(id: string): SluiceError {
  return new SluiceError('review_not_found', `There is no review ${JSON.stringify(id)}.`, {
    fix: 'Check the id; GET /v1/reviews lists yours.',
  })
}

/** An asset that may be spoken of, and whether it may be played now. */
export interface FoundAsset {
  asset: Asset
  playable: boolean
}

type Kept = Pick<Context, 'store' | 'clock'>

/** `id` as that of an asset, or `asset_not_found`. */
export function asAssetId(id: string): AssetId {
  if (isId('ast', id)) return id
  throw assetNotFound(id)
}

function assetNotFound(id: string): SluiceError {
  return new SluiceError('asset_not_found', `There is no asset ${JSON.stringify(id)}.`, {
    fix: 'Check the id; GET /v1/assets lists yours.',
  })
}

/** Throws `asset_gone` when the time of the job's asset is over: what lies beside it is not served any more either. */
export async function assertNotGone({ store, clock }: Kept, { assetId }: Pick<Job, 'assetId'>): Promise<void> {
  const asset = assetId ? await store.assets.get(assetId) : undefined
  if (asset && isGone(asset, clock.now())) throw assetGone(asset)
}

/**
 * The tenant's asset. Throws `asset_not_found`, also for one that was discarded, with the reason, and `asset_gone` from the
 * moment its time is over.
 */
export async function findAsset({ store, clock }: Kept, tenantId: TenantId, id: string): Promise<FoundAsset> {
  const found = await store.assets.getWithTenant(asAssetId(id))
  if (found?.tenantId !== tenantId) throw assetNotFound(id)
  const { asset } = found
  if (isGone(asset, clock.now())) throw assetGone(asset)
  if (asset.state.state === 'discarded') {
    throw new SluiceError('asset_not_found', `The asset ${asset.id} is gone: ${asset.state.reason}`, {
      fix: `GET /v1/jobs/${asset.jobId} says how its job ended; retry it for a new one.`,
    })
  }
  if (asset.state.state !== 'making') return { asset, playable: asset.releasedSeconds > 0 }
  const job = asset.releasedSeconds > 0 ? await store.jobs.get(asset.jobId) : undefined
  return { asset, playable: job !== undefined && isPlayable(job, asset) }
}

/** Like {@link findAsset}, for its bytes: before the gate has opened there are none. Throws `file_not_found`. */
export async function findPlayable(kept: Kept, tenantId: TenantId, id: string): Promise<Asset> {
  const { asset, playable } = await findAsset(kept, tenantId, id)
  if (playable) return asset
  throw new SluiceError('file_not_found', 'Nothing of this asset has passed its checks yet.', {
    fix: 'Wait for the `playable` event of its job.',
  })
}
