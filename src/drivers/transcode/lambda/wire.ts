import { z } from 'zod'
import { problems } from '../../../domain/problems.ts'
import type { ChunkOrder, EncodedChunk } from '../../../ports/transcoder.ts'

/** Of what the function is asked and answers, as JSON. A change that an older function would misread is a new version. */
const CHUNK_VERSION = 1

const base64 = z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64'))
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const whole = z.int().min(0)

const RungSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9_-]+$/),
  width: whole.nullable(),
  height: whole.nullable(),
  videoBitsPerSecond: whole,
  audioBitsPerSecond: whole,
})

/** The bare AAC frames of a chunk, one behind the other, and how long each is: about 17 KB a second at 128 kbit/s. */
const SoundSchema = z
  .object({ bitsPerSecond: whole, frameBytes: z.array(whole), bytes: base64 })
  .refine(
    ({ frameBytes, bytes }) => frameBytes.reduce((sum, length) => sum + length, 0) === bytes.length,
    'must have the bytes of its frames',
  )
  .transform(({ bitsPerSecond, frameBytes, bytes }) => {
    let at = 0
    const frames = frameBytes.map((length) => {
      at += length
      return bytes.subarray(at - length, at)
    })
    return { bitsPerSecond, frames }
  })

const ChunkSchema = z.object({
  startSeconds: z.number().min(0),
  durationSeconds: z.number().positive(),
  firstSegment: whole,
  final: z.boolean(),
  segmentSeconds: z.number().positive(),
  picture: z.object({ width: whole.min(2), height: whole.min(2), fps: z.number().positive(), fromSeconds: z.number().min(0) }),
  rungs: z.array(RungSchema).min(1),
  segments: z.object({ from: whole, to: whole.min(1) }),
  sound: z.array(SoundSchema),
  stored: z.object({
    clip: z.object({ objectKey: z.string().min(1), sha256 }),
    prefix: z.string().regex(/^[^/].*\/$/),
  }),
})

/** One invocation. `bucket` is the server's, so that a function with another one says so. */
export const ChunkEvent = z.object({
  version: z.literal(CHUNK_VERSION),
  bucket: z.object({ name: z.string(), prefix: z.string() }),
  chunk: ChunkSchema satisfies z.ZodType<ChunkOrder>,
})
export type ChunkEvent = z.output<typeof ChunkEvent>

const StoredSegmentSchema = z.object({ name: z.string(), objectKey: z.string(), sizeBytes: whole, sha256 })

export const ChunkResult = z.object({
  inits: z.array(z.object({ name: z.string(), bytes: base64, codecs: z.string() })),
  segments: z.array(z.object({ index: whole, rungs: z.array(StoredSegmentSchema) })),
}) satisfies z.ZodType<EncodedChunk>

/** What kept the function from it, as far as it knows: a problem of ours. Anything else it throws, which Lambda tells. */
const ProblemSchema = z.object({
  code: z.enum(Object.keys(problems) as [keyof typeof problems]),
  detail: z.string(),
  fix: z.string().optional(),
  retry: z.enum(['same', 'reseed', 'soften', 'other_provider', 'never']),
})

export const ChunkAnswer = z.union([z.object({ problem: ProblemSchema }), ChunkResult])
export type ChunkAnswer = z.input<typeof ChunkAnswer>

export function eventOf(chunk: ChunkOrder, bucket: ChunkEvent['bucket']): z.input<typeof ChunkEvent> {
  const sound = chunk.sound.map(({ bitsPerSecond, frames }) => ({
    bitsPerSecond,
    frameBytes: frames.map(({ length }) => length),
    bytes: Buffer.concat(frames).toString('base64'),
  }))
  return { version: CHUNK_VERSION, bucket, chunk: { ...chunk, sound } }
}

export function resultOf({ inits, segments }: EncodedChunk): z.input<typeof ChunkResult> {
  return { inits: inits.map(({ bytes, ...init }) => ({ ...init, bytes: Buffer.from(bytes).toString('base64') })), segments }
}
