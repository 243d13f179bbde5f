import type { Job } from '../../domain/job.ts'
import type { Store } from '../../ports/store.ts'

/** What the part of the contract about one repository works with. */
export interface StoreSuite {
  /** A test; left out, with the reason, where the driver says so. */
  it(title: string, work: () => Promise<void>): void
  store(): Store
  insertJob(change?: Partial<Job>): Promise<Job>
}

/** Texts that databases like to change: NUL, a lone surrogate, other planes, quotes, what looks like a date. */
export const HARD_TEXT = 'nul \0, lone \uD800, 🎬, "\\quoted\\" {1,2}, 2026-01-01T00:00:00.000Z'
