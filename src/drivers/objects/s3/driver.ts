import { createHash } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { ByteRange, ObjectInfo, Objects } from '../../../ports/objects.ts'
import type { Scratch } from '../../../ports/scratch.ts'
import { storageProblem } from '../disk-problem.ts'
import { keyWithHash, splitKey, splitPrefix } from '../key.ts'
import { checkMimeType } from '../mime-type.ts'
import { boundsWithin, notFound } from '../not-there.ts'
import { untilAborted } from '../until-aborted.ts'
import { writeTemporary } from '../write-temporary.ts'
import { abortUploadsBegunBefore } from './abandoned-uploads.ts'
import { type Abilities, lacksOf, probeAbilities } from './abilities.ts'
import { type Bucket, connectTo } from './bucket.ts'
import { bucketProblem, statusOf } from './bucket-problem.ts'
import { claimBucket } from './claim.ts'
import { readOn, streamOf } from './read-on.ts'

/** Connections for bodies being read: a viewer who downloads holds one. */
const READING_SOCKETS = 256
const OTHER_SOCKETS = 64
/** Larger bodies go up in parts. S3 allows 10,000 of them, which is 78 GiB. */
const PART_BYTES = 8 * 1024 * 1024
/** Each upload holds so many parts in memory. */
const PARTS_AT_ONCE = 2
const FILE_CHUNK_BYTES = 512 * 1024
/** An object does not change while it may be read by an address. */
const IMMUTABLE = 'private, max-age=31536000, immutable'
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/
/** No upload takes this long. */
const UPLOAD_LIFE_MS = 24 * 60 * 60 * 1000

export interface S3ObjectsOptions {
  bucket: Bucket
  /** For bodies on their way up, and files lent. */
  scratch: Scratch
  log: Logger
  /** A connection on which nothing moves is given up after so long, also when it is our reader who does not read. Default 20 s. */
  idleMs?: number
}

export interface S3Objects extends Objects {
  /** As tried when it was opened. */
  abilities: Abilities
  close(): void
}

/**
 * Objects in a bucket of S3 or a server like it. The SHA-256 is in an object's metadata, so it must be known before the
 * upload begins: a stream is first written to a scratch folder. Every put ends in one request of the server's that replaces
 * the object whole. A connection that breaks in the middle of a read is opened again where it broke, if the object is still
 * the same.
 *
 * Opening asks for the bucket, so that what is set up wrong is said at the start. Throws `storage_unavailable`.
 */
