import type { AssetFile, Rung, Segment } from './asset.ts'
import type { JobId } from './ids.ts'
import type { Job } from './job.ts'
import { mastersOf, type Take, type TakeOutput } from './take.ts'

/** Where everything lies that was made for jobs. */
export const JOBS_PREFIX = 'jobs/'
/** Everything of a job lies below one prefix, so that it can be counted and removed as one. */
export const jobPrefix = (jobId: JobId): string => `${JOBS_PREFIX}${jobId}/`
/** What providers delivered. */
export const takesPrefix = (jobId: JobId): string => `${jobPrefix(jobId)}takes/`

/** Before the object key of an output that is in our keeping already, where its locator would be. */
export const KEPT = 'kept:'
export const isKept = ({ locator }: Pick<TakeOutput, 'locator'>): boolean => locator.startsWith(KEPT)

/** What an asset is made of. */
export interface AssetParts {
  files: AssetFile[]
  rungs: Rung[]
  segments: Segment[]
}

export function keysOfParts({ files, rungs, segments }: AssetParts): string[] {
  return [...files, ...segments, ...rungs.map((rung) => rung.init)].map(({ objectKey }) => objectKey)
}

/** Every object that the rows of an ended job refer to. `parts`: of its asset, if that is not discarded. */
export function keysReferredTo(job: Job, takes: Take[], parts: AssetParts | null): Set<string> {
  const late = takes.flatMap(({ state }) => (state.state === 'cancelled' ? (state.late?.outputs ?? []) : []))
  const keys = new Set([
    ...takes.flatMap(mastersOf).map(({ objectKey }) => objectKey),
    ...late.filter(isKept).map(({ locator }) => locator.slice(KEPT.length)),
    ...(parts ? keysOfParts(parts) : []),
  ])
  if (job.preview) keys.add(job.preview.objectKey)
  return keys
}
