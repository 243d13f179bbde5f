import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SluiceError } from '../../src/domain/errors.ts'
import { createFsObjects } from '../../src/drivers/objects/fs/driver.ts'
import { createScratch } from '../../src/drivers/objects/fs/scratch.ts'
import type { Logger } from '../../src/ports/logger.ts'
import { objectsContract } from '../../src/testing/objects-contract.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

objectsContract({
  name: 'fs',
  make: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'objects-fs-'))
    return {
      objects: await createFsObjects({ folder, log }),
      close: async () => {
        // Whatever the suite did, nothing unfinished is left.
        expect(await readdir(join(folder, 'tmp'))).toEqual([])
        await rm(folder, { recursive: true })
      },
    }
  },
})

describe('objects: fs', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'objects-fs-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('removing the last object of a folder removes the folder', async () => {
    const objects = await createFsObjects({ folder: join(folder, 'tidy'), log })
    await objects.put('deep/down/here', new Uint8Array([1]), { mimeType: 'text/plain' })
    await objects.remove('deep/down/here')
    expect(await readdir(join(folder, 'tidy', 'objects'))).toEqual([])
  })

  test('a writer killed at any moment leaves the old object or the new one, and nothing unfinished once reopened', async () => {
    const place = join(folder, 'killed')
    const objects = await createFsObjects({ folder: place, log })
    await objects.put('target', Buffer.alloc(3_000_000, 'a'), { mimeType: 'text/plain' })
    let leftovers = 0
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, [fileURLToPath(new URL('./objects-fs-writer.ts', import.meta.url)), place], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      // From the first piece of the body on, the child writes version after version; the delay only varies the moment.
      await new Promise((resolve) => setTimeout(resolve, round * 3))
      child.kill('SIGKILL')
      await once(child, 'exit')
      leftovers += (await readdir(join(place, 'tmp'))).length
      const reopened = await createFsObjects({ folder: place, log })
      expect(await readdir(join(place, 'tmp'))).toEqual([])
      const { stream, sizeBytes, sha256 } = await reopened.get('target')
      const bytes = Buffer.concat(await Array.fromAsync(stream))
      expect(bytes.byteLength).toBe(3_000_000)
      expect(sizeBytes).toBe(bytes.byteLength)
      expect(new Set(bytes).size, 'bytes of one version only').toBe(1)
      expect((await reopened.head('target'))?.sha256).toBe(sha256)
    }
    expect(leftovers, 'kills that met a write').toBeGreaterThan(0)
    // The next put clears what a kill between publishing and removing the older version may have left.
    await (await createFsObjects({ folder: place, log })).put('target', new Uint8Array([1]), { mimeType: 'text/plain' })
    expect(await readdir(join(place, 'objects', 'target'))).toHaveLength(1)
  })

  test('what a living process is writing survives that another opens the folder', async () => {
    const place = join(folder, 'shared')
    const objects = await createFsObjects({ folder: place, log })
    let begun: () => void = () => {}
    const started = new Promise<void>((resolve) => {
      begun = resolve
    })
    let finish: () => void = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    async function* slow() {
      yield new Uint8Array([1])
      begun()
      await finished
      yield new Uint8Array([2])
    }
    const put = objects.put('slow', slow(), { mimeType: 'text/plain' })
    await started
    execFileSync(process.execPath, [fileURLToPath(new URL('./objects-fs-opener.ts', import.meta.url)), place])
    expect(await readdir(join(place, 'tmp'))).toHaveLength(1)
    finish()
    expect((await put).sizeBytes).toBe(2)
  })

  test('unfinished files of a machine that cannot be asked go after a day', async () => {
    const place = join(folder, 'foreign')
    await mkdir(join(place, 'tmp'), { recursive: true })
    const young = join(place, 'tmp', '00000000.1.0123456789ab.young')
    const old = join(place, 'tmp', '00000000.1.0123456789ab.old')
    await writeFile(young, 'x')
    await writeFile(old, 'x')
    await utimes(old, new Date(), new Date(Date.now() - 25 * 3600 * 1000))
    await createFsObjects({ folder: place, log })
    expect(await readdir(join(place, 'tmp'))).toEqual(['00000000.1.0123456789ab.young'])
  })

  test('putFile from another file system copies', async ({ skip }) => {
    await using other = await tinyFileSystem('8m')
    if (other.path === undefined) return skip(other.reason)
    const objects = await createFsObjects({ folder: join(folder, 'other'), log })
    const path = join(other.path, 'file')
    await writeFile(path, Buffer.alloc(1_000_000, 'b'))
    expect(await objects.putFile('copied', path, { mimeType: 'text/plain' })).toMatchObject({ sizeBytes: 1_000_000 })
    expect(await readdir(other.path)).toEqual([])
  })

  test('a full disk is said with the figures, and leaves nothing behind', async ({ skip }) => {
    await using disk = await tinyFileSystem('2m')
    if (disk.path === undefined) return skip(disk.reason)
    const objects = await createFsObjects({ folder: disk.path, log })
    await objects.put('kept', Buffer.alloc(500_000, 'k'), { mimeType: 'text/plain' })
    async function* endless() {
      for (;;) yield Buffer.alloc(300_000, 'x')
    }
    const failure = objects.put('too/large', endless(), { mimeType: 'text/plain' })
    await expect(failure).rejects.toMatchObject({ code: 'storage_full', retry: 'same' })
    const problem: unknown = await failure.catch((error: unknown) => error)
    if (!SluiceError.is(problem)) throw problem
    const { message, facts } = problem
    // Also when all of it comes in one piece, of which the disk takes the first part.
    await expect(objects.put('one/piece', Buffer.alloc(3_000_000), { mimeType: 'text/plain' })).rejects.toMatchObject({
      code: 'storage_full',
    })
    expect(message).toMatch(
      /^There is no space left for the files: \d\.\d MB of 2\.1 MB are free\. Writing the object too\/large stopped after 1\.\d MB \(ENOSPC\)\.$/,
    )
    expect(facts.totalBytes).toBe(2 * 1024 * 1024)
    expect(facts.writtenBytes).toBeGreaterThan(1_000_000)
    expect(await readdir(join(disk.path, 'tmp'))).toEqual([])
    expect(await readdir(join(disk.path, 'objects'))).toEqual(['kept'])
    // The space is there again, and replacing works.
    await objects.put('kept', Buffer.alloc(900_000, 'l'), { mimeType: 'text/plain' })
    expect((await objects.head('kept'))?.sizeBytes).toBe(900_000)

    const scratch = await createScratch({ folder: join(disk.path, 'scratch') })
    await using work = await scratch.folder('render')
    await expect(scratch.write(join(work.path, 'large.txt'), 'x'.repeat(2_000_000))).rejects.toMatchObject({ code: 'storage_full' })
  })

  test('a folder that cannot be made is storage_unavailable', async () => {
    await writeFile(join(folder, 'a-file'), '')
    await expect(createFsObjects({ folder: join(folder, 'a-file', 'below'), log })).rejects.toMatchObject({
      code: 'storage_unavailable',
      facts: { errno: 'ENOTDIR' },
    })
    await expect(createScratch({ folder: join(folder, 'a-file', 'below') })).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})

