import { useSyncExternalStore } from 'react'
import type { Job, JobSnapshot } from 'sluice/client'
import { useClient } from '../client.ts'

/**
 * A job and its live state. `snapshot` is `null` until the first message; `failure` says why none will come.
 * Leaving the page stops listening, never the job.
 */
export function useJob(id: string): { job: Job; snapshot: JobSnapshot | null; failure: Error | null } {
  const job = useClient().job(id)
  return {
    job,
    snapshot: useSyncExternalStore(job.subscribe, job.getSnapshot),
    failure: useSyncExternalStore(job.subscribe, () => job.failure),
  }
}
