import { first } from './0001-first.ts'
import { spend } from './0002-spend.ts'
import { lanes } from './0003-lanes.ts'

/** In order, forward only. A migration that was ever released is never changed; the next one mends it. */
export const migrations: readonly { version: number; name: string; sql: string }[] = [
  { version: 1, name: 'first', sql: first },
  { version: 2, name: 'spend', sql: spend },
  { version: 3, name: 'lanes', sql: lanes },
]
