import { createHash } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Larger reads cost a third of the processor time of Node's default of 64 KiB. */
export const READ_CHUNK_BYTES = 512 * 1024

/** Makes renames and removals in a folder outlive a power cut. Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** `mkdir -p`, durable: the parent of each new folder is synced. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made))
    if (made === first || made === dirname(made)) return
  }
}

/** Syncs a finished file and reads it once for its hash. */
export async function sealFile(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  // Opened for writing because some systems sync only such files.
  const file = await open(path, 'r+')
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of file.createReadStream({ highWaterMark: READ_CHUNK_BYTES, autoClose: false }) as AsyncIterable<Uint8Array>) {
      hash.update(chunk)
      sizeBytes += chunk.byteLength
    }
    await file.sync()
    return { sizeBytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}
