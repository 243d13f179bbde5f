import { GREY_HEIGHT, GREY_WIDTH } from '../../ports/media-tool.ts'

/** Whether two frames differ is asked after so many pixels: often enough to stop early. */
const ASKED_EVERY = 1_600

/**
 * Mean absolute difference of two frames, in levels (0 to 255).
 * @param most where it is certain to be larger than this, the rest is not looked at, and what is told is only larger than this
 */
export function meanDifference(a: Uint8Array, b: Uint8Array, most = 255): number {
  if (a.length !== b.length) return 255
  let sum = 0
  for (let from = 0; from < a.length && sum <= most * a.length; from += ASKED_EVERY) {
    const to = Math.min(a.length, from + ASKED_EVERY)
    for (let index = from; index < to; index++) sum += Math.abs((a[index] as number) - (b[index] as number))
  }
  return sum / a.length
}

export const HALF_WIDTH = GREY_WIDTH / 2
export const HALF_HEIGHT = GREY_HEIGHT / 2

/** The grey copy at half its size. Grain is averaged away, and what moves is cheaper to follow. */
export function halved(grey: Uint8Array): Uint8Array {
  const half = new Uint8Array(HALF_WIDTH * HALF_HEIGHT)
  for (let y = 0; y < HALF_HEIGHT; y++) {
    for (let x = 0; x < HALF_WIDTH; x++) {
      const at = 2 * y * GREY_WIDTH + 2 * x
      const sum =
        (grey[at] as number) + (grey[at + 1] as number) + (grey[at + GREY_WIDTH] as number) + (grey[at + GREY_WIDTH + 1] as number)
      half[y * HALF_WIDTH + x] = (sum + 2) >> 2
    }
  }
  return half
}
