import type { StillFrame } from '../../ports/media-tool.ts'
import { rounded, seconds } from '../finding.ts'
import { createLasting } from './lasting.ts'
import type { PictureFinder } from './picture-finder.ts'

/** The picture in so many parts. */
const COLUMNS = 16
const ROWS = 9
/** A part in which lightness ranges over less than this, in levels of 255, has no edge. */
const EDGE_RANGE = 30
/** Grain and single pixels are left out at both ends. */
const OUTER_SHARE = 0.02
/** The sharpest parts decide, this share of those with an edge: behind a sharp face everything may be soft. */
const SHARPEST = 0.1
/** Widths are told as if the picture's shorter side had so many pixels. */
const SHORTER_SIDE = 360

/**
 * `blur`, in pixels of a picture 360 high: over how many an edge rises from dark to light, where the picture is sharpest. The width of an
 * edge is its range over its steepest step, the inverse of Marziliano's "perceptual blur metric" (2002), which FFmpeg's blurdetect
 * measures edge by edge. A Gauss of sigma 2 has 5.
 * A picture without an edge is not blurred. A fault lasts a second.
 * @param threshold wider edges are a fault
 */
export function createBlur(threshold: number): PictureFinder {
  const widths = createLasting(threshold)
  return {
    check: 'blur',
    unit: 'px',
    threshold,
    still: (startSeconds, endSeconds, frame) => widths.add(startSeconds, endSeconds, edgeWidth(frame)),
    faults: widths.faults,
    worst: widths.worst,
    describe: ({ range, value }) =>
      `the picture is blurred from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}: its sharpest edges are ${rounded(value)} pixels wide; up to ${threshold} is sharp.`,
    close: widths.close,
  }
}

/** Of the sharpest parts; 0 where nothing has an edge. */
function edgeWidth({ width, height, yuv420p }: StillFrame): number {
  const widths: number[] = []
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const part = {
        left: Math.floor((column * width) / COLUMNS),
        right: Math.floor(((column + 1) * width) / COLUMNS),
        top: Math.floor((row * height) / ROWS),
        bottom: Math.floor(((row + 1) * height) / ROWS),
      }
      const found = widthIn(yuv420p, width, part)
      if (found !== null) widths.push(found)
    }
  }
  widths.sort((a, b) => a - b)
  return ((widths[Math.floor(widths.length * SHARPEST)] ?? 0) * SHORTER_SIDE) / Math.min(width, height)
}

/** `null`: it has no edge. */
function widthIn(
  luma: Uint8Array,
  stride: number,
  { left, right, top, bottom }: { left: number; right: number; top: number; bottom: number },
): number | null {
  const levels = new Uint32Array(256)
  const across = new Uint32Array(256)
  const down = new Uint32Array(256)
  let pixels = 0
  // As many rows as tell, whatever the size.
  const step = Math.max(1, Math.round((bottom - top) / 20))
  for (let y = top; y < bottom - 1; y += step) {
    for (let x = left; x < right - 1; x++) {
      const at = y * stride + x
      const level = luma[at] as number
      count(levels, level)
      count(across, Math.abs((luma[at + 1] as number) - level))
      count(down, Math.abs((luma[at + stride] as number) - level))
      pixels += 1
    }
  }
  const range = quantile(levels, pixels, 1 - OUTER_SHARE) - quantile(levels, pixels, OUTER_SHARE)
  if (range < EDGE_RANGE) return null
  // A camera that pans smears one way; the edges along its way stay sharp.
  const steepest = Math.max(quantile(across, pixels, 1 - OUTER_SHARE), quantile(down, pixels, 1 - OUTER_SHARE))
  return range / Math.max(steepest, 0.5)
}

function count(histogram: Uint32Array, value: number): void {
  histogram[value] = (histogram[value] as number) + 1
}

function quantile(histogram: Uint32Array, total: number, share: number): number {
  let sum = 0
  for (let value = 0; value < histogram.length; value++) {
    sum += histogram[value] as number
    if (sum >= share * total) return value
  }
  return histogram.length - 1
}
