import { statfs } from 'node:fs/promises'
import { SluiceError } from '../../domain/errors.ts'

/** No space, quota used up, larger than this file system or process may write. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * What an operating system's error means: `storage_full` with the figures, or `storage_unavailable`.
 * @param doing what was tried, as in "could not be written"
 * @param writtenBytes how much of it was already on disk
 */
export async function storageProblem(
  error: unknown,
  place: { folder: string; doing: string; writtenBytes?: number },
): Promise<SluiceError> {
  if (SluiceError.is(error)) return error
  const code = errnoOf(error) ?? 'unknown error'
  if (!FULL.has(code)) {
    return new SluiceError('storage_unavailable', `${place.doing} failed: ${code}.`, {
      fix: 'Check that the data folder exists, is writable for this user and that its disk is healthy.',
      facts: { errno: code },
      cause: error,
    })
  }
  const space = await statfs(place.folder).catch(() => undefined)
  const freeBytes = space && space.bavail * space.bsize
  const totalBytes = space && space.blocks * space.bsize
  const writtenBytes = place.writtenBytes ?? 0
  const figures = space ? `${megabytes(freeBytes)} of ${megabytes(totalBytes)} are free` : 'how much is free is unknown'
  const detail = `There is no space left for the files: ${figures}. ${place.doing} stopped after ${megabytes(writtenBytes)} (${code}).`
  return new SluiceError('storage_full', detail, {
    fix: 'Free some space on the disk of the data folder, or move the folder to a larger disk (SLUICE_DATA); then try again.',
    facts: { errno: code, writtenBytes, ...(space && { freeBytes, totalBytes }) },
    cause: error,
  })
}

function megabytes(bytes = 0): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
