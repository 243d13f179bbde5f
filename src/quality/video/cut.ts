import { type Fault, seconds } from '../finding.ts'
import type { Joints } from './joints.ts'
import type { PictureFinder } from './picture-finder.ts'

/** A cut this near to a planned one is that one: providers and encoders move it by a frame or two. */
const PLANNED_WITHIN_SECONDS = 0.1

/**
 * `cut`, as a share of the picture: the most that one frame exchanged of the one before it, in a stretch that is one take. Looked for
 * only where a frame differs by twice as much as frames of the last second do, and made good for movement: see {@link lostShare}.
 * A jump cut that changes little of the picture is not seen.
 */
export function createCut(threshold: number, joints: Joints, plannedCuts: readonly number[]): PictureFinder {
  const faults: Fault[] = []
  let most: number | null = null
  return {
    check: 'cut',
    unit: 'ratio',
    threshold,
    picture(startSeconds, endSeconds, grey) {
      const { exchanged } = joints.at(startSeconds, grey)
      most ??= 0
      if (isPlanned(startSeconds, plannedCuts)) return
      most = Math.max(most, exchanged)
      if (exchanged > threshold) faults.push({ range: { startSeconds, endSeconds }, value: exchanged })
    },
    faults: () => faults,
    worst: () => most,
    describe: ({ range, value }) =>
      `the film cuts to another picture at ${seconds(range.startSeconds)}, in the middle of a take: ${percent(value)} of it were exchanged from one frame to the next; up to ${percent(threshold)} is movement.`,
    close: () => undefined,
  }
}

export function isPlanned(atSeconds: number, plannedCuts: readonly number[]): boolean {
  return plannedCuts.some((planned) => Math.abs(planned - atSeconds) <= PLANNED_WITHIN_SECONDS)
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
