import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded, seconds } from '../finding.ts'

/** Largest difference in seconds: seven sound frames of AAC. A sound that runs away from its picture differs by more. */
const TOLERANCE_SECONDS = 0.15

/** `av_mismatch`, in seconds: how far the lengths of picture and sound differ. `null`: there are not both. */
export function checkAvMismatch({ video, audio }: MediaProbe): Finding | null {
  if (video === null || audio === null) return null
  const difference = Math.abs(video.durationSeconds - audio.durationSeconds)
  const detail = `the picture lasts ${seconds(video.durationSeconds)}, the sound ${seconds(audio.durationSeconds)}; ${seconds(TOLERANCE_SECONDS)} of difference are allowed.`
  return {
    measurement: { check: 'av_mismatch', value: rounded(difference), unit: 's', threshold: TOLERANCE_SECONDS, detail },
    within: difference <= TOLERANCE_SECONDS + 1e-6,
  }
}
