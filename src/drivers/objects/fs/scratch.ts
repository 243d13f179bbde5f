import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { SluiceError } from '../../../domain/errors.ts'
import type { Scratch } from '../../../ports/scratch.ts'
import { storageProblem } from '../disk-problem.ts'
import { clearAbandoned } from './clear-abandoned.ts'
import { ownedName } from './owned-name.ts'

/**
 * Work folders below `folder`, on the same disk as the objects so that `putFile` is a rename. Opening it removes those
 * of processes that are gone. Errors: `storage_full`, `storage_unavailable`.
 */
export async function createScratch({ folder }: { folder: string }): Promise<Scratch> {
  const root = resolve(folder)
  try {
    await mkdir(root, { recursive: true })
    await clearAbandoned(root)
  } catch (error) {
    throw await storageProblem(error, { folder, doing: 'Opening the scratch folder' })
  }
  return {
    async folder(name) {
      if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) {
        throw new SluiceError(
          'request_invalid',
          `${JSON.stringify(name.slice(0, 100))} cannot name a folder: letters, digits, dots, underscores and hyphens, at most 100.`,
        )
      }
      const path = join(root, `${ownedName()}.${name}`)
      try {
        await mkdir(path, { recursive: true })
      } catch (error) {
        throw await storageProblem(error, { folder, doing: `Making the scratch folder ${name}` })
      }
      return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
    },

    async write(path, text) {
      try {
        await writeFile(path, text)
      } catch (error) {
        throw await storageProblem(error, { folder, doing: `Writing the scratch file ${basename(path)}` })
      }
    },
  }
}
