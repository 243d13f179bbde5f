import type { SKRSContext2D } from '@napi-rs/canvas'

/**
 * Copies the canvas into `into` as RGBA bytes. The canvas hands out a new buffer of several megabytes each time; detaching it
 * gives the memory back at once instead of at the next garbage collection, which is worth up to 9 ms a frame where fresh
 * pages are dear (virtual machines).
 */
export function readPixels(context: SKRSContext2D, into: Uint8Array): void {
  const { data } = context.getImageData(0, 0, context.canvas.width, context.canvas.height)
  into.set(data)
  if (data.buffer instanceof ArrayBuffer) data.buffer.transfer(0)
}
