/** Curves from 0 to 1. What is outside 0 to 1 is held at the ends. */

export const clamp01 = (x: number): number => Math.min(1, Math.max(0, x))

/** Fast, then settling: for things that come in. */
export const easeOut = (x: number): number => 1 - (1 - clamp01(x)) ** 4

/** Slow at both ends: for things that grow or travel. */
export const easeInOut = (x: number): number => {
  const t = clamp01(x)
  return t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2
}

/** Overshoots a little before it settles. */
export const easeBack = (x: number): number => {
  const t = clamp01(x) - 1
  return 1 + 2.2 * t ** 3 + 1.2 * t ** 2
}

/** How far `seconds` is from `start` through a movement of `length` seconds, 0 to 1. */
export const through = (seconds: number, start: number, length: number): number => clamp01((seconds - start) / length)

export const mix = (a: number, b: number, t: number): number => a + (b - a) * t
