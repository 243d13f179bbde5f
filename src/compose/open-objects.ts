import { join } from 'node:path'
import { SluiceError } from '../domain/errors.ts'
import { createFsObjects } from '../drivers/objects/fs/driver.ts'
import type { Bucket } from '../drivers/objects/s3/bucket.ts'
import type { Logger } from '../ports/logger.ts'
import type { Objects } from '../ports/objects.ts'
import type { Scratch } from '../ports/scratch.ts'
import { type Config, settings } from './config.ts'

/** Objects where the settings say: in a bucket, else in the data folder. Throws `config_invalid`, `storage_full`, `storage_unavailable`. */
export async function openObjects(config: Config, scratch: Scratch, log: Logger, stack: AsyncDisposableStack): Promise<Objects> {
  const bucket = bucketOf(config)
  if (!bucket) return createFsObjects({ folder: join(config.dataFolder, 'files'), log })
  // Its SDK takes 0.2 s and 55 MB, which nobody pays for files on disk.
  const { createS3Objects } = await import('../drivers/objects/s3/driver.ts')
  const objects = await createS3Objects({ bucket, scratch, log })
  stack.defer(() => objects.close())
  return objects
}

/** The bucket of the settings; `null`: none is set. Throws `config_invalid` for settings that do not go together. */
export function bucketOf(config: Config): Bucket | null {
  const {
    s3Bucket: name,
    s3Prefix: prefix,
    s3Endpoint: endpoint,
    s3Region: region,
    s3AccessKey: accessKey,
    s3SecretKey: secretKey,
  } = config
  if (name === undefined) {
    const alone = (['s3Endpoint', 's3Region', 's3Prefix', 's3AccessKey', 's3SecretKey', 's3Redirect'] as const).filter((key) => config[key])
    if (alone.length === 0) return null
    const named = alone.map((key) => settings[key].variable).join(', ')
    throw new SluiceError('config_invalid', `SLUICE_S3_BUCKET is not set, but there is ${named}.`, {
      fix: 'Set SLUICE_S3_BUCKET, or unset the others for files in the data folder.',
    })
  }
  if (accessKey !== undefined && secretKey !== undefined) return { name, prefix, endpoint, region, keys: { accessKey, secretKey } }
  if (accessKey === undefined && secretKey === undefined) return { name, prefix, endpoint, region, keys: undefined }
  const [set, unset] = accessKey === undefined ? ['SECRET', 'ACCESS'] : ['ACCESS', 'SECRET']
  throw new SluiceError('config_invalid', `SLUICE_S3_${set}_KEY is set, but SLUICE_S3_${unset}_KEY is not.`, {
    fix: 'Set both, or neither for the keys that the environment, the AWS profile or the role of the machine gives.',
  })
}
