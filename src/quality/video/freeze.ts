import { seconds } from '../finding.ts'
import { createRuns } from '../runs.ts'
import type { PictureFinder } from './black.ts'

/** Two frames are the same when they differ by at most this share of the range, on average: -60 dB. FFmpeg freezedetect `noise`. */
const SAME = 0.001
/** Standing still this long or longer is a fault, in seconds. FFmpeg freezedetect `duration`. */
const MINIMUM_SECONDS = 2

/**
 * `freeze`, in seconds: the longest time the picture stands still, as FFmpeg's freezedetect defines it
 * (https://ffmpeg.org/ffmpeg-filters.html#freezedetect), on the small grey copy. Frames are compared with the first of
 * the still ones, not with the one before, so a slow zoom is a movement.
 */
export function createFreeze(): PictureFinder {
  const runs = createRuns(MINIMUM_SECONDS)
  let reference: { startSeconds: number; grey: Uint8Array } | null = null
  return {
    check: 'freeze',
    unit: 's',
    threshold: MINIMUM_SECONDS,
    picture(startSeconds, endSeconds, grey) {
      if (reference !== null && meanDifference(reference.grey, grey) <= SAME) {
        runs.extend(reference.startSeconds, endSeconds)
        return
      }
      runs.close()
      reference = { startSeconds, grey: grey.slice() }
    },
    faults: runs.faults,
    worst: () => (reference === null ? null : runs.longestSeconds()),
    describe: ({ range, value }) =>
      `the picture stands still for ${seconds(value)} from ${seconds(range.startSeconds)} on; less than ${seconds(MINIMUM_SECONDS)} is allowed.`,
    close: runs.close,
  }
}

/** Mean absolute difference, as a share of the range. */
function meanDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return 1
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += Math.abs((a[index] ?? 0) - (b[index] ?? 0))
  return sum / (a.length * 255)
}
