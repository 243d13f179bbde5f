import { lostShare } from './lost-share.ts'
import { halved, meanDifference } from './small-grey.ts'

/** Only a frame that differs from the one before by more than this, in levels of 255, ... */
const LOOKED_AT = 1.5
/** ... and by so many times as much as frames of the last second did is looked at closely. */
const OUTLIER = 2
/** Frames that differ less are repeats, and say nothing of how much the film moves. */
const REPEAT = 0.1
const USUAL_AT_LEAST = 0.3
const HISTORY_SECONDS = 1

/** A frame and what became of the one before. */
export interface Joint {
  /** The frame at half the size of the grey copy. */
  half: Uint8Array
  /** The one before it; `null` at the start. */
  before: Uint8Array | null
  /**
   * How much of the picture was exchanged, 0 to 1: the smaller of what of the frame before is not found in this one, and what of this
   * one is not found in the frame before.
   */
  exchanged: number
}

/** What several finders want to know of each frame, found out once. */
export interface Joints {
  at(startSeconds: number, grey: Uint8Array): Joint
}

export function createJoints(): Joints {
  /** How much the frames of the last second differed from those before them. */
  const recent: { startSeconds: number; difference: number }[] = []
  let last: { startSeconds: number; joint: Joint } | null = null

  const isOutlier = (startSeconds: number, difference: number): boolean => {
    while ((recent[0]?.startSeconds ?? startSeconds) < startSeconds - HISTORY_SECONDS) recent.shift()
    const usual = Math.max(USUAL_AT_LEAST, median(recent.map((one) => one.difference)))
    return difference > LOOKED_AT && difference > OUTLIER * usual
  }

  return {
    at(startSeconds, grey) {
      if (last?.startSeconds === startSeconds) return last.joint
      const half = halved(grey)
      const before = last?.joint.half ?? null
      const difference = before ? meanDifference(before, half) : 0
      const exchanged = before && isOutlier(startSeconds, difference) ? exchangedShare(before, half) : 0
      if (difference > REPEAT) recent.push({ startSeconds, difference })
      last = { startSeconds, joint: { half, before, exchanged } }
      return last.joint
    },
  }
}

/** The smaller of what is lost one way and the other: bars, words or a hand that come over a picture hide only what was there. */
export function exchangedShare(a: Uint8Array, b: Uint8Array): number {
  const lost = lostShare(a, b)
  return lost === 0 ? 0 : Math.min(lost, lostShare(b, a))
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0
}
