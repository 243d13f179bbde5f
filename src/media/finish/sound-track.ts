import type { RungOrder } from '../../ports/media-tool.ts'
import { type ToolProcess, type ToolRunner, write } from '../ffmpeg/run.ts'
import type { MixWindow } from '../mix/mix-window.ts'
import { pcmBytes } from '../mix/mixer.ts'
import { AAC_FRAME_SAMPLES, createAdtsReader } from '../packager/adts.ts'
import { PCM_INPUT, soundArgs } from './encode-args.ts'
import type { Intake, Tap } from './intake.ts'

/**
 * AAC frames overlap: a frame sounds right only after the one before it, and the encoder chooses its windows by what it
 * has heard. So each stretch begins with this much of the real mix before its first frame, and ends with some after its
 * last; two stretches then code their common joint alike and meet without a click.
 */
const PREROLL_FRAMES = 8
const POSTROLL_FRAMES = 6
/** FFmpeg's encoder answers with one frame more at the start: what leads into the first sample. */
const PRIMING_FRAMES = 1
/** Frames mixed and handed over at once. */
const BATCH_FRAMES = 23

/** The coded mix of a stretch, for each distinct rate of its rungs. */
export interface SoundTrack {
  /** Lets the encoder hear up to the end of frame `to`, and what it must look ahead. Rejects when the mix fails. */
  feed(to: number): Promise<void>
  /** Nothing more will be fed. */
  end(): void
  /** The frames before `to` that have not been taken yet, by rate. They must have been fed. */
  take(to: number): Promise<Map<number, Uint8Array[]>>
  readonly process: ToolProcess
}

export interface SoundTrackOrder {
  rungs: readonly RungOrder[]
  mix: MixWindow
  /** First AAC frame of the timeline that is wanted. */
  from: number
  signal: AbortSignal
  timeoutMs: number
}

export async function startSoundTrack(runner: ToolRunner, intake: Intake, order: SoundTrackOrder): Promise<SoundTrack> {
  const rates = [...new Set(order.rungs.map((rung) => rung.audioBitsPerSecond))]
  const process = await runner.start({
    purpose: 'encode sound',
    inputs: [{ stdin: PCM_INPUT }],
    args: soundArgs(rates),
    pipes: rates.length,
    signal: order.signal,
    timeoutMs: order.timeoutMs,
    blame: 'tool',
  })
  const taps = rates.map((rate, i): [number, Tap<Uint8Array>] => {
    const stream = process.pipes[i]
    if (!stream) throw new Error('FFmpeg was started with too few pipes')
    const reader = createAdtsReader()
    return [
      rate,
      intake.tap(
        stream,
        (chunk) => reader.push(chunk),
        (frame) => frame.length,
      ),
    ]
  })
  let fed = order.from - PREROLL_FRAMES
  let taken = order.from
  let surplus = PREROLL_FRAMES + PRIMING_FRAMES

  async function frame(tap: Tap<Uint8Array>): Promise<Uint8Array> {
    const next = await tap.next()
    if (next) return next
    await process.done
    throw new Error('the sound ended before its last frame')
  }

  return {
    process,
    async feed(to) {
      while (fed < to + POSTROLL_FRAMES) {
        const frames = Math.min(BATCH_FRAMES, to + POSTROLL_FRAMES - fed)
        const pcm = await order.mix.read(fed * AAC_FRAME_SAMPLES, frames * AAC_FRAME_SAMPLES)
        fed += frames
        if (!(await intake.waiting(write(process, pcmBytes(pcm))))) return // it has ended; `take` says why
      }
    },
    end: () => process.stdin?.end(),
    async take(to) {
      const result = new Map<number, Uint8Array[]>()
      for (const [rate, tap] of taps) {
        for (let i = 0; i < surplus; i++) await frame(tap)
        const frames: Uint8Array[] = []
        for (let n = taken; n < to; n++) frames.push(await frame(tap))
        result.set(rate, frames)
      }
      surplus = 0
      taken = Math.max(taken, to)
      return result
    },
  }
}
