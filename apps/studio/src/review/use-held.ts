import { useQuery } from '@tanstack/react-query'
import type { JobView, ReviewView } from 'sluice/client'
import { useClient } from '../client.ts'

/** Others decide too, and jobs come without a word to this page. */
export const LOOK_AGAIN_MS = 5_000
const MOST = 100

export interface Held {
  job: JobView
  review: ReviewView
}

/** Everything that is held, the longest waiting first. `undefined` until it is known. */
export function useHeld(): { held: Held[] | undefined; problem: Error | null } {
  const client = useClient()
  const { data, error } = useQuery({
    queryKey: ['held'],
    queryFn: async ({ signal }) => heldOf((await client.jobs.list({ state: 'held', limit: MOST }, { signal })).jobs),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return { held: data, problem: data ? null : error }
}

function heldOf(jobs: JobView[]): Held[] {
  const all = jobs.flatMap((job) => job.reviews.map((review) => ({ job, review })))
  return all.sort((a, b) => a.review.createdAt.localeCompare(b.review.createdAt))
}
