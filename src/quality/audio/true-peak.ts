import type { CheckRule } from '../../domain/verdict.ts'
import type { Loudness } from '../../ports/media-tool.ts'
import { type Finding, rounded } from '../finding.ts'

/** Meters print a tenth of a dB. */
const ROUNDING_DB = 0.05

/**
 * `true_peak`, in dBTP: the highest point of the waveform, also where it lies between samples (ITU-R BS.1770-4 annex 2).
 * Encoders overshoot by up to 1 dB, so EBU R128 and Apple ask for at most -1 dBTP. `unknown` for silence.
 */
export function measureTruePeak({ truePeakDbtp }: Loudness, threshold: number): Finding {
  const measurement = { check: 'true_peak', value: truePeakDbtp === null ? null : rounded(truePeakDbtp), unit: 'dBTP', threshold }
  if (truePeakDbtp === null) return { measurement: { ...measurement, detail: 'there is no sound that could have a peak.' }, within: null }
  const detail = `the highest peak is at ${truePeakDbtp.toFixed(1)} dBTP; at most ${threshold} dBTP are allowed.`
  return { measurement: { ...measurement, detail }, within: truePeakDbtp <= threshold + ROUNDING_DB }
}

/** The rule for a peak that a gain could not take away: one that full scale still holds is let through with a warning. */
export function ruleForPeak(rule: CheckRule, { truePeakDbtp }: Loudness): CheckRule {
  return rule === 'repair' && truePeakDbtp !== null && truePeakDbtp <= 0 ? 'warn' : rule
}
