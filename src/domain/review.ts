import { SluiceError } from './errors.ts'
import type { JobId, ReviewId, TakeId, TenantId } from './ids.ts'
import type { TakeRole } from './plan.ts'
import type { Take } from './take.ts'
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
  /** The take in question, which is what a reviewer sees or hears; `null` for a prompt, and for the asset as a whole. */
  takeId: TakeId | null
  /** What the take is for. */
  role: TakeRole | null
  shot: number | null
  /** Where the part begins on the asset's timeline. `null`: not known yet. */
  startSeconds: number | null
  /** Where in the take the part begins: 0, unless its beginning is cut off. */
  useFromSeconds: number
  /** Their times are those of the take where it is `about` a take, else those of the asset's timeline. */
  findings: Verdict[]
  /** Whether another take may be ordered in its place: there is one, and nothing of its part has been let out. */
  regenerable: boolean
  state: ReviewState
  /** How many different people must approve. */
  reviewers: 1 | 2
  decisions: ReviewDecision[]
  createdAt: Date
  decidedAt: Date | null
}

/** What the gate asks people about. The rest of a review follows from it. */
export type Hold = Pick<Review, 'about' | 'takeId' | 'shot' | 'startSeconds' | 'useFromSeconds' | 'findings' | 'reviewers'>

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

/**
 * The review with what somebody said. One person is enough to stop something; to let it through takes as many different
 * ones as {@link Review.reviewers}. Throws `review_already_decided`, `reviewer_same_person`, `decision_not_possible`.
 */
export function withDecision(review: Review, said: Omit<ReviewDecision, 'at'>, at: Date): Review {
  if (review.state !== 'open') throw alreadyDecided(review)
  if (said.decision === 'regenerate' && !review.regenerable) {
    const why = review.takeId === null ? 'There is no take to make again' : 'A part of it has been let out already'
    throw new SluiceError('decision_not_possible', `${why}.`, { field: 'decision', fix: 'Approve or reject it.' })
  }
  if (said.decision === 'approve' && approversOf(review).has(personOf(said.by))) {
    throw new SluiceError('reviewer_same_person', `${said.by} has approved it already; the second approval must be another person's.`, {
      fix: 'Let somebody else look at it.',
    })
  }
  const decided = { ...review, decisions: [...review.decisions, { ...said, at: at.toISOString() }] }
  if (said.decision === 'reject') return setReviewState(decided, 'rejected', at)
  if (said.decision === 'regenerate') return setReviewState(decided, 'regenerated', at)
  return missingApprovals(decided) > 0 ? decided : setReviewState(decided, 'approved', at)
}

/** How many more people must approve before it is let through. */
export function missingApprovals(review: Pick<Review, 'state' | 'reviewers' | 'decisions'>): number {
  return review.state === 'open' ? Math.max(0, review.reviewers - approversOf(review).size) : 0
}

function approversOf({ decisions }: Pick<Review, 'decisions'>): Set<string> {
  return new Set(decisions.filter(({ decision }) => decision === 'approve').map(({ by }) => personOf(by)))
}

/** Nobody becomes two people by another spelling of the name. */
const personOf = (by: string): string => by.trim().toLowerCase()

function alreadyDecided({ id, state, decisions }: Review): SluiceError {
  const last = decisions.at(-1)
  const how = state === 'closed' || !last ? 'closed: its job ended before anybody decided' : `${state}, by ${last.by}`
  return new SluiceError('review_already_decided', `The review ${id} is ${how}.`, {
    fix: 'Nothing is left to decide; GET /v1/reviews?state=open lists what is.',
    facts: { state },
  })
}

/** The findings of a hold that no open review asks about yet, and the open review that asks about the first of the others. */
export function unasked(reviews: readonly Review[], hold: Hold): { findings: Verdict[]; asked: Review | undefined } {
  const open = reviews.filter(({ state, about, takeId }) => state === 'open' && about === hold.about && takeId === hold.takeId)
  const askedBy = (verdict: Verdict) => open.find(({ findings }) => findings.some((finding) => isSame(finding, verdict)))
  return {
    findings: hold.findings.filter((verdict) => !askedBy(verdict)),
    asked: hold.findings.map(askedBy).find((review) => review !== undefined),
  }
}

/** Whether a person has let this finding of this take through. */
export function isApproved(reviews: readonly Review[], takeId: TakeId | null, verdict: Verdict): boolean {
  return reviews.some(
    ({ state, takeId: about, findings }) =>
      state === 'approved' && about === takeId && findings.some((finding) => isSame(finding, verdict)),
  )
}

/** The takes that no open review holds back. */
export function withoutHeld(takes: readonly Take[], reviews: readonly Review[]): Take[] {
  const held = new Set(reviews.filter(({ state }) => state === 'open').map(({ takeId }) => takeId))
  return takes.filter(({ id }) => !held.has(id))
}

/** The same finding measured again: the same check at an overlapping time. */
function isSame(a: Verdict, b: Verdict): boolean {
  if (a.check !== b.check) return false
  if (!a.range || !b.range) return !a.range && !b.range
  return a.range.startSeconds < b.range.endSeconds && b.range.startSeconds < a.range.endSeconds
}

const roles: Record<TakeRole, string> = {
  clip: 'The picture',
  speech: 'The voice',
  music: 'The music',
  sound: 'The sound',
  keyframes: 'The keyframes',
}

/** What the person who waits is told while these reviews are open. */
export function heldNotice(open: readonly Review[]): string {
  const [review] = open
  if (!review || open.length > 1) return `${open.length} parts wait until a person has looked at them.`
  const part = partOf(review)
  if (review.decisions.length > 0) return `${part} waits for a second person: ${review.decisions.at(-1)?.by} has approved.`
  return `${part} waits until a person has looked at it. ${review.findings[0]?.detail ?? ''}`.trimEnd()
}

function partOf({ about, role, shot }: Review): string {
  if (about === 'prompt') return 'The prompt'
  const what = role === null ? 'The whole' : roles[role]
  return shot === null ? what : `${what} of shot ${shot + 1}`
}
