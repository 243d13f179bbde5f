import { createCanvas, ImageData } from '@napi-rs/canvas'
import type { StillFrame } from '../../../ports/media-tool.ts'
import { rgbaOf } from '../rgb.ts'

/** As large as a vision model looks at a picture in one piece. */
const LONGER_SIDE = 512
const QUALITY = 85

/** A frame as a small JPEG: about 40 kB. */
export function jpegOf(frame: StillFrame): Promise<Uint8Array> {
  const scale = Math.min(1, LONGER_SIDE / Math.max(frame.width, frame.height))
  const [width, height] = [Math.round(frame.width * scale), Math.round(frame.height * scale)]
  const canvas = createCanvas(width, height)
  canvas.getContext('2d').putImageData(new ImageData(rgbaOf(frame, { width, height }), width, height), 0, 0)
  return canvas.encode('jpeg', QUALITY)
}
