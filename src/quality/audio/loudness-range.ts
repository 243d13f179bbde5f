import type { Loudness } from '../../ports/media-tool.ts'
import { type Finding, rounded } from '../finding.ts'

/**
 * `loudness_range`, in LU: how far the quiet parts of 3 s lie below the loud ones, 10 and 95 of 100, without what is more
 * than 20 LU below the whole (EBU Tech 3342). With more than 18 LU (the upper end that Netflix recommends) what is quiet is
 * lost on a phone or in a train. Says little of sounds under a minute. `unknown` when the sound has no loudness.
 */
export function measureLoudnessRange({ loudnessRangeLu }: Loudness, threshold: number): Finding {
  const value = loudnessRangeLu === null ? null : rounded(loudnessRangeLu)
  const measurement = { check: 'loudness_range', value, unit: 'LU', threshold }
  if (loudnessRangeLu === null)
    return { measurement: { ...measurement, detail: 'the loudness range could not be measured.' }, within: null }
  const detail = `between quiet and loud there are ${loudnessRangeLu.toFixed(1)} LU; up to ${threshold} LU are right.`
  return { measurement: { ...measurement, detail }, within: loudnessRangeLu <= threshold }
}
