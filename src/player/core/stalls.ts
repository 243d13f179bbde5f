/** What the media element looked like when it began to wait. */
export interface Waiting {
  seeking: boolean
  ended: boolean
  /** Media seconds loaded ahead of the picture. */
  bufferedSeconds: number
}

export interface StallWatch {
  /** Waits for data since the first frame moved. */
  readonly count: number
  /** Waits of a decoder that had data: a busy machine, not a late segment. */
  readonly hitches: number
  /** The element waits. True when a stall begins with it: waiting before the start, in a seek or with data at hand is none. */
  waiting(atMs: number, about: Waiting): boolean
  /** The element plays. Returns how long the stall lasted that ends with it, or `null`. */
  playing(atMs: number): number | null
}

/** With this much loaded ahead a wait has another cause than missing data. */
const ENOUGH_SECONDS = 0.5

/**
 * Counts what a viewer feels as stalls.
 *
 * - before the start: `waiting` is normal (there is no first frame yet)
 * - playing: `waiting` outside a seek and without data → stalled
 * - stalled: `playing` → playing; further `waiting` belongs to the same stall
 */
export function createStallWatch(): StallWatch {
  let started = false
  let sinceMs: number | null = null
  let count = 0
  let hitches = 0
  return {
    get count() {
      return count
    },
    get hitches() {
      return hitches
    },
    waiting(atMs, { seeking, ended, bufferedSeconds }) {
      if (!started || seeking || ended || sinceMs !== null) return false
      if (bufferedSeconds > ENOUGH_SECONDS) {
        hitches += 1
        return false
      }
      sinceMs = atMs
      count += 1
      return true
    },
    playing(atMs) {
      started = true
      if (sinceMs === null) return null
      const ms = atMs - sinceMs
      sinceMs = null
      return ms
    },
  }
}
