import { createHash } from 'node:crypto'
import { SluiceError } from '../domain/errors.ts'
import { ChunkEvent, ChunkResult, resultOf } from '../drivers/transcode/lambda/wire.ts'
import type { ToolRunner } from '../media/ffmpeg/run.ts'
import { encodeChunk } from '../media/finish/encode-chunk.ts'
import type { Objects } from '../ports/objects.ts'
import type { EncodedChunk, RungInit, StoredSegment } from '../ports/transcoder.ts'

export interface EncodeParts {
  runner: ToolRunner
  objects: Objects
  /** The function's own. */
  bucket: ChunkEvent['bucket']
}

const DEPLOY = 'Deploy the function of the same version as the server (deploy/lambda).'

/**
 * Encodes what one invocation asks for and stores its segments; last, in an object named after the order, what it answers. An
 * invocation with the same order finds that and answers the same, so an order is safe to repeat.
 *
 * A segment's key has the hash of its bytes. An invocation cannot be called back: one that was given up may still write, and never over
 * what another one wrote and the server has listed.
 *
 * Throws `config_invalid` for an order it does not understand or a bucket that is not the server's, `media_unreadable`,
 * `media_tool_failed`, or what the object store throws.
 */
export async function encode(event: unknown, { runner, objects, bucket }: EncodeParts, timeoutMs: number): Promise<EncodedChunk> {
  const { chunk, fingerprint } = read(event, bucket)
  const { clip, prefix } = chunk.stored
  const resultKey = `${prefix}chunks/${fingerprint}.json`
  const before = await find(objects, resultKey)
  if (before) return before

  const stored = await objects.head(clip.objectKey)
  if (stored?.sha256 !== clip.sha256) {
    throw new SluiceError('storage_unavailable', `The clip ${clip.objectKey} is ${stored ? 'another one' : 'not'} in the bucket.`, {
      facts: { key: clip.objectKey, wanted: clip.sha256, found: stored?.sha256 },
    })
  }
  await using file = await objects.localFile(clip.objectKey)
  const { signal } = new AbortController()
  let inits: RungInit[] = []
  const segments: EncodedChunk['segments'] = []
  for await (const piece of encodeChunk(runner, { ...chunk, path: file.path, signal, timeoutMs })) {
    if (piece.kind === 'init') inits = piece.rungs
    else segments.push({ index: piece.index, rungs: await Promise.all(piece.rungs.map((rung) => put(objects, prefix, piece.index, rung))) })
  }
  const result = { inits, segments }
  await objects.put(resultKey, new TextEncoder().encode(JSON.stringify(resultOf(result))), { mimeType: 'application/json' })
  return result
}

function read(event: unknown, own: ChunkEvent['bucket']): { chunk: ChunkEvent['chunk']; fingerprint: string } {
  const parsed = ChunkEvent.safeParse(event)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue?.path.join('.') || 'the event'
    throw new SluiceError('config_invalid', `The order is not understood: ${where}: ${issue?.message ?? 'is wrong'}.`, { fix: DEPLOY })
  }
  const { bucket, chunk } = parsed.data
  if (bucket.name !== own.name || bucket.prefix !== own.prefix) {
    throw new SluiceError(
      'config_invalid',
      `The server keeps its files in ${bucket.name}/${bucket.prefix}, the function in ${own.name}/${own.prefix}.`,
      { fix: 'Give the function the same SLUICE_S3_BUCKET and SLUICE_S3_PREFIX as the server.' },
    )
  }
  return { chunk, fingerprint: createHash('sha256').update(JSON.stringify(event)).digest('hex') }
}

/** What an earlier invocation of the same order answered. */
async function find(objects: Objects, key: string): Promise<EncodedChunk | undefined> {
  if (!(await objects.head(key))) return undefined
  const parts: Uint8Array[] = []
  for await (const part of (await objects.get(key)).stream) parts.push(part)
  const parsed = ChunkResult.safeParse(JSON.parse(Buffer.concat(parts).toString()))
  return parsed.success ? parsed.data : undefined
}

async function put(
  objects: Objects,
  prefix: string,
  index: number,
  { name, bytes }: { name: string; bytes: Uint8Array },
): Promise<StoredSegment> {
  const { key, sizeBytes, sha256 } = await objects.put(`${prefix}${name}/${String(index).padStart(5, '0')}.m4s`, bytes, {
    mimeType: 'video/iso.segment',
    keyed: 'by-content',
  })
  return { name, objectKey: key, sizeBytes, sha256 }
}
