import { createWindows, dbfs, type SoundWindow, type Windows } from './windows.ts'

const WINDOW_SECONDS = 0.02
/** Digital silence and its dither: put in by an encoder or between two sentences, it says nothing about what was recorded. */
const NOTHING_DBFS = -90
const FEWEST_WINDOWS = 10

/** How loud a sound is, and how loud what is always there, in dBFS. */
export interface Levels {
  /** 95 of 100 windows of 20 ms are quieter: the level of what is said or played. */
  loudDbfs: number
  /** Noise or room, as far as it can be seen: at most this. */
  floorDbfs: number
}

export interface LevelMeter extends Windows {
  /** `null`: less than 0.2 s were heard. */
  levels(): Levels | null
}

/** Measures windows of 20 ms, in each its louder channel. */
export function createLevelMeter(look: (window: SoundWindow) => void = () => undefined): LevelMeter {
  const heard: number[] = []
  const windows = createWindows(WINDOW_SECONDS, (window) => {
    const level = dbfs(Math.max(...window.power))
    if (level > NOTHING_DBFS) heard.push(level)
    look(window)
  })
  return {
    ...windows,
    levels() {
      if (heard.length < FEWEST_WINDOWS) return null
      const sorted = Float64Array.from(heard).sort()
      return { loudDbfs: quantile(sorted, 0.95), floorDbfs: floorOf(sorted) }
    },
  }
}

/**
 * Where there is noise, the quietest windows are as loud as one another; where there is none, they go on falling with the
 * sound that fades in them, and a floor would lie further down.
 */
function floorOf(sorted: ArrayLike<number>): number {
  const fall = quantile(sorted, 0.06) - quantile(sorted, 0.01)
  return quantile(sorted, 0.02) - 2 * fall
}

/** @param sorted ascending, not empty @param share 0 to 1 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
}