describe('scratch', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'scratch-'))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  test('gives new empty folders and removes them with everything in them', async () => {
    const scratch = await createScratch({ folder: root })
    {
      await using one = await scratch.folder('finish')
      await using two = await scratch.folder('finish')
      expect(one.path).not.toBe(two.path)
      await mkdir(join(one.path, 'deep', 'down'), { recursive: true })
      await scratch.write(join(one.path, 'deep', 'down', 'note.txt'), 'hello')
      expect(await readdir(root)).toHaveLength(2)
    }
    expect(await readdir(root)).toEqual([])
  })

  test('opening it removes what dead processes left, and only that', async () => {
    const scratch = await createScratch({ folder: root })
    await using mine = await scratch.folder('mine')
    const child = spawnSync(process.execPath, [fileURLToPath(new URL('./scratch-leaver.ts', import.meta.url)), root])
    expect(child.signal).toBe('SIGKILL')
    expect(await readdir(root)).toHaveLength(2)
    await createScratch({ folder: root })
    expect(await readdir(root)).toEqual([mine.path.split('/').at(-1)])
  })

  test('refuses names that are no names', async () => {
    const scratch = await createScratch({ folder: root })
    for (const name of ['', '../up', 'a/b', 'x'.repeat(101)])
      await expect(scratch.folder(name)).rejects.toMatchObject({ code: 'request_invalid' })
  })
})

/** A file system of a given size, where this user may mount one (root on Linux, as in CI). */
async function tinyFileSystem(size: string): Promise<AsyncDisposable & ({ path: string } | { path: undefined; reason: string })> {
  const path = await mkdtemp(join(tmpdir(), 'tiny-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' })
  } catch (error) {
    await rm(path, { recursive: true })
    const reason = `needs a small file system, and mounting one failed: ${error instanceof Error ? error.message.split('\n').join(' ') : String(error)}`
    process.stderr.write(`skipped: ${reason}\n`)
    return { path: undefined, reason, [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', ['-l', path])
      await rm(path, { recursive: true })
    },
  }
}
