import type { Ordered } from '../../ports/inspector.ts'
import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded } from '../finding.ts'

/** Largest difference, as a share: 29.97 is 30 (0.1 %), 24 is not 25 (4 %). */
const TOLERANCE = 0.01

/** `fps`, in frames a second: how far the frame rate is from the ordered one. `null`: none was ordered. */
export function checkFps({ fps }: Ordered, { video }: MediaProbe): Finding | null {
  if (fps === null) return null
  const tolerance = fps * TOLERANCE
  const difference = video && Math.abs(video.fps - fps)
  const detail = `${video ? `it has ${rounded(video.fps)} frames a second` : 'there is no picture to measure'}; ${fps} were ordered.`
  return {
    measurement: {
      check: 'fps',
      value: difference === null ? null : rounded(difference),
      unit: 'fps',
      threshold: rounded(tolerance),
      detail,
    },
    within: difference === null ? null : difference <= tolerance + 1e-6,
  }
}
