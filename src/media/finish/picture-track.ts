import { SluiceError } from '../../domain/errors.ts'
import { GREY_HEIGHT, GREY_WIDTH, type StillFrame } from '../../ports/media-tool.ts'
import type { ToolProcess, ToolRunner } from '../ffmpeg/run.ts'
import { createFragmentReader, type ReadSample } from '../packager/fmp4/fragment-reader.ts'
import type { Sample } from '../packager/fmp4/media-segment.ts'
import { PAD_SECONDS, type PictureOrder, pictureArgs } from './encode-args.ts'
import { createCutter, type Intake, type Tap } from './intake.ts'
import { firstFrame, frameCount, framesPerStill } from './timeline.ts'

const YUV420P_BYTES_PER_PIXEL = 1.5

/** The decoded and coded picture of a stretch. */
export interface PictureTrack {
  /** The small grey copy of the next frame. Throws `media_unreadable` when the master has ended before. */
  grey(): Promise<Uint8Array>
  /** The frame whose grey copy was read last as a whole picture, where it is one that is wanted. */
  still(): Promise<StillFrame | null>
  /** The frames from `from` to before `to` of one rung, counted from the stretch's start; each range once, in order. */
  samples(rung: string, from: number, to: number): Promise<Sample[]>
  /** H.264 configuration of a rung; known once a sample of it was read. */
  avcC(rung: string): Uint8Array
  readonly process: ToolProcess
}

export interface PictureTrackOrder extends PictureOrder {
  path: string
  /** What of the file's beginning is left out. Default 0. */
  fromSeconds?: number
  /** Ticks of one frame in the samples that are returned. */
  frameTicks: number
  signal: AbortSignal
  timeoutMs: number
}

interface RungTap {
  tap: Tap<ReadSample>
  header: () => { timescale: number; avcC: Uint8Array }
  /** When the first frame is shown, in FFmpeg's ticks. */
  origin: number | null
}

export async function startPictureTrack(runner: ToolRunner, intake: Intake, order: PictureTrackOrder): Promise<PictureTrack> {
  const { width, height, fps, rungs, durationSeconds } = order
  const process = await runner.start({
    purpose: 'encode picture',
    inputs: [{ path: order.path, options: order.fromSeconds ? ['-ss', String(order.fromSeconds)] : [] }],
    args: pictureArgs(order),
    pipes: 2 + rungs.length,
    signal: order.signal,
    timeoutMs: order.timeoutMs,
  })
  const [greyPipe, stillPipe, ...rungPipes] = process.pipes
  if (!greyPipe || !stillPipe) throw new Error('FFmpeg was started with too few pipes')
  const greys = intake.tap(greyPipe, createCutter(GREY_WIDTH * GREY_HEIGHT), (piece) => piece.length)
  const stills = intake.tap(stillPipe, createCutter(width * height * YUV420P_BYTES_PER_PIXEL), (piece) => piece.length)
  const taps = new Map<string, RungTap>()
  for (const [i, { name }] of rungs.entries()) {
    const stream = rungPipes[i]
    if (!stream) throw new Error('FFmpeg was started with too few pipes')
    const reader = createFragmentReader()
    const tap = intake.tap(
      stream,
      (chunk) => reader.push(chunk),
      (sample) => sample.bytes.length,
    )
    taps.set(name, { tap, header: () => reader.header(), origin: null })
  }
  const skipped = firstFrame(order.releasedSegments, order.segmentSeconds, fps)
  let greysRead = 0
  let stillsRead = 0

  const rungOf = (name: string): RungTap => {
    const rung = taps.get(name)
    if (!rung) throw new Error(`no rung ${name} was ordered`)
    return rung
  }

  async function tooShort(frames: number): Promise<never> {
    await process.done
    const lasts = Math.max(0, frames / fps - PAD_SECONDS).toFixed(2)
    throw new SluiceError('media_unreadable', `the picture ends after ${lasts} s of ${durationSeconds.toFixed(2)} s`, {
      fix: 'Ask for a shorter result, or for another take.',
      facts: { frames, wanted: frameCount(durationSeconds, fps) },
    })
  }

  /** When a sample is shown, in frames from the stretch's start. */
  function shownAt(rung: RungTap, { presentationTime }: ReadSample): number {
    rung.origin ??= presentationTime
    const frames = ((presentationTime - rung.origin) * fps) / rung.header().timescale
    if (Math.abs(frames - Math.round(frames)) > 0.01)
      throw new SluiceError('media_tool_failed', `FFmpeg wrote a frame between two frames, at ${frames}`)
    return skipped + Math.round(frames)
  }

  return {
    process,
    async grey() {
      const piece = await greys.next()
      if (!piece) return tooShort(greysRead)
      greysRead++
      return piece
    },
    async still() {
      if (greysRead - 1 < stillsRead * framesPerStill(fps)) return null
      const yuv420p = await stills.next()
      if (!yuv420p) return tooShort(greysRead)
      stillsRead++
      return { width, height, yuv420p }
    },
    async samples(name, from, to) {
      const rung = rungOf(name)
      const samples: Sample[] = []
      for (let decoded = from; decoded < to; decoded++) {
        const sample = await rung.tap.next()
        if (!sample) return tooShort(decoded)
        const shown = shownAt(rung, sample)
        // Whole groups of pictures, closed: no frame of a segment is shown outside it.
        if (shown < from || shown >= to || (decoded === from) !== (sample.sync && shown === from)) {
          throw new SluiceError(
            'media_tool_failed',
            `rung ${name}: the segment of frames ${from} to ${to} does not begin with a key frame of its own`,
          )
        }
        samples.push({
          bytes: sample.bytes,
          duration: order.frameTicks,
          compositionOffset: (shown - decoded) * order.frameTicks,
          sync: sample.sync,
        })
      }
      return samples
    },
    avcC: (name) => rungOf(name).header().avcC,
  }
}
