import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../disk-problem.ts'
import { isAbandoned } from './owned-name.ts'

/** Removes what killed processes left in a folder of {@link ownedName}s. Returns how many entries went. */
export async function clearAbandoned(folder: string): Promise<number> {
  let removed = 0
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await stat(path).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (found === undefined || !isAbandoned(name, found.mtime)) continue
    await rm(path, { recursive: true, force: true })
    removed += 1
  }
  return removed
}