export async function createS3Objects({ bucket, scratch, log, idleMs = 20_000 }: S3ObjectsOptions): Promise<S3Objects> {
  const reading = connectTo(bucket, { sockets: READING_SOCKETS, idleMs })
  const client = connectTo(bucket, { sockets: OTHER_SOCKETS, idleMs })
  const close = () => {
    reading.destroy()
    client.destroy()
  }
  const at = (key: string) => ({ Bucket: bucket.name, Key: bucket.prefix + splitKey(key).join('/') })

  const guarded = async <T>(doing: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      signal?.throwIfAborted()
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      throw bucketProblem(error, bucket, doing)
    }
  }

  /** Work on a file of this machine. */
  const onDisk = async <T>(path: string, doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw await storageProblem(error, { folder: path, doing })
    }
  }

  async function upload(
    key: string,
    body: Uint8Array | ReadStream,
    { sha256, mimeType }: Omit<ObjectInfo, 'key' | 'sizeBytes'>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const params = { ...at(key), Body: body, ContentType: mimeType, Metadata: { sha256 } }
    const sending = signal ? abortable(client, signal) : client
    const doing = `Writing the object ${key}`
    await guarded(doing, () => new Upload({ client: sending, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done(), signal)
  }

  async function head(key: string): Promise<ObjectInfo | undefined> {
    const command = new HeadObjectCommand(at(key))
    return guarded(`Reading the object ${key}`, async () => {
      try {
        const answer = await client.send(command)
        return described(key, answer, answer.ContentLength)
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    })
  }

  /** Why a range was refused, with the figures. */
  async function outside(key: string, range: ByteRange): Promise<never> {
    const info = await head(key)
    if (!info) throw notFound(key)
    boundsWithin(key, range, info.sizeBytes)
    throw replaced(key, 'opened')
  }

  try {
    const one = new ListObjectsV2Command({ Bucket: bucket.name, Prefix: bucket.prefix, MaxKeys: 1 })
    await guarded(`Opening the bucket ${bucket.name}`, () => client.send(one))
  } catch (error) {
    close()
    throw error
  }
  try {
    const aborted = await abortUploadsBegunBefore(new Date(Date.now() - UPLOAD_LIFE_MS), client, bucket)
    if (aborted > 0) log.info({ aborted }, 'aborted unfinished uploads of a process that was killed')
  } catch (error) {
    log.warn({ err: bucketProblem(error, bucket, 'Looking for unfinished uploads') }, 'unfinished uploads, if there are any, stay')
  }

  const abilities = await probeAbilities(client, bucket)
  for (const { lacks, follows } of lacksOf(abilities)) log.warn({ bucket: bucket.name }, `the S3 server ${lacks}: ${follows}`)

  const objects: Objects = {
    async put(asked, body, { mimeType, keyed, signal }) {
      check(asked, mimeType)
      if (body instanceof Uint8Array) {
        const sha256 = createHash('sha256').update(body).digest('hex')
        const key = keyed ? keyWithHash(asked, sha256) : asked
        await upload(key, body, { sha256, mimeType }, signal)
        return { key, sizeBytes: body.byteLength, sha256, mimeType }
      }
      await using folder = await scratch.folder('object')
      const path = join(folder.path, 'body')
      const written = await writeTemporary(path, untilAborted(body, signal), {
        folder: folder.path,
        doing: `Writing the object ${asked}`,
        sync: false,
      })
      const key = keyed ? keyWithHash(asked, written.sha256) : asked
      await upload(key, createReadStream(path, { highWaterMark: FILE_CHUNK_BYTES }), { ...written, mimeType }, signal)
      return { key, ...written, mimeType }
    },

    async putFile(asked, path, { mimeType, keyed, signal }) {
      check(asked, mimeType)
      const read = await onDisk(path, `Reading the file for the object ${asked}`, () => measure(path))
      const key = keyed ? keyWithHash(asked, read.sha256) : asked
      await upload(key, createReadStream(path, { highWaterMark: FILE_CHUNK_BYTES }), { ...read, mimeType }, signal)
      await onDisk(path, `Removing the file of the object ${key}`, () => rm(path, { force: true }))
      return { key, ...read, mimeType }
    },

    async get(key, range, { signal } = {}) {
      const place = at(key)
      const doing = `Reading the object ${key}`
      const order = signal && { abortSignal: signal }
      if (range && !isInOrder(range)) return outside(key, range)
      const answer = await guarded(
        doing,
        async () => {
          try {
            const whole = { ...place, ...(range && { Range: `bytes=${range.start}-${range.end}` }) }
            return await reading.send(new GetObjectCommand(whole), order)
          } catch (error) {
            if (isMissing(error)) throw notFound(key)
            if (statusOf(error) === 416 && range) return outside(key, range)
            throw error
          }
        },
        signal,
      )
      const again = async (from: number) => {
        const rest = new GetObjectCommand({ ...place, Range: `bytes=${from}-${sent.end}`, IfMatch: answer.ETag })
        try {
          const more = await reading.send(rest, order)
          // A server may ignore either, and two versions are never mixed.
          if (more.ETag !== answer.ETag) throw replaced(key, 'read')
          if (!begins(more, from)) throw new Error(`asked for the bytes from ${from} on, the server sent others`)
          return streamOf(more.Body, signal)
        } catch (error) {
          throw isMissing(error) || statusOf(error) === 412 ? replaced(key, 'read') : error
        }
      }
      const problem = (error: unknown) => bucketProblem(error, bucket, doing)
      const { sizeBytes, ...sent } = sentBytes(answer, range)
      const stream = readOn(streamOf(answer.Body, signal), sent, { again, problem, signal })
      const info = described(key, answer, sizeBytes)
      if (!range || begins(answer, range.start)) return { ...info, stream }
      // A server that knows no ranges has sent all of it.
      return { ...info, stream: cut(stream, boundsWithin(key, range, sizeBytes)) }
    },

    head,

    async remove(key) {
      const command = new DeleteObjectCommand(at(key))
      await guarded(`Removing the object ${key}`, () => client.send(command))
    },

    async *list(prefix) {
      splitPrefix(prefix)
      for (let token: string | undefined; ; ) {
        const page = await guarded(`Listing the objects of ${prefix}`, () =>
          client.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix: bucket.prefix + prefix, ContinuationToken: token })),
        )
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          // The folders that consoles draw are empty objects, and none of ours.
          if (!Key.endsWith('/')) yield { key: Key.slice(bucket.prefix.length), sizeBytes: Size }
        }
        token = page.NextContinuationToken
        if (token === undefined) return
      }
    },

    async localFile(key, { signal } = {}) {
      const { stream, sha256 } = await objects.get(key, undefined, { ...(signal && { signal }) })
      const folder = await scratch.folder('object')
      try {
        // Tools look at the extension.
        const path = join(folder.path, splitKey(key).at(-1) ?? '')
        const doing = `Fetching the object ${key}`
        const written = await writeTemporary(path, stream, { folder: folder.path, doing, sync: false })
        if (written.sha256 !== sha256) {
          throw new SluiceError('storage_unavailable', `${doing} failed: what came has another SHA-256 than what was stored.`, {
            facts: { key, stored: sha256, came: written.sha256 },
          })
        }
        return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
      } catch (error) {
        await folder[Symbol.asyncDispose]()
        throw error
      }
    },

    claim: (installation) => guarded(`Looking whose the bucket ${bucket.name} is`, () => claimBucket(client, bucket, installation)),

    async presignedUrl(key, { expiresSeconds, mimeType, disposition }) {
      checkMimeType(mimeType)
      const command = new GetObjectCommand({
        ...at(key),
        ResponseContentType: mimeType,
        ResponseContentDisposition: disposition,
        ResponseCacheControl: IMMUTABLE,
      })
      // Nothing is asked of the server; keys of a role may be fetched.
      return guarded(`Signing an address of the object ${key}`, () => getSignedUrl(client, command, { expiresIn: expiresSeconds }))
    },
  }
  return { ...objects, abilities, close }
}

