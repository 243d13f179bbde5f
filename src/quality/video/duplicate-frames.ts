import { type Fault, seconds } from '../finding.ts'
import { percent } from './cut.ts'
import type { PictureFinder } from './picture-finder.ts'
import { meanDifference } from './small-grey.ts'

/** A frame repeats the one before when it differs by at most this, in levels of 255: what coding a repeat again leaves. */
const REPEAT = 0.1
/** A film moves where a frame differs by at least this. */
const MOVES = 1
/** It need not have moved in the very frame before it hangs, in seconds: a hand that trembles turns back. */
const MOVED_WITHIN_SECONDS = 0.1
/** A film that hangs goes on after at most this long; what stands longer is a picture that has come to rest. */
const LONGEST_HANG_SECONDS = 0.5
const WINDOW_SECONDS = 1
const ROUNDING_SECONDS = 1e-6

/**
 * `duplicate_frames`, as a share of the frames: the most within any second that only repeat the one before, in the midst of movement.
 * 24 frames brought to 30 have 0.2, a drawing in twelves 0.6 of 30. Not `freeze`: there nothing moves for long.
 */
export function createDuplicateFrames(threshold: number): PictureFinder {
  const faults: Fault[] = []
  /** Repeats of the last second, by the start of each. */
  const recent: number[] = []
  /** Repeats since the film last moved; `null`: it had come to rest before them. */
  let hang: number[] | null = null
  let movedSeconds = Number.NEGATIVE_INFINITY
  let last: Uint8Array | null = null
  let most: number | null = null
  let open: Fault | null = null

  const hung = (startSeconds: number, frameSeconds: number) => {
    recent.push(startSeconds)
    while ((recent[0] ?? startSeconds) < startSeconds - WINDOW_SECONDS + frameSeconds - ROUNDING_SECONDS) recent.shift()
    const share = (recent.length * frameSeconds) / WINDOW_SECONDS
    most = Math.max(most ?? 0, share)
    if (share <= threshold) {
      open = null
      return
    }
    if (open === null) {
      open = { range: { startSeconds: recent[0] ?? startSeconds, endSeconds: startSeconds }, value: 0 }
      faults.push(open)
    }
    open.range.endSeconds = startSeconds + frameSeconds
    open.value = Math.max(open.value, share)
  }

  return {
    check: 'duplicate_frames',
    unit: 'ratio',
    threshold,
    picture(startSeconds, endSeconds, grey) {
      most ??= 0
      const difference = last ? meanDifference(last, grey, MOVES) : 0
      last = grey.slice()
      if (difference <= REPEAT) {
        hang?.push(startSeconds)
        return
      }
      const frameSeconds = endSeconds - startSeconds
      if (difference >= MOVES && hang && hang.length * frameSeconds <= LONGEST_HANG_SECONDS) {
        for (const repeat of hang) hung(repeat, frameSeconds)
      }
      if (difference >= MOVES) movedSeconds = startSeconds
      hang = startSeconds - movedSeconds <= MOVED_WITHIN_SECONDS ? [] : null
    },
    faults: () => faults,
    worst: () => most,
    describe: ({ range, value }) =>
      `the film stutters from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}: ${percent(value)} of the frames of a second only repeat the one before; up to ${percent(threshold)} is how films are drawn and brought to another rate.`,
    close: () => undefined,
  }
}
