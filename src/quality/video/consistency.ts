import { type Fault, seconds } from '../finding.ts'
import { isPlanned, percent } from './cut.ts'
import { changeInPlace } from './in-place.ts'
import { exchangedShare, type Joint, type Joints } from './joints.ts'
import { besides, COLUMNS, type Likeness, type Look, likenessOfCells, lookOf } from './look.ts'
import type { PictureFinder } from './picture-finder.ts'

/** The first picture is back when it differs in less than this share from the frame before another one began, within this time. */
const SAME_PICTURE = 0.2
const INSERT_SECONDS = 0.5

/** A still is compared with the one so long before. Shorter, and a change of a second is lost in what changes anyway. */
const COMPARED_SECONDS = 1
/** Before so many comparisons it is not known what changes anyway; as many as the second figure are remembered, half a second each. */
const HISTORY = 2
const REMEMBERED = 6
/** A change must be so many times as large as any before, and what changes anyway must be less than this. */
const OUTLIER = 1.5
const RESTLESS = 0.1
/** Frames kept of that time, so many a second, to see what moved. */
const FRAMES_PER_SECOND = 15
/** What is less in its place than this was moved there. */
const IN_PLACE = 0.8
/** What touches the picture's side or top and is smaller than this may be coming in. */
const COMING_IN = 0.14
const ROUNDING_SECONDS = 1e-6

/**
 * `consistency`, as a share of the picture: the largest part of it that became something else in its place. Two ways:
 *
 * - Frame by frame on the grey copy: most of the picture is exchanged, and comes back within half a second. An insert.
 * - Twice a second on small colour copies, each against the one a second before: cells that nothing near them explains, after the movement
 *   of the camera is made good; where nothing changed as much in the clip before, and what changed neither came from outside
 *   nor can be followed from frame to frame. A subject that turns into another, or is suddenly there.
 *
 * The second needs two seconds of the clip to know what changes in it anyway, judges nothing where that is more than a tenth of the
 * picture (drawn scenes, whips), and sees a change with the next still, half a second late at most.
 * Colours and cells take the place of a vision model's embedding; docs/decisions/checks.md has what both found.
 * @param cut a joint that exchanges more of the picture than this begins another one
 */
export function createConsistency(threshold: number, cut: number, joints: Joints, plannedCuts: readonly number[]): PictureFinder {
  const faults: Fault[] = []
  const inserts = createInserts(faults)
  const looks: { startSeconds: number; look: Look }[] = []
  const frames: { startSeconds: number; half: Uint8Array }[] = []
  /** Shares that changed from one second to the next of late. */
  const before: number[] = []
  let most: number | null = null
  /** The last time the whole picture was exchanged, by plan or not: nothing is compared across it. */
  let newPictureSeconds = Number.NEGATIVE_INFINITY

  function compare(startSeconds: number, look: Look): number {
    const earlier = looks.findLast((one) => one.startSeconds <= startSeconds - COMPARED_SECONDS + ROUNDING_SECONDS)
    if (!earlier || earlier.startSeconds < newPictureSeconds - ROUNDING_SECONDS) return 0
    const cells = likenessOfCells(earlier.look, look)
    // What cannot be compared may have changed throughout.
    const share = cells ? shareOf(cells.map((cell) => cell === 'changed')) : 1
    const usual = Math.max(0, ...before)
    const known = before.length >= HISTORY
    before.push(share)
    if (before.length > REMEMBERED) before.shift()
    if (!cells || !known || usual > RESTLESS || share < OUTLIER * usual) return 0
    const settled = withoutComingIn(cells)
    if (shareOf(settled) <= threshold) return shareOf(settled)
    const during = frames.filter((frame) => frame.startSeconds >= earlier.startSeconds).map(({ half }) => half)
    return changeInPlace(during, settled) >= IN_PLACE ? shareOf(settled) : 0
  }

  return {
    check: 'consistency',
    unit: 'ratio',
    threshold,
    picture(startSeconds, endSeconds, grey) {
      const joint = joints.at(startSeconds, grey)
      if (isPlanned(startSeconds, plannedCuts)) newPictureSeconds = startSeconds
      else if (joint.exchanged > cut) {
        if (!inserts.ended(startSeconds, joint)) newPictureSeconds = startSeconds
      }
      if (startSeconds - (frames.at(-1)?.startSeconds ?? Number.NEGATIVE_INFINITY) < 1 / FRAMES_PER_SECOND - ROUNDING_SECONDS) return
      frames.push({ startSeconds, half: joint.half })
      while ((frames[0]?.startSeconds ?? startSeconds) < endSeconds - COMPARED_SECONDS - 1 / FRAMES_PER_SECOND) frames.shift()
    },
    still(startSeconds, _endSeconds, frame) {
      const look = lookOf(frame)
      const share = compare(startSeconds, look)
      most = Math.max(most ?? 0, share)
      const previous = looks.at(-1)
      if (share > threshold && previous) {
        faults.push({ range: { startSeconds: previous.startSeconds, endSeconds: startSeconds }, value: share })
      }
      looks.push({ startSeconds, look })
      while ((looks[0]?.startSeconds ?? startSeconds) < startSeconds - 2 * COMPARED_SECONDS) looks.shift()
    },
    faults: () => faults,
    worst: () => most,
    describe: ({ range, value }) =>
      `the picture changes from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)} without a cut: ${percent(value)} of it become something else in their place; up to ${percent(threshold)} is usual.`,
    close: () => undefined,
  }
}

/** Another picture that comes and goes again. */
function createInserts(faults: Fault[]): { ended(startSeconds: number, joint: Joint): boolean } {
  let begun: { startSeconds: number; before: Uint8Array; exchanged: number } | null = null
  return {
    /** Whether the picture before another one is back. Otherwise this is the beginning of another. */
    ended(startSeconds, { before, half, exchanged }) {
      const first = begun
      if (first && startSeconds - first.startSeconds <= INSERT_SECONDS && exchangedShare(first.before, half) < SAME_PICTURE) {
        faults.push({ range: { startSeconds: first.startSeconds, endSeconds: startSeconds }, value: first.exchanged })
        begun = null
        return true
      }
      begun = before && { startSeconds, before, exchanged }
      return false
    },
  }
}

const shareOf = (cells: readonly boolean[]): number => cells.filter(Boolean).length / cells.length

/** What changed, without what is small and touches a side, the top, or what was not seen before: a subject stands on the lower edge often enough. */
function withoutComingIn(cells: readonly Likeness[]): boolean[] {
  const left = new Set([...cells.keys()].filter((cell) => cells[cell] === 'changed'))
  const kept = cells.map(() => false)
  for (const start of left) {
    const patch = takePatch(left, start)
    const small = patch.length < COMING_IN * cells.length
    if (small && patch.some((cell) => isAtEdge(cell) || besides(cell).some((other) => cells[other] === 'outside'))) continue
    for (const cell of patch) kept[cell] = true
  }
  return kept
}

const isAtEdge = (cell: number): boolean => cell < COLUMNS || cell % COLUMNS === 0 || cell % COLUMNS === COLUMNS - 1

/** The cell and all that hang together with it, which are taken out. */
function takePatch(cells: Set<number>, start: number): number[] {
  const patch: number[] = []
  const open = [start]
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    if (!cells.delete(cell)) continue
    patch.push(cell)
    open.push(...besides(cell))
  }
  return patch
}
