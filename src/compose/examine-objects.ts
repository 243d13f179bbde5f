import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asSluiceError } from '../domain/errors.ts'
import { createScratch } from '../drivers/objects/fs/scratch.ts'
import type { Bucket } from '../drivers/objects/s3/bucket.ts'
import { PROBES_PREFIX } from '../drivers/objects/s3/lifecycle-rules.ts'
import type { Objects } from '../ports/objects.ts'
import type { Config } from './config.ts'
import type { Finding } from './examine.ts'
import { LIFECYCLE_DAYS } from './lifecycle.ts'
import { createLogger } from './logger.ts'
import { bucketOf } from './open-objects.ts'

/**
 * Writes, finds, reads and removes a small object, as a job does: each takes a right of its own; says what the server lacks, and how the
 * bucket's rules are. Nothing without a bucket, where the data folder is looked at. Throws what fails, which says what to do.
 */
export async function examineObjects(config: Config): Promise<Finding[]> {
  const bucket = bucketOf(config)
  if (!bucket) return []
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-doctor-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const { createS3Objects } = await import('../drivers/objects/s3/driver.ts')
  const { lacksOf } = await import('../drivers/objects/s3/abilities.ts')
  const objects = await createS3Objects({ bucket, scratch: await createScratch({ folder }), log: createLogger('silent') })
  stack.defer(() => objects.close())
  return [
    await tried(objects, bucket),
    ...lacksOf(objects.abilities).map(
      ({ lacks, follows }): Finding => ({ what: 'bucket', state: 'optional', found: `the server ${lacks}`, fix: `Without it ${follows}.` }),
    ),
    await ruled(bucket),
  ]
}

async function tried(objects: Objects, bucket: Bucket): Promise<Finding> {
  const key = `${PROBES_PREFIX}${randomUUID()}`
  const put = await objects.put(key, new TextEncoder().encode(key), { mimeType: 'text/plain' })
  let listed = 0
  for await (const _ of objects.list(key)) listed++
  const chunks: Uint8Array[] = []
  for await (const chunk of (await objects.get(key)).stream) chunks.push(chunk)
  const kept = await objects.head(key)
  await objects.remove(key)
  const what = 'bucket'
  const where = `${bucket.name} at ${bucket.endpoint ?? 'AWS'}${bucket.prefix === '' ? '' : `, below ${bucket.prefix}`}`
  if (listed === 1 && Buffer.concat(chunks).toString() === key && kept?.sha256 === put.sha256 && (await objects.head(key)) === undefined) {
    return { what, state: 'ok', found: `${where}; written, listed, read and removed` }
  }
  const fix = 'Use S3 itself, or a server that lists and removes at once what was written (a cache in between does not).'
  return { what, state: 'missing', found: `${where} does not give back what is written to it`, fix }
}

/** The backstop; without it everything works. */
async function ruled(bucket: Bucket): Promise<Finding> {
  const what = 'bucket rules'
  const { checkLifecycle } = await import('../drivers/objects/s3/lifecycle.ts')
  try {
    const { differences } = await checkLifecycle(bucket, LIFECYCLE_DAYS)
    if (differences.length === 0) return { what, state: 'ok', found: 'as they should be' }
    return { what, state: 'optional', found: differences.join('; '), fix: '`sluice lifecycle apply` writes those of Sluice.' }
  } catch (error) {
    const { message, fix = 'See the message.' } = asSluiceError(error)
    return { what, state: 'optional', found: `unknown: ${message}`, fix }
  }
}
