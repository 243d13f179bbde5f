/** What was known of the media that can be played, each time it grew. */
export interface Production {
  /** Media seconds that can be played. */
  endSeconds: number
  /** Wall time of the last growth, in milliseconds of any steady clock. */
  lastAtMs: number
  /** Media seconds of the last growth. */
  lastStepSeconds: number
  /** Media made and the wall time it took, both fading: see {@link MEMORY_SECONDS}. Without wall time nothing is known of the pace. */
  madeSeconds: number
  wallSeconds: number
  /** The longest wait for a growth so far. Shots come in bursts, and after each there is a pause. */
  longestPauseSeconds: number
}

/** What was made this long ago counts 1/e of what is made now. Long, because shots come in bursts with pauses between. */
const MEMORY_SECONDS = 12
/** Growths closer together than this came in one burst and say nothing of the pace. */
const BURST_MS = 50

export function grow(production: Production | null, endSeconds: number, atMs: number): Production {
  if (!production)
    return { endSeconds, lastAtMs: atMs, lastStepSeconds: endSeconds, madeSeconds: 0, wallSeconds: 0, longestPauseSeconds: 0 }
  const step = endSeconds - production.endSeconds
  if (step <= 0) return production
  const elapsedMs = atMs - production.lastAtMs
  if (elapsedMs < BURST_MS) return { ...production, endSeconds, lastStepSeconds: production.lastStepSeconds + step }
  const elapsed = elapsedMs / 1000
  const kept = Math.exp(-elapsed / MEMORY_SECONDS)
  return {
    endSeconds,
    lastAtMs: atMs,
    lastStepSeconds: step,
    madeSeconds: production.madeSeconds * kept + step,
    wallSeconds: production.wallSeconds * kept + elapsed,
    longestPauseSeconds: Math.max(production.longestPauseSeconds, elapsed),
  }
}

/**
 * Media seconds made per second of wall time, as it must be judged now: a growth that is overdue lowers it, though
 * nothing has been measured. `null` until two growths have been seen.
 */
export function rateAt(production: Production, nowMs: number): number | null {
  if (production.wallSeconds === 0) return null
  const overdue = production.lastStepSeconds / Math.max(0.001, (nowMs - production.lastAtMs) / 1000)
  return Math.min(production.madeSeconds / production.wallSeconds, overdue)
}
