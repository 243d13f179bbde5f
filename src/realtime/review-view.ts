import type { TakeRole } from '../domain/plan.ts'
import { missingApprovals, type Review } from '../domain/review.ts'
import type { TimeRange } from '../domain/verdict.ts'
import type { ReviewView } from '../wire/reviews.ts'
import { reviewMediaAddress } from './addresses.ts'

/** A review as stored: its times are Dates in the table and ISO strings in the log. */
export type StoredReview = Omit<Review, 'createdAt' | 'decidedAt'> & { createdAt: Date | string; decidedAt: Date | string | null }

const kinds: Record<TakeRole, NonNullable<ReviewView['media']>['kind']> = {
  clip: 'video',
  speech: 'audio',
  music: 'audio',
  sound: 'audio',
  keyframes: 'image',
}

/** A review in its wire form: each finding has its place both in the recording and on the asset's timeline. */
export function reviewView(review: Review | StoredReview): ReviewView {
  const { id, jobId, about, takeId, role, shot, state, reviewers, decisions, createdAt, decidedAt }: StoredReview = review
  return {
    id,
    jobId,
    about,
    takeId,
    role,
    shot,
    findings: review.findings.map(({ range, ...finding }) => ({ ...finding, ...placesOf(review, range) })),
    media: role && { url: reviewMediaAddress(id), kind: kinds[role] },
    state,
    reviewers,
    missing: missingApprovals(review),
    choices: choicesOf(review),
    decisions,
    createdAt: iso(createdAt),
    decidedAt: decidedAt && iso(decidedAt),
  }
}

function placesOf(
  { about, takeId, startSeconds, useFromSeconds }: Pick<Review, 'about' | 'takeId' | 'startSeconds' | 'useFromSeconds'>,
  range: TimeRange | undefined,
): Pick<ReviewView['findings'][number], 'inMedia' | 'onTimeline'> {
  if (!range) return { inMedia: null, onTimeline: null }
  if (about === 'take') return { inMedia: range, onTimeline: startSeconds === null ? null : moved(range, startSeconds - useFromSeconds) }
  return { inMedia: takeId === null || startSeconds === null ? null : moved(range, useFromSeconds - startSeconds), onTimeline: range }
}

/** Nothing begins before the recording or the timeline does. */
function moved({ startSeconds, endSeconds }: TimeRange, bySeconds: number): TimeRange {
  return { startSeconds: Math.max(0, startSeconds + bySeconds), endSeconds: Math.max(0, endSeconds + bySeconds) }
}

function choicesOf({ state, regenerable }: Pick<Review, 'state' | 'regenerable'>): ReviewView['choices'] {
  if (state !== 'open') return []
  return regenerable ? ['approve', 'reject', 'regenerate'] : ['approve', 'reject']
}

const iso = (time: Date | string): string => (typeof time === 'string' ? time : time.toISOString())
