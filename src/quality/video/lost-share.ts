import { HALF_HEIGHT, HALF_WIDTH } from './small-grey.ts'

/** The halved grey copy in 10 by 5 blocks. */
const BLOCK_WIDTH = 8
const BLOCK_HEIGHT = 9
const BLOCK_PIXELS = BLOCK_WIDTH * BLOCK_HEIGHT
/** How far a block is looked for, in pixels of the halved copy: a tenth of the picture's width from a frame to the next, a whip pan. */
const REACH_X = 8
const REACH_Y = 6
/** A block is found where it correlates as much as this; lightness and contrast do not matter, so a fade or a flash is no change. */
const FOUND = 0.8
/** A block whose levels deviate less from their mean has nothing that could be found. */
const FLAT = 2.5
/** Places to look at, the nearest first: most blocks have hardly moved. */
const PLACES = placesWithin(REACH_X, REACH_Y)

/**
 * Which share of what is seen in one halved frame is nowhere near its place in the other, 0 to 1. What moves, turns a little, grows,
 * fades or is lit differently is found; what was cut away is not. 0 where there is nothing to be found: black, white, fog.
 */
export function lostShare(from: Uint8Array, to: Uint8Array): number {
  let seen = 0
  let lost = 0
  for (let y = 0; y + BLOCK_HEIGHT <= HALF_HEIGHT; y += BLOCK_HEIGHT) {
    for (let x = 0; x + BLOCK_WIDTH <= HALF_WIDTH; x += BLOCK_WIDTH) {
      const block = { x, y, ...levelsOf(from, x, y) }
      if (block.deviation < FLAT) continue
      seen += 1
      if (!isFound(from, block, to)) lost += 1
    }
  }
  return seen === 0 ? 0 : lost / seen
}

interface Block {
  x: number
  y: number
  mean: number
  deviation: number
}

function isFound(from: Uint8Array, block: Block, to: Uint8Array): boolean {
  for (const [dx, dy] of PLACES) {
    const x = block.x + dx
    const y = block.y + dy
    if (x < 0 || y < 0 || x + BLOCK_WIDTH > HALF_WIDTH || y + BLOCK_HEIGHT > HALF_HEIGHT) continue
    if (correlation(from, block, to, x, y) >= FOUND) return true
  }
  return false
}

/** Pearson's, of a block with the one at a place of the other frame. */
function correlation(from: Uint8Array, block: Block, to: Uint8Array, x: number, y: number): number {
  let sum = 0
  let squares = 0
  let products = 0
  for (let row = 0; row < BLOCK_HEIGHT; row++) {
    const a = (block.y + row) * HALF_WIDTH + block.x
    const b = (y + row) * HALF_WIDTH + x
    for (let column = 0; column < BLOCK_WIDTH; column++) {
      const level = to[b + column] as number
      sum += level
      squares += level * level
      products += level * (from[a + column] as number)
    }
  }
  const mean = sum / BLOCK_PIXELS
  const deviation = Math.sqrt(Math.max(0, squares / BLOCK_PIXELS - mean * mean))
  // Below half a level there is nothing but rounding.
  return deviation < 0.5 ? 0 : (products / BLOCK_PIXELS - mean * block.mean) / (deviation * block.deviation)
}

function levelsOf(frame: Uint8Array, x: number, y: number): { mean: number; deviation: number } {
  let sum = 0
  let squares = 0
  for (let row = 0; row < BLOCK_HEIGHT; row++) {
    for (let column = 0; column < BLOCK_WIDTH; column++) {
      const level = frame[(y + row) * HALF_WIDTH + x + column] as number
      sum += level
      squares += level * level
    }
  }
  const mean = sum / BLOCK_PIXELS
  return { mean, deviation: Math.sqrt(Math.max(0, squares / BLOCK_PIXELS - mean * mean)) }
}

/** Displacements within a reach, the nearest first. */
export function placesWithin(reachX: number, reachY: number): [number, number][] {
  const places: [number, number][] = []
  for (let dy = -reachY; dy <= reachY; dy++) for (let dx = -reachX; dx <= reachX; dx++) places.push([dx, dy])
  return places.sort(([ax, ay], [bx, by]) => ax * ax + ay * ay - bx * bx - by * by)
}
