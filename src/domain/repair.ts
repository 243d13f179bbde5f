import type { MicroUsd } from './money.ts'

/**
 * What can be done about a finding, the gentlest first. The first three cost nothing; the others are takes.
 *
 * - `normalise`: a gain brings a sound to its loudness.
 * - `trim`: a black or silent edge is cut off.
 * - `remux`: the file is written anew around the same pictures and sounds.
 * - `respeak`: one sentence is spoken again and put in its place.
 * - `reseed`: the part is made again with another seed.
 * - `soften`: the part is made again from a gentler prompt.
 * - `other_provider`: the part is made by the next one on the list.
 * - `review`: a person decides.
 */
export const REPAIR_ACTIONS = ['normalise', 'trim', 'remux', 'respeak', 'reseed', 'soften', 'other_provider', 'review'] as const
export type RepairAction = (typeof REPAIR_ACTIONS)[number]

/** How often a repair of this kind has mended a finding of this check. */
export interface RepairRecord {
  check: string
  action: RepairAction
  tries: number
  mended: number
}

/** One way to mend a finding, before it is chosen. */
export interface RepairOption {
  action: RepairAction
  costMicroUsd: MicroUsd
  seconds: number
}

/** What was chosen, and why: told as an event. */
export interface RepairChoice extends RepairOption {
  check: string
  shot: number | null
  /** 0 to 1, from what was learned so far. */
  chance: number
  /** A sentence with the figures in it. */
  reason: string
}
