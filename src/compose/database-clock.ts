import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Store } from '../ports/store.ts'
import { systemClock } from './clock.ts'

const COMPARE_EVERY_MS = 30_000
const SAMPLES = 3
/** Less is how clocks that are kept right differ for a moment; deadlines and signatures bear it. */
export const TOLERATED_CLOCK_MS = 2_000

export interface DatabaseClock extends Clock {
  stop(): void
}

/**
 * A clock that goes as the database's: deadlines, due times, retention and signatures of several processes agree, though the
 * clock of one machine is wrong. It is this machine's own while that differs by 2 s at most. Compared at the start and every
 * 30 s; a larger difference is logged when it appears and when it is gone. Throws `store_unavailable` at the start; later the
 * last comparison holds.
 */
export async function startDatabaseClock(store: Pick<Store, 'now'>, log: Logger): Promise<DatabaseClock> {
  let aheadMs = 0

  async function compare(): Promise<void> {
    const foundMs = await databaseAheadMs(store)
    const wrong = Math.abs(foundMs) > TOLERATED_CLOCK_MS
    if (wrong && aheadMs === 0) log.warn({}, `${clockDifference(foundMs)}; the database's is used`)
    if (!wrong && aheadMs !== 0) log.info({}, "this machine's clock agrees with the database's again")
    aheadMs = wrong ? foundMs : 0
  }

  await compare()
  const timer = setInterval(() => {
    compare().catch((error: unknown) => log.debug({ err: error }, 'the clock could not be compared'))
  }, COMPARE_EVERY_MS)
  timer.unref()
  return {
    now: () => new Date(Date.now() + aheadMs),
    sleep: systemClock.sleep,
    stop: () => clearInterval(timer),
  }
}

/**
 * How far the database's clock is ahead of this machine's, in milliseconds; right to half of the quickest of three round trips, as
 * the Network Time Protocol reckons (RFC 5905, section 8).
 */
export async function databaseAheadMs(store: Pick<Store, 'now'>): Promise<number> {
  const samples: { tookMs: number; aheadMs: number }[] = []
  for (let i = 0; i < SAMPLES; i++) {
    const sent = Date.now()
    const there = (await store.now()).getTime()
    const back = Date.now()
    samples.push({ tookMs: back - sent, aheadMs: there - (sent + back) / 2 })
  }
  return samples.reduce((best, sample) => (sample.tookMs < best.tookMs ? sample : best)).aheadMs
}

/** In words: `this machine's clock differs from the database's by 600 s (it is ahead)`. */
export function clockDifference(aheadMs: number): string {
  return `this machine's clock differs from the database's by ${Math.round(Math.abs(aheadMs) / 1000)} s (it is ${aheadMs < 0 ? 'ahead' : 'behind'})`
}
