import { createLevelMeter } from './level.ts'
import { createWholeFinder, type SoundFinder } from './sound-finder.ts'
import { createWindows, dbfs, powerOf } from './windows.ts'

const WINDOW_SECONDS = 0.005
/** The last 10 ms. */
const TAIL_WINDOWS = 2
/** An encoder adds up to a frame of nothing, which is not counted as an end: 64 ms of AAC at 16 kHz. */
const ADDED_WINDOWS = 16
/** Nothing, against the level of the whole. In dB. */
const ADDED_DB = -50
/** A floor nearer to the level than this is no noise but a sound that never pauses. In dB. */
const FLOOR_DB = 15

/**
 * `abrupt_end`, in dB against the level of the whole (95 of 100 windows of 20 ms are quieter): how loud the last 10 ms
 * are, without what is always there. Words and chords fade over 50 ms and more; cut in their middle they end at full level.
 * Only asked of a voice or music that was ordered as a whole.
 * @param threshold more is a fault
 */
export function createAbruptEnd(threshold: number): SoundFinder {
  const meter = createLevelMeter()
  const last: number[] = []
  const windows = createWindows(WINDOW_SECONDS, ({ power }) => {
    last.push(Math.max(...power))
    if (last.length > TAIL_WINDOWS + ADDED_WINDOWS) last.shift()
  })
  return createWholeFinder('abrupt_end', threshold, {
    sound(startSeconds, pcm) {
      meter.add(startSeconds, pcm)
      windows.add(startSeconds, pcm)
    },
    measure() {
      meter.end()
      const levels = meter.levels()
      if (levels === null) return null
      const { loudDbfs, floorDbfs } = levels
      // Noise goes up and down by 3 dB.
      const noise = loudDbfs - floorDbfs < FLOOR_DB ? 0 : 2 * powerOf(floorDbfs)
      return dbfs(Math.max(0, tailOf(last, powerOf(loudDbfs + ADDED_DB)) - noise)) - loudDbfs
    },
    describe: (value) =>
      `the sound ends ${Math.max(0, -value).toFixed(1)} dB below its own level, as if cut off; it should fade to ${-threshold} dB below.`,
    place: ({ startSeconds, endSeconds }) => ({ startSeconds: Math.max(startSeconds, endSeconds - 0.1), endSeconds }),
  })
}

/** The louder of the last two windows that an encoder did not add. */
function tailOf(powers: readonly number[], nothing: number): number {
  const own = [...powers]
  for (let added = 0; added < ADDED_WINDOWS && (own.at(-1) ?? 1) < nothing; added++) own.pop()
  return Math.max(...own.slice(-TAIL_WINDOWS))
}
