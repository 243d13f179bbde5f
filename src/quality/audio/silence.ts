import { type Fault, type FaultFinder, seconds } from '../finding.ts'
import { createRuns } from '../runs.ts'

const SAMPLE_RATE = 48_000
/** 20 ms: shorter than a syllable, longer than a period of the deepest voice. */
const WINDOW_FRAMES = 0.02 * SAMPLE_RATE
/** A window is silent when the root mean square of its louder channel is below this, in dB of full scale. As used with FFmpeg's silencedetect for speech. */
const SILENT_DBFS = -50
const SILENT_MEAN_SQUARE = (32_768 * 10 ** (SILENT_DBFS / 20)) ** 2
/**
 * Silence this long or longer is a fault, in seconds. Pauses between spoken sentences stay below 1.5 s, and a listener
 * takes more than two seconds for the end.
 */
const MINIMUM_SECONDS = 2.5

export interface SoundFinder extends FaultFinder {
  /** Interleaved signed 16-bit stereo at 48 kHz; `startSeconds` is the time of its first sample. */
  sound(startSeconds: number, pcm: Int16Array): void
}

/**
 * `silence`, in seconds: the longest time in which nothing can be heard. A stretch that is silent as a whole is a fault
 * however short it is. Only asked of stretches that must be heard.
 */
export function createSilence(): SoundFinder {
  const runs = createRuns(MINIMUM_SECONDS)
  let windowStart = 0
  let frames = 0
  let left = 0
  let right = 0
  let first: number | null = null
  let end = 0
  let heard = false
  let closed = false

  const endWindow = () => {
    const silent = Math.max(left, right) / frames < SILENT_MEAN_SQUARE
    if (silent) runs.extend(windowStart, end)
    else runs.close()
    heard ||= !silent
    frames = 0
    left = 0
    right = 0
  }

  const nothingHeard = (): Fault[] => {
    if (!closed || heard || first === null) return []
    return [{ range: { startSeconds: first, endSeconds: end }, value: end - first }]
  }

  return {
    check: 'silence',
    unit: 's',
    threshold: MINIMUM_SECONDS,
    sound(startSeconds, pcm) {
      first ??= startSeconds
      for (let index = 0; index + 1 < pcm.length; index += 2) {
        if (frames === 0) windowStart = startSeconds + index / 2 / SAMPLE_RATE
        left += (pcm[index] ?? 0) ** 2
        right += (pcm[index + 1] ?? 0) ** 2
        frames += 1
        if (frames === WINDOW_FRAMES) {
          end = startSeconds + (index / 2 + 1) / SAMPLE_RATE
          endWindow()
        }
      }
      end = startSeconds + pcm.length / 2 / SAMPLE_RATE
    },
    faults: () => {
      const silences = runs.faults()
      return silences.length > 0 ? silences : nothingHeard()
    },
    worst: () => (first === null ? null : runs.longestSeconds()),
    describe: ({ range, value }) =>
      heard
        ? `nothing is heard for ${seconds(value)} from ${seconds(range.startSeconds)} on; less than ${seconds(MINIMUM_SECONDS)} is allowed.`
        : `nothing is heard from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)} at all.`,
    close() {
      if (frames > 0) endWindow()
      runs.close()
      closed = true
    },
  }
}
