import { SluiceError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import { outcomeOf } from '../domain/outcome.ts'
import { promptOf } from '../domain/request.ts'
import { type Hold, isApproved } from '../domain/review.ts'
import { blocks, type Verdict } from '../domain/verdict.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'

export interface JudgedPrompt {
  verdicts: Verdict[]
  /** What keeps the job from going on. */
  heldBack: Verdict | undefined
  /** What a person has to look at before anything is ordered. */
  hold?: Hold
}

/**
 * Looks at what is asked for, before anything is ordered. Throws `provider_unavailable` where the profile lets nothing pass that
 * nobody could look at: whoever is down may be back at the next try.
 */
export async function judgePrompt(deps: StageDeps, { job, signal }: StepRun): Promise<JudgedPrompt> {
  const profile = await deps.profileOf(job)
  const verdicts = await deps.guard.prompt(profile, job.tenantId, promptOf(job.request), signal)
  const reviews = await deps.store.reviews.ofJob(job.id)
  const held = verdicts.filter((verdict) => blocks(profile, verdict) && !isApproved(reviews, null, verdict))
  const [heldBack] = job.request.policy.gate === 'off' ? [] : held
  if (heldBack && profile.rules[heldBack.check] === 'review') {
    const { reviewers } = profile
    return {
      verdicts,
      heldBack,
      hold: { about: 'prompt', takeId: null, shot: null, startSeconds: null, useFromSeconds: 0, findings: held, reviewers },
    }
  }
  if (heldBack?.verdict !== 'unknown') return { verdicts, heldBack }
  throw new SluiceError('provider_unavailable', heldBack.detail, {
    fix: `Retry once it is back, or use a profile that goes on without: "${profile.name}" lets nothing pass that was not checked.`,
  })
}

/** Ends the job before anything was ordered. */
export function refusePrompt(tx: JobTransaction, { request }: Job, { detail }: Verdict): Promise<void> {
  const refused = new SluiceError('prompt_refused', detail, {
    field: 'text' in request ? 'text' : 'prompt',
    fix: 'Say it in other words, and submit a new job.',
  })
  return tx.end('failed', outcomeOf(refused))
}
