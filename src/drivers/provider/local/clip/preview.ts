import { type Canvas, createCanvas } from '@napi-rs/canvas'

const LONGER_SIDE = 320

/** A small JPEG of what is on the canvas. */
export function previewOf(canvas: Canvas): Promise<Uint8Array> {
  const scale = LONGER_SIDE / Math.max(canvas.width, canvas.height)
  const small = createCanvas(Math.round(canvas.width * scale), Math.round(canvas.height * scale))
  const context = small.getContext('2d')
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvas, 0, 0, small.width, small.height)
  return small.encode('jpeg', 72)
}
