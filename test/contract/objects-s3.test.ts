import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { examineObjects } from '../../src/compose/examine-objects.ts'
import { createScratch } from '../../src/drivers/objects/fs/scratch.ts'
import { abortUploadsBegunBefore } from '../../src/drivers/objects/s3/abandoned-uploads.ts'
import { type Bucket, connectTo } from '../../src/drivers/objects/s3/bucket.ts'
import { createS3Objects, type S3Objects } from '../../src/drivers/objects/s3/driver.ts'
import { applyLifecycle, checkLifecycle, putLifecycle } from '../../src/drivers/objects/s3/lifecycle.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { ByteRange } from '../../src/ports/objects.ts'
import { objectsContract } from '../../src/testing/objects-contract.ts'
import { eventually } from '../helpers/eventually.ts'
import { startServer } from '../helpers/server.ts'
import { expectRefusal, sluice } from '../helpers/sluice.ts'
import { type S3Relay, type Spoiling, startS3Relay } from './s3-relay.ts'
import { type S3Server, startS3Server, whyNoS3Server } from './s3-server.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
const writer = fileURLToPath(new URL('./objects-s3-writer.ts', import.meta.url))
const mimeType = 'video/mp4'
const missing = await whyNoS3Server()
if (missing) process.stderr.write(`skipped: objects in S3 are not tested: ${missing}\n`)

