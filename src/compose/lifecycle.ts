import { SluiceError } from '../domain/errors.ts'
import type { LifecycleReport } from '../drivers/objects/s3/lifecycle.ts'
import type { LifecycleDays } from '../drivers/objects/s3/lifecycle-rules.ts'
import type { Config } from './config.ts'
import { bucketOf } from './open-objects.ts'

export const LIFECYCLE_DAYS: LifecycleDays = { unfinishedUploads: 2, removedVersions: 7 }

/** The lifecycle rules of the configured bucket: compared, or written first. Throws `config_invalid`, `storage_unavailable`. */
export async function lifecycleOf(
  config: Config,
  what: 'apply' | 'check',
  days: LifecycleDays,
): Promise<LifecycleReport & { bucket: string; written: boolean }> {
  const bucket = bucketOf(config)
  if (!bucket) {
    throw new SluiceError('config_invalid', 'SLUICE_S3_BUCKET is not set: files are in the data folder, which has no rules.', {
      fix: 'Set it, or leave this out: for files on disk Sluice does all of it by itself.',
    })
  }
  const { applyLifecycle, checkLifecycle } = await import('../drivers/objects/s3/lifecycle.ts')
  const report = what === 'apply' ? await applyLifecycle(bucket, days) : { ...(await checkLifecycle(bucket, days)), written: false }
  return { ...report, bucket: bucket.name }
}
