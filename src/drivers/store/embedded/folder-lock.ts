import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SluiceError } from '../../../domain/errors.ts'

export interface FolderLock {
  release(): void
}

/**
 * One process per data folder. The lock is an exclusive transaction on an empty SQLite file, because that is the one
 * advisory file lock Node brings: the kernel drops it in the moment its holder dies, however it dies, so there is nothing
 * stale to clear and no process id to mistake for another. The id written beside it is only for the error message.
 */
export function lockFolder(dataFolder: string): FolderLock {
  const holderFile = join(dataFolder, 'sluice.pid')
  const file = openLockFile(dataFolder)
  try {
    file.exec('pragma busy_timeout = 0; pragma journal_mode = memory; begin exclusive')
  } catch (error) {
    file.close()
    if (!isBusy(error)) throw error
    const holder = readHolder(holderFile)
    throw new SluiceError(
      'data_folder_in_use',
      `The data folder ${dataFolder} is in use by another Sluice${holder ? ` (process ${holder})` : ''}.`,
      {
        fix: 'Stop that process or choose another data folder. For several processes on the same jobs, set DATABASE_URL to a PostgreSQL server.',
        facts: { dataFolder, ...(holder && { processId: Number(holder) }) },
        cause: error,
      },
    )
  }
  writeFileSync(holderFile, `${process.pid}\n`)
  return {
    release() {
      if (file.isOpen) file.close()
    },
  }
}

function openLockFile(dataFolder: string): DatabaseSync {
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
    return new DatabaseSync(join(dataFolder, 'sluice.lock'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SluiceError('storage_unavailable', `The data folder ${dataFolder} cannot be used: ${reason}`, {
      fix: 'Choose a folder this user may write to, on a disk with space left.',
      retry: 'never',
      cause: error,
    })
  }
}

/** SQLITE_BUSY */
function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === 5
}

function readHolder(holderFile: string): string {
  try {
    return readFileSync(holderFile, 'utf8').trim()
  } catch {
    return ''
  }
}
