import type { Ordered } from '../../ports/inspector.ts'
import type { MediaProbe } from '../../ports/media-tool.ts'
import type { Finding } from '../finding.ts'

/**
 * `size`, in pixels: the larger of the differences in width and height. `null`: no size was ordered.
 * @param tolerancePixels the largest difference allowed; video models work in blocks of 16
 */
export function checkSize({ width, height }: Ordered, { video }: MediaProbe, tolerancePixels: number): Finding | null {
  if (width === null || height === null) return null
  const difference = video && Math.max(Math.abs(video.width - width), Math.abs(video.height - height))
  const found = video ? `it has ${video.width}x${video.height} pixels` : 'there is no picture to measure'
  const detail = `${found}; ${width}x${height} was ordered.`
  return {
    measurement: { check: 'size', value: difference, unit: 'px', threshold: tolerancePixels, detail },
    within: difference === null ? null : difference <= tolerancePixels,
  }
}
