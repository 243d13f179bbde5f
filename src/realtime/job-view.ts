import type { Asset } from '../domain/asset.ts'
import { isGone } from '../domain/asset-gone.ts'
import { type Job, jobEnded, type Preview } from '../domain/job.ts'
import type { Stage } from '../domain/progress.ts'
import { type JobRequest, promptOf } from '../domain/request.ts'
import type { Review } from '../domain/review.ts'
import type { Store } from '../ports/store.ts'
import type { JobView, PreviewView } from '../wire/jobs.ts'
import { previewAddress } from './addresses.ts'
import { playbackView, timelineOfAsset } from './playback.ts'
import { reviewView } from './review-view.ts'

const TITLE_CHARACTERS = 72

/** What a job's view needs beside its row. */
export interface JobSurroundings {
  /** Absent also once its time is over. */
  asset: Asset | undefined
  /** Jobs before this one; asked only while it is queued. */
  ahead: number
  /** Those that are open; asked only while it is held. */
  reviews: Review[]
}

/** The whole current state of a job in its wire form. */
export function jobView(job: Job, { asset, ahead, reviews }: JobSurroundings): JobView {
  const { state } = job
  const playable = asset !== undefined && isPlayable(job, asset)
  return {
    id: job.id,
    kind: job.request.kind,
    title: jobTitle(job),
    state: state.state,
    playable,
    stages: job.stages.map(stageView),
    progress: job.progress,
    eta: job.eta,
    queue: state.state === 'queued' ? { ahead } : null,
    preview: job.preview && previewView(job.id, job.preview),
    playback: playable ? playbackView(timelineOfAsset(asset)) : null,
    assetId: job.assetId,
    notice: job.notice,
    reviews: reviews.map(reviewView),
    outcome: 'outcome' in state ? state.outcome : null,
    cost: job.cost,
    retryOf: job.retryOf,
    request: requestView(job.request),
    seq: job.seq,
    createdAt: job.createdAt.toISOString(),
    startedAt: 'startedAt' in state ? state.startedAt.toISOString() : null,
    playableAt: 'playableAt' in state ? (state.playableAt?.toISOString() ?? null) : null,
    endedAt: 'endedAt' in state ? state.endedAt.toISOString() : null,
    deadlineAt: job.deadlineAt?.toISOString() ?? null,
  }
}

/** Reads what the view needs and makes it. */
export async function readJobView(store: Pick<Store, 'assets' | 'jobs' | 'reviews'>, job: Job, now: Date = new Date()): Promise<JobView> {
  const [asset, ahead, reviews] = await Promise.all([
    job.assetId ? store.assets.get(job.assetId) : undefined,
    job.state.state === 'queued' ? store.jobs.ahead(job) : 0,
    job.state.state === 'held' ? store.reviews.ofJob(job.id) : [],
  ])
  const kept = asset && !isGone(asset, now) ? asset : undefined
  return jobView(job, { asset: kept, ahead, reviews: reviews.filter(({ state }) => state === 'open') })
}

/**
 * Whether anything of the asset may be played now: complete, cut where it had been shown, or growing with its first
 * segment through the gate. With gate `asset` that is only once it is complete.
 */
export function isPlayable(job: Job, asset: Asset): boolean {
  const { state } = asset.state
  if (state === 'ready' || state === 'cut') return asset.releasedSeconds > 0
  return state === 'making' && !jobEnded(job) && asset.releasedSeconds > 0 && job.request.policy.gate !== 'asset'
}

/** A stage as stored: its times are Dates in a job and ISO strings in the log. */
export type StoredStage = {
  key: Stage['key']
  label: string
  state: Stage['state']
  progress?: number | null
  startedAt?: Date | string
  endedAt?: Date | string
}

export function stageView(stage: Stage | StoredStage): JobView['stages'][number] {
  const { key, label, state, progress, startedAt, endedAt }: StoredStage = stage
  return {
    key,
    label,
    state,
    progress: state === 'done' ? 1 : (progress ?? null),
    startedAt: startedAt === undefined ? null : iso(startedAt),
    endedAt: endedAt === undefined ? null : iso(endedAt),
  }
}

export function previewView(jobId: string, preview: Preview): PreviewView {
  const { kind, seq, alt } = preview
  return { kind, url: previewAddress(jobId, seq), seq, alt }
}

const iso = (time: Date | string): string => (typeof time === 'string' ? time : time.toISOString())

/** The request in the form of a `JobInput`, every default filled in: sent again it asks for the same thing. */
function requestView(request: JobRequest): Record<string, unknown> {
  const { policy, ...rest } = request
  const { profileVersion: _version, ...wished } = policy
  const wish: Record<string, unknown> = { ...given(rest), policy: given(wished) }
  if (!('width' in request)) return wish
  const { width, height, ...withoutSize } = wish
  return { ...withoutSize, size: `${width}x${height}` }
}

/** What was left out of a request is null in it. */
function given(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

/** Of its plan, and until there is one the first words of what was asked for. */
export const jobTitle = ({ plan, request }: Job): string => plan?.title ?? titleOf(promptOf(request))

/** The first words of a prompt, cut between words. */
function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n')[0]?.trim() ?? ''
  if (line.length <= TITLE_CHARACTERS) return line
  return `${line.slice(0, TITLE_CHARACTERS).replace(/\s+\S*$/, '')}…`
}
