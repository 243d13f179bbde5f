import { SluiceError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import { outcomeOf } from '../domain/outcome.ts'
import { promptOf } from '../domain/request.ts'
import { blocks, type Verdict } from '../domain/verdict.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'

export interface JudgedPrompt {
  verdicts: Verdict[]
  /** What keeps the job from going on. */
  heldBack: Verdict | undefined
}

/**
 * Looks at what is asked for, before anything is ordered. Throws `provider_unavailable` where the profile lets nothing pass that
 * nobody could look at: whoever is down may be back at the next try.
 */
export async function judgePrompt(deps: StageDeps, { job, signal }: StepRun): Promise<JudgedPrompt> {
  const profile = await deps.profileOf(job)
  const verdicts = await deps.guard.prompt(profile, job.tenantId, promptOf(job.request), signal)
  const heldBack = job.request.policy.gate === 'off' ? undefined : verdicts.find((verdict) => blocks(profile, verdict))
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
