import { PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'
import { type Fault, seconds } from '../finding.ts'
import type { SoundFinder } from './sound-finder.ts'

/** Samples at or beyond this count as full scale (32,767): eight steps are lost in resampling and dither. */
const FULL_SCALE = 32_760
/** So many full-scale samples in a row are a flattened peak; one or two may be a true one. The "over" of mastering meters. */
const RUN_SAMPLES = 3
/** Equal times differ in the last digits. */
const HALF_SAMPLE_SECONDS = 0.5 / PCM_SAMPLE_RATE

/**
 * `clipping`, in flattened peaks within one second, both channels counted: the most in any second.
 * @param threshold more within a second are a fault. A few are not heard; an overdriven voice has a hundred and more.
 */
export function createClipping(threshold: number): SoundFinder {
  const faults: Fault[] = []
  /** Times of the flattened peaks of the last second. */
  const recent: number[] = []
  const runs: [number, number] = [0, 0]
  let most: number | null = null
  let open: Fault | null = null

  const flattened = (atSeconds: number) => {
    recent.push(atSeconds)
    while ((recent[0] ?? atSeconds) < atSeconds - 1 + HALF_SAMPLE_SECONDS) recent.shift()
    most = Math.max(most ?? 0, recent.length)
    if (recent.length <= threshold) {
      open = null
      return
    }
    const startSeconds = recent[0] ?? atSeconds
    const last = faults.at(-1)
    // The same second may have belonged to the fault before.
    if (open === null && last !== undefined && startSeconds <= last.range.endSeconds) open = last
    if (open === null) {
      open = { range: { startSeconds, endSeconds: atSeconds }, value: 0 }
      faults.push(open)
    }
    open.range.endSeconds = atSeconds
    open.value = Math.max(open.value, recent.length)
  }

  return {
    check: 'clipping',
    unit: 'count',
    threshold,
    sound(startSeconds, pcm) {
      most ??= 0
      for (let index = 0; index < pcm.length; index++) {
        const channel = index & 1 ? 1 : 0
        if (Math.abs(pcm[index] ?? 0) < FULL_SCALE) runs[channel] = 0
        else if (++runs[channel] === RUN_SAMPLES) flattened(startSeconds + ((index >> 1) + 1) / PCM_SAMPLE_RATE)
      }
    },
    faults: () => faults,
    worst: () => most,
    describe: ({ range, value }) =>
      `the sound is clipped from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}: ${value} flattened peaks within one second; ${threshold} are allowed.`,
    close: () => undefined,
  }
}
