import type { JobId } from '../domain/ids.ts'
import { withoutHeld } from '../domain/review.ts'
import type { Take } from '../domain/take.ts'
import type { Repositories } from '../ports/store.ts'

/** The job's takes without those a person has still to decide about: nothing of these is shown. */
export async function takesLetThrough(store: Pick<Repositories, 'takes' | 'reviews'>, jobId: JobId): Promise<Take[]> {
  return withoutHeld(await store.takes.ofJob(jobId), await store.reviews.ofJob(jobId))
}
