import type { TimeRange } from '../domain/verdict.ts'

/** Which part of a stretch was there to be looked at. What never came was not checked, and must not pass. */
export interface Coverage {
  add(startSeconds: number, endSeconds: number): void
  /** Where the material has come to; the stretch's start when none has come. */
  reachedSeconds(): number
  /** The time between `fromSeconds` and `toSeconds` that was not there: from the first gap to the last. `null`: all was. */
  missing(fromSeconds: number, toSeconds: number): TimeRange | null
}

/** @param toleranceSeconds gaps up to this long are rounding, not loss */
export function createCoverage(startSeconds: number, toleranceSeconds: number): Coverage {
  const gaps: TimeRange[] = []
  let reached = startSeconds
  return {
    add(start, end) {
      if (start > reached + toleranceSeconds) gaps.push({ startSeconds: reached, endSeconds: start })
      reached = Math.max(reached, end)
    },
    reachedSeconds: () => reached,
    missing(fromSeconds, toSeconds) {
      const all = toSeconds > reached + toleranceSeconds ? [...gaps, { startSeconds: reached, endSeconds: toSeconds }] : gaps
      const touching = all.filter((gap) => gap.startSeconds < toSeconds && gap.endSeconds > fromSeconds)
      const first = touching.at(0)
      const last = touching.at(-1)
      if (first === undefined || last === undefined) return null
      return { startSeconds: Math.max(first.startSeconds, fromSeconds), endSeconds: Math.min(last.endSeconds, toSeconds) }
    },
  }
}
