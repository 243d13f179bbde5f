import type { JobId, ReviewId, TakeId, TenantId } from './ids.ts'
import type { Verdict } from './verdict.ts'

/**
 * Something the gate holds back until a person has decided.
 *
 * - `open`: nobody has decided, or not enough people have. → `approved`, `rejected`, `regenerated`, `closed`
 * - `approved`: its findings are let through; everything else about the part is judged as ever.
 * - `rejected`: the job fails.
 * - `regenerated`: the take is rejected and another one ordered in its place.
 * - `closed`: its job ended before anybody decided.
 */
export type ReviewState = 'open' | 'approved' | 'rejected' | 'regenerated' | 'closed'

/** What one person said, and when. Kept for ever: this is the audit. */
export interface ReviewDecision {
  decision: 'approve' | 'reject' | 'regenerate'
  /** The name of the API key, or of the person as the caller named them. */
  by: string
  note: string
  at: string
}

export interface Review {
  id: ReviewId
  jobId: JobId
  tenantId: TenantId
  /** `prompt`: before anything is ordered; `take`: a take as delivered; `stretch`: a part of the timeline. */
  about: 'prompt' | 'take' | 'stretch'
  /** The take in question; `null` for a prompt. */
  takeId: TakeId | null
  shot: number | null
  /** Where the part lies on the asset's timeline, to be added to the findings' own times of a `take`. `null`: not known yet. */
  startSeconds: number | null
  findings: Verdict[]
  state: ReviewState
  /** How many different people must approve. */
  reviewers: 1 | 2
  decisions: ReviewDecision[]
  createdAt: Date
  decidedAt: Date | null
}

const legal: Record<ReviewState, ReviewState[]> = {
  open: ['approved', 'rejected', 'regenerated', 'closed'],
  approved: [],
  rejected: [],
  regenerated: [],
  closed: [],
}

/** The only writer of a review's state. */
export function setReviewState(review: Review, to: ReviewState, at: Date): Review {
  if (!legal[review.state].includes(to)) throw new Error(`review ${review.id}: ${review.state} cannot become ${to}`)
  return { ...review, state: to, decidedAt: at }
}

/** Whether a person has let this finding of this take through. */
export function isApproved(reviews: readonly Review[], takeId: TakeId | null, verdict: Verdict): boolean {
  return reviews.some(
    ({ state, takeId: about, findings }) =>
      state === 'approved' && about === takeId && findings.some((finding) => isSame(finding, verdict)),
  )
}

/** The same finding measured again: the same check at an overlapping time. */
function isSame(a: Verdict, b: Verdict): boolean {
  if (a.check !== b.check) return false
  if (!a.range || !b.range) return !a.range && !b.range
  return a.range.startSeconds < b.range.endSeconds && b.range.startSeconds < a.range.endSeconds
}
