import { quantile } from './level.ts'
import { createWholeFinder, type SoundFinder } from './sound-finder.ts'
import { createWindows } from './windows.ts'

/** 100 ms: several periods of the deepest voice. */
const WINDOW_SECONDS = 0.1
const FEWEST_WINDOWS = 3

/**
 * `dc_offset`, as a share of full scale: how far the zero line of a channel lies beside zero, all the time. Of the means of
 * 100 ms it is what nine of ten have at least, so a voice or a drum that swings more to one side has none, where a mean over
 * everything (FFmpeg's astats) would see one. 1 % is -40 dBFS: it takes room from the peaks and clicks where it begins.
 * @param threshold more is a fault
 */
export function createDcOffset(threshold: number): SoundFinder {
  const means: [number[], number[]] = [[], []]
  const windows = createWindows(WINDOW_SECONDS, ({ startSeconds, endSeconds, mean }) => {
    if (endSeconds - startSeconds < WINDOW_SECONDS / 2) return
    means[0].push(mean[0])
    means[1].push(mean[1])
  })
  return createWholeFinder('dc_offset', threshold, {
    sound: windows.add,
    measure() {
      windows.end()
      return means[0].length < FEWEST_WINDOWS ? null : Math.max(...means.map(steadyPart))
    },
    describe: (value) => `the zero line lies ${(100 * value).toFixed(1)} % of full scale beside zero; ${100 * threshold} % are allowed.`,
  })
}

function steadyPart(means: number[]): number {
  const sorted = means.toSorted((a, b) => a - b)
  return Math.max(0, quantile(sorted, 0.1), -quantile(sorted, 0.9))
}
