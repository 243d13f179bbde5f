import { seconds } from '../finding.ts'
import { createRuns } from '../runs.ts'
import type { PictureFinder } from './picture-finder.ts'
import { meanDifference } from './small-grey.ts'

/** Two frames are the same when they differ by at most this on average, in levels of 255: -60 dB. FFmpeg freezedetect `noise`. */
const SAME = 0.001 * 255

/**
 * `freeze`, in seconds: the longest time the picture stands still, as FFmpeg's freezedetect defines it
 * (https://ffmpeg.org/ffmpeg-filters.html#freezedetect), on the small grey copy. Frames are compared with the first of
 * the still ones, not with the one before, so a slow zoom is a movement.
 * @param minimumSeconds standing still this long or longer is a fault; FFmpeg freezedetect `duration`
 */
export function createFreeze(minimumSeconds: number): PictureFinder {
  const runs = createRuns(minimumSeconds)
  let reference: { startSeconds: number; grey: Uint8Array } | null = null
  return {
    check: 'freeze',
    unit: 's',
    threshold: minimumSeconds,
    picture(startSeconds, endSeconds, grey) {
      if (reference !== null && meanDifference(reference.grey, grey, SAME) <= SAME) {
        runs.extend(reference.startSeconds, endSeconds)
        return
      }
      runs.close()
      reference = { startSeconds, grey: grey.slice() }
    },
    faults: runs.faults,
    worst: () => (reference === null ? null : runs.longestSeconds()),
    describe: ({ range, value }) =>
      `the picture stands still for ${seconds(value)} from ${seconds(range.startSeconds)} on; less than ${seconds(minimumSeconds)} is allowed.`,
    close: runs.close,
  }
}
