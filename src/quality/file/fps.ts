import type { Ordered } from '../../ports/inspector.ts'
import type { MediaProbe } from '../../ports/media-tool.ts'
import { type Finding, rounded } from '../finding.ts'

/**
 * `fps`, as a share of the ordered frame rate: how far the delivered one is from it. `null`: none was ordered.
 * @param tolerance the largest difference allowed
 */
export function checkFps({ fps }: Ordered, { video }: MediaProbe, tolerance: number): Finding | null {
  if (fps === null) return null
  const difference = video && Math.abs(video.fps - fps) / fps
  const detail = `${video ? `it has ${rounded(video.fps)} frames a second` : 'there is no picture to measure'}; ${fps} were ordered.`
  return {
    measurement: { check: 'fps', value: difference === null ? null : rounded(difference), unit: 'ratio', threshold: tolerance, detail },
    within: difference === null ? null : difference <= tolerance + 1e-6,
  }
}
