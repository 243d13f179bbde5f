/** Music sounds this much lower under speech. */
const DUCK_DB = -14
const ATTACK_SECONDS = 0.25
const RELEASE_SECONDS = 0.45
/** A pause this short is not worth coming back for: what falls, holds and rises would not fit in. */
const BRIDGE_SECONDS = ATTACK_SECONDS + RELEASE_SECONDS

const FADE_IN_SECONDS = 0.8
const FADE_OUT_SECONDS = 1.5
/** Where a fade that is linear in dB meets silence. */
const SILENCE_DB = -60

/**
 * A gain over time: straight lines in dB between points, constant outside. Straight in dB is what the ear takes for even.
 * Points are in order of time and never at the same time.
 */
export interface Envelope {
  seconds: number[]
  db: number[]
}

interface TimeSpan {
  startSeconds: number
  endSeconds: number
}

/** Down before each range, up after it. */
export function duckEnvelope(ranges: readonly TimeSpan[]): Envelope {
  const seconds: number[] = []
  const db: number[] = []
  for (const { startSeconds, endSeconds } of bridged(ranges)) {
    seconds.push(startSeconds - ATTACK_SECONDS, startSeconds, endSeconds, endSeconds + RELEASE_SECONDS)
    db.push(0, DUCK_DB, DUCK_DB, 0)
  }
  return { seconds, db }
}

/** From silence to full over 0.8 s. */
export function fadeIn(startSeconds: number): Envelope {
  return { seconds: [startSeconds, startSeconds + FADE_IN_SECONDS], db: [SILENCE_DB, 0] }
}

/** From full to silence over 1.5 s; silent after `endSeconds`. */
export function fadeOut(endSeconds: number): Envelope {
  return { seconds: [endSeconds - FADE_OUT_SECONDS, endSeconds], db: [0, SILENCE_DB] }
}

/** The gain in dB at a time. */
export function gainDbAt({ seconds, db }: Envelope, at: number): number {
  const next = seconds.findIndex((second) => second > at)
  if (next === -1) return db.at(-1) ?? 0
  const before = seconds[next - 1]
  const from = db[next - 1]
  const to = db[next] ?? 0
  if (before === undefined || from === undefined) return to
  const span = (seconds[next] ?? at) - before
  return from + ((to - from) * (at - before)) / span
}

/** Up to when the gain keeps its slope: the next point after `at`, or infinity. */
export function nextPoint({ seconds }: Envelope, at: number): number {
  return seconds.find((second) => second > at) ?? Number.POSITIVE_INFINITY
}

/** In order, those closer than the bridge joined, empty ones left out. */
function bridged(ranges: readonly TimeSpan[]): TimeSpan[] {
  const joined: TimeSpan[] = []
  const heard = ranges.filter(({ startSeconds, endSeconds }) => endSeconds > startSeconds)
  for (const { startSeconds, endSeconds } of heard.toSorted((a, b) => a.startSeconds - b.startSeconds)) {
    const last = joined.at(-1)
    if (last && startSeconds - last.endSeconds <= BRIDGE_SECONDS) last.endSeconds = Math.max(last.endSeconds, endSeconds)
    else joined.push({ startSeconds, endSeconds })
  }
  return joined
}
