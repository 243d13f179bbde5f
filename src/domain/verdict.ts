import type { TakeId } from './ids.ts'
import type { MicroUsd } from './money.ts'
import type { GateMode } from './request.ts'

/** A stretch of the take or asset, in seconds from its start. */
export interface TimeRange {
  startSeconds: number
  endSeconds: number
}

/** What a check measured. `unit` is part of the check's definition (`domain/checks`). */
export interface Measurement {
  check: string
  value: number | null
  unit: string
  threshold: number | null
  /** Where it is worst. Absent when it concerns the whole. */
  range?: TimeRange
  /** A sentence for the report, with the figures in it. */
  detail: string
  /** Its times are those of this take by itself, not of the asset's timeline; absent once the asset is published. */
  takeId?: TakeId
  /** Name of a file of the asset that shows the place. */
  evidence?: string
}

/**
 * - `pass`: measured and within the threshold.
 * - `warn`: outside, and the profile lets it through.
 * - `fail`: outside, and the profile holds it back.
 * - `repaired`: was outside; what flows on is the repaired output, measured again.
 * - `unknown`: could not be measured. Never counted as passed.
 */
export type Verdict = Measurement & {
  verdict: 'pass' | 'warn' | 'fail' | 'repaired' | 'unknown'
  /** `unknown`, because nobody is set up here who could look. The report says so once; no job is held back for it. */
  notSetUp?: true
}

/**
 * What a profile does about a check that found something:
 *
 * - `off`: it is not looked at.
 * - `warn`: it is told, and flows on.
 * - `repair`: it is held back and mended the cheapest way that can mend it, within the budget; what cannot be mended fails.
 * - `fail`: it is held back and made again, while the job's takes allow it.
 * - `review`: it is held back until a person has decided.
 */
export type CheckRule = 'off' | 'warn' | 'repair' | 'fail' | 'review'

/** A profile of the gate. A stored version never changes; reports name the version they were judged by. */
export interface QualityProfile {
  name: string
  version: number
  /** For jobs that name no gate of their own. */
  gate: GateMode
  /** What a check that could not run counts as. */
  unknown: 'pass' | 'warn' | 'fail'
  /** By check. One that is not named has the rule of the check's own row (`domain/checks`) for `standard`. */
  rules: Readonly<Record<string, CheckRule>>
  /** By check, in its unit; where it differs from the check's own. */
  thresholds: Readonly<Record<string, number>>
  /** What mending a job may take beyond its first takes, over all its parts. */
  repairs: { maxTakes: number; maxCostMicroUsd: MicroUsd | null }
  /** What happens to a finding that nothing has mended. */
  lastResort: 'fail' | 'review'
  /** How many different people must approve what is held for review. */
  reviewers: 1 | 2
}

export type ProfileVersion = Pick<QualityProfile, 'name' | 'version'>

/** The verdicts of a profile on an asset: those it was made under, or those of a later one that was held against it. */
export interface Judgement {
  profile: ProfileVersion
  verdicts: Verdict[]
  at: Date
}

/**
 * The one way a measurement becomes a verdict: `within` is the check's own comparison, the rest is the profile's.
 * `null` means it could not be measured.
 */
export function judge(profile: QualityProfile, measurement: Measurement, within: boolean | null): Verdict {
  if (within === null) return { ...measurement, verdict: 'unknown' }
  if (within) return { ...measurement, verdict: 'pass' }
  const rule = profile.rules[measurement.check] ?? 'fail'
  return { ...measurement, verdict: rule === 'warn' || rule === 'off' ? 'warn' : 'fail' }
}

/** Whether the gate stays shut for this verdict. */
export function blocks(profile: QualityProfile, verdict: Verdict): boolean {
  return verdict.verdict === 'fail' || (verdict.verdict === 'unknown' && profile.unknown === 'fail' && !verdict.notSetUp)
}
