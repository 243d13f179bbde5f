import { GREY_HEIGHT, GREY_WIDTH } from '../../ports/media-tool.ts'
import { type Fault, seconds } from '../finding.ts'
import { percent } from './cut.ts'
import type { PictureFinder } from './picture-finder.ts'

/** A bar is black: no pixel of it lighter than this, in levels of 255. Its blurred edge is not counted. */
const BAR_LEVEL = 28
/** A picture whose middle is darker than this on average has no bars that could be told from it. */
const DARK_LEVEL = 40
/** Bars of a pair differ by at most so many pixels of the grey copy. */
const UNEVEN = 1
/** Changes that follow each other within this time are one: bars that slide in. */
const ONE_CHANGE_SECONDS = 0.5

/** Black rows above and below together, and black columns at the sides, as shares of the picture. */
interface Bars {
  rows: number
  columns: number
}

/**
 * `letterbox`, as a share of the picture's height or width: the largest change of its black bars. Bars that are there throughout are how
 * the picture was meant. Only pairs of the same size count: above and below, left and right.
 */
export function createLetterbox(threshold: number): PictureFinder {
  const faults: Fault[] = []
  let bars: Bars | null = null
  let most: number | null = null
  return {
    check: 'letterbox',
    unit: 'ratio',
    threshold,
    picture(startSeconds, endSeconds, grey) {
      most ??= 0
      const now = barsOf(grey)
      if (now === null) return
      const change = bars ? Math.max(Math.abs(now.rows - bars.rows), Math.abs(now.columns - bars.columns)) : 0
      most = Math.max(most, change)
      if (bars && change <= threshold) return
      bars = now
      if (change <= threshold) return
      const last = faults.at(-1)
      if (last && startSeconds - last.range.endSeconds <= ONE_CHANGE_SECONDS) {
        last.range.endSeconds = endSeconds
        last.value = Math.max(last.value, change)
      } else faults.push({ range: { startSeconds, endSeconds }, value: change })
    },
    faults: () => faults,
    worst: () => most,
    describe: ({ range, value }) =>
      `the black bars change by ${percent(value)} of the picture at ${seconds(range.startSeconds)}; they should be there throughout, or not at all.`,
    close: () => undefined,
  }
}

/** `null`: too dark to tell. */
function barsOf(grey: Uint8Array): Bars | null {
  if (meanOfMiddle(grey) < DARK_LEVEL) return null
  const isRow = (y: number) => isBlack(grey, y * GREY_WIDTH, 1, GREY_WIDTH)
  const isColumn = (x: number) => isBlack(grey, x, GREY_WIDTH, GREY_HEIGHT)
  return { rows: pairOf(isRow, GREY_HEIGHT), columns: pairOf(isColumn, GREY_WIDTH) }
}

/** Both bars of a pair as a share of `length`; 0 where they are not of one size. */
function pairOf(isBar: (at: number) => boolean, length: number): number {
  const first = run(isBar, 0, 1, length / 2)
  const second = run(isBar, length - 1, -1, length / 2)
  return Math.abs(first - second) > UNEVEN ? 0 : (first + second) / length
}

function run(isBar: (at: number) => boolean, from: number, step: number, most: number): number {
  let count = 0
  while (count < most && isBar(from + step * count)) count += 1
  return count
}

function isBlack(grey: Uint8Array, from: number, step: number, count: number): boolean {
  for (let n = 0; n < count; n++) if ((grey[from + n * step] as number) > BAR_LEVEL) return false
  return true
}

function meanOfMiddle(grey: Uint8Array): number {
  let sum = 0
  let count = 0
  for (let y = GREY_HEIGHT / 3; y < (2 * GREY_HEIGHT) / 3; y++) {
    for (let x = Math.floor(GREY_WIDTH / 3); x < (2 * GREY_WIDTH) / 3; x++) {
      sum += grey[y * GREY_WIDTH + x] as number
      count += 1
    }
  }
  return sum / count
}
