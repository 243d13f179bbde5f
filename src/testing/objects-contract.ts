import { createHash, randomBytes } from 'node:crypto'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ObjectInfo, Objects } from '../ports/objects.ts'

export interface ObjectsContract {
  name: string
  /** A new, empty store. Called once for the suite. */
  make: () => Promise<{ objects: Objects; close: () => Promise<void> }>
}

const MIB = 1024 * 1024

/** What every driver of {@link Objects} does. Needs no other state than its own store. */
export function objectsContract({ name, make }: ObjectsContract): void {
  describe(`objects: ${name}`, () => {
    let objects: Objects
    let close: () => Promise<void>
    let local: string

    beforeAll(async () => {
      local = await mkdtemp(join(tmpdir(), 'objects-contract-'))
      const made = await make()
      objects = made.objects
      close = made.close
    })
    afterAll(async () => {
      await close()
      await rm(local, { recursive: true, force: true })
    })

    test('gives back the bytes, the length, the hash and the type it was given', async () => {
      const bytes = randomBytes(3 * MIB + 17)
      const put = await objects.put('round/trip.mp4', bytes, { mimeType: 'video/mp4' })
      const expected: ObjectInfo = { key: 'round/trip.mp4', sizeBytes: bytes.byteLength, sha256: sha256(bytes), mimeType: 'video/mp4' }
      expect(put).toEqual(expected)
      expect(await objects.head('round/trip.mp4')).toEqual(expected)
      const { stream, ...info } = await objects.get('round/trip.mp4')
      expect(info).toEqual(expected)
      expect(sha256(await collect(stream))).toBe(expected.sha256)
    })

    test('keyed by content, replaces nothing but the same bytes, and says under which key', async () => {
      const [one, other] = [randomBytes(1_000), randomBytes(1_000)]
      async function* pieces() {
        yield other.subarray(0, 300)
        yield other.subarray(300)
      }
      const file = join(local, 'film.mp4')
      await writeFile(file, one)
      const options = { mimeType: 'video/mp4', keyed: 'by-content' as const }
      const stored = [
        await objects.put('keyed/b.c/film.mp4', one, options),
        await objects.put('keyed/b.c/film.mp4', pieces(), options),
        await objects.putFile('keyed/b.c/film.mp4', file, options),
        await objects.put('keyed/b.c/film', one, options),
      ]
      const named = (bytes: Buffer, extension: string) => `keyed/b.c/film-${sha256(bytes).slice(0, 16)}${extension}`
      expect(stored.map(({ key }) => key)).toEqual([named(one, '.mp4'), named(other, '.mp4'), named(one, '.mp4'), named(one, '')])
      for (const info of stored) expect(await objects.head(info.key)).toEqual(info)
      expect(await read(objects, named(one, '.mp4'))).toEqual(one)
      expect(await read(objects, named(other, '.mp4'))).toEqual(other)
      expect((await keys(objects, 'keyed/')).toSorted()).toEqual([...new Set(stored.map(({ key }) => key))].toSorted())
    })

    test('takes a stream of any pieces, an empty body and a type with a parameter', async () => {
      const bytes = randomBytes(100_003)
      async function* pieces() {
        for (let at = 0; at < bytes.byteLength; at += 777) yield bytes.subarray(at, at + 777)
      }
      await objects.put('streamed', pieces(), { mimeType: 'text/vtt; charset=utf-8' })
      expect(await read(objects, 'streamed')).toEqual(bytes)
      expect((await objects.head('streamed'))?.mimeType).toBe('text/vtt; charset=utf-8')
      const empty = await objects.put('empty', new Uint8Array(), { mimeType: 'text/plain' })
      expect(empty.sizeBytes).toBe(0)
      expect(await read(objects, 'empty')).toHaveLength(0)
    })

    test('ends for who no longer waits, with the reason, and stores nothing then', async () => {
      const stop = new AbortController()
      async function* long() {
        for (let chunks = 0; ; chunks++) {
          if (chunks === 3) stop.abort(new Error('cancelled'))
          yield randomBytes(1_000)
        }
      }
      await expect(objects.put('ended', long(), { mimeType: 'video/mp4', signal: stop.signal })).rejects.toThrow('cancelled')
      expect(await objects.head('ended')).toBeUndefined()
      await objects.put('read/in/part', randomBytes(8 * MIB), { mimeType: 'video/mp4' })
      const reading = new AbortController()
      const { stream } = await objects.get('read/in/part', undefined, { signal: reading.signal })
      const seen = async () => {
        for await (const _ of stream) reading.abort(new Error('cancelled'))
      }
      await expect(seen()).rejects.toThrow('cancelled')
      await expect(objects.get('read/in/part', undefined, { signal: reading.signal })).rejects.toThrow('cancelled')
    })

    test('gives exactly the bytes of a range, both ends included', async () => {
      const bytes = randomBytes(2 * MIB)
      await objects.put('ranged', bytes, { mimeType: 'video/mp4' })
      const ranges = [
        [0, 0],
        [0, 99],
        [524_287, 524_289],
        [1_000_000, 1_999_999],
        [2 * MIB - 1, 2 * MIB - 1],
      ] as const
      for (const [start, end] of ranges) {
        const body = await objects.get('ranged', { start, end })
        expect(body.sizeBytes).toBe(bytes.byteLength)
        expect(await collect(body.stream)).toEqual(bytes.subarray(start, end + 1))
      }
    })

    test('cuts a range that ends past the end, and refuses one that begins there', async () => {
      await objects.put('short', new Uint8Array([1, 2, 3, 4]), { mimeType: 'video/mp4' })
      expect([...(await collect((await objects.get('short', { start: 2, end: 4_000 })).stream))]).toEqual([3, 4])
      await expect(objects.get('short', { start: 4, end: 9 })).rejects.toMatchObject({
        code: 'range_not_satisfiable',
        facts: { sizeBytes: 4 },
      })
      await expect(objects.get('short', { start: 3, end: 2 })).rejects.toMatchObject({ code: 'range_not_satisfiable' })
      await expect(objects.get('short', { start: -1, end: 2 })).rejects.toMatchObject({ code: 'range_not_satisfiable' })
      await objects.put('nothing', new Uint8Array(), { mimeType: 'video/mp4' })
      await expect(objects.get('nothing', { start: 0, end: 0 })).rejects.toMatchObject({ code: 'range_not_satisfiable' })
    })

    test('says that a missing object is missing', async () => {
      expect(await objects.head('no/such')).toBeUndefined()
      await expect(objects.get('no/such')).rejects.toMatchObject({ code: 'file_not_found' })
      await expect(objects.localFile('no/such')).rejects.toMatchObject({ code: 'file_not_found' })
    })

    test('removes, and removing again is no error', async () => {
      await objects.put('gone/one', new Uint8Array([1]), { mimeType: 'text/plain' })
      await objects.put('gone/one/below', new Uint8Array([2]), { mimeType: 'text/plain' })
      await objects.remove('gone/one')
      await objects.remove('gone/one')
      await objects.remove('never/was')
      expect(await objects.head('gone/one')).toBeUndefined()
      expect(await read(objects, 'gone/one/below')).toEqual(Buffer.from([2]))
    })

    test('lists by prefix, which may end within a name', async () => {
      for (const key of ['list/a/1', 'list/a/2', 'list/ab', 'list/b/1', 'listing']) {
        await objects.put(key, new TextEncoder().encode(key), { mimeType: 'text/plain' })
      }
      expect(await keys(objects, 'list/a')).toEqual(['list/a/1', 'list/a/2', 'list/ab'])
      expect(await keys(objects, 'list/a/')).toEqual(['list/a/1', 'list/a/2'])
      expect(await keys(objects, 'list')).toEqual(['list/a/1', 'list/a/2', 'list/ab', 'list/b/1', 'listing'])
      expect(await keys(objects, 'list/none/')).toEqual([])
      for await (const listed of objects.list('list/ab')) expect(listed).toEqual({ key: 'list/ab', sizeBytes: 7 })
    })

    test('refuses keys that could lead elsewhere', async () => {
      const bad = [
        '',
        '/',
        '/etc/passwd',
        'a/../b',
        '..',
        'a/.',
        'a//b',
        'a/',
        'a b',
        'a\\b',
        'a\0b',
        'ä',
        'a@b',
        'c:x',
        'x'.repeat(513),
        'x'.repeat(300),
      ]
      for (const key of bad) {
        const refusal = { code: 'request_invalid', field: 'key' }
        await expect(objects.put(key, new Uint8Array(), { mimeType: 'text/plain' }), key).rejects.toMatchObject(refusal)
        await expect(objects.get(key), key).rejects.toMatchObject(refusal)
        await expect(objects.head(key), key).rejects.toMatchObject(refusal)
        await expect(objects.remove(key), key).rejects.toMatchObject(refusal)
        await expect(objects.localFile(key), key).rejects.toMatchObject(refusal)
      }
      await expect(keys(objects, '../')).rejects.toMatchObject({ code: 'request_invalid' })
      const long = `${'y'.repeat(255)}/${'z'.repeat(255)}`
      await objects.put(long, new Uint8Array([7]), { mimeType: 'text/plain' })
      expect(await keys(objects, 'yyy')).toEqual([long])
    })

    test('takes a finished file over', async () => {
      const bytes = randomBytes(MIB + 1)
      const path = join(local, 'finished.mp4')
      await writeFile(path, bytes)
      const info = await objects.putFile('from/file.mp4', path, { mimeType: 'video/mp4' })
      expect(info).toEqual({ key: 'from/file.mp4', sizeBytes: bytes.byteLength, sha256: sha256(bytes), mimeType: 'video/mp4' })
      expect(await read(objects, 'from/file.mp4')).toEqual(bytes)
      await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' })
    })

    test('lends a file that stays whole while the object is replaced and removed', async () => {
      const bytes = randomBytes(10_000)
      await objects.put('lent.mp4', bytes, { mimeType: 'video/mp4' })
      const file = await objects.localFile('lent.mp4')
      expect(file.path.endsWith('.mp4')).toBe(true)
      await objects.put('lent.mp4', randomBytes(5), { mimeType: 'video/mp4' })
      await objects.remove('lent.mp4')
      expect(await readFile(file.path)).toEqual(bytes)
      await file[Symbol.asyncDispose]()
      await expect(access(file.path)).rejects.toMatchObject({ code: 'ENOENT' })
    })

    test('an object being read is not disturbed by its replacement', async () => {
      const before = randomBytes(4 * MIB)
      await objects.put('read-on', before, { mimeType: 'video/mp4' })
      const { stream, sha256: announced } = await objects.get('read-on')
      await objects.put('read-on', randomBytes(10), { mimeType: 'video/mp4' })
      expect(sha256(await collect(stream))).toBe(announced)
      expect(announced).toBe(sha256(before))
    })

    test('concurrent readers of an object being replaced see one whole version each, never back in time', async () => {
      const versions = Array.from({ length: 60 }, (_, index) => Buffer.alloc(50_000 + index, index))
      const hashes = versions.map(sha256)
      await objects.put('replaced', versions[0] ?? Buffer.alloc(0), { mimeType: 'application/x-0' })
      let writing = true
      const reader = async (): Promise<number> => {
        let reads = 0
        let latest = 0
        while (writing) {
          const { stream, sha256: announced, mimeType, sizeBytes } = await objects.get('replaced')
          const bytes = await collect(stream)
          const version = hashes.indexOf(announced)
          expect(sha256(bytes)).toBe(announced)
          expect(sizeBytes).toBe(bytes.byteLength)
          expect(mimeType).toBe(`application/x-${version}`)
          expect(version).toBeGreaterThanOrEqual(latest)
          latest = version
          reads += 1
        }
        return reads
      }
      const readers = [reader(), reader(), reader(), reader()]
      for (const [index, bytes] of versions.entries()) await objects.put('replaced', bytes, { mimeType: `application/x-${index}` })
      writing = false
      for (const reads of await Promise.all(readers)) expect(reads).toBeGreaterThan(0)
      expect(await keys(objects, 'replaced')).toEqual(['replaced'])
    })

    test('many writers and removers of neighbouring keys do not trip over each other', async () => {
      // A folder of one key may be the parent of another's.
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (let round = 0; round < 40; round++) {
            const key = `busy/${round % 2}${'/below'.repeat(writer)}`
            await objects.put(key, Buffer.from(key), { mimeType: 'text/plain' })
            expect(await read(objects, key)).toEqual(Buffer.from(key))
            await objects.remove(key)
          }
        }),
      )
      expect(await keys(objects, 'busy/')).toEqual([])
    })

    test('an object that comes and goes is there whole or not at all', async () => {
      let writing = true
      const seen = { whole: 0, missing: 0 }
      const asking = Array.from({ length: 8 }, async () => {
        while (writing) {
          const found = await read(objects, 'restless').catch((error: unknown) => error)
          if (found instanceof Uint8Array) {
            expect(found.byteLength).toBe(5_000)
            seen.whole += 1
          } else {
            expect(found).toMatchObject({ code: 'file_not_found' })
            seen.missing += 1
          }
          expect((await objects.head('restless'))?.sizeBytes ?? 5_000).toBe(5_000)
        }
      })
      for (let version = 0; version < 80; version++) {
        await objects.put('restless', Buffer.alloc(5_000, version), { mimeType: 'text/plain' })
        await objects.remove('restless')
      }
      writing = false
      await Promise.all(asking)
      expect(seen.whole).toBeGreaterThan(0)
      expect(seen.missing).toBeGreaterThan(0)
    })

    test('a body that fails leaves nothing and keeps its own error', async () => {
      async function* broken() {
        yield randomBytes(MIB)
        throw new Error('the source broke off')
      }
      await objects.put('half', Buffer.from('whole'), { mimeType: 'text/plain' })
      await expect(objects.put('half', broken(), { mimeType: 'video/mp4' })).rejects.toThrow('the source broke off')
      expect(await read(objects, 'half')).toEqual(Buffer.from('whole'))
      await expect(objects.put('half/new', broken(), { mimeType: 'video/mp4' })).rejects.toThrow('the source broke off')
      expect(await keys(objects, 'half')).toEqual(['half'])
    })

    test('refuses what is no MIME type', async () => {
      for (const mimeType of ['', 'video', 'video/mp4\r\nX: y', `video/${'x'.repeat(200)}`]) {
        await expect(objects.put('typed', new Uint8Array(), { mimeType })).rejects.toMatchObject({
          code: 'request_invalid',
          field: 'mimeType',
        })
      }
    })
  })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function read(objects: Objects, key: string): Promise<Buffer> {
  return collect((await objects.get(key)).stream)
}

async function keys(objects: Objects, prefix: string): Promise<string[]> {
  const listed: string[] = []
  for await (const { key } of objects.list(prefix)) listed.push(key)
  return listed.sort()
}
