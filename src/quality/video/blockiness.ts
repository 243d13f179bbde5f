import type { StillFrame } from '../../ports/media-tool.ts'
import { seconds } from '../finding.ts'
import { percent } from './cut.ts'
import { createLasting } from './lasting.ts'
import type { PictureFinder } from './picture-finder.ts'

/** Codecs code in blocks of this many pixels, or of multiples. */
const BLOCK = 8
/** A step is counted up to this many levels of 255, so that no edge of a thing outweighs the rest. */
const STEP_AT_MOST = 24
/** Steps smaller than this are not seen; it is added to both sides of the comparison. */
const UNSEEN = 0.5
/** Only every fourth line is read. */
const EVERY = 4

/**
 * `blockiness`, as a share of the step between neighbours at the edges of blocks: how much of it the picture does not have within them. 0: the
 * grid cannot be seen. After Wang, Bovik and Evans, "Blind measurement of blocking artifacts in images" (2000), in luma, both ways, with the
 * median over all lines of the grid, so that a drawn box on it counts little. Wherever the grid begins; of a master that was scaled by
 * the finish its blocks have another size and are not seen. A fault lasts a second.
 * @param threshold a larger share is a fault
 */
export function createBlockiness(threshold: number): PictureFinder {
  const shares = createLasting(threshold)
  return {
    check: 'blockiness',
    unit: 'ratio',
    threshold,
    still: (startSeconds, endSeconds, frame) => shares.add(startSeconds, endSeconds, blockShare(frame)),
    faults: shares.faults,
    worst: shares.worst,
    describe: ({ range, value }) =>
      `the picture is in blocks from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}: ${percent(value)} of the step at their edges is not in the picture; up to ${percent(threshold)} is hardly seen.`,
    close: shares.close,
  }
}

function blockShare({ width, height, yuv420p }: StillFrame): number {
  const across = new Float64Array(width)
  for (let y = 0; y < height; y += EVERY) {
    for (let at = y * width + 1, x = 1; x < width; at++, x++) across[x] = (across[x] as number) + step(yuv420p, at, at - 1)
  }
  const down = new Float64Array(height)
  for (let y = 1; y < height; y++) {
    let sum = 0
    for (let at = y * width; at < (y + 1) * width; at += EVERY) sum += step(yuv420p, at, at - width)
    down[y] = sum
  }
  const ratio = gridRatio(across, height / EVERY) * gridRatio(down, width / EVERY)
  return Math.max(0, 1 - 1 / Math.sqrt(ratio))
}

function step(luma: Uint8Array, at: number, before: number): number {
  return Math.min(STEP_AT_MOST, Math.abs((luma[at] as number) - (luma[before] as number)))
}

/** The usual step on the strongest grid over the usual step off it; 1 where there is none. */
function gridRatio(steps: Float64Array, summed: number): number {
  const usual = Array.from({ length: BLOCK }, (_, phase) => {
    const onGrid = steps.filter((_, at) => at > 0 && at % BLOCK === phase)
    return median(onGrid) / summed
  })
  const strongest = Math.max(...usual)
  return (strongest + UNSEEN) / (median(Float64Array.from(usual)) + UNSEEN)
}

function median(values: Float64Array): number {
  return values.sort()[values.length >> 1] ?? 0
}
