import type { StillFrame } from '../../ports/media-tool.ts'
import { placesWithin } from './lost-share.ts'

/** A still as a small colour picture. */
const WIDTH = 80
const HEIGHT = 45
/** It is compared cell by cell, each of so many pixels each way. */
export const CELL = 5
export const COLUMNS = WIDTH / CELL
const ROWS = HEIGHT / CELL
/**
 * A cell has changed when nothing near its place has its colour within so many levels of 255 on average: both colours, and a quarter of
 * luma, in which words and shadows differ.
 */
const ALIKE = 8
const LUMA_WEIGHT = 0.25
/** How near, in pixels, after the movement of the whole picture is made good. */
const REACH = 3
const NEAR = placesWithin(REACH, REACH)
/** Movements of the whole picture that are tried, in pixels: those between are near enough. A zoom has its middle near the picture's. */
const NO_MOVEMENT: Movement = { dx: 0, dy: 0, scale: 1 }
const MOVEMENTS: Movement[] = [
  ...evenWithin(32, 8).map(([dx, dy]) => ({ dx, dy, scale: 1 })),
  ...[0.9, 1.1, 0.8, 1.25].flatMap((scale) => evenWithin(8, 4).map(([dx, dy]) => ({ dx, dy, scale }))),
]
/** Of every so many pixels each way one is asked for that. */
const EVERY = 4
/** Differences larger than this weigh no more: a subject that moves does not outweigh the ground. */
const OUTWEIGH = 40
/** A movement that leaves less of the picture to compare is not tried. */
const OVERLAP = 0.45
/** Contrast that changes by less, as the logarithm of the ratio, is no change of the light. */
const SAME_LIGHT = 0.1
/** With less contrast than this, as the standard deviation of luma, there is nothing to compare. */
const SEEN = 4

/** What a still looks like, small. */
export interface Look {
  /** Around its mean. */
  luma: Float32Array
  /** How much it deviates from it. */
  deviation: number
  /** Mean luma, blue and red of the cell whose upper left corner is at a pixel, around 0. */
  cells: [luma: Float32Array, blue: Float32Array, red: Float32Array]
}

export function lookOf({ width, height, yuv420p }: StillFrame): Look {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) }
  const luma = shrunk(yuv420p, { width, height })
  const mean = luma.reduce((sum, level) => sum + level, 0) / luma.length
  const around = luma.map((level) => level - mean)
  const blue = shrunk(yuv420p.subarray(width * height), half).map((level) => level - 128)
  const red = shrunk(yuv420p.subarray(width * height + half.width * half.height), half).map((level) => level - 128)
  return {
    luma: around,
    deviation: Math.sqrt(around.reduce((sum, level) => sum + level * level, 0) / luma.length),
    cells: [cellMeans(around), cellMeans(blue), cellMeans(red)],
  }
}

/** `outside`: the camera did not see that place before. */
export type Likeness = 'alike' | 'changed' | 'outside'

/**
 * Which cells of one look are nowhere near in an earlier one, after the camera's pan and zoom are made good, and a change of the light
 * where that explains more. `null` where there is too little to compare: darkness, white, or little that is in both.
 */
export function likenessOfCells(earlier: Look, later: Look): Likeness[] | null {
  if (earlier.deviation < SEEN || later.deviation < SEEN) return null
  const sameLight = likenessUnder({ earlier: 1, later: 1 }, earlier, later)
  const gain = later.deviation / earlier.deviation
  if (Math.abs(Math.log(gain)) < SAME_LIGHT) return sameLight
  // The one with more contrast is brought down to the other.
  const otherLight = likenessUnder(gain > 1 ? { earlier: 1, later: 1 / gain } : { earlier: gain, later: 1 }, earlier, later)
  if (!sameLight || !otherLight) return sameLight ?? otherLight
  return count(otherLight, 'changed') < count(sameLight, 'changed') ? otherLight : sameLight
}

function likenessUnder(gain: Gain, earlier: Look, later: Look): Likeness[] | null {
  const movement = movementBetween(earlier, later, gain)
  const cells = Array.from({ length: COLUMNS * ROWS }, (_, cell) => likenessOf(cell, earlier, later, gain, movement))
  return count(cells, 'outside') > (1 - OVERLAP) * cells.length ? null : cells
}

const count = (cells: readonly Likeness[], likeness: Likeness): number => cells.filter((cell) => cell === likeness).length

/** The cell itself and those that touch it, also at a corner. */
export function besides(cell: number): number[] {
  const [column, row] = [cell % COLUMNS, Math.floor(cell / COLUMNS)]
  return placesWithin(1, 1).flatMap(([dx, dy]) => {
    const [x, y] = [column + dx, row + dy]
    return x >= 0 && y >= 0 && x < COLUMNS && y < ROWS ? [y * COLUMNS + x] : []
  })
}

interface Gain {
  earlier: number
  later: number
}
interface Movement {
  dx: number
  dy: number
  scale: number
}

