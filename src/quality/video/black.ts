import { seconds } from '../finding.ts'
import { createRuns } from '../runs.ts'
import type { PictureFinder } from './picture-finder.ts'

/** A pixel is dark below this share of the luma range (0 to 255 in the grey copy). FFmpeg blackdetect `pixel_black_th`. */
const DARK_LUMA = 0.1 * 255
/** A frame is black when at least this share of its pixels is dark. FFmpeg blackdetect `picture_black_ratio_th`. */
const DARK_SHARE = 0.98
/**
 * `black`, in seconds: the longest time without a picture, as FFmpeg's blackdetect defines it
 * (https://ffmpeg.org/ffmpeg-filters.html#blackdetect), on the small grey copy.
 * @param minimumSeconds black this long or longer is a fault; shorter is a cut, or the beginning or end of a fade
 */
export function createBlack(minimumSeconds: number): PictureFinder {
  const runs = createRuns(minimumSeconds)
  let frames = 0
  return {
    check: 'black',
    unit: 's',
    threshold: minimumSeconds,
    picture(startSeconds, endSeconds, grey) {
      frames += 1
      if (isBlack(grey)) runs.extend(startSeconds, endSeconds)
      else runs.close()
    },
    faults: runs.faults,
    worst: () => (frames === 0 ? null : runs.longestSeconds()),
    describe: ({ range, value }) =>
      `the picture is black for ${seconds(value)} from ${seconds(range.startSeconds)} on; less than ${seconds(minimumSeconds)} is allowed.`,
    close: runs.close,
  }
}

function isBlack(grey: Uint8Array): boolean {
  let light = 0
  for (const luma of grey) {
    if (luma > DARK_LUMA) light += 1
    if (light > (1 - DARK_SHARE) * grey.length) return false
  }
  return true
}
