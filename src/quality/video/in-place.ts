import { besides, CELL, COLUMNS } from './look.ts'
import { placesWithin } from './lost-share.ts'
import { HALF_HEIGHT, HALF_WIDTH } from './small-grey.ts'

/** What is followed around a cell, in pixels of the halved grey copy each way: the cell and a margin. */
const PATCH = 9
const MARGIN = (PATCH - CELL) / 2
/** How far it is looked for from one frame to the next. */
const PLACES = placesWithin(7, 5)
/** Whether the rest of the picture moves is asked of every third cell, in this reach. */
const REST_EVERY = 3
const REST_PLACES = placesWithin(3, 3)

/**
 * How much of what changes from frame to frame around these cells is left when what moves is followed, 0 to 1, besides the movement of the
 * rest of the picture. Somebody who walks in or by is followed: little is left. What turns into something else does so in its place:
 * nearly all is left.
 * @param frames halved grey frames, in order
 */
export function changeInPlace(frames: readonly Uint8Array[], cells: readonly boolean[]): number {
  const around = widened(cells)
  const rest = [...around.keys()].filter((cell) => !around[cell] && cell % REST_EVERY === 0)
  let unfollowed = 0
  let followed = 0
  for (const [n, now] of frames.entries()) {
    const before = frames[n - 1]
    if (!before) continue
    const [restX, restY] = movementOf(rest, now, before)
    for (const [cell, isIn] of around.entries()) {
      if (!isIn) continue
      // What the camera follows stays in its place while the rest moves.
      const still = least(now, before, cell, [
        [restX, restY],
        [0, 0],
      ])
      unfollowed += still
      followed += least(now, before, cell, PLACES)
    }
  }
  return unfollowed === 0 ? 1 : followed / unfollowed
}

/** The least difference of a cell's patch from those of the frame before at some displacements, of which one must be none. */
function least(now: Uint8Array, before: Uint8Array, cell: number, places: readonly (readonly [number, number])[]): number {
  return places.reduce(
    (smallest, [dx, dy]) => Math.min(smallest, difference(now, before, cell, dx, dy) ?? smallest),
    Number.POSITIVE_INFINITY,
  )
}

/** Where most of these cells came from. */
function movementOf(cells: readonly number[], now: Uint8Array, before: Uint8Array): [number, number] {
  const votes = new Map<number, number>()
  for (const cell of cells) {
    let best = { place: 0, difference: Number.POSITIVE_INFINITY }
    for (const [place, [dx, dy]] of REST_PLACES.entries()) {
      const found = difference(now, before, cell, dx, dy)
      if (found !== null && found < best.difference) best = { place, difference: found }
    }
    votes.set(best.place, (votes.get(best.place) ?? 0) + 1)
  }
  const [most] = [...votes].sort(([, a], [, b]) => b - a)
  return REST_PLACES[most?.[0] ?? 0] ?? [0, 0]
}

/** Mean difference of a cell's patch from that of the frame before at a displacement; `null`: that lies outside. */
function difference(now: Uint8Array, before: Uint8Array, cell: number, dx: number, dy: number): number | null {
  const left = inside((cell % COLUMNS) * CELL - MARGIN, HALF_WIDTH)
  const top = inside(Math.floor(cell / COLUMNS) * CELL - MARGIN, HALF_HEIGHT)
  if (left + dx < 0 || top + dy < 0 || left + dx + PATCH > HALF_WIDTH || top + dy + PATCH > HALF_HEIGHT) return null
  let sum = 0
  for (let y = 0; y < PATCH; y++) {
    const a = (top + y) * HALF_WIDTH + left
    const b = (top + y + dy) * HALF_WIDTH + left + dx
    for (let x = 0; x < PATCH; x++) sum += Math.abs((now[a + x] as number) - (before[b + x] as number))
  }
  return sum / (PATCH * PATCH)
}

const inside = (at: number, length: number): number => Math.max(0, Math.min(length - PATCH, at))

/** The cells and those beside them. */
function widened(cells: readonly boolean[]): boolean[] {
  return cells.map((_, cell) => besides(cell).some((other) => cells[other]))
}
