import { PCM_SAMPLE_RATE, STILLS_PER_SECOND } from '../../ports/media-tool.ts'
import { AAC_FRAME_SAMPLES } from '../packager/adts.ts'

/** A piece of the stretch that becomes one segment. Frames count from the stretch's start; seconds are of the timeline. */
export interface Slot {
  index: number
  startSeconds: number
  durationSeconds: number
  /** First frame and the one after its last; 0 without a picture. */
  frames: { from: number; to: number }
  /** Sample frames of the timeline. */
  samples: { from: number; to: number }
  /** AAC frames of the timeline. */
  sound: { from: number; to: number }
}

interface Stretch {
  startSeconds: number
  durationSeconds: number
  segmentSeconds: number
  firstSegment: number
  final: boolean
  fps: number | null
}

/** Frames of a whole stretch. */
export const frameCount = (durationSeconds: number, fps: number): number => Math.round(durationSeconds * fps)

/** From a still to the next, in frames, not always whole: the `n`th is the first frame from `n` times this on. */
export const framesPerStill = (fps: number): number => fps / STILLS_PER_SECOND

/** First frame of the `n`th segment of a stretch. */
export const firstFrame = (n: number, segmentSeconds: number, fps: number): number => Math.round(n * segmentSeconds * fps)

/**
 * Where a stretch is cut. The AAC frame `n` holds samples `n * 1024` to `(n + 1) * 1024` of the timeline, in whatever
 * stretch they are: a segment carries the frames that begin before its end and, at its start, the one that crosses it.
 */
export function slotsOf({ startSeconds, durationSeconds, segmentSeconds, firstSegment, final, fps }: Stretch): Slot[] {
  const count = Math.max(1, Math.ceil(durationSeconds / segmentSeconds - 1e-6))
  const total = fps === null ? 0 : frameCount(durationSeconds, fps)
  const cut = (n: number) => (n === count ? durationSeconds : n * segmentSeconds)
  const frameAt = (n: number) => (fps === null ? 0 : n === count ? total : firstFrame(n, segmentSeconds, fps))
  return Array.from({ length: count }, (_, n) => {
    const frames = { from: frameAt(n), to: frameAt(n + 1) }
    // Where there is a picture, its frames say how long a segment is.
    const from = startSeconds + (fps === null ? cut(n) : frames.from / fps)
    const to = startSeconds + (fps === null ? cut(n + 1) : frames.to / fps)
    const samples = { from: sampleAt(from), to: sampleAt(to) }
    const last = final && n === count - 1
    return {
      index: firstSegment + n,
      startSeconds: from,
      durationSeconds: to - from,
      frames,
      samples,
      sound: {
        from: Math.floor(samples.from / AAC_FRAME_SAMPLES),
        to: last ? Math.ceil(samples.to / AAC_FRAME_SAMPLES) : Math.floor(samples.to / AAC_FRAME_SAMPLES),
      },
    }
  })
}

const sampleAt = (seconds: number): number => Math.round(seconds * PCM_SAMPLE_RATE)
