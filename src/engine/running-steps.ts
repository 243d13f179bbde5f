import type { JobId, StepId } from '../domain/ids.ts'

/** The steps this process has in hand, so that a cancelled job or a drain can stop them. */
export interface RunningSteps {
  /** Returns the way to take it out again. */
  add(jobId: JobId, stepId: StepId, abort: (reason: string) => void): () => void
  abortJob(jobId: string, reason: string): void
  abortAll(reason: string): void
  readonly size: number
}

export function createRunningSteps(): RunningSteps {
  const entries = new Map<StepId, { jobId: JobId; abort: (reason: string) => void }>()
  return {
    add(jobId, stepId, abort) {
      entries.set(stepId, { jobId, abort })
      return () => entries.delete(stepId)
    },
    abortJob(jobId, reason) {
      for (const entry of entries.values()) if (entry.jobId === jobId) entry.abort(reason)
    },
    abortAll(reason) {
      for (const entry of entries.values()) entry.abort(reason)
    },
    get size() {
      return entries.size
    },
  }
}
