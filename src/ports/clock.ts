/** Time as an argument, so tests can own it. */
export interface Clock {
  now(): Date
  /** Rejects with the signal's reason when it fires first. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

/** Makes ids: `<prefix>_` and 26 base 32 characters, ordered by time of making. */
export interface Ids {
  next<P extends import('../domain/ids.ts').IdPrefix>(prefix: P): import('../domain/ids.ts').IdTypes[P]
}
