import type { CheckRule, Measurement } from '../../domain/verdict.ts'
import type { Loudness } from '../../ports/media-tool.ts'
import type { Finding } from '../finding.ts'
import { rounded } from '../finding.ts'

/** Either side of the target, in LU. EBU R128 and Apple both allow 1 LU where the level is not set by hand. */
export const BAND_LU = 1
/** What a repair may leave over and still be let through with a warning, either side, in LU. */
const LEFT_OVER_LU = 3
/** A repair leaves room for what mixing and encoding add to a true peak. */
const REPAIRED_DBTP = -1.5

/**
 * `loudness`, in LUFS (ITU-R BS.1770-4, gated, of the whole) within 1 LU of the target.
 * `unknown` when the sound is too short (under 0.4 s) or too quiet to have a loudness.
 */
export function measureLoudness({ integratedLufs }: Loudness, targetLufs: number): Finding {
  const measurement: Measurement = {
    check: 'loudness',
    value: integratedLufs === null ? null : rounded(integratedLufs),
    unit: 'LUFS',
    threshold: targetLufs,
    detail: 'the loudness could not be measured: the sound is too short or too quiet.',
  }
  if (integratedLufs === null) return { measurement, within: null }
  const detail = `the sound has ${integratedLufs.toFixed(1)} LUFS; ${targetLufs} ± ${BAND_LU} was aimed at.`
  return { measurement: { ...measurement, detail }, within: inBand(integratedLufs, targetLufs) }
}

/**
 * The rule for what is outside the band although the profile had it repaired: a quiet sound whose peaks leave no room,
 * or less than 3 LU of difference, is let through with a warning.
 */
export function ruleForLeftOver(rule: CheckRule, { integratedLufs, truePeakDbtp }: Loudness, targetLufs: number): CheckRule {
  if (rule !== 'repair' || integratedLufs === null) return rule
  const missing = targetLufs - BAND_LU - integratedLufs
  const noRoom = missing > 0 && truePeakDbtp !== null && truePeakDbtp + missing > REPAIRED_DBTP
  return noRoom || Math.abs(integratedLufs - targetLufs) <= LEFT_OVER_LU ? 'warn' : rule
}

/** The gain in dB towards the target. Raising stops where the true peak would pass -1.5 dBTP, and never lowers. */
export function gainTowards({ integratedLufs, truePeakDbtp }: Loudness, targetLufs: number): number {
  if (integratedLufs === null || inBand(integratedLufs, targetLufs)) return 0
  const wanted = targetLufs - integratedLufs
  const room = truePeakDbtp === null ? wanted : REPAIRED_DBTP - truePeakDbtp
  return rounded(wanted > 0 ? Math.max(0, Math.min(wanted, room)) : Math.min(wanted, room))
}

/** The loudness after a gain. */
export function amplified({ integratedLufs, truePeakDbtp, loudnessRangeLu }: Loudness, gainDb: number): Loudness {
  return {
    loudnessRangeLu,
    integratedLufs: integratedLufs === null ? null : integratedLufs + gainDb,
    truePeakDbtp: truePeakDbtp === null ? null : truePeakDbtp + gainDb,
  }
}

/** Meters agree to a twentieth of a LU. */
function inBand(lufs: number, targetLufs: number): boolean {
  return Math.abs(lufs - targetLufs) <= BAND_LU + 0.05
}
