import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { storageProblem } from './disk-problem.ts'

/**
 * Streams a body into a new file, hashing on the way. On any failure the file is removed.
 * What the body itself throws passes through unchanged; the disk's errors become `storage_full` or `storage_unavailable`.
 * @param place.sync whether it must outlive a power cut
 */
export async function writeTemporary(
  path: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  place: { folder: string; doing: string; sync: boolean },
): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const disk = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw await storageProblem(error, { ...place, writtenBytes: sizeBytes })
    }
  }
  const file = await disk(open(path, 'wx'))
  try {
    for await (const chunk of body instanceof Uint8Array ? [body] : body) {
      hash.update(chunk)
      // Near the end of the disk a write may take only a part; the next one then says why.
      for (let offset = 0; offset < chunk.byteLength; ) {
        const { bytesWritten } = await disk(file.write(chunk, offset))
        offset += bytesWritten
        sizeBytes += bytesWritten
      }
    }
    if (place.sync) await disk(file.sync())
    await disk(file.close())
    return { sizeBytes, sha256: hash.digest('hex') }
  } catch (error) {
    await closeQuietly(file)
    await rm(path, { force: true })
    throw error
  }
}

/** The first error is the one to tell. */
async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => undefined)
}
