import type { Readable } from 'node:stream'
import { SluiceError } from '../../domain/errors.ts'
import type { RungOrder } from '../../ports/media-tool.ts'
import { createFragmentReader, type ReadSample } from '../packager/fmp4/fragment-reader.ts'
import type { Sample } from '../packager/fmp4/media-segment.ts'
import type { Intake, Tap } from './intake.ts'

/** The coded rungs of a picture, as its encoders hand them over. */
export interface RungReader {
  /** The frames from `from` to before `to` of one rung, counted from the stretch's start; each range once, in order. */
  samples(rung: string, from: number, to: number): Promise<Sample[]>
  /** H.264 configuration of a rung; known once a sample of it was read. */
  avcC(rung: string): Uint8Array
}

export interface RungReaderOrder {
  rungs: readonly Pick<RungOrder, 'name'>[]
  fps: number
  /** Ticks of one frame in the samples that are returned. */
  frameTicks: number
  /** The stretch's frames that stand before the first one encoded. */
  skippedFrames: number
  /** What to throw when a stream ends after so many frames of the stretch. */
  tooShort: (frames: number) => Promise<never>
}

interface RungTap {
  tap: Tap<ReadSample>
  header: () => { timescale: number; avcC: Uint8Array }
  /** When the first frame is shown, in FFmpeg's ticks. */
  origin: number | null
}

/** Reads a stream for each rung, in the order of the rungs. */
export function createRungReader(intake: Intake, streams: readonly Readable[], order: RungReaderOrder): RungReader {
  const taps = new Map<string, RungTap>()
  for (const [i, { name }] of order.rungs.entries()) {
    const stream = streams[i]
    if (!stream) throw new Error('FFmpeg was started with too few pipes')
    const reader = createFragmentReader()
    const tap = intake.tap(
      stream,
      (chunk) => reader.push(chunk),
      (sample) => sample.bytes.length,
    )
    taps.set(name, { tap, header: () => reader.header(), origin: null })
  }

  const rungOf = (name: string): RungTap => {
    const rung = taps.get(name)
    if (!rung) throw new Error(`no rung ${name} was ordered`)
    return rung
  }

  /** When a sample is shown, in frames from the stretch's start. */
  function shownAt(rung: RungTap, { presentationTime }: ReadSample): number {
    rung.origin ??= presentationTime
    const frames = ((presentationTime - rung.origin) * order.fps) / rung.header().timescale
    if (Math.abs(frames - Math.round(frames)) > 0.01)
      throw new SluiceError('media_tool_failed', `FFmpeg wrote a frame between two frames, at ${frames}`)
    return order.skippedFrames + Math.round(frames)
  }

  return {
    async samples(name, from, to) {
      const rung = rungOf(name)
      const samples: Sample[] = []
      for (let decoded = from; decoded < to; decoded++) {
        const sample = await rung.tap.next()
        if (!sample) return order.tooShort(decoded)
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

/** What a picture that ends before its time is: the file's fault, unless the process says another. */
export async function pictureTooShort(
  done: Promise<unknown>,
  { frames, wanted, fps, padSeconds }: { frames: number; wanted: number; fps: number; padSeconds: number },
): Promise<never> {
  await done
  const lasts = Math.max(0, frames / fps - padSeconds).toFixed(2)
  throw new SluiceError('media_unreadable', `the picture ends after ${lasts} s of ${(wanted / fps).toFixed(2)} s`, {
    fix: 'Ask for a shorter result, or for another take.',
    facts: { frames, wanted },
  })
}
