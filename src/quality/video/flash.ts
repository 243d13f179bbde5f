import { GREY_HEIGHT, GREY_WIDTH } from '../../ports/media-tool.ts'
import { type Fault, rounded, seconds } from '../finding.ts'
import type { PictureFinder } from './picture-finder.ts'

// ITU-R BT.1702-3, annex 1: a screen of 200 cd/m2; a flash is a pair of opposing changes of 20 cd/m2 or more whose darker side is
// below 160 cd/m2, over more than a quarter of the picture at once; more than three within any second may set off a seizure.
const SCREEN_CANDELA = 200
const GAMMA = 2.2
const CHANGE_CANDELA = 20
const DARKER_BELOW_CANDELA = 160
const AREA = 0.25

/** The picture in cells of this many pixels of the grey copy each way. */
const CELL = 10
const COLUMNS = GREY_WIDTH / CELL
const CELLS = COLUMNS * (GREY_HEIGHT / CELL)
/** Cells that change within so many frames change at once. */
const AT_ONCE_FRAMES = 3
/** Equal times differ in the last digits. */
const ROUNDING_SECONDS = 1e-6

const CANDELA = Float64Array.from({ length: 256 }, (_, level) => SCREEN_CANDELA * (level / 255) ** GAMMA)

type Direction = 'up' | 'down'

/**
 * `flash`, in flashes: the most within any second, each a pair of opposing changes of luminance (ITU-R BT.1702), on the small grey copy.
 * Three a second are allowed. Changes of a saturated red, which that recommendation counts apart, are not seen in grey.
 */
export function createFlash(threshold: number): PictureFinder {
  const cells = Array.from({ length: CELLS }, createCell)
  /** Which cells changed each way in the last frames, newest last. */
  const changed: Record<Direction, Set<number>[]> = { up: [], down: [] }
  const faults: Fault[] = []
  /** Times of the changes of the picture within the last second. */
  const recent: number[] = []
  let direction: Direction | null = null
  let most: number | null = null
  let open: Fault | null = null

  const pictureChanged = (to: Direction, atSeconds: number, endSeconds: number) => {
    direction = to
    changed.up = []
    changed.down = []
    recent.push(atSeconds)
    while ((recent[0] ?? atSeconds) <= atSeconds - 1 + ROUNDING_SECONDS) recent.shift()
    const flashes = recent.length / 2
    most = Math.max(most ?? 0, flashes)
    if (flashes <= threshold) {
      open = null
      return
    }
    if (open === null) {
      open = { range: { startSeconds: recent[0] ?? atSeconds, endSeconds }, value: 0 }
      faults.push(open)
    }
    open.range.endSeconds = endSeconds
    open.value = Math.max(open.value, flashes)
  }

  return {
    check: 'flash',
    unit: 'count',
    threshold,
    picture(startSeconds, endSeconds, grey) {
      most ??= 0
      const now: Record<Direction, Set<number>> = { up: new Set(), down: new Set() }
      for (const [index, cell] of cells.entries()) {
        const turned = cell(luminanceOf(grey, index))
        if (turned) now[turned].add(index)
      }
      const up = atOnce(changed.up, now.up)
      const down = atOnce(changed.down, now.down)
      // What moves makes some places lighter and others darker; a flash goes one way.
      if (direction !== 'up' && up - down > AREA * CELLS) pictureChanged('up', startSeconds, endSeconds)
      else if (direction !== 'down' && down - up > AREA * CELLS) pictureChanged('down', startSeconds, endSeconds)
    },
    faults: () => faults,
    worst: () => most,
    describe: ({ range, value }) =>
      `the picture flashes from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}, up to ${rounded(value)} times within a second; ${threshold} are allowed, for more may set off a seizure.`,
    close: () => undefined,
  }
}

/** How many cells changed in the last frames, this one included. */
function atOnce(frames: Set<number>[], now: Set<number>): number {
  frames.push(now)
  if (frames.length > AT_ONCE_FRAMES) frames.shift()
  return new Set(frames.flatMap((frame) => [...frame])).size
}

/** Follows the luminance of a cell, in cd/m2, and tells when it has turned: changed enough since it last went the other way. */
function createCell(): (candela: number) => Direction | null {
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  return (candela) => {
    lowest = Math.min(lowest, candela)
    highest = Math.max(highest, candela)
    if (candela - lowest >= CHANGE_CANDELA && lowest < DARKER_BELOW_CANDELA) {
      lowest = Number.POSITIVE_INFINITY
      highest = candela
      return 'up'
    }
    if (highest - candela >= CHANGE_CANDELA && candela < DARKER_BELOW_CANDELA) {
      highest = Number.NEGATIVE_INFINITY
      lowest = candela
      return 'down'
    }
    return null
  }
}

function luminanceOf(grey: Uint8Array, cell: number): number {
  const left = (cell % COLUMNS) * CELL
  const top = Math.floor(cell / COLUMNS) * CELL
  let sum = 0
  for (let y = top; y < top + CELL; y++) {
    for (let x = left; x < left + CELL; x++) sum += CANDELA[grey[y * GREY_WIDTH + x] as number] as number
  }
  return sum / (CELL * CELL)
}
