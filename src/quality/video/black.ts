import { type FaultFinder, seconds } from '../finding.ts'
import { createRuns } from '../runs.ts'

/** A pixel is dark below this share of the luma range (0 to 255 in the grey copy). FFmpeg blackdetect `pixel_black_th`. */
const DARK_LUMA = 0.1 * 255
/** A frame is black when at least this share of its pixels is dark. FFmpeg blackdetect `picture_black_ratio_th`. */
const DARK_SHARE = 0.98
/**
 * Black this long or longer is a fault, in seconds. Shorter is a cut or the beginning or end of a fade. FFmpeg's default
 * of 2 s is made for finding breaks in broadcasts; in a clip of a few seconds half a second of nothing is seen.
 */
const MINIMUM_SECONDS = 0.5

export interface PictureFinder extends FaultFinder {
  picture(startSeconds: number, endSeconds: number, grey: Uint8Array): void
}

/**
 * `black`, in seconds: the longest time without a picture, as FFmpeg's blackdetect defines it
 * (https://ffmpeg.org/ffmpeg-filters.html#blackdetect), on the small grey copy.
 */
export function createBlack(): PictureFinder {
  const runs = createRuns(MINIMUM_SECONDS)
  let frames = 0
  return {
    check: 'black',
    unit: 's',
    threshold: MINIMUM_SECONDS,
    picture(startSeconds, endSeconds, grey) {
      frames += 1
      if (isBlack(grey)) runs.extend(startSeconds, endSeconds)
      else runs.close()
    },
    faults: runs.faults,
    worst: () => (frames === 0 ? null : runs.longestSeconds()),
    describe: ({ range, value }) =>
      `the picture is black for ${seconds(value)} from ${seconds(range.startSeconds)} on; less than ${seconds(MINIMUM_SECONDS)} is allowed.`,
    close: runs.close,
  }
}

function isBlack(grey: Uint8Array): boolean {
  let dark = 0
  for (const luma of grey) if (luma <= DARK_LUMA) dark += 1
  return dark >= DARK_SHARE * grey.length
}
