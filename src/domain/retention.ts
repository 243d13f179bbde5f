/** How long an asset stays once its job has ended: hours, days or for ever as the server is set, or for ever. */
export type RetentionClass = 'ephemeral' | 'standard' | 'permanent'

/** The server's periods, counted from the end of the job. `null`: for ever. */
export interface RetentionPeriods {
  ephemeralHours: number
  standardDays: number | null
  /** Of what providers delivered. `null`: as the asset. */
  masterDays: number | null
}

/** Said with a hold or its release. `by`: the name of the API key; `null` where none is needed. */
export interface HoldSaid {
  at: Date
  by: string | null
  note: string
}

/** While one is open nothing of the asset is removed, and its time does not count. */
export interface RetentionHold extends HoldSaid {
  released: HoldSaid | null
}

export interface Retention {
  class: RetentionClass
  /** `null`: never, or not before its job has ended. */
  expiresAt: Date | null
  /** When the masters of its job go before it. `null`: with it, or they are gone. */
  mastersExpireAt: Date | null
  /** Oldest first; only the last can be open. */
  holds: RetentionHold[]
  /** When the last object was removed. */
  sweptAt: Date | null
  /** What its job takes up, masters included; known once the job has been cleaned up. */
  storedBytes: number
}

/** How long what a viewer has seen of a job that ended badly stays playable, in milliseconds. */
export const CUT_ASSET_KEPT_MS = 10 * 60_000

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export function newRetention(retentionClass: RetentionClass): Retention {
  return { class: retentionClass, expiresAt: null, mastersExpireAt: null, holds: [], sweptAt: null, storedBytes: 0 }
}

/** From the end of its job on the time counts. Later changes of the periods leave it alone. */
export function countFrom(retention: Retention, endedAt: Date, { ephemeralHours, standardDays, masterDays }: RetentionPeriods): Retention {
  const periodMs = { ephemeral: ephemeralHours * HOUR_MS, standard: standardDays === null ? null : standardDays * DAY_MS, permanent: null }
  const keptMs = periodMs[retention.class]
  const mastersMs = masterDays === null ? null : masterDays * DAY_MS
  return {
    ...retention,
    expiresAt: later(endedAt, keptMs),
    mastersExpireAt: keptMs !== null && mastersMs !== null && mastersMs >= keptMs ? null : later(endedAt, mastersMs),
  }
}

export function openHold({ holds }: Retention): RetentionHold | null {
  const last = holds.at(-1)
  return last && last.released === null ? last : null
}

/** One that is held already stays as it was. */
export function withHold(retention: Retention, said: HoldSaid): Retention {
  return openHold(retention) ? retention : { ...retention, holds: [...retention.holds, { ...said, released: null }] }
}

/**
 * Its time counts on from where it stood: it goes as much later as it was held.
 * @param endedAt the end of its job, before which nothing counts
 */
export function withoutHold(retention: Retention, said: HoldSaid, endedAt: Date | null): Retention {
  const hold = openHold(retention)
  if (!hold) return retention
  const heldMs = endedAt === null ? 0 : said.at.getTime() - Math.max(hold.at.getTime(), endedAt.getTime())
  return {
    ...retention,
    expiresAt: later(retention.expiresAt, heldMs),
    mastersExpireAt: later(retention.mastersExpireAt, heldMs),
    holds: [...retention.holds.slice(0, -1), { ...hold, released: said }],
  }
}

export function isOver(retention: Retention, now: Date): boolean {
  return reached(retention.expiresAt, now) && !openHold(retention)
}

/** What is to be removed now: everything of the job, or its masters alone. */
export function dueOf(retention: Retention, now: Date): 'all' | 'masters' | null {
  if (retention.sweptAt !== null || openHold(retention)) return null
  if (reached(retention.expiresAt, now)) return 'all'
  return reached(retention.mastersExpireAt, now) ? 'masters' : null
}

const reached = (time: Date | null, now: Date): boolean => time !== null && time.getTime() <= now.getTime()

function later(time: Date | null, milliseconds: number | null): Date | null {
  return time === null || milliseconds === null ? null : new Date(time.getTime() + milliseconds)
}
