/** What was known of the media that can be played, each time it grew. */
export interface Production {
  /** Media seconds that can be played. */
  endSeconds: number
  /** Wall time of the last growth, in milliseconds of any steady clock. */
  lastAtMs: number
  /** Media seconds of the last growth. */
  lastStepSeconds: number
  /** Media seconds made per second of wall time, smoothed. `null` until two growths have been seen. */
  rate: number | null
}

/** Weight of the newest growth in the moving average. */
const NEWEST = 0.4
/** Growths closer together than this came in one burst and say nothing of the pace. */
const BURST_MS = 50

export function grow(production: Production | null, endSeconds: number, atMs: number): Production {
  if (!production) return { endSeconds, lastAtMs: atMs, lastStepSeconds: endSeconds, rate: null }
  const step = endSeconds - production.endSeconds
  if (step <= 0) return production
  const elapsedMs = atMs - production.lastAtMs
  if (elapsedMs < BURST_MS) return { ...production, endSeconds, lastStepSeconds: production.lastStepSeconds + step }
  const newest = step / (elapsedMs / 1000)
  const rate = production.rate === null ? newest : NEWEST * newest + (1 - NEWEST) * production.rate
  return { endSeconds, lastAtMs: atMs, lastStepSeconds: step, rate }
}

/** The rate as it must be judged now: a growth that is overdue lowers it, though nothing has been measured. */
export function rateAt(production: Production, nowMs: number): number | null {
  if (production.rate === null) return null
  const overdue = production.lastStepSeconds / Math.max(0.001, (nowMs - production.lastAtMs) / 1000)
  return Math.min(production.rate, overdue)
}