function movementBetween(earlier: Look, later: Look, gain: Gain): Movement {
  let best = { movement: NO_MOVEMENT, difference: Number.POSITIVE_INFINITY }
  for (const movement of MOVEMENTS) {
    const difference = differenceAfter(movement, earlier, later, gain)
    if (difference < best.difference) best = { movement, difference }
  }
  return best.movement
}

/** Mean difference in luma, of every fourth pixel each way. */
function differenceAfter(movement: Movement, earlier: Look, later: Look, gain: Gain): number {
  let sum = 0
  let count = 0
  for (let y = EVERY / 2; y < HEIGHT; y += EVERY) {
    const fromY = wasAt(y, HEIGHT, movement.scale, movement.dy)
    if (fromY < 0 || fromY >= HEIGHT) continue
    for (let x = EVERY / 2; x < WIDTH; x += EVERY) {
      const fromX = wasAt(x, WIDTH, movement.scale, movement.dx)
      if (fromX < 0 || fromX >= WIDTH) continue
      const before = (earlier.luma[fromY * WIDTH + fromX] as number) * gain.earlier
      const now = (later.luma[y * WIDTH + x] as number) * gain.later
      sum += Math.min(OUTWEIGH, Math.abs(now - before))
      count += 1
    }
  }
  return count * EVERY * EVERY < OVERLAP * WIDTH * HEIGHT ? Number.POSITIVE_INFINITY : sum / count
}

/** Where a pixel was, along one side of the picture, before it was moved. */
function wasAt(at: number, length: number, scale: number, shift: number): number {
  return Math.round((at - length / 2) * scale + length / 2) + shift
}

function likenessOf(cell: number, earlier: Look, later: Look, gain: Gain, { dx, dy, scale }: Movement): Likeness {
  const left = (cell % COLUMNS) * CELL
  const top = Math.floor(cell / COLUMNS) * CELL
  const half = Math.floor(CELL / 2)
  const wasLeft = wasAt(left + half, WIDTH, scale, dx) - half
  const wasTop = wasAt(top + half, HEIGHT, scale, dy) - half
  if (wasLeft < -REACH || wasTop < -REACH || wasLeft + CELL > WIDTH + REACH || wasTop + CELL > HEIGHT + REACH) return 'outside'
  const isAlike = (x: number, y: number) =>
    x >= 0 &&
    y >= 0 &&
    x + CELL <= WIDTH &&
    y + CELL <= HEIGHT &&
    colourDifference(later, top * WIDTH + left, earlier, y * WIDTH + x, gain) <= ALIKE
  // The ground moves with the camera; what the camera follows stays where it was.
  const found = NEAR.some(([nearX, nearY]) => isAlike(wasLeft + nearX, wasTop + nearY) || isAlike(left + nearX, top + nearY))
  return found ? 'alike' : 'changed'
}

function colourDifference(later: Look, at: number, earlier: Look, was: number, gain: Gain): number {
  const [luma, blue, red] = later.cells.map((plane, n) =>
    Math.abs((plane[at] as number) * gain.later - (earlier.cells[n]?.[was] as number) * gain.earlier),
  ) as [number, number, number]
  return LUMA_WEIGHT * luma + blue + red
}

/** The mean of the cell that begins at each pixel, where it lies inside. */
function cellMeans(plane: Float32Array): Float32Array {
  const rows = new Float32Array(plane.length)
  const means = new Float32Array(plane.length)
  for (let at = 0; at + CELL <= plane.length; at++) {
    for (let n = 0; n < CELL; n++) rows[at] = (rows[at] as number) + (plane[at + n] as number) / CELL
  }
  for (let at = 0; at + (CELL - 1) * WIDTH < plane.length; at++) {
    for (let n = 0; n < CELL; n++) means[at] = (means[at] as number) + (rows[at + n * WIDTH] as number) / CELL
  }
  return means
}

/** A plane averaged down to the small size. Of large pictures not every pixel is read. */
function shrunk(plane: Uint8Array, { width, height }: { width: number; height: number }): Float32Array {
  const small = new Float32Array(WIDTH * HEIGHT)
  const step = Math.max(1, Math.floor(Math.min(width, height) / 360))
  for (let y = 0; y < HEIGHT; y++) {
    const [top, bottom] = [Math.floor((y * height) / HEIGHT), Math.max(1, Math.floor(((y + 1) * height) / HEIGHT))]
    for (let x = 0; x < WIDTH; x++) {
      const [left, right] = [Math.floor((x * width) / WIDTH), Math.max(1, Math.floor(((x + 1) * width) / WIDTH))]
      let sum = 0
      let count = 0
      for (let row = top; row < bottom; row += step) {
        for (let column = left; column < right; column += step) {
          sum += plane[row * width + column] as number
          count += 1
        }
      }
      small[y * WIDTH + x] = count === 0 ? (plane[top * width + left] as number) : sum / count
    }
  }
  return small
}

function evenWithin(reachX: number, reachY: number): [number, number][] {
  return placesWithin(reachX / 2, reachY / 2).map(([dx, dy]) => [2 * dx, 2 * dy])
}
