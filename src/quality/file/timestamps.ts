import type { MediaProbe, PacketTime } from '../../ports/media-tool.ts'
import { type Finding, rounded, seconds } from '../finding.ts'

/**
 * `timestamps`, in seconds: the longest time beyond the usual from one picture, or one packet of sound, to the next, or by which
 * one goes back behind the one before. Pictures are taken in the order they are shown, for a file may hold them in another.
 * `null`: the packets were not read, or are too few to have a usual distance.
 */
export function checkTimestamps({ video, audio }: MediaProbe, thresholdSeconds: number): Finding | null {
  const jumps = [
    video?.packets && { of: 'picture', jump: largestJump(timesOf(video.packets).sort((a, b) => a - b)) },
    audio?.packets && { of: 'sound', jump: largestJump(timesOf(audio.packets)) },
  ].flatMap((stream) => (stream?.jump ? [{ of: stream.of, ...stream.jump }] : []))
  const [worst] = jumps.sort((a, b) => b.seconds - a.seconds)
  if (!worst) return null
  const detail = `the ${worst.of} goes on ${seconds(worst.seconds)} off its time at ${seconds(worst.atSeconds)}; ${seconds(thresholdSeconds)} are allowed.`
  return {
    measurement: {
      check: 'timestamps',
      value: rounded(worst.seconds),
      unit: 's',
      threshold: thresholdSeconds,
      range: { startSeconds: worst.atSeconds, endSeconds: worst.atSeconds + worst.seconds },
      detail,
    },
    within: worst.seconds <= thresholdSeconds + 1e-6,
  }
}

const timesOf = (packets: readonly PacketTime[]): number[] => packets.map(({ seconds: at }) => at)

function largestJump(times: readonly number[]): { atSeconds: number; seconds: number } | null {
  const steps = stepsOf(times)
  const usual = median(steps)
  if (usual === null) return null
  let worst = { atSeconds: times[0] ?? 0, seconds: 0 }
  for (const [n, step] of steps.entries()) {
    const off = step < 0 ? -step : Math.max(0, step - usual)
    if (off > worst.seconds) worst = { atSeconds: times[n] ?? 0, seconds: off }
  }
  return worst
}

/** From each time to the next. */
export const stepsOf = (times: readonly number[]): number[] => times.slice(1).map((time, n) => time - (times[n] ?? 0))

export function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
}
