import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded, seconds } from '../finding.ts'

/**
 * `keyframe_start`, in seconds: how long it takes from the first picture in the file to the first that stands on its own. What comes before
 * that one cannot be decoded. `null`: there is no picture, or its packets were not read.
 */
export function checkKeyframeStart({ video }: MediaProbe, thresholdSeconds: number): Finding | null {
  const first = video?.packets?.[0]
  if (!video?.packets || !first) return null
  const key = video.packets.find((packet) => packet.key)
  const missing = key ? Math.max(0, key.seconds - first.seconds) : video.durationSeconds
  const detail =
    key === first
      ? 'the first picture stands on its own.'
      : `the first picture that stands on its own comes after ${seconds(missing)}: what is before it cannot be decoded.`
  return {
    measurement: { check: 'keyframe_start', value: rounded(missing), unit: 's', threshold: thresholdSeconds, detail },
    within: missing <= thresholdSeconds,
  }
}
