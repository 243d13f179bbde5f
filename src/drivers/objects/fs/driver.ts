import { createReadStream } from 'node:fs'
import { type FileHandle, link, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { ByteRange, ListedObject, ObjectInfo, Objects } from '../../../ports/objects.ts'
import { errnoOf, storageProblem } from '../disk-problem.ts'
import { keyWithHash, splitKey, splitPrefix } from '../key.ts'
import { checkMimeType } from '../mime-type.ts'
import { boundsWithin, notFound } from '../not-there.ts'
import { untilAborted } from '../until-aborted.ts'
import { writeTemporary } from '../write-temporary.ts'
import { clearAbandoned } from './clear-abandoned.ts'
import { makeFolder, READ_CHUNK_BYTES, sealFile, syncFolder } from './durable.ts'
import { ownedName } from './owned-name.ts'
import { createTurns } from './turns.ts'
import { formatVersionName, parseVersionName, type Version } from './version-name.ts'

/** Tries of a reader whose object is replaced under its hands, and of a writer whose folder is removed under its hands. */
const RACE_TRIES = 100

type Found = Version & { path: string }

/**
 * Objects as files below `folder`: `objects/` holds what is published (see {@link Version} for the names), `tmp/` what is
 * being written and the links of {@link Objects.localFile}. Both must be on one file system, which `folder` gives them.
 *
 * A put writes and syncs a temporary file, renames it to a version one above the present, syncs the folder, and removes
 * the older version; readers that have it open keep it. Puts and removals of one key take turns within this process;
 * two processes putting to the same key at once both succeed and every reader sees the same one of the two.
 */
export async function createFsObjects({ folder, log }: { folder: string; log: Logger }): Promise<Objects> {
  const root = join(resolve(folder), 'objects')
  const temporary = join(resolve(folder), 'tmp')
  const turns = createTurns()

  const guarded = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw await storageProblem(error, { folder, doing })
    }
  }

  /** The published version of a key; `undefined` when there is none. */
  async function present(path: string): Promise<Found | undefined> {
    const newest = newestOf(await namesIn(path))
    if (newest !== undefined) return { ...newest, path: join(path, formatVersionName(newest)) }
    return undefined
  }

  /** Runs `use` on the present version, again when that was replaced in between. */
  async function withPresent<T>(key: string, use: (found: Found) => Promise<T>): Promise<T | undefined> {
    const path = join(root, ...splitKey(key))
    for (let tries = 0; tries < RACE_TRIES; tries++) {
      const found = await present(path)
      if (found === undefined) return undefined
      try {
        return await use(found)
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error
      }
    }
    throw new SluiceError('storage_unavailable', `The object ${key} was replaced ${RACE_TRIES} times while it was opened.`)
  }

  /** Publishes a synced file as the new version of the key. */
  async function publish(path: string, file: string, described: Omit<Version, 'generation'>): Promise<void> {
    for (let tries = 1; ; tries++) {
      let before: string[]
      try {
        await makeFolder(path)
        before = await namesIn(path)
        const generation = (newestOf(before)?.generation ?? 0) + 1
        await rename(file, join(path, formatVersionName({ ...described, generation })))
      } catch (error) {
        // A removal of a neighbour took the folder, empty as it was.
        if (errnoOf(error) === 'ENOENT' && tries < RACE_TRIES && (await exists(file))) continue
        throw error
      }
      await syncFolder(path)
      for (const name of before) if (parseVersionName(name) !== undefined) await rm(join(path, name), { force: true })
      return
    }
  }

  async function info(key: string, found: Found): Promise<ObjectInfo> {
    const { size } = await stat(found.path)
    return { key, sizeBytes: size, sha256: found.sha256, mimeType: found.mimeType }
  }

  async function* walk(path: string, segments: string[], prefix: string): AsyncGenerator<ListedObject> {
    const key = segments.join('/')
    const found = key !== '' && key.startsWith(prefix) ? await present(path) : undefined
    if (found !== undefined) {
      const described = await stat(found.path).catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return undefined
        throw error
      })
      if (described !== undefined) yield { key, sizeBytes: described.size }
    }
    for (const name of (await namesIn(path)).sort()) {
      if (name.startsWith('@')) continue
      const below = [...segments, name]
      const deeper = below.join('/')
      if (deeper.startsWith(prefix) || prefix.startsWith(`${deeper}/`)) yield* walk(join(path, name), below, prefix)
    }
  }

  const removed = await guarded('Opening the object folder', async () => {
    await makeFolder(root)
    await makeFolder(temporary)
    return clearAbandoned(temporary)
  })
  if (removed > 0) log.info({ removed }, 'removed unfinished files of a process that was killed')

  const objects: Objects = {
    async put(asked, body, { mimeType, keyed, signal }) {
      splitKey(asked)
      checkMimeType(mimeType)
      const file = join(temporary, ownedName())
      const doing = `Writing the object ${asked}`
      const content = body instanceof Uint8Array ? body : untilAborted(body, signal)
      const { sizeBytes, sha256 } = await writeTemporary(file, content, { folder, doing, sync: true })
      const key = keyed ? keyWithHash(asked, sha256) : asked
      try {
        await turns(key, () => publish(join(root, ...splitKey(key)), file, { sha256, mimeType }))
      } catch (error) {
        await rm(file, { force: true })
        throw await storageProblem(error, { folder, doing, writtenBytes: sizeBytes })
      }
      return { key, sizeBytes, sha256, mimeType }
    },

    async putFile(asked, path, { mimeType, keyed }) {
      splitKey(asked)
      checkMimeType(mimeType)
      const sealed = await guarded(`Reading the file for the object ${asked}`, () => sealFile(path))
      const key = keyed ? keyWithHash(asked, sealed.sha256) : asked
      try {
        await turns(key, () => publish(join(root, ...splitKey(key)), path, { sha256: sealed.sha256, mimeType }))
        return { key, ...sealed, mimeType }
      } catch (error) {
        if (errnoOf(error) !== 'EXDEV') throw await storageProblem(error, { folder, doing: `Storing the object ${key}` })
      }
      const copied = await objects.put(key, createReadStream(path, { highWaterMark: READ_CHUNK_BYTES }), { mimeType })
      await guarded(`Removing the file of the object ${key}`, () => rm(path, { force: true }))
      return copied
    },

    async get(key, range, { signal } = {}) {
      signal?.throwIfAborted()
      const opened = await guarded(`Opening the object ${key}`, () =>
        withPresent(key, async (found) => {
          const file = await open(found.path, 'r')
          return { found, file }
        }),
      )
      if (opened === undefined) throw notFound(key)
      const { found, file } = opened
      try {
        const sizeBytes = (await file.stat()).size
        const bounds = range && boundsWithin(key, range, sizeBytes)
        return {
          key,
          sizeBytes,
          sha256: found.sha256,
          mimeType: found.mimeType,
          stream: signal ? untilAborted(streamOf(file, bounds), signal) : streamOf(file, bounds),
        }
      } catch (error) {
        await file.close()
        throw await storageProblem(error, { folder, doing: `Reading the object ${key}` })
      }
    },

    head: (key) => guarded(`Reading the object ${key}`, () => withPresent(key, (found) => info(key, found))),

    async remove(key) {
      const path = join(root, ...splitKey(key))
      await guarded(`Removing the object ${key}`, () =>
        turns(key, async () => {
          for (const name of await namesIn(path)) if (parseVersionName(name) !== undefined) await rm(join(path, name), { force: true })
          await removeEmpty(path, root)
        }),
      )
    },

    async *list(prefix) {
      const { folder: segments } = splitPrefix(prefix)
      try {
        yield* walk(join(root, ...segments), segments, prefix)
      } catch (error) {
        throw await storageProblem(error, { folder, doing: `Listing the objects of ${prefix}` })
      }
    },

    async localFile(key) {
      const name = splitKey(key).at(-1) ?? ''
      // Tools look at the extension; the link keeps the content here while the object is replaced or removed.
      const path = join(temporary, `${ownedName()}${/\.[A-Za-z0-9]+$/.exec(name)?.[0] ?? ''}`)
      const given = await guarded(`Opening the object ${key}`, () =>
        withPresent(key, async (found) => {
          try {
            await link(found.path, path)
            return path
          } catch (error) {
            if (errnoOf(error) === 'ENOENT') throw error
            // A file system without hard links: the object itself, which then must not be removed meanwhile.
            return found.path
          }
        }),
      )
      if (given === undefined) throw notFound(key)
      return {
        path: given,
        [Symbol.asyncDispose]: () =>
          guarded(`Releasing the object ${key}`, () => (given === path ? rm(path, { force: true }) : Promise.resolve())),
      }
    },
  }
  return objects
}

function newestOf(names: string[]): Version | undefined {
  let newest: Version | undefined
  // Sorted, so that of two of the same generation every reader takes the same.
  for (const name of names.sort()) newest = parseVersionName(name) ?? newest
  return newest
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

/** Removes a folder and its parents up to `root`, as far as they are empty. */
async function removeEmpty(path: string, root: string): Promise<void> {
  for (let folder = path; folder !== root; folder = dirname(folder)) {
    try {
      await rmdir(folder)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') continue
      return
    }
  }
}

/** A Node stream: it closes the file at its end, on error, and when its consumer stops or destroys it. */
function streamOf(file: FileHandle, bounds: ByteRange | undefined): AsyncIterable<Uint8Array> {
  return file.createReadStream({ highWaterMark: READ_CHUNK_BYTES, ...bounds })
}
