/** Time as an argument, so tests can own it. */
export interface Clock {
  now(): Date
}

/** Makes ids: `<prefix>_` and 26 base 32 characters, ordered by time of making. */
export interface Ids {
  next<P extends import('../domain/ids.ts').IdPrefix>(prefix: P): import('../domain/ids.ts').IdTypes[P]
}
