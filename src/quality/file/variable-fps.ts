import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded } from '../finding.ts'
import { median, stepsOf } from './timestamps.ts'

/** A picture is shown unevenly when its time differs from the usual one by more than this share. Containers that count in milliseconds differ by up to 12 % at 120 pictures a second. */
const UNEVEN = 0.25

/**
 * `variable_fps`, as a share of the pictures: those shown for longer or shorter than usual. The finish brings them to an even
 * rate, so this is told and mends itself; a provider's video should have one rate. `null`: there is no picture, or its packets were not read.
 */
export function checkVariableFps({ video }: MediaProbe, threshold: number): Finding | null {
  if (!video?.packets) return null
  const steps = stepsOf(video.packets.map(({ seconds }) => seconds).sort((a, b) => a - b))
  const usual = median(steps)
  if (usual === null) return null
  const share = steps.filter((step) => Math.abs(step - usual) > UNEVEN * usual).length / steps.length
  const found = `${Math.round(share * 100)} % of the pictures are shown for longer or shorter than usual`
  const detail = share > threshold ? `${found}: the frame rate varies; it is brought to an even one.` : `${found}.`
  return {
    measurement: { check: 'variable_fps', value: rounded(share), unit: 'ratio', threshold, detail },
    within: share <= threshold,
  }
}
