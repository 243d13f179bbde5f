import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded, seconds } from '../finding.ts'

/**
 * `av_mismatch`, in seconds: how far the lengths of picture and sound differ. `null`: there are not both.
 * @param toleranceSeconds the largest difference allowed
 */
export function checkAvMismatch({ video, audio }: MediaProbe, toleranceSeconds: number): Finding | null {
  if (video === null || audio === null) return null
  const difference = Math.abs(video.durationSeconds - audio.durationSeconds)
  const detail = `the picture lasts ${seconds(video.durationSeconds)}, the sound ${seconds(audio.durationSeconds)}; ${seconds(toleranceSeconds)} of difference are allowed.`
  return {
    measurement: { check: 'av_mismatch', value: rounded(difference), unit: 's', threshold: toleranceSeconds, detail },
    within: difference <= toleranceSeconds + 1e-6,
  }
}
