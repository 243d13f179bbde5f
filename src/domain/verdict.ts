/** A stretch of the take or asset, in seconds from its start. */
export interface TimeRange {
  startSeconds: number
  endSeconds: number
}

/** What a check measured. `unit` is part of the check's definition: `s`, `LUFS`, `dBTP`, `fps`, `px`, `ratio`, `count`. */
export interface Measurement {
  check: string
  value: number | null
  unit: string
  threshold: number | null
  /** Where it is worst. Absent when it concerns the whole. */
  range?: TimeRange
  /** A sentence for the report, with the figures in it. */
  detail: string
}

/**
 * - `pass`: measured and within the threshold.
 * - `warn`: outside, and the profile lets it through.
 * - `fail`: outside, and the profile holds it back.
 * - `repaired`: was outside; what flows on is the repaired output, measured again.
 * - `unknown`: could not be measured. Never counted as passed.
 */
export type Verdict = Measurement & { verdict: 'pass' | 'warn' | 'fail' | 'repaired' | 'unknown' }

export type CheckRule = 'off' | 'warn' | 'repair' | 'fail'

/** A profile of the gate. `unknown` says what a check that could not run counts as. */
export interface QualityProfile {
  name: string
  version: number
  unknown: 'pass' | 'warn' | 'fail'
  rules: Record<string, CheckRule>
}

/**
 * The one way a measurement becomes a verdict: `within` is the check's own comparison, the rest is the profile's.
 * `null` means it could not be measured.
 */
export function judge(profile: QualityProfile, measurement: Measurement, within: boolean | null): Verdict {
  if (within === null) return { ...measurement, verdict: 'unknown' }
  if (within) return { ...measurement, verdict: 'pass' }
  const rule = profile.rules[measurement.check] ?? 'fail'
  return { ...measurement, verdict: rule === 'fail' || rule === 'repair' ? 'fail' : 'warn' }
}

/** Whether the gate stays shut for this verdict. */
export function blocks(profile: QualityProfile, verdict: Verdict): boolean {
  return verdict.verdict === 'fail' || (verdict.verdict === 'unknown' && profile.unknown === 'fail')
}
