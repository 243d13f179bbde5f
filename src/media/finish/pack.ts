import { createHash } from 'node:crypto'
import { SluiceError } from '../../domain/errors.ts'
import type { FinishOrder, RungOrder } from '../../ports/media-tool.ts'
import type { RungInit } from '../../ports/transcoder.ts'
import { AAC_FRAME_SAMPLES } from '../packager/adts.ts'
import { codecsOf, initSegment } from '../packager/fmp4/init-segment.ts'
import { mediaSegment, type Sample } from '../packager/fmp4/media-segment.ts'
import type { Slot } from './timeline.ts'

/** Everything one segment is made of, by rung and by audio rate. */
export interface CodedSlot {
  slot: Slot
  frameTicks: number
  /** The stretch's first frame on the timeline. */
  startFrame: number
  video: Map<string, Sample[]>
  audio: Map<number, Uint8Array[]>
}

/** A segment of one rung: its picture and its sound. */
export function packSegment(rung: RungOrder, { slot, frameTicks, startFrame, video, audio }: CodedSlot): Uint8Array {
  const frames = video.get(rung.name)
  const sound = audio.get(rung.audioBitsPerSecond)
  return mediaSegment({
    sequence: slot.index + 1,
    video: frames ? { decodeTime: (startFrame + slot.frames.from) * frameTicks, samples: frames } : null,
    audio: sound
      ? {
          decodeTime: slot.sound.from * AAC_FRAME_SAMPLES,
          samples: sound.map((bytes) => ({ bytes, duration: AAC_FRAME_SAMPLES, compositionOffset: 0, sync: true })),
        }
      : null,
  })
}

/** The init segment of one rung. `picture` is `null` for sound only. */
export function packInit(
  { name, width, height, audioBitsPerSecond }: RungOrder,
  picture: { timescale: number; avcC: Uint8Array } | null,
  audible: boolean,
): RungInit {
  const video = picture && width && height ? { width, height, ...picture } : null
  const tracks = { video, audio: audible ? { bitsPerSecond: audioBitsPerSecond } : null }
  return { name, bytes: initSegment(tracks), codecs: codecsOf(tracks) }
}

/** Throws when a stretch, or a chunk of one, cannot follow what came before: it would not decode behind the init that players hold. */
export function requireSameInits(published: NonNullable<FinishOrder['publishedInits']>, made: readonly RungInit[]): void {
  for (const { name, bytes } of made) {
    const before = published.find((known) => known.name === name)
    if (!before || before.sha256 === createHash('sha256').update(bytes).digest('hex')) continue
    throw new SluiceError('media_tool_failed', `rung ${name}: the encoder's parameters changed between two parts`, {
      retry: 'never',
      fix: 'Finish one asset with one version of FFmpeg on all workers, and in Lambda, then make it again.',
    })
  }
}

/** Ticks in which every frame has a whole length: 90,000 a second where that fits, 1,001 a frame for the NTSC rates. */
export function timescaleOf(fps: number): { timescale: number; frameTicks: number } {
  if (90_000 % fps === 0) return { timescale: 90_000, frameTicks: 90_000 / fps }
  const near = Math.round(fps)
  if (Math.abs(fps - (near * 1_000) / 1_001) < 1e-3) return { timescale: near * 1_000, frameTicks: 1_001 }
  return { timescale: Math.round(fps * 1_000), frameTicks: 1_000 }
}