/** A client whose requests end when the signal fires, but for the one that takes back what was sent. */
function abortable(client: S3Client, signal: AbortSignal): S3Client {
  const send = (command: Parameters<S3Client['send']>[0]) =>
    client.send(command, command instanceof AbortMultipartUploadCommand ? {} : { abortSignal: signal })
  return Object.create(client, { send: { value: send } }) as S3Client
}

/** Before anything of a body is read. */
function check(key: string, mimeType: string): void {
  splitKey(key)
  checkMimeType(mimeType)
}

/** What an answer says of an object. Throws for one that has no hash, so was not stored by us or was copied without it. */
function described(
  key: string,
  { Metadata, ContentType }: Pick<HeadObjectCommandOutput, 'Metadata' | 'ContentType'>,
  sizeBytes = 0,
): ObjectInfo {
  const sha256 = Metadata?.['sha256']
  if (sha256 !== undefined) return { key, sizeBytes, sha256, mimeType: ContentType ?? 'application/octet-stream' }
  throw new SluiceError('storage_unavailable', `The object ${key} has no sha256 in its metadata, which every object of Sluice has.`, {
    fix: 'Where objects are copied between buckets, copy their metadata with them.',
    facts: { key },
  })
}

type Sent = Pick<GetObjectCommandOutput, 'ContentLength' | 'ContentRange'>

/** Which bytes of how many an answer brings: those asked for, or all. */
function sentBytes({ ContentLength = 0, ContentRange }: Sent, range: ByteRange | undefined): ByteRange & { sizeBytes: number } {
  if (!range || ContentRange === undefined) return { sizeBytes: ContentLength, start: 0, end: ContentLength - 1 }
  const [, start, end, size] = CONTENT_RANGE.exec(ContentRange) ?? []
  if (Number(start) === range.start) return { sizeBytes: Number(size), start: range.start, end: Number(end) }
  throw new SluiceError('storage_unavailable', `Asked for bytes from ${range.start} on, the server answered with "${ContentRange}".`)
}

const begins = ({ ContentRange = '' }: Sent, start: number): boolean => Number(CONTENT_RANGE.exec(ContentRange)?.[1]) === start

/** The part of a whole body; the rest is not read. */
async function* cut(whole: AsyncIterable<Uint8Array>, { start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  for await (const chunk of whole) {
    const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at))
    at += chunk.byteLength
    if (part.byteLength > 0) yield part
    if (at > end) return
  }
}

const isInOrder = ({ start, end }: ByteRange): boolean => Number.isSafeInteger(start) && start >= 0 && end >= start

/** Without a body, as after a HEAD, a missing bucket is not told from a missing object. */
const isMissing = (error: unknown): boolean => statusOf(error) === 404 && error instanceof Error && error.name !== 'NoSuchBucket'

function replaced(key: string, doing: 'opened' | 'read'): SluiceError {
  return new SluiceError('storage_unavailable', `The object ${key} was replaced while it was ${doing}.`, { facts: { key } })
}

async function measure(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: FILE_CHUNK_BYTES }) as AsyncIterable<Uint8Array>) {
    hash.update(chunk)
    sizeBytes += chunk.byteLength
  }
  return { sizeBytes, sha256: hash.digest('hex') }
}
