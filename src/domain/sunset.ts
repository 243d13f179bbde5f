const DAY_MS = 86_400_000

/** Days before its end from which on a model's end is told. */
const SUNSET_WARNING_DAYS = 90

/** Whether the last day of a model is past. `sunset` is an ISO date, the last day it answers. */
export function isOver(sunset: string | undefined, now: Date): boolean {
  return sunset !== undefined && dayOf(now) > sunset
}

/** Whether a model answers still, but not for long. */
export function endsSoon(sunset: string | undefined, now: Date): boolean {
  return sunset !== undefined && !isOver(sunset, now) && dayOf(new Date(now.getTime() + SUNSET_WARNING_DAYS * DAY_MS)) >= sunset
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)
