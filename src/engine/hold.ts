import { type Hold, type Review, unasked } from '../domain/review.ts'
import type { JobTransaction } from '../ports/stages.ts'
import type { EngineDeps } from './deps.ts'

/** What follows from less is no difference between two times of a timeline. */
const SAME_SECONDS = 1e-6

/** The open review about the same findings, or a new one about those nobody is asked about yet. */
export async function reviewFor(
  deps: Pick<EngineDeps, 'ids'>,
  tx: JobTransaction,
  hold: Hold,
  now: Date,
): Promise<{ review: Review; isNew: boolean }> {
  if (hold.findings.length === 0) throw new Error('there is nothing to ask a person about')
  const { findings, asked } = unasked(await tx.repositories.reviews.ofJob(tx.job.id), hold)
  if (findings.length === 0 && asked) return { review: asked, isNew: false }
  const take = hold.takeId === null ? null : await tx.repositories.takes.get(hold.takeId)
  if (take === undefined) throw new Error(`there is no take ${hold.takeId}`)
  const review: Review = {
    ...hold,
    id: deps.ids.next('rev'),
    jobId: tx.job.id,
    tenantId: tx.job.tenantId,
    role: take?.role ?? null,
    findings,
    regenerable: take !== null && !(await isShown(tx, hold)),
    state: 'open',
    decisions: [],
    createdAt: now,
    decidedAt: null,
  }
  return { review, isNew: true }
}

/** Whether a part of it has been let out: what follows it must then be of the same take. */
async function isShown(tx: JobTransaction, { startSeconds }: Hold): Promise<boolean> {
  if (startSeconds === null || tx.job.assetId === null) return false
  return (await tx.asset()).releasedSeconds > startSeconds + SAME_SECONDS
}
