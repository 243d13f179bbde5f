import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Job, JobView, TakeView } from 'sluice/client'
import type { JobLog } from './job-log.ts'

/** What a job ordered and paid, read anew whenever a take moves on or the job's cost changes; empty until it is known. */
export function useTakes(job: Job, log: JobLog, snapshot: JobView | null): TakeView[] {
  const queries = useQueryClient()
  // A reservation is closed after its take has ended, so the cost and the end of the job count too.
  const moment = [...log.takes.map(({ takeId, state }) => takeId + state), snapshot?.state, snapshot?.cost.actualMicroUsd, snapshot?.notice]
  const { data } = useQuery({ queryKey: ['takes', job.id], queryFn: ({ signal }) => job.takes({ signal }), staleTime: 0 })
  const known = moment.join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: `known` is what there is to react to
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['takes', job.id] })
  }, [known, job.id, queries])
  return data ?? []
}
