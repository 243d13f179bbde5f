import { PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'
import { type Fault, seconds } from '../finding.ts'
import type { SoundFinder } from './sound-finder.ts'

/** A millisecond: longer than a click, shorter than any onset. */
const BLOCK_FRAMES = 0.001 * PCM_SAMPLE_RATE
/** What a bend is compared with: 20 ms to either side, which is two periods of the deepest voice. */
const AROUND_BLOCKS = 20
/** A click may lie across two blocks. */
const OWN_BLOCKS = 1
/** Bends below this, in steps of 16 bits, are not heard: -41 dBFS. */
const SMALLEST_BEND = 300

/**
 * `clicks`, in dB: how far the sharpest bend of the waveform stands above the sharpest ones within 20 ms around it. The bend
 * is the second difference of the samples, which a lost sample and a bad splice make large and a voice or an instrument
 * does not; their onsets go on bending. Not asked of effects, which may click.
 * @param threshold more is a fault
 */
export function createClicks(threshold: number): SoundFinder {
  const faults: Fault[] = []
  const span = 2 * AROUND_BLOCKS + 1
  /** The largest bends of the last blocks, and when each block began; the one that is judged is in the middle. */
  const blocks: { startSeconds: number; bend: number }[] = []
  let strongest: number | null = null
  let bend = 0
  let startSeconds = 0
  let frames = 0
  let [left1, left2, right1, right2] = [0, 0, 0, 0]

  const judgeMiddle = () => {
    const middle = blocks[AROUND_BLOCKS]
    if (blocks.length < span || middle === undefined || middle.bend < SMALLEST_BEND) return
    let around = 1
    for (const [index, block] of blocks.entries()) {
      if (Math.abs(index - AROUND_BLOCKS) > OWN_BLOCKS && block.bend > around) around = block.bend
    }
    const value = 20 * Math.log10(middle.bend / Math.max(around, SMALLEST_BEND / 10))
    strongest = Math.max(strongest ?? 0, value)
    if (value <= threshold) return
    const range = { startSeconds: middle.startSeconds, endSeconds: middle.startSeconds + BLOCK_FRAMES / PCM_SAMPLE_RATE }
    const last = faults.at(-1)
    if (last === undefined || range.startSeconds > last.range.endSeconds + 1e-6) faults.push({ range, value })
    else last.value = Math.max(last.value, value)
  }

  return {
    check: 'clicks',
    unit: 'dB',
    threshold,
    sound(pieceSeconds, pcm) {
      strongest ??= 0
      for (let index = 0; index + 1 < pcm.length; index += 2) {
        if (frames === 0) startSeconds = pieceSeconds + index / 2 / PCM_SAMPLE_RATE
        const left = pcm[index] as number
        const right = pcm[index + 1] as number
        bend = Math.max(bend, Math.abs(left - 2 * left1 + left2), Math.abs(right - 2 * right1 + right2))
        left2 = left1
        left1 = left
        right2 = right1
        right1 = right
        frames += 1
        if (frames < BLOCK_FRAMES) continue
        blocks.push({ startSeconds, bend })
        if (blocks.length > span) blocks.shift()
        judgeMiddle()
        bend = 0
        frames = 0
      }
    },
    faults: () => faults,
    worst: () => strongest,
    describe: ({ range, value }) =>
      `there is a click at ${seconds(range.startSeconds)}, ${value.toFixed(1)} dB sharper than what is around it; ${threshold} dB are allowed.`,
    close: () => undefined,
  }
}
