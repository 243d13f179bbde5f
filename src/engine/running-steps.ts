import type { JobId, StepId } from '../domain/ids.ts'
import type { Lane, Step } from '../domain/step.ts'

/** The steps this process has in hand, so that a cancelled job or a drain can stop them. */
export interface RunningSteps {
  /** Returns the way to take it out again. */
  add(step: Pick<Step, 'id' | 'jobId' | 'lane'>, abort: (reason: string) => void): () => void
  abortJob(jobId: string, reason: string): void
  abortAll(reason: string): void
  of(lane: Lane): number
}

export function createRunningSteps(): RunningSteps {
  const entries = new Map<StepId, { jobId: JobId; lane: Lane; abort: (reason: string) => void }>()
  return {
    add({ id, jobId, lane }, abort) {
      entries.set(id, { jobId, lane, abort })
      return () => entries.delete(id)
    },
    abortJob(jobId, reason) {
      for (const entry of entries.values()) if (entry.jobId === jobId) entry.abort(reason)
    },
    abortAll(reason) {
      for (const entry of entries.values()) entry.abort(reason)
    },
    of: (lane) => [...entries.values()].filter((entry) => entry.lane === lane).length,
  }
}
