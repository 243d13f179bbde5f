import { createHash } from 'node:crypto'
import type { FinishOrder, FinishPiece } from '../../ports/media-tool.ts'
import type { ChunkOrder, EncodedChunk, Transcoder } from '../../ports/transcoder.ts'
import { killLater } from '../ffmpeg/kill-later.ts'
import type { ToolRunner } from '../ffmpeg/run.ts'
import { createMixWindow } from '../mix/mix-window.ts'
import { type Mixer, openMixer } from '../mix/mixer.ts'
import { createIntake } from './intake.ts'
import { pictures, sounds } from './judged.ts'
import { HELD_BYTES, timeoutMs } from './limits.ts'
import { requireSameInits, timescaleOf } from './pack.ts'
import { startPictureTrack } from './picture-track.ts'
import { planChunks } from './plan-chunks.ts'
import { startSoundTrack } from './sound-track.ts'
import { type Slot, slotsOf } from './timeline.ts'

export type ChunkedFinishOrder = FinishOrder & { [K in 'video' | 'elsewhere']: NonNullable<FinishOrder[K]> }

interface Limits {
  signal: AbortSignal
  timeoutMs: number
}

/**
 * One stretch of the timeline, its picture encoded elsewhere: here the clip is decoded once for the checks, and the mix is coded as
 * one, which is little work; its chunks are encoded and stored at the same time. What is handed on, and in which order, is the
 * same as of `finish`, and nothing is handed on before all pictures and sound of its time. Asks for no more chunks when the
 * consumer stops.
 *
 * Throws what `finish` throws, or the transcoder.
 */
export async function* finishInChunks(
  runner: ToolRunner,
  transcoder: Transcoder,
  order: ChunkedFinishOrder,
): AsyncGenerator<FinishPiece, void, undefined> {
  const { video, stems } = order
  order.signal.throwIfAborted()
  const slots = slotsOf({ ...order, fps: video.fps })
  const stop = new AbortController()
  const limits = { signal: AbortSignal.any([order.signal, stop.signal]), timeoutMs: timeoutMs(order.durationSeconds) }

  await using mixer = await openMixer(stems)
  await using running = new AsyncDisposableStack()
  // Nothing of it is encoded here.
  const looked = { ...order, ...video, ...timescaleOf(video.fps), ...limits, rungs: [] }
  const picture = killLater(running, await startPictureTrack(runner, createIntake(HELD_BYTES), looked))
  const chunks = orderChunks(runner, transcoder, order, { slots, mixer, limits })
  running.defer(async () => {
    stop.abort()
    await chunks.ended
  })

  const mix = createMixWindow(mixer)
  let known = order.publishedInits ?? []
  let told = false
  for (const [n, slot] of slots.entries()) {
    yield* pictures(picture, slot, video.fps)
    if (stems.length > 0) yield* sounds(mix, slot)
    if (n < order.releasedSegments) continue
    const { inits, segments } = await chunks.with(n)
    requireSameInits(known, inits)
    known = inits.map(({ name, bytes }) => ({ name, sha256: createHash('sha256').update(bytes).digest('hex') }))
    if (!told) yield { kind: 'init', rungs: inits }
    told = true
    const { index, startSeconds, durationSeconds } = slot
    const rungs = segments.find((segment) => segment.index === index)?.rungs
    if (!rungs) throw new Error(`the chunk came back without segment ${index}`)
    yield { kind: 'stored', index, startSeconds, durationSeconds, rungs }
  }
  await picture.process.done
}

interface OrderedChunks {
  /** The chunk that has the stretch's `n`th segment. */
  with(n: number): Promise<EncodedChunk>
  /** Resolves when nothing is waited for any more. Never rejects. */
  readonly ended: Promise<unknown>
}

/** Codes the sound from the stretch's start, and orders each chunk that is wanted as soon as its sound is there. */
function orderChunks(
  runner: ToolRunner,
  transcoder: Transcoder,
  order: ChunkedFinishOrder,
  { slots, mixer, limits }: { slots: readonly Slot[]; mixer: Mixer; limits: Limits },
): OrderedChunks {
  const chunks = planChunks(slots.length).map((chunk) => ({ ...chunk, encoded: Promise.withResolvers<EncodedChunk>() }))
  for (const { encoded } of chunks) encoded.promise.catch(() => {}) // whoever needs it awaits it
  const { startSeconds, durationSeconds, firstSegment, final, segmentSeconds, rungs, video, elsewhere } = order
  const { width, height, fps, fromSeconds = 0 } = video

  const work = async () => {
    // Also that of segments which are there already: a chunk asked for again has the same sound, to the byte.
    await using coded = await openCodedSound(runner, order, { slots, mixer, limits })
    const calls: Promise<unknown>[] = []
    for (const { encoded, ...segments } of chunks) {
      const sound = await coded.of(segments)
      if (segments.to <= order.releasedSegments) continue
      const picture = { width, height, fps, fromSeconds }
      const place = { startSeconds, durationSeconds, firstSegment, final, segmentSeconds }
      const call = transcoder.encode({ ...place, picture, rungs, segments, sound, stored: elsewhere }, limits.signal)
      calls.push(call.then(encoded.resolve, encoded.reject))
    }
    await Promise.all(calls)
  }
  const ended = work().catch((error: unknown) => {
    for (const { encoded } of chunks) encoded.reject(error)
  })
  return {
    ended,
    with(n) {
      const chunk = chunks.find(({ from, to }) => from <= n && n < to)
      if (!chunk) throw new Error(`no chunk has the segment ${n}`)
      return chunk.encoded.promise
    },
  }
}

interface CodedSound extends AsyncDisposable {
  /** That of some segments, asked for one after the other. */
  of(segments: ChunkOrder['segments']): Promise<ChunkOrder['sound']>
}

async function openCodedSound(
  runner: ToolRunner,
  { rungs, stems }: ChunkedFinishOrder,
  { slots, mixer, limits }: { slots: readonly Slot[]; mixer: Mixer; limits: Limits },
): Promise<CodedSound> {
  const [first] = slots
  if (stems.length === 0 || !first) return { of: async () => [], async [Symbol.asyncDispose]() {} }
  const running = new AsyncDisposableStack()
  // It hears far ahead of the checks, so it has a window of its own.
  const mix = createMixWindow(mixer)
  const track = killLater(
    running,
    await startSoundTrack(runner, createIntake(HELD_BYTES), { rungs, mix, from: first.sound.from, ...limits }),
  )
  return {
    async of({ from, to }) {
      const last = slots[to - 1]
      if (!last) throw new Error(`the stretch has no segments ${from} to ${to}`)
      await track.feed(last.sound.to)
      if (last === slots.at(-1)) track.end()
      mix.forget(last.samples.from)
      const coded = await track.take(last.sound.to)
      return [...coded].map(([bitsPerSecond, frames]) => ({ bitsPerSecond, frames }))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
