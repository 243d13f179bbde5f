import { checks } from './checks/index.ts'
import type { TakeId } from './ids.ts'
import type { MicroUsd } from './money.ts'
import type { TimeRange, Verdict } from './verdict.ts'

/**
 * What can be done about a finding, the gentlest first. The first three cost nothing; those up to `other_provider` are takes.
 *
 * - `normalise`: a gain brings a sound to its loudness.
 * - `trim`: a black or silent edge is cut off.
 * - `remux`: the file is written anew around the same pictures and sounds.
 * - `respeak`: the sentences at fault are spoken again and put in their places.
 * - `reseed`: the part is made again with another seed.
 * - `soften`: the part is made again from a gentler prompt.
 * - `other_provider`: the part is made by the next one on the list.
 * - `review`: a person decides.
 */
export const REPAIR_ACTIONS = ['normalise', 'trim', 'remux', 'respeak', 'reseed', 'soften', 'other_provider', 'review'] as const
export type RepairAction = (typeof REPAIR_ACTIONS)[number]

/** Why a take was ordered beside the plan: which finding of which take it shall mend, and how. */
export interface RepairCause {
  action: RepairAction
  check: string
  /** What was found, in a sentence. */
  detail: string
  takeId: TakeId
  /** For `respeak`: the sentence this take speaks, and what of the other take it replaces, in seconds of that recording. */
  sentence?: { index: number; text: string; range: TimeRange }
}

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
  /** How much longer the user waits. */
  seconds: number
}

/** What was chosen, and why. */
export interface RepairChoice extends RepairOption {
  check: string
  /** That it mends, 0 to 1, from what was learned so far. */
  chance: number
  /** A sentence with the figures in it. */
  reason: string
}

/**
 * Which repairs can mend a finding of a check, and how likely that was thought before anything was learned. A gain mends a
 * loudness nearly always; another seed mends most of what a model does wrong by chance, and little of what it was asked for.
 */
const chances: Record<string, Partial<Record<RepairAction, number>>> = {
  loudness: { normalise: 0.99, reseed: 0.5 },
  true_peak: { normalise: 0.95, reseed: 0.5 },
  silence: { trim: 0.9, reseed: 0.8, other_provider: 0.7 },
  black: { trim: 0.9, reseed: 0.8, other_provider: 0.7 },
  decodes: { remux: 0.3, reseed: 0.9, other_provider: 0.8 },
  timestamps: { remux: 0.8, reseed: 0.8, other_provider: 0.7 },
  keyframe_start: { remux: 0.5, reseed: 0.8, other_provider: 0.7 },
  words: { respeak: 0.7, reseed: 0.7, other_provider: 0.6 },
  divergence: { respeak: 0.8, reseed: 0.7, other_provider: 0.6 },
  missing_sentence: { respeak: 0.85, reseed: 0.7, other_provider: 0.6 },
  pictures: { soften: 0.6, reseed: 0.3, other_provider: 0.3 },
  screen_text: { soften: 0.5, reseed: 0.4, other_provider: 0.3 },
  transcript: { soften: 0.3, reseed: 0.2, other_provider: 0.2 },
  language: { other_provider: 0.6, reseed: 0.2 },
  size: { other_provider: 0.7, reseed: 0.2 },
  fps: { other_provider: 0.7, reseed: 0.2 },
}
const MOST_CHECKS: Partial<Record<RepairAction, number>> = { reseed: 0.7, other_provider: 0.6 }

function repairsOf(check: string): Partial<Record<RepairAction, number>> {
  return chances[check] ?? MOST_CHECKS
}

/** How many tries the first guess weighs: after so many real ones they count as much as it. */
const PRIOR_TRIES = 4
/** What a second of waiting is held to be worth, so that free repairs are compared too. */
const SECOND_MICRO_USD = 1_000

/** Mean of the Beta distribution that the first guess and the record make. */
export function chanceOf(check: string, action: RepairAction, records: readonly RepairRecord[]): number {
  const record = records.find((one) => one.check === check && one.action === action)
  const guess = repairsOf(check)[action] ?? 0
  return (guess * PRIOR_TRIES + (record?.mended ?? 0)) / (PRIOR_TRIES + (record?.tries ?? 0))
}

/**
 * The cheapest repair that can mend a finding: the least of (cost + waiting) / chance, which is what mending it comes to on average if
 * it is tried until it succeeds. `null`: none of the options can mend it.
 */
export function chooseRepair(check: string, options: readonly RepairOption[], records: readonly RepairRecord[]): RepairChoice | null {
  const able = options
    .map((option) => ({ ...option, chance: chanceOf(check, option.action, records) }))
    .filter(({ chance }) => chance > 0)
    .map((option) => ({ ...option, expected: (option.costMicroUsd + option.seconds * SECOND_MICRO_USD) / option.chance }))
    .sort((a, b) => a.expected - b.expected || REPAIR_ACTIONS.indexOf(a.action) - REPAIR_ACTIONS.indexOf(b.action))
  const [best, next] = able
  if (!best) return null
  const { action, costMicroUsd, seconds, chance } = best
  const instead = next ? `; ${words[next.action]} would come to ${inWords(next)}` : ''
  return { check, action, costMicroUsd, seconds, chance, reason: `${words[action]} comes to ${inWords(best)}${instead}.` }
}

const words: Record<RepairAction, string> = {
  normalise: 'a gain',
  trim: 'cutting the edge off',
  remux: 'writing the file anew',
  respeak: 'speaking the sentence again',
  reseed: 'making it again with another seed',
  soften: 'making it again from a gentler prompt',
  other_provider: 'having another provider make it',
  review: 'asking a person',
}

function inWords({ costMicroUsd, seconds, chance }: RepairOption & { chance: number }): string {
  const money = costMicroUsd === 0 ? 'nothing' : `$${(costMicroUsd / 1e6).toFixed(2)}`
  return `${money} and ${Math.round(seconds)} s, and mends it ${Math.round(chance * 100)} times in 100`
}

/** What the report says once a take was found to have mended what it was ordered for. */
export function repairedBy({ action, check, detail }: Pick<RepairCause, 'action' | 'check' | 'detail'>): Verdict {
  return {
    check,
    value: null,
    unit: checks[check]?.unit ?? 'count',
    threshold: null,
    verdict: 'repaired',
    detail: `${detail} ${WAS[action]}`,
  }
}

const WAS: Record<RepairAction, string> = {
  normalise: 'Its level was changed.',
  trim: 'It was cut off.',
  remux: 'The file was written anew.',
  respeak: 'It was spoken again and put in its place.',
  reseed: 'It was made again with another seed.',
  soften: 'It was made again from a gentler prompt.',
  other_provider: 'Another provider made it.',
  review: 'A person has decided.',
}
