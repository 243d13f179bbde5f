import { GREY_HEIGHT, GREY_WIDTH, type StillFrame } from '../../ports/media-tool.ts'
import type { ToolProcess, ToolRunner } from '../ffmpeg/run.ts'
import { PAD_SECONDS, type PictureOrder, pictureArgs } from './encode-args.ts'
import { createCutter, type Intake } from './intake.ts'
import { createRungReader, pictureTooShort, type RungReader } from './rung-reader.ts'
import { firstFrame, frameCount, framesPerStill } from './timeline.ts'

const YUV420P_BYTES_PER_PIXEL = 1.5

/** The decoded and coded picture of a stretch. */
export interface PictureTrack extends RungReader {
  /** The small grey copy of the next frame. Throws `media_unreadable` when the master has ended before. */
  grey(): Promise<Uint8Array>
  /** The frame whose grey copy was read last as a whole picture, where it is one that is wanted. */
  still(): Promise<StillFrame | null>
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
  const tooShort = (frames: number) =>
    pictureTooShort(process.done, { frames, wanted: frameCount(durationSeconds, fps), fps, padSeconds: PAD_SECONDS })
  const skippedFrames = firstFrame(order.releasedSegments, order.segmentSeconds, fps)
  const coded = createRungReader(intake, rungPipes, { rungs, fps, frameTicks: order.frameTicks, skippedFrames, tooShort })
  let greysRead = 0
  let stillsRead = 0

  return {
    process,
    ...coded,
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
  }
}
