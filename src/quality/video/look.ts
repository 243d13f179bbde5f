import type { StillFrame } from '../../ports/media-tool.ts'
import { placesWithin } from './lost-share.ts'

/** A still as a small colour picture. */
const WIDTH = 80
const HEIGHT = 45
/** It is compared cell by cell, each of so many pixels each way. */
export const CELL = 5
export const COLUMNS = WIDTH / CELL
export const ROWS = HEIGHT / CELL
/** A cell has changed when nothing near its place is as alike as this, in levels of 255: half the difference in luma and that of both colours. */
const ALIKE = 18
/** How near, in pixels, after the movement of the whole picture is made good. */
const NEAR = placesWithin(3, 3)
/** Movements of the whole picture that are tried, in pixels and times; those between are near enough. */
const SHIFTS = evenWithin(20, 8)
const SCALES = [1, 0.9, 1.1, 0.8, 1.25]
/** Of every so many pixels each way one is asked for that. */
const EVERY = 4
/** Differences larger than this weigh no more: a subject that moves does not outweigh the ground. */
const OUTWEIGH = 40
/** A movement that leaves less of the picture to compare is not tried. */
const OVERLAP = 0.45
/** With less contrast than this, as the standard deviation of luma, there is nothing to compare. */
const SEEN = 4

/** What a still looks like, small: luma, and both colours around 0, and the contrast it has. */
export interface Look {
  luma: Float32Array
  blue: Float32Array
  red: Float32Array
  mean: number
  deviation: number
}

export function lookOf({ width, height, yuv420p }: StillFrame): Look {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) }
  const luma = shrunk(yuv420p, { width, height })
  const blue = shrunk(yuv420p.subarray(width * height), half).map((level) => level - 128)
  const red = shrunk(yuv420p.subarray(width * height + half.width * half.height), half).map((level) => level - 128)
  let sum = 0
  let squares = 0
  for (const level of luma) {
    sum += level
    squares += level * level
  }
  const mean = sum / luma.length
  return { luma, blue, red, mean, deviation: Math.sqrt(Math.max(0, squares / luma.length - mean * mean)) }
}

/**
 * Which cells of one look are nowhere near in an earlier one, after the camera's pan and zoom and a change of the light as a whole are made
 * good. `null` where there is too little to compare: darkness, white, or a camera that now looks elsewhere.
 */
export function changedCells(earlier: Look, later: Look): Uint8Array | null {
  if (earlier.deviation < SEEN || later.deviation < SEEN) return null
  const gain = lightGain(earlier, later)
  const movement = movementBetween(earlier, later, gain)
  const changed = new Uint8Array(COLUMNS * ROWS)
  let compared = 0
  for (let cell = 0; cell < changed.length; cell++) {
    const likeness = likenessOf(cell, earlier, later, gain, movement)
    if (likeness === 'outside') continue
    compared += 1
    if (likeness === 'changed') changed[cell] = 1
  }
  return compared < OVERLAP * changed.length ? null : changed
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

/** The one with more contrast is brought down to the other. */
function lightGain(earlier: Look, later: Look): Gain {
  const gain = later.deviation / earlier.deviation
  return gain > 1 ? { earlier: 1, later: 1 / gain } : { earlier: gain, later: 1 }
}

function movementBetween(earlier: Look, later: Look, gain: Gain): Movement {
  let best = { dx: 0, dy: 0, scale: 1, difference: Number.POSITIVE_INFINITY }
  for (const scale of SCALES) {
    for (const [dx, dy] of SHIFTS) {
      const difference = differenceAfter({ dx, dy, scale }, earlier, later, gain)
      if (difference < best.difference) best = { dx, dy, scale, difference }
    }
  }
  return best
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
      const before = ((earlier.luma[fromY * WIDTH + fromX] as number) - earlier.mean) * gain.earlier
      const now = ((later.luma[y * WIDTH + x] as number) - later.mean) * gain.later
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

function likenessOf(cell: number, earlier: Look, later: Look, gain: Gain, movement: Movement): 'alike' | 'changed' | 'outside' {
  const left = (cell % COLUMNS) * CELL
  const top = Math.floor(cell / COLUMNS) * CELL
  const half = Math.floor(CELL / 2)
  const wasLeft = wasAt(left + half, WIDTH, movement.scale, movement.dx) - half
  const wasTop = wasAt(top + half, HEIGHT, movement.scale, movement.dy) - half
  let inside = false
  for (const [dx, dy] of NEAR) {
    const x = wasLeft + dx
    const y = wasTop + dy
    if (x < 0 || y < 0 || x + CELL > WIDTH || y + CELL > HEIGHT) continue
    inside = true
    if (cellDifference(later, left, top, earlier, x, y, gain) <= ALIKE) return 'alike'
  }
  return inside ? 'changed' : 'outside'
}

function cellDifference(later: Look, left: number, top: number, earlier: Look, x: number, y: number, gain: Gain): number {
  let luma = 0
  let blue = 0
  let red = 0
  for (let row = 0; row < CELL; row++) {
    for (let column = 0; column < CELL; column++) {
      const now = (top + row) * WIDTH + left + column
      const before = (y + row) * WIDTH + x + column
      luma += Math.abs(
        ((later.luma[now] as number) - later.mean) * gain.later - ((earlier.luma[before] as number) - earlier.mean) * gain.earlier,
      )
      blue += (later.blue[now] as number) * gain.later - (earlier.blue[before] as number) * gain.earlier
      red += (later.red[now] as number) * gain.later - (earlier.red[before] as number) * gain.earlier
    }
  }
  return (0.5 * luma + Math.abs(blue) + Math.abs(red)) / (CELL * CELL)
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
