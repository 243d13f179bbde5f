import type { Ordered } from '../../ports/inspector.ts'
import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded, seconds } from '../finding.ts'

/**
 * `duration`, in seconds: how far the length is from the ordered one, either way. `null`: no length was ordered.
 * @param toleranceSeconds the largest difference allowed
 */
export function checkDuration(ordered: Ordered, probe: MediaProbe, toleranceSeconds: number): Finding | null {
  if (ordered.durationSeconds === null) return null
  const difference = Math.abs(probe.durationSeconds - ordered.durationSeconds)
  const detail = `it lasts ${seconds(probe.durationSeconds)}; ${seconds(ordered.durationSeconds)} ± ${seconds(toleranceSeconds)} was ordered.`
  return {
    measurement: { check: 'duration', value: rounded(difference), unit: 's', threshold: rounded(toleranceSeconds), detail },
    within: difference <= toleranceSeconds + 1e-6,
  }
}
