import { createScratch } from '../../src/drivers/objects/fs/scratch.ts'
import type { Bucket } from '../../src/drivers/objects/s3/bucket.ts'
import { createS3Objects } from '../../src/drivers/objects/s3/driver.ts'
import type { Logger } from '../../src/ports/logger.ts'

/** Writes 20 MB to `target`, in parts, to be killed meanwhile. */
const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
const { bucket, folder } = JSON.parse(process.argv[2] ?? '') as { bucket: Bucket; folder: string }
const objects = await createS3Objects({ bucket, scratch: await createScratch({ folder }), log })
await objects.put('target', Buffer.alloc(20_000_000, 'b'), { mimeType: 'text/plain' })
