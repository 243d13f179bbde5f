import type { ReviewView } from 'sluice/client'
import { checkName } from '../format/check-name.ts'
import { timecode } from '../format/time.ts'

export type Finding = ReviewView['findings'][number]
export type Decision = ReviewView['choices'][number]

const roles: Record<string, string> = {
  clip: 'Picture',
  speech: 'Voice',
  music: 'Music',
  sound: 'Sound',
  keyframes: 'Keyframes',
}

/** What is held: `Voice of shot 2`, `Music`, `The prompt`. */
export function partName({ about, role, shot }: Pick<ReviewView, 'about' | 'role' | 'shot'>): string {
  if (about === 'prompt') return 'The prompt'
  const what = role === null ? 'The whole' : (roles[role] ?? role)
  return shot === null ? what : `${what} of shot ${shot + 1}`
}

/** The findings in the order they are met when the recording is played; those that concern the whole come last. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const start = ({ inMedia }: Finding): number => inMedia?.startSeconds ?? Number.POSITIVE_INFINITY
  return findings.toSorted((a, b) => (start(a) === start(b) ? 0 : start(a) - start(b)))
}

/** How long before a finding a reviewer begins to watch, in seconds. */
const LEAD_SECONDS = 0.5

/** Where the recording goes for a finding; `null` when it concerns the whole. */
export function jumpSeconds({ inMedia }: Finding): number | null {
  return inMedia && Math.max(0, inMedia.startSeconds - LEAD_SECONDS)
}

/** `Black picture, 0:01.50 to 0:02.75`. */
export function findingName({ check, inMedia }: Finding): string {
  return inMedia ? `${checkName(check)}, ${timecode(inMedia.startSeconds)} to ${timecode(inMedia.endSeconds)}` : checkName(check)
}

/** What was decided, as a person says it. */
export const decided: Record<Decision, string> = { approve: 'approved it', reject: 'rejected it', regenerate: 'had it made again' }

/** What is said once somebody's decision is taken down. */
export function saidOf(review: ReviewView, decision: Decision): string {
  const part = partName(review)
  if (review.state === 'open') return 'Your approval is taken down. One more person must approve it.'
  if (decision === 'approve') return `${part}: approved. It is let through.`
  if (decision === 'reject') return `${part}: rejected. Its job has ended.`
  return `${part}: another take is ordered.`
}
