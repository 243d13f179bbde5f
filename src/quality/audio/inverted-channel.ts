import { createWholeFinder, type SoundFinder } from './sound-finder.ts'
import { createWindows, powerOf } from './windows.ts'

/** The mean of 5 ms lets pass what is below about 100 Hz. */
const STEP_SECONDS = 0.005
/** What is quieter is not heard and does not count. */
const HEARD_POWER = powerOf(-50)
/** Where less than -40 dB of the sound is low, all of it is compared. */
const LOW_SHARE = 1e-4
/** A channel 40 dB below the other has nothing to say: that is for `dead_channel`. */
const DEAD_SHARE = 1e-4

interface Sums {
  left: number
  right: number
  product: number
}

/**
 * `inverted_channel`, as a correlation from -1 to 1: how much left and right are the same below 100 Hz. A channel connected
 * the wrong way round gives -1 for a voice, and whoever listens through one loudspeaker hears next to nothing. Low tones
 * are looked at because music puts them into the middle, however wide the rest is; all tones where there are no low ones.
 * @param threshold less is a fault
 */
export function createInvertedChannel(threshold: number): SoundFinder {
  const low: Sums = { left: 0, right: 0, product: 0 }
  const all: Sums = { left: 0, right: 0, product: 0 }
  const steps = createWindows(STEP_SECONDS, ({ mean, power, product }) => {
    if (Math.max(...power) < HEARD_POWER) return
    add(low, mean[0] ** 2, mean[1] ** 2, mean[0] * mean[1])
    add(all, power[0], power[1], product)
  })
  return createWholeFinder('inverted_channel', threshold, {
    sound: steps.add,
    measure() {
      steps.end()
      return correlation(low.left + low.right > LOW_SHARE * (all.left + all.right) ? low : all)
    },
    describe: (value) =>
      `one channel is the other turned over: they correlate by ${value.toFixed(2)}, and nothing below ${threshold} is right.`,
  })
}

function add(sums: Sums, left: number, right: number, product: number): void {
  sums.left += left
  sums.right += right
  sums.product += product
}

/** `null`: nothing is heard. 0: one of them alone is. */
function correlation({ left, right, product }: Sums): number | null {
  if (left + right === 0) return null
  return Math.min(left, right) <= DEAD_SHARE * Math.max(left, right) ? 0 : product / Math.sqrt(left * right)
}
