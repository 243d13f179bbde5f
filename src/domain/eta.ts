import type { StageKey } from './progress.ts'

/** Time left, in seconds. `basis` says what it rests on: the provider's first guess or measured history. */
export interface Eta {
  p50Seconds: number
  p90Seconds: number
  basis: 'quote' | 'history'
}

/** What came of a forecast: how long the job took over its p50, and whether it kept p50, p90 or neither. */
export interface EtaJudgement {
  basis: Eta['basis']
  ratio: number
  ended: 'within_p50' | 'within_p90' | 'later'
}

/** `null` for a forecast of no time at all. */
export function judgeEta({ p50Seconds, p90Seconds, basis }: Eta, tookSeconds: number): EtaJudgement | null {
  if (p50Seconds <= 0) return null
  const ended = tookSeconds <= p50Seconds ? 'within_p50' : tookSeconds <= p90Seconds ? 'within_p90' : 'later'
  return { basis, ratio: tookSeconds / p50Seconds, ended }
}

/**
 * How long a stage took beyond the one before it. Stages overlap, so the sample is the time from the end of the
 * previous stage to the end of this one: the samples of a job add up to its length.
 */
export interface DurationSample {
  stage: StageKey
  /** What makes durations comparable: kind, provider, size, planned length. */
  bucket: string
  seconds: number
}

/** What is known of the stages still to end. */
export interface Remaining {
  /** The first stage that has not ended: seconds since the previous one ended, and the fraction reported, if any. */
  elapsedSeconds: number
  fraction: number | null
  /** Past durations in seconds of that stage, then of each later one, any order. Empty: no history. */
  histories: number[][]
  /** Used where a history is empty: the quoted seconds of each of those stages. */
  quotedSeconds: number[]
}

const DRAWS = 160
const MIN_SAMPLES = 5

/**
 * Conditional quantiles: of the past runs only those longer than the time already spent count, less that time;
 * a reported fraction p > 0.03 is blended in with weight 0.35 + 0.6 p; later stages are drawn from their own past.
 * The sum is drawn {@link DRAWS} times. Deterministic: draws come from a fixed sequence.
 */
export function estimate(remaining: Remaining): Eta | null {
  const { histories, quotedSeconds, elapsedSeconds, fraction } = remaining
  if (histories.length === 0) return { p50Seconds: 0, p90Seconds: 0, basis: 'history' }
  const random = sequence()
  const pools = histories.map((history, stage) => (history.length >= MIN_SAMPLES ? history : spread(quotedSeconds[stage] ?? 0, history)))
  const totals = Array.from({ length: DRAWS }, () => {
    let total = left(pools[0] ?? [], elapsedSeconds, fraction, random)
    for (const pool of pools.slice(1)) total += pick(pool, random)
    return total
  }).sort((a, b) => a - b)
  return {
    p50Seconds: round(totals[Math.floor(DRAWS * 0.5)] ?? 0),
    p90Seconds: round(totals[Math.floor(DRAWS * 0.9)] ?? 0),
    basis: histories.every((history) => history.length >= MIN_SAMPLES) ? 'history' : 'quote',
  }
}

function left(pool: number[], elapsed: number, fraction: number | null, random: () => number): number {
  const longer = pool.filter((seconds) => seconds > elapsed)
  let rest = longer.length >= 3 ? pick(longer, random) - elapsed : elapsed * (0.15 + 0.5 * random())
  if (fraction !== null && fraction > 0.03) {
    const byRate = (elapsed / fraction) * (1 - fraction) * (1 + 0.25 * (1 - fraction) * (2 * random() - 1))
    const weight = Math.min(0.95, 0.35 + 0.6 * fraction)
    rest = (1 - weight) * rest + weight * byRate
  }
  return rest
}

/** A guess of `seconds` as a pool: a log-normal-like fan from 0.6 to 1.9 times, joined by the few real samples. */
function spread(seconds: number, samples: number[]): number[] {
  const fan = [0.6, 0.72, 0.82, 0.9, 0.96, 1, 1.05, 1.12, 1.25, 1.5, 1.9].map((factor) => factor * seconds)
  return [...fan, ...samples, ...samples]
}

function pick(pool: number[], random: () => number): number {
  return pool[Math.floor(random() * pool.length)] ?? 0
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10

/** Mulberry32, seeded with a constant: the same question gets the same answer. */
function sequence(): () => number {
  let state = 0x51_1c_e0_01
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
