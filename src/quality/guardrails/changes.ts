import type { StillFrame } from '../../ports/media-tool.ts'

const COLUMNS = 64
const ROWS = 36
/** Every second pixel of every second line says as much of a mean, in a quarter of the time. */
const STEP = 2
/**
 * A frame differs when the mean luma of any of 64x36 cells (20x20 pixels at 720p) has moved by more than this, of 255. What a codec adds
 * to a picture that stands still moves a mean by less than 1; a letter that appears moves it by 10 and more.
 */
const TOLERANCE = 6

/** The means of a frame's cells: what it is compared by. */
export type Glance = Float32Array

export function glanceAt({ width, height, yuv420p }: StillFrame): Glance {
  const sums = new Float32Array(COLUMNS * ROWS)
  const counts = new Uint32Array(COLUMNS * ROWS)
  for (let y = 0; y < height; y += STEP) {
    const row = Math.floor((y * ROWS) / height) * COLUMNS
    for (let x = 0; x < width; x += STEP) {
      const cell = row + Math.floor((x * COLUMNS) / width)
      sums[cell] = (sums[cell] ?? 0) + (yuv420p[y * width + x] ?? 0)
      counts[cell] = (counts[cell] ?? 0) + 1
    }
  }
  return sums.map((sum, cell) => sum / Math.max(1, counts[cell] ?? 1))
}

/** `null` is before the first: everything differs from it. */
export function differs(one: Glance | null, other: Glance): boolean {
  return one === null || one.some((mean, cell) => Math.abs(mean - (other[cell] ?? 0)) > TOLERANCE)
}
