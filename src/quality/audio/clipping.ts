import { PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'
import { type Fault, seconds } from '../finding.ts'
import { countFlatTops } from './flat-tops.ts'
import type { SoundFinder } from './sound-finder.ts'

/** Samples at or beyond this count as full scale (32,767): eight steps are lost in resampling and dither. */
const FULL_SCALE = 32_760
/** So many full-scale samples in a row are a flattened peak; one or two may be a true one. The "over" of mastering meters. */
const RUN_SAMPLES = 3
/** Equal times differ in the last digits. */
const HALF_SAMPLE_SECONDS = 0.5 / PCM_SAMPLE_RATE

/**
 * `clipping`, in flattened peaks within one second, both channels counted: the most in any second, at full scale or, where
 * none is there, at the second's own top (`flat-tops.ts`).
 * @param threshold more within a second are a fault. A few are not heard; an overdriven voice has a hundred and more.
 */
export function createClipping(threshold: number): SoundFinder {
  return createFinder(threshold, true)
}

/** The same for effects, some of which are square waves: at full scale alone. */
export function createFullScaleClipping(threshold: number): SoundFinder {
  return createFinder(threshold, false)
}

function createFinder(threshold: number, atOwnTop: boolean): SoundFinder {
  const faults: Fault[] = []
  /** Times of the flattened peaks of the last second. */
  const recent: number[] = []
  const runs: [number, number] = [0, 0]
  let most: number | null = null
  let open: Fault | null = null

  /** A second of the sound, as it fills up. */
  const second = new Int16Array(2 * PCM_SAMPLE_RATE)
  let filled = 0
  let secondStart = 0
  let atFullScale = false

  const endSecond = () => {
    const pcm = second.subarray(0, filled)
    const count = atFullScale ? 0 : countFlatTops(pcm, 0) + countFlatTops(pcm, 1)
    most = Math.max(most ?? 0, count)
    if (count > threshold) {
      const endSeconds = secondStart + filled / 2 / PCM_SAMPLE_RATE
      const last = faults.at(-1)
      if (last !== undefined && last.range.endSeconds >= secondStart - HALF_SAMPLE_SECONDS) {
        last.range.endSeconds = endSeconds
        last.value = Math.max(last.value, count)
      } else faults.push({ range: { startSeconds: secondStart, endSeconds }, value: count })
    }
    filled = 0
    atFullScale = false
  }

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
        const sample = pcm[index] as number
        if (Math.abs(sample) < FULL_SCALE) runs[channel] = 0
        else {
          atFullScale = true
          if (++runs[channel] === RUN_SAMPLES) flattened(startSeconds + ((index >> 1) + 1) / PCM_SAMPLE_RATE)
        }
        if (!atOwnTop) continue
        if (filled === 0) secondStart = startSeconds + (index >> 1) / PCM_SAMPLE_RATE
        second[filled++] = sample
        if (filled === second.length) endSecond()
      }
    },
    faults: () => faults,
    worst: () => most,
    describe: ({ range, value }) =>
      `the sound is clipped from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}: ${value} flattened peaks within one second; ${threshold} are allowed.`,
    close() {
      // Less than half a second is too little to compare.
      if (filled >= second.length / 2) endSecond()
    },
  }
}