describe.skipIf(missing)('objects in S3', () => {
  let server: S3Server
  let relay: S3Relay
  let folder: string
  let scratchFolder: string
  let bucket: Bucket
  let client: S3Client
  const opened: S3Objects[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'objects-s3-'))
    scratchFolder = join(folder, 'scratch')
    await createScratch({ folder: scratchFolder })
    server = await startS3Server()
    relay = await startS3Relay(server.endpoint)
    const { endpoint, accessKey, secretKey } = server
    bucket = { name: 'sluice', prefix: '', endpoint, region: undefined, keys: { accessKey, secretKey } }
    client = connectTo(bucket, { sockets: 10, idleMs: 20_000 })
    await client.send(new CreateBucketCommand({ Bucket: bucket.name }))
    await fillVersioned()
  }, 180_000)
  afterEach(async () => {
    relay.spoil = () => undefined
    for (const objects of opened.splice(0)) objects.close()
    // Whatever a test did, nothing unfinished is left.
    expect(await readdir(scratchFolder)).toEqual([])
  })
  afterAll(async () => {
    client?.destroy()
    await relay?.close()
    await server?.dispose()
    await rm(folder, { recursive: true, force: true })
  })

  /** Objects below a prefix of their own, by way of the relay. */
  async function open(prefix: string, other: Partial<Bucket> & { idleMs?: number } = {}): Promise<S3Objects> {
    const { idleMs = 20_000, ...changed } = other
    const scratch = await createScratch({ folder: scratchFolder })
    const objects = await createS3Objects({ bucket: { ...bucket, prefix, endpoint: relay.endpoint, ...changed }, scratch, log, idleMs })
    opened.push(objects)
    return objects
  }
  /** A bucket with versions, our rules and something for each of them. What becomes of it is looked at last: its days take seconds. */
  async function fillVersioned(): Promise<void> {
    const versioned = { ...bucket, name: 'versioned', prefix: 'mine/' }
    const at = (Key: string) => ({ Bucket: 'versioned', Key })
    await client.send(new CreateBucketCommand({ Bucket: 'versioned' }))
    await client.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Enabled' } }))
    await applyLifecycle(versioned, { unfinishedUploads: 1, removedVersions: 1 })
    for (const key of ['mine/jobs/a/kept.mp4', 'mine/jobs/b/removed.mp4', 'mine/doctor/left', 'other/doctor/left'])
      await client.send(new PutObjectCommand({ ...at(key), Body: key }))
    await client.send(new DeleteObjectCommand(at('mine/jobs/b/removed.mp4')))
    await client.send(new CreateMultipartUploadCommand(at('mine/jobs/c/unfinished.mp4')))
  }
  async function versionsAndUploads(): Promise<(string | undefined)[]> {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: 'versioned' }))
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'versioned' }))
    return [...Versions, ...DeleteMarkers, ...Uploads].map(({ Key }) => Key)
  }
  const readAll = async (objects: S3Objects, key: string) => Buffer.concat(await Array.fromAsync((await objects.get(key)).stream))
  const unfinished = async (prefix: string) =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: prefix }))).Uploads ?? []

  objectsContract({
    name: 's3',
    make: async () => {
      const scratch = await createScratch({ folder: scratchFolder })
      const objects = await createS3Objects({ bucket: { ...bucket, prefix: 'contract/' }, scratch, log })
      return { objects, close: async () => objects.close() }
    },
  })

  describe('set up wrong', () => {
    test('names the setting, or the line that makes the bucket', async () => {
      const { accessKey, secretKey } = server
      const keys = (changed: Partial<NonNullable<Bucket['keys']>>) => ({ keys: { accessKey, secretKey, ...changed } })
      const wrong: [Partial<Bucket>, RegExp][] = [
        [keys({ secretKey: 'not-it' }), /SLUICE_S3_SECRET_KEY/],
        [keys({ accessKey: 'nobody' }), /SLUICE_S3_ACCESS_KEY/],
        [{ name: 'no-such-bucket' }, /aws s3 mb s3:\/\/no-such-bucket --endpoint-url .*SLUICE_S3_BUCKET/],
        [{ endpoint: 'http://127.0.0.1:1' }, /SLUICE_S3_ENDPOINT/],
        [{ endpoint: 'http://no-such-host.invalid' }, /SLUICE_S3_ENDPOINT/],
      ]
      for (const [other, fix] of wrong) {
        await expect(open('', other)).rejects.toMatchObject({ code: 'storage_unavailable', fix: expect.stringMatching(fix) })
      }
    })

    test('a server that accepts and never answers is given up', async () => {
      relay.spoil = () => 'silence'
      await expect(open('', { idleMs: 200 })).rejects.toMatchObject({ code: 'storage_unavailable', facts: { code: 'TimeoutError' } })
    })

    test('doctor writes, reads and removes, and says what it found', async () => {
      const { endpoint, accessKey, secretKey } = server
      const settings = {
        SLUICE_S3_BUCKET: 'sluice',
        SLUICE_S3_ENDPOINT: endpoint,
        SLUICE_S3_PREFIX: 'looked/at',
        SLUICE_S3_ACCESS_KEY: accessKey,
      }
      const found = await examineObjects(loadConfig({ ...settings, SLUICE_S3_SECRET_KEY: secretKey }))
      expect(found).toEqual([
        { what: 'bucket', state: 'ok', found: expect.stringContaining(`sluice at ${endpoint}, below looked/at/`) },
        { what: 'bucket rules', state: 'optional', found: expect.stringContaining('is missing'), fix: expect.stringContaining('apply') },
      ])
      expect(await Array.fromAsync((await open('looked/at/')).list(''))).toEqual([])
      const wrong = examineObjects(loadConfig({ ...settings, SLUICE_S3_SECRET_KEY: 'not-it' }))
      await expect(wrong).rejects.toMatchObject({ fix: expect.stringContaining('SLUICE_S3_SECRET_KEY') })
      await expect(examineObjects(loadConfig(settings))).rejects.toMatchObject({ code: 'config_invalid' })
    })
  })

  describe('a server that', () => {
    const bytes = randomBytes(300_000)
    const body = async (objects: S3Objects, range: ByteRange) =>
      Buffer.concat(await Array.fromAsync((await objects.get('clip.mp4', range)).stream))
    /** Opened with a look at what is said. */
    async function openLacking(prefix: string): Promise<[S3Objects, string[]]> {
      const said: string[] = []
      const listening: Logger = { ...log, warn: (_facts: unknown, text?: string) => void said.push(text ?? '') }
      const scratch = await createScratch({ folder: scratchFolder })
      const objects = await createS3Objects({ bucket: { ...bucket, prefix, endpoint: relay.endpoint }, scratch, log: listening })
      opened.push(objects)
      return [objects, said]
    }
    /** The whole of what is asked for, whatever else is said. */
    const whole = async ({ url }: { url: string }): Promise<Spoiling> => {
      const key = new URL(url, server.endpoint).pathname.split('/').slice(2).join('/')
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }))
      const sent = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
      const sha256 = answer.Metadata?.['sha256'] ?? ''
      return {
        answer: { headers: { etag: answer.ETag ?? '', 'content-length': String(sent.length), 'x-amz-meta-sha256': sha256 }, body: sent },
      }
    }

    test('does all of it is not complained of', async () => {
      const [objects, said] = await openLacking('able/')
      expect(said).toEqual([])
      expect(objects.abilities).toEqual({ ranges: 'yes', conditionalReads: 'yes', conditionalWrites: 'yes' })
      expect(await Array.fromAsync(objects.list(''))).toEqual([])
    })

    test('ignores ranges and conditions is named at the start, in doctor as well, and gives the right bytes all the same', async () => {
      await (await open('lacking/')).put('clip.mp4', bytes, { mimeType })
      relay.spoil = async (passing) => {
        if (passing.method === 'GET' && (passing.range ?? passing.condition)) return whole(passing)
        // What it would write over is out of its way.
        if (passing.condition === '*') {
          const key = new URL(passing.url, server.endpoint).pathname.split('/').slice(2).join('/')
          await client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }))
        }
        return undefined
      }
      const [objects, said] = await openLacking('lacking/')
      expect(objects.abilities).toEqual({ ranges: 'no', conditionalReads: 'no', conditionalWrites: 'no' })
      expect(said).toEqual([
        expect.stringMatching(/^the S3 server ignores ranges: .* from the beginning/),
        expect.stringMatching(/^the S3 server ignores If-Match: .* ETag/),
        expect.stringMatching(/^the S3 server writes over an object .* SLUICE_S3_PREFIX/),
      ])
      for (const [start, end] of [
        [0, 0],
        [10, 99_999],
        [299_999, 299_999],
        [250_000, 900_000],
      ] as const)
        expectSame(await body(objects, { start, end }), bytes.subarray(start, end + 1))
      await expect(objects.get('clip.mp4', { start: 300_000, end: 300_001 })).rejects.toMatchObject({ code: 'range_not_satisfiable' })
      expect(await objects.claim?.('ins_one')).toBe('ins_one')
      expect(await objects.claim?.('ins_two')).toBe('ins_one')

      const { accessKey, secretKey } = server
      const found = await examineObjects(
        loadConfig({
          SLUICE_S3_BUCKET: 'sluice',
          SLUICE_S3_ENDPOINT: relay.endpoint,
          SLUICE_S3_ACCESS_KEY: accessKey,
          SLUICE_S3_SECRET_KEY: secretKey,
        }),
      )
      expect(found.map(({ state, found: text }) => `${state} ${text}`)).toEqual([
        expect.stringContaining('ok sluice'),
        'optional the server ignores ranges',
        'optional the server ignores If-Match',
        'optional the server writes over an object that it was told not to',
        expect.stringContaining('optional sluice-'),
      ])
    })

    test.each(['ranges', 'If-Match'])('ignores %s when a read goes on mixes nothing into it', async (ignored) => {
      const objects = await open('going-on/')
      await objects.put('clip.mp4', bytes, { mimeType })
      relay.spoil = async (passing) => {
        if (passing.method !== 'GET') return undefined
        if (passing.range === undefined) return { cutAfterBytes: 100_000 }
        if (ignored === 'ranges') return whole(passing)
        // Another version, from the right byte on, as if nothing had been said of the version.
        const rest = randomBytes(200_000)
        return {
          answer: { headers: { etag: '"another"', 'content-range': 'bytes 100000-299999/300000', 'content-length': '200000' }, body: rest },
        }
      }
      const { stream } = await objects.get('clip.mp4')
      await expect(Array.fromAsync(stream)).rejects.toMatchObject({
        code: 'storage_unavailable',
        message: expect.stringContaining(ignored === 'ranges' ? 'the server sent others' : 'was replaced while it was read'),
      })
    })

    test('refuses conditions altogether is written to without', async () => {
      relay.spoil = ({ condition }) => (condition === '*' ? { status: 501, code: 'NotImplemented' } : undefined)
      const [objects, said] = await openLacking('refusing/')
      expect(objects.abilities).toEqual({ ranges: 'yes', conditionalReads: 'yes', conditionalWrites: 'no' })
      expect(said).toHaveLength(1)
      expect(await objects.claim?.('ins_one')).toBe('ins_one')
    })
  })

  test('of several that claim a bucket in the same moment one gets it, and all are told who', async () => {
    const objects = await open('claimed/')
    const owners = await Promise.all(Array.from({ length: 8 }, (_, number) => objects.claim?.(`ins_${number}`)))
    expect(new Set(owners).size).toBe(1)
    expect(owners[0]).toMatch(/^ins_[0-7]$/)
  })

  test('who is no longer waited for leaves no upload, and no file', async () => {
    const objects = await open('aborted/')
    const stop = new AbortController()
    relay.spoil = ({ url }) => {
      if (!url.includes('partNumber=2')) return undefined
      stop.abort(new Error('cancelled'))
      return 'silence'
    }
    await expect(objects.put('long.mp4', Buffer.alloc(20_000_000), { mimeType, signal: stop.signal })).rejects.toThrow('cancelled')
    expect(await unfinished('aborted/')).toEqual([])
    expect(await objects.head('long.mp4')).toBeUndefined()
    relay.spoil = () => undefined
    await objects.put('clip.mp4', Buffer.alloc(3_000_000), { mimeType })
    relay.spoil = ({ method }) => (method === 'GET' ? 'silence' : undefined)
    const waiting = new AbortController()
    const fetched = objects.localFile('clip.mp4', { signal: waiting.signal })
    setImmediate(() => waiting.abort(new Error('cancelled')))
    await expect(fetched).rejects.toThrow('cancelled')
  })

  describe('reading', () => {
    const bytes = randomBytes(3_000_000)

    test('a connection that breaks off is opened again where it broke', async () => {
      const objects = await open('broken/')
      await objects.put('clip.mp4', bytes, { mimeType })
      relay.spoil = ({ method }) => (method === 'GET' ? { cutAfterBytes: 700_000 } : undefined)
      relay.seen.length = 0
      expectSame(await readAll(objects, 'clip.mp4'), bytes)
      expect(relay.seen.length).toBeGreaterThan(3)
      const part = await objects.get('clip.mp4', { start: 10, end: 2_000_000 })
      expectSame(Buffer.concat(await Array.fromAsync(part.stream)), bytes.subarray(10, 2_000_001))
      await using file = await objects.localFile('clip.mp4')
      expectSame(await readFile(file.path), bytes)
    })

    test('what never comes whole is an error, and leaves no file', async () => {
      const objects = await open('truncated/')
      await objects.put('clip.mp4', bytes, { mimeType })
      relay.spoil = ({ range }) => ({ cutAfterBytes: range ? 0 : 700_000 })
      await expect(objects.localFile('clip.mp4')).rejects.toMatchObject({ code: 'storage_unavailable' })
    })

    test('two versions are never mixed', async () => {
      const objects = await open('mixed/')
      await objects.put('clip.mp4', bytes, { mimeType })
      relay.spoil = ({ method }) => (method === 'GET' ? { cutAfterBytes: 700_000 } : undefined)
      const { stream } = await objects.get('clip.mp4')
      await objects.put('clip.mp4', randomBytes(3_000_000), { mimeType })
      await expect(Array.fromAsync(stream)).rejects.toMatchObject({
        code: 'storage_unavailable',
        message: expect.stringContaining('replaced'),
      })
    })

    test('who pauses holds no connection, and gets the rest all the same', async () => {
      const long = Buffer.concat([bytes, bytes, bytes, bytes])
      await (await open('paused/')).put('long.mp4', long, { mimeType })
      const { stream } = await (await open('paused/', { idleMs: 300 })).get('long.mp4')
      const before = relay.givenUp
      const chunks: Uint8Array[] = []
      for await (const chunk of stream) {
        if (chunks.length === 0)
          await eventually(
            async () => relay.givenUp,
            (count) => count > before,
            10_000,
          )
        chunks.push(chunk)
      }
      expectSame(Buffer.concat(chunks), long)
    })

    test('an object that was not stored by us is said to be none of ours', async () => {
      const objects = await open('foreign/')
      await client.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'foreign/guest', Body: 'hello' }))
      const refusal = { code: 'storage_unavailable', message: expect.stringContaining('no sha256'), facts: { key: 'guest' } }
      await expect(objects.get('guest')).rejects.toMatchObject(refusal)
      await expect(objects.head('guest')).rejects.toMatchObject(refusal)
    })

    test('lists more than one page, without the folders that consoles draw', async () => {
      const objects = await open('many/', { endpoint: server.endpoint })
      const keys = Array.from({ length: 1_003 }, (_, index) => `jobs/${String(index).padStart(4, '0')}`)
      await Promise.all(keys.map((key) => objects.put(key, Buffer.from(key), { mimeType: 'text/plain' })))
      await client.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'many/jobs/', Body: new Uint8Array() }))
      expect(await Array.fromAsync(objects.list('jobs/'))).toEqual(keys.map((key) => ({ key, sizeBytes: 9 })))
    })
  })

  describe('writing', () => {
    const large = randomBytes(20_000_000)

    test('a large body goes up in parts, and no part of it stays when it fails', async () => {
      const objects = await open('large/')
      const path = join(folder, 'finished.mp4')
      await writeFile(path, large)
      relay.seen.length = 0
      expect(await objects.putFile('whole.mp4', path, { mimeType })).toEqual(await objects.head('whole.mp4'))
      expect(relay.seen.filter(({ url }) => url.includes('partNumber='))).toHaveLength(3)
      expectSame(await readAll(objects, 'whole.mp4'), large)

      relay.spoil = ({ url }) => (url.includes('partNumber=2') ? { status: 403, code: 'QuotaExceeded' } : undefined)
      const failure = objects.put('whole.mp4', large, { mimeType })
      await expect(failure).rejects.toMatchObject({ code: 'storage_full', facts: { bucket: 'sluice' } })
      expect(await unfinished('large/')).toEqual([])
      expectSame(await readAll(objects, 'whole.mp4'), large)
    })

    test('a server that is busy is asked again', async () => {
      const objects = await open('busy/')
      let refused = 0
      relay.spoil = () => (refused++ < 2 ? { status: 503, code: 'SlowDown' } : undefined)
      await objects.put('clip.mp4', Buffer.from('late'), { mimeType })
      expect(refused).toBe(3)
      expect(await readAll(objects, 'clip.mp4')).toEqual(Buffer.from('late'))
    })

    test('a writer killed in the middle leaves no object, and what it has sent is removed in time', async () => {
      let held: () => void = () => {}
      const reached = new Promise<void>((resolve) => {
        held = resolve
      })
      relay.spoil = ({ url }) => {
        if (!url.includes('partNumber=3')) return undefined
        held()
        return 'silence'
      }
      const order = { bucket: { ...bucket, prefix: 'killed/', endpoint: relay.endpoint }, folder: join(folder, 'child') }
      const child = spawn(process.execPath, [writer, JSON.stringify(order)], { stdio: 'inherit' })
      await reached
      child.kill('SIGKILL')
      await once(child, 'exit')
      const objects = await open('killed/')
      expect(await objects.head('target')).toBeUndefined()
      expect(await Array.fromAsync(objects.list(''))).toEqual([])
      // Opening has left what is younger than a day: another worker may be at it.
      expect(await unfinished('killed/')).toHaveLength(1)
      const killed = { ...bucket, prefix: 'killed/' }
      expect(await abortUploadsBegunBefore(new Date(Date.now() + 60_000), client, killed)).toBe(1)
      expect(await unfinished('killed/')).toEqual([])
    })
  })

  test('an address to read at gives whole and part, as what it is, to nobody who changes it, and not for ever', async () => {
    const objects = await open('addressed/')
    const bytes = randomBytes(100_000)
    await objects.put('jobs/a/film.mp4', bytes, { mimeType })
    const addressOf = async (expiresSeconds: number) =>
      (await objects.presignedUrl?.('jobs/a/film.mp4', { expiresSeconds, mimeType, disposition: 'attachment; filename="film.mp4"' })) ?? ''
    const address = await addressOf(60)
    const whole = await fetch(address)
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': mimeType,
      'content-disposition': 'attachment; filename="film.mp4"',
      'cache-control': 'private, max-age=31536000, immutable',
    })
    expectSame(Buffer.from(await whole.arrayBuffer()), bytes)
    const part = await fetch(address, { headers: { range: 'bytes=10-19' } })
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)])
    for (const changed of [
      address.replace('film', 'flim'),
      address.replace('Expires=60', 'Expires=6000'),
      address.replace('attachment', 'inline'),
    ])
      expect((await fetch(changed)).status, changed).toBe(403)
    const short = await addressOf(1)
    await eventually(
      async () => (await fetch(short)).status,
      (status) => status === 403,
      10_000,
    )
  })

  describe('the rules of the bucket', () => {
    const days = { unfinishedUploads: 2, removedVersions: 7 }
    const put = (Rules: LifecycleRule[]) => putLifecycle(client, ruled, { rules: Rules, minimumSize: undefined })
    const rules = async () => (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'ruled' }))).Rules ?? []
    const theirs: LifecycleRule[] = [
      {
        ID: 'tidy',
        Status: 'Enabled',
        Filter: { And: { Prefix: 'logs/', Tags: [{ Key: 'of', Value: 'ours' }] } },
        Expiration: { Days: 9 },
      },
      { ID: 'sluice-probes:other/', Status: 'Enabled', Filter: { Prefix: 'other/doctor/' }, Expiration: { Days: 1 } },
    ]
    let ruled: Bucket
    beforeAll(async () => {
      ruled = { ...bucket, name: 'ruled', prefix: 'mine/' }
      await client.send(new CreateBucketCommand({ Bucket: 'ruled' }))
    })

    test('are written beside those of others, read back, and written once', async () => {
      await put([
        ...theirs,
        { ID: 'sluice-old:mine/', Status: 'Enabled', Filter: { Prefix: 'mine/tmp/' }, Expiration: { Days: 1 } },
        { ID: 'sluice-probes:mine/', Status: 'Disabled', Filter: { Prefix: 'mine/doctor/' }, Expiration: { Days: 3 } },
      ])
      const before = await rules()
      const { differences } = await checkLifecycle(ruled, days)
      expect(differences).toEqual([
        'sluice-unfinished-uploads:mine/ is missing',
        'sluice-removed-versions:mine/ is missing',
        'sluice-probes:mine/: switched off, below mine/doctor/, everything goes after 3 days; it should be: below mine/doctor/, everything goes after 1 day',
        "sluice-old:mine/ is none of today's rules: below mine/tmp/, everything goes after 1 day",
      ])
      expect(await rules()).toEqual(before)

      expect(await applyLifecycle(ruled, days)).toMatchObject({ written: true, differences: [], others: 2 })
      const after = await rules()
      expect(after.map(({ ID }) => ID).toSorted()).toEqual([
        'sluice-probes:mine/',
        'sluice-probes:other/',
        'sluice-removed-versions:mine/',
        'sluice-unfinished-uploads:mine/',
        'tidy',
      ])
      for (const rule of before.filter(({ ID = '' }) => theirs.some((one) => one.ID === ID))) expect(after).toContainEqual(rule)
      expect(await applyLifecycle(ruled, days)).toMatchObject({ written: false, differences: [] })
      expect((await checkLifecycle(ruled, { ...days, unfinishedUploads: 5 })).differences).toEqual([
        'sluice-unfinished-uploads:mine/: below mine/, unfinished uploads go after 2 days; it should be: below mine/, unfinished uploads go after 5 days',
      ])
    })

    test('name a rule of others that takes away what is held, and leave it to them', async () => {
      await put([{ ID: 'cheap', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 30 } }])
      const { differences, written } = await applyLifecycle(ruled, days)
      expect([written, differences]).toEqual([
        true,
        ['The rule cheap removes what is below mine/jobs/ by age, also what is permanent or held'],
      ])
      expect(await rules()).toHaveLength(4)
    })

    test('say so where a server has none, or does not let us', async () => {
      const relayed = { ...ruled, endpoint: relay.endpoint }
      relay.spoil = ({ url }) => (url.includes('lifecycle') ? { status: 501, code: 'NotImplemented' } : undefined)
      await expect(checkLifecycle(relayed, days)).rejects.toMatchObject({
        message: expect.stringContaining('has no lifecycle rules (NotImplemented)'),
        fix: expect.stringContaining('removes what is over by itself'),
      })
      relay.spoil = ({ method }) => (method === 'PUT' ? { status: 403, code: 'AccessDenied' } : undefined)
      await put(theirs)
      await expect(applyLifecycle(relayed, days)).rejects.toMatchObject({ fix: expect.stringContaining('s3:PutLifecycleConfiguration') })
    })

    test('sluice lifecycle compares, applies and tells by its exit code', async () => {
      const env = {
        SLUICE_S3_BUCKET: 'ruled',
        SLUICE_S3_ENDPOINT: server.endpoint,
        SLUICE_S3_PREFIX: 'mine',
        SLUICE_S3_ACCESS_KEY: server.accessKey,
        SLUICE_S3_SECRET_KEY: server.secretKey,
        SLUICE_DATA: join(folder, 'none'),
      }
      await put(theirs)
      const lifecycle = (...args: string[]) => sluice(['lifecycle', ...args], { env })
      const differing = await lifecycle('check')
      expect([differing.exitCode, differing.stdout]).toEqual([1, expect.stringContaining('differs  sluice-probes:mine/ is missing\n')])
      const applied = await lifecycle('apply')
      expect([applied.exitCode, applied.stdout]).toEqual([
        0,
        expect.stringMatching(
          /^Written to the bucket ruled, and read back: .*\nThe bucket ruled has the rules it should have; 2 of others stand/,
        ),
      ])
      expect((await lifecycle()).exitCode).toBe(0)
      expectRefusal(
        await sluice(['lifecycle', 'check'], { env: { SLUICE_DATA: join(folder, 'none') } }),
        /SLUICE_S3_BUCKET is not set/,
        /Set it/,
      )
    })
  })

  test('a whole job runs on it: what was ordered plays, and the data folder holds no file of it', async () => {
    const { endpoint, accessKey, secretKey } = server
    const data = join(folder, 'data')
    const settings = {
      SLUICE_S3_BUCKET: 'sluice',
      SLUICE_S3_ENDPOINT: endpoint,
      SLUICE_S3_PREFIX: 'whole/job',
      SLUICE_S3_REDIRECT: 'true',
      SLUICE_S3_ACCESS_KEY: accessKey,
      SLUICE_S3_SECRET_KEY: secretKey,
    }
    const app = await startServer(data, settings)
    try {
      const text = 'A lighthouse stands on the rock. Its lamp turns once in ten seconds.'
      const asset = await createClient({ baseUrl: app.url }).generate(
        { kind: 'presentation', text, durationSeconds: 10, size: '640x360', formats: ['hls', 'm4a'], seed: 7 },
        { timeoutMs: 150_000 },
      )
      const fetched = async (url: string) => {
        const response = await fetch(url)
        expect(response.status, url).toBe(200)
        return Buffer.from(await response.arrayBuffer())
      }
      const main = new URL(asset.playbackUrl ?? '', app.url).href
      const [first = ''] = (await fetched(main)).toString().match(/^[^#\n].*$/gm) ?? []
      const rung = new URL(first, main).href
      const playlist = (await fetched(rung)).toString()
      expect(playlist).toContain('#EXT-X-ENDLIST')
      const names = [/URI="(.+?)"/.exec(playlist)?.[1] ?? '', ...(playlist.match(/^[^#\n].*$/gm) ?? [])]
      const path = join(folder, 'played.mp4')
      await writeFile(path, Buffer.concat(await Promise.all(names.map((name) => fetched(new URL(name, rung).href)))))
      // Heavy files are read where they lie; what the player asks for, and what is looked at only, is answered here.
      const sound = asset.files.find((file) => file.mimeType === 'audio/mp4')
      const soundUrl = new URL(sound?.url ?? '', app.url)
      const sent = await fetch(soundUrl, { redirect: 'manual' })
      expect([sent.status, sent.headers.get('cache-control')]).toEqual([302, 'private, max-age=600'])
      expect(sent.headers.get('location')).toMatch(new RegExp(`^${endpoint}/sluice/whole/job/jobs/.*X-Amz-Expires=3600`))
      const saved = await fetched(`${soundUrl}?download`)
      expect(createHash('sha256').update(saved).digest('hex')).toBe(sound?.sha256)
      expect((await fetch(soundUrl, { method: 'HEAD', redirect: 'manual' })).status).toBe(200)
      expect((await fetch(main, { redirect: 'manual' })).status).toBe(200)
      await app.stop()
      expect(app.log()).toBe('')

      const objects = await open('whole/job/')
      const stored = await Array.fromAsync(objects.list('jobs/'))
      expect(stored.map(({ key }) => key)).toContainEqual(expect.stringMatching(/\.m4s$/))
      // Nothing that a row lists can be written over by a run that comes late.
      const listed = stored.map(({ key }) => key).filter((key) => !key.includes('/previews/'))
      for (const key of listed) expect(key).toMatch(/-[0-9a-f]{16}\.\w+(\.heard\.json)?$/)
      expect(await readdir(data)).not.toContain('files')

      // What is left behind is looked for where the files are.
      const left = 'jobs/job_01kdvq00000000000000000000/takes/a'
      await objects.put(left, Buffer.from('0123456789'), { mimeType: 'video/mp4' })
      const swept = await sluice(['retention', '--sweep'], { env: { SLUICE_DATA: data, SLUICE_LOG: 'warn', ...settings } })
      expect(swept.stdout).toContain('removed      1 object, 10 bytes')
      expect(await objects.head(left)).toBeUndefined()
      // Another database would take all of it for left behind.
      await objects.put(left, Buffer.from('0123456789'), { mimeType: 'video/mp4' })
      const strange = { SLUICE_DATA: join(folder, 'strange'), SLUICE_LOG: 'warn', ...settings }
      expectRefusal(await sluice(['retention', '--sweep'], { env: strange }), /it belongs to another one \(ins_/, /sluice-installation/)
      expect(await objects.head(left)).toBeDefined()
      expect(await secondsOf(path)).toBeCloseTo(asset.durationSeconds ?? 0, 0)
    } finally {
      await app.stop()
    }
  }, 200_000)

  test('the rules of the bucket remove what was removed, begun and left behind, and nothing that is kept', async () => {
    const left = await eventually(versionsAndUploads, (keys) => keys.length <= 2, 60_000)
    expect(left).toEqual(['mine/jobs/a/kept.mp4', 'other/doctor/left'])
  }, 70_000)
})

/** `toEqual` looks at each byte by itself, which takes seconds. */
function expectSame(bytes: Buffer, expected: Buffer): void {
  expect(bytes.byteLength).toBe(expected.byteLength)
  expect(bytes.equals(expected)).toBe(true)
}

/** How long all of a file plays, by a player's own count. */
async function secondsOf(path: string): Promise<number> {
  const { stdout } = await promisify(execFile)('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    '-of',
    'default=nw=1:nk=1',
    path,
  ])
  return Number(stdout)
}
