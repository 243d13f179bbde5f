import type { ChunkOrder, RungInit } from '../../ports/transcoder.ts'
import { killLater } from '../ffmpeg/kill-later.ts'
import type { ToolRunner } from '../ffmpeg/run.ts'
import { chunkArgs, PAD_SECONDS } from './encode-args.ts'
import { createIntake } from './intake.ts'
import { HELD_BYTES } from './limits.ts'
import { packInit, packSegment, timescaleOf } from './pack.ts'
import { createRungReader, pictureTooShort } from './rung-reader.ts'
import { frameCount, slotsOf } from './timeline.ts'

export interface ChunkWork extends ChunkOrder {
  /** The clip, on this machine. */
  path: string
  signal: AbortSignal
  /** Wall time for FFmpeg, in milliseconds. */
  timeoutMs: number
}

export type ChunkPiece =
  /** Once, before the first segment: the init segment of each rung. */
  | { kind: 'init'; rungs: RungInit[] }
  /** All rungs of one segment. */
  | { kind: 'segment'; index: number; rungs: { name: string; bytes: Uint8Array }[] }

/**
 * Encodes some segments of a stretch. The clip is decoded from its start, so that its frames are the very ones that the whole
 * stretch has there, whatever its own frame times are; those before the chunk go no further than the decoder.
 *
 * Throws `media_unreadable` for a clip that does not decode or ends too early, `media_tool_missing`, `media_tool_failed`, or the signal's reason.
 */
export async function* encodeChunk(runner: ToolRunner, work: ChunkWork): AsyncGenerator<ChunkPiece, void, undefined> {
  const { picture, rungs, segments, durationSeconds, segmentSeconds } = work
  const { fps } = picture
  const slots = slotsOf({ ...work, fps }).slice(segments.from, segments.to)
  const [first, last] = [slots[0], slots.at(-1)]
  if (!first || !last) throw new Error(`the stretch has no segments ${segments.from} to ${segments.to}`)
  const soundFrames = last.sound.to - first.sound.from
  for (const { bitsPerSecond, frames } of work.sound) {
    if (frames.length !== soundFrames)
      throw new Error(`the sound of ${bitsPerSecond} bit/s has ${frames.length} frames, not ${soundFrames}`)
  }

  await using running = new AsyncDisposableStack()
  const order = { ...picture, durationSeconds, segmentSeconds, releasedSegments: segments.from, rungs }
  const { process } = killLater(running, {
    process: await runner.start({
      inputs: [{ path: work.path, options: picture.fromSeconds ? ['-ss', String(picture.fromSeconds)] : [] }],
      args: chunkArgs(order, { from: first.frames.from, to: last.frames.to }),
      pipes: rungs.length,
      signal: work.signal,
      timeoutMs: work.timeoutMs,
    }),
  })
  const scale = timescaleOf(fps)
  const coded = createRungReader(createIntake(HELD_BYTES), process.pipes, {
    rungs,
    fps,
    frameTicks: scale.frameTicks,
    skippedFrames: first.frames.from,
    tooShort: (frames) => pictureTooShort(process.done, { frames, wanted: frameCount(durationSeconds, fps), fps, padSeconds: PAD_SECONDS }),
  })

  for (const slot of slots) {
    const video = new Map<string, Awaited<ReturnType<typeof coded.samples>>>()
    for (const { name } of rungs) video.set(name, await coded.samples(name, slot.frames.from, slot.frames.to))
    if (slot === first) {
      const inits = rungs.map((rung) => packInit(rung, { timescale: scale.timescale, avcC: coded.avcC(rung.name) }, work.sound.length > 0))
      yield { kind: 'init', rungs: inits }
    }
    const at = (frame: number) => frame - first.sound.from
    const audio = new Map(
      work.sound.map(({ bitsPerSecond, frames }) => [bitsPerSecond, frames.slice(at(slot.sound.from), at(slot.sound.to))]),
    )
    const bytes = { slot, frameTicks: scale.frameTicks, startFrame: Math.round(work.startSeconds * fps), video, audio }
    yield { kind: 'segment', index: slot.index, rungs: rungs.map((rung) => ({ name: rung.name, bytes: packSegment(rung, bytes) })) }
  }
  await process.done
}
