import type { Fault } from './finding.ts'

export interface Runs {
  /** A run goes on, or begins at `fromSeconds`, and reaches `toSeconds`. */
  extend(fromSeconds: number, toSeconds: number): void
  /** The run, if there is one, has ended. */
  close(): void
  /** Runs of at least the minimum, the open one included. */
  faults(): readonly Fault[]
  longestSeconds(): number
}

/** Times are sums of fractions like 1/30: equal ones differ in the last digits. */
const ROUNDING_SECONDS = 1e-6

/** Collects runs of time, such as black or silent ones, and names those that last `minimumSeconds` or longer. */
export function createRuns(minimumSeconds: number): Runs {
  const closed: Fault[] = []
  let open: { startSeconds: number; endSeconds: number } | null = null
  let longest = 0

  const lasting = (run: { startSeconds: number; endSeconds: number } | null): Fault[] => {
    if (run === null) return []
    const value = run.endSeconds - run.startSeconds
    return value >= minimumSeconds - ROUNDING_SECONDS ? [{ range: { ...run }, value }] : []
  }

  return {
    extend(fromSeconds, toSeconds) {
      open = { startSeconds: open?.startSeconds ?? fromSeconds, endSeconds: toSeconds }
      longest = Math.max(longest, toSeconds - open.startSeconds)
    },
    close() {
      closed.push(...lasting(open))
      open = null
    },
    faults: () => [...closed, ...lasting(open)],
    longestSeconds: () => longest,
  }
}
