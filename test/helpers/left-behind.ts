import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Everything a data folder holds beside its database: objects and their folders, unfinished writes, scratch folders, takes
 * of the local provider; as paths below the data folder.
 */
export async function leftBehind(dataFolder: string): Promise<string[]> {
  const below = async (...path: string[]): Promise<string[]> => {
    const found = await readdir(join(dataFolder, ...path), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return found.map((name) => join(...path, name))
  }
  const [objects, unfinished, scratch, takes] = await Promise.all([
    below('files', 'objects'),
    below('files', 'tmp'),
    below('scratch'),
    below('local-takes'),
  ])
  // Each process of the local provider has a folder of its own, which is there while it lives.
  const ownFolder = /^local-takes\/[^/]+$/
  return [...objects, ...unfinished, ...scratch, ...takes.filter((path) => !ownFolder.test(path))].toSorted()
}
