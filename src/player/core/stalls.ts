export interface StallWatch {
  /** Waits since the first frame moved. */
  readonly count: number
  readonly stalledMs: number
  /** The element waits for data. True when a stall begins with it: waiting before the start or after a seek is none. */
  waiting(atMs: number, about: { seeking: boolean; ended: boolean }): boolean
  /** The element plays. Returns how long the stall lasted that ends with it, or `null`. */
  playing(atMs: number): number | null
}

/**
 * Counts what a viewer feels as stalls.
 *
 * - before the start: `waiting` is normal (there is no first frame yet)
 * - playing: `waiting` outside a seek → stalled
 * - stalled: `playing` → playing; further `waiting` belongs to the same stall
 */
export function createStallWatch(): StallWatch {
  let started = false
  let sinceMs: number | null = null
  let count = 0
  let stalledMs = 0
  return {
    get count() {
      return count
    },
    get stalledMs() {
      return stalledMs
    },
    waiting(atMs, { seeking, ended }) {
      if (!started || seeking || ended || sinceMs !== null) return false
      sinceMs = atMs
      count += 1
      return true
    },
    playing(atMs) {
      started = true
      if (sinceMs === null) return null
      const ms = atMs - sinceMs
      sinceMs = null
      stalledMs += ms
      return ms
    },
  }
}
