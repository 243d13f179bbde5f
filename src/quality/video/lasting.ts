import type { Fault } from '../finding.ts'

/** What is seen for a shorter time is a whip of the camera, or the start of a stream. */
const MINIMUM_SECONDS = 1
const ROUNDING_SECONDS = 1e-6

export interface Lasting {
  add(startSeconds: number, endSeconds: number, value: number): void
  /** Times of a second or more in which every value was above the threshold, each with its largest. */
  faults(): readonly Fault[]
  /** The largest value of which the one before or after was no smaller: what lasted. */
  worst(): number | null
  /** No fault goes on after this. */
  close(): void
}

/** Collects what is measured of stills and is a fault only where it lasts. */
export function createLasting(threshold: number): Lasting {
  const runs: Fault[] = []
  let open: Fault | null = null
  let before = 0
  let worst: number | null = null
  return {
    add(startSeconds, endSeconds, value) {
      worst = Math.max(worst ?? 0, Math.min(before, value))
      before = value
      if (value <= threshold) {
        open = null
        return
      }
      if (open === null) {
        open = { range: { startSeconds, endSeconds }, value }
        runs.push(open)
      }
      open.range.endSeconds = endSeconds
      open.value = Math.max(open.value, value)
    },
    faults: () => runs.filter(({ range }) => range.endSeconds - range.startSeconds >= MINIMUM_SECONDS - ROUNDING_SECONDS),
    worst: () => worst,
    close: () => {
      open = null
    },
  }
}
