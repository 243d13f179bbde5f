import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded, seconds } from '../finding.ts'

/**
 * `av_drift`, in seconds: how far the times the container gives the sound run away from the sound itself, whose packets have a fixed length by
 * their codec: a wrong clock. Decoded by its times the sound has holes or is cut, decoded without them it leaves its picture.
 * `null`: there are not both, the packets were not read, or their length is not fixed. A sound that was made at a wrong pitch is not
 * seen here, but by `av_mismatch` once the lengths differ.
 */
export function checkAvDrift({ video, audio }: MediaProbe, thresholdSeconds: number): Finding | null {
  if (!video || !audio?.packets || !audio.packetSeconds) return null
  const [first, last] = [audio.packets.at(0), audio.packets.at(-1)]
  if (!first || !last) return null
  const timed = last.seconds - first.seconds
  const sounding = (audio.packets.length - 1) * audio.packetSeconds
  const drift = timed - sounding
  const detail = `the sound is ${seconds(Math.abs(drift))} ${drift < 0 ? 'longer' : 'shorter'} than its times say, over ${seconds(timed)}; ${seconds(thresholdSeconds)} are allowed.`
  return {
    measurement: { check: 'av_drift', value: rounded(Math.abs(drift)), unit: 's', threshold: thresholdSeconds, detail },
    within: Math.abs(drift) <= thresholdSeconds + 1e-6,
  }
}
