import { isId, type JobId, madeAt } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import { JOBS_PREFIX, keysReferredTo } from '../domain/object-keys.ts'
import { stepEnded } from '../domain/step.ts'
import type { ListedObject } from '../ports/objects.ts'
import type { SweepDeps } from './sweep.ts'

/** So long nothing is taken for left behind. */
const GRACE_MS = 24 * 3_600_000

/** What is left of one job. */
export interface Orphans {
  jobId: JobId
  /** Whether the store knows the job. */
  known: boolean
  /** Of which no row knows. */
  objects: ListedObject[]
}

/**
 * Looks through everything below the jobs' prefix, job by job. Left behind is what no row refers to, of a job that ended more than
 * a day ago and has no step open; or all of a job that the store does not know and that was made more than a day ago. Objects of
 * jobs under way are never looked at, nor is what has no id of a job in its place.
 */
export async function* findOrphans(deps: SweepDeps): AsyncGenerator<Orphans> {
  let jobId: JobId | undefined
  let objects: ListedObject[] = []
  for await (const object of deps.objects.list(JOBS_PREFIX)) {
    const id = object.key.slice(JOBS_PREFIX.length).split('/')[0] ?? ''
    if (!isId('job', id)) continue
    if (jobId !== undefined && jobId !== id) {
      yield await orphansOf(deps, jobId, objects)
      objects = []
    }
    jobId = id
    objects.push(object)
  }
  if (jobId !== undefined) yield await orphansOf(deps, jobId, objects)
}

async function orphansOf({ store, clock }: SweepDeps, jobId: JobId, objects: ListedObject[]): Promise<Orphans> {
  const before = clock.now().getTime() - GRACE_MS
  const job = await store.jobs.get(jobId)
  if (!job) return { jobId, known: false, objects: madeAt(jobId).getTime() < before ? objects : [] }
  const over = 'endedAt' in job.state && job.state.endedAt.getTime() < before
  if (!over || (await hasOpenSteps(store, jobId))) return { jobId, known: true, objects: [] }
  const referred = await referredKeys(store, job)
  return { jobId, known: true, objects: objects.filter(({ key }) => !referred.has(key)) }
}

async function hasOpenSteps(store: SweepDeps['store'], jobId: JobId): Promise<boolean> {
  return (await store.steps.ofJob(jobId)).some((step) => !stepEnded(step))
}

async function referredKeys({ assets, takes }: SweepDeps['store'], job: Job): Promise<Set<string>> {
  return keysReferredTo(job, await takes.ofJob(job.id), job.assetId ? await assets.parts(job.assetId) : null)
}
