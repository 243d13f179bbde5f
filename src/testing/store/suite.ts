import type { StepId } from '../../domain/ids.ts'
import type { Job } from '../../domain/job.ts'
import type { Lane, Step, StepWork } from '../../domain/step.ts'
import type { Store } from '../../ports/store.ts'

/** What the part of the contract about one repository works with. */
export interface StoreSuite {
  /** A test; left out, with the reason, where the driver says so. */
  it(title: string, work: () => Promise<void>): void
  store(): Store
  insertJob(change?: Partial<Job>): Promise<Job>
  /** Of a job of its own. */
  insertStep(work?: StepWork, change?: Partial<Step>): Promise<Step>
  /** What a scheduler does with all that waits in these lanes. */
  due(lanes: readonly Lane[], limit: number, hintAgainMs: number): Promise<{ id: StepId; lane: Lane; woken: boolean }[]>
}

export const LEASE_MS = 60_000
export const HOUR_MS = 3_600_000

/** Texts that databases like to change: NUL, a lone surrogate, other planes, quotes, what looks like a date. */
export const HARD_TEXT = 'nul \0, lone \uD800, 🎬, "\\quoted\\" {1,2}, 2026-01-01T00:00:00.000Z'

export function claimed<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('expected to find it')
  return found
}

/** Asks until there is an answer; the test's own time limit ends it. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export interface Gate {
  open: () => void
  opened: Promise<void>
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, opened: promise }
}
