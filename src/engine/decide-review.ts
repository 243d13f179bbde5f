import { SluiceError } from '../domain/errors.ts'
import type { ReviewId, TenantId } from '../domain/ids.ts'
import type { Outcome } from '../domain/outcome.ts'
import { type Review, type ReviewDecision, withDecision } from '../domain/review.ts'
import { mastersOf } from '../domain/take.ts'
import type { JobTransaction } from '../ports/stages.ts'
import type { EngineDeps } from './deps.ts'
import type { SubmitOptions } from './engine.ts'
import { type ChangeDeps, changeJob } from './job-transaction.ts'
import { reusedKey } from './submit.ts'

type Said = Omit<ReviewDecision, 'at'>

/**
 * Takes down what a person said of something held, and begins what follows, in one transaction on the job's row: of two who
 * decide at once the second finds it decided.
 */
export async function decideReview(
  deps: ChangeDeps & Pick<EngineDeps, 'clock'>,
  tenantId: TenantId,
  id: ReviewId,
  said: Said,
  { idempotency }: Pick<SubmitOptions, 'idempotency'> = {},
): Promise<{ review: Review; repeated: boolean }> {
  const { jobId } = await find(deps.store, tenantId, id)
  let answer: { review: Review; repeated: boolean } | undefined
  await changeJob(deps, jobId, null, async (tx) => {
    const review = await find(tx.repositories, tenantId, id)
    if (idempotency && (await isRepeated(tx, { tenantId, jobId, ...idempotency }))) {
      answer = { review, repeated: true }
      return
    }
    const decided = withDecision(review, said, deps.clock.now())
    answer = { review: decided, repeated: false }
    await tx.setReview(decided)
    if (decided.state === 'rejected') await tx.end('failed', rejection(decided, said))
    else if (decided.state !== 'open') {
      if (decided.state === 'regenerated') await rejectTake(tx, decided, said)
      await tx.addSteps([{ name: 'review', reviewId: id }], { priority: 10 })
    }
  })
  if (!answer) throw new Error(`review ${id} was not decided`)
  return answer
}

/** The tenant's review, or `review_not_found`: another tenant's does not exist for this one. */
async function find(store: Pick<EngineDeps['store'], 'reviews'>, tenantId: TenantId, id: ReviewId): Promise<Review> {
  const review = await store.reviews.get(id)
  if (review?.tenantId === tenantId) return review
  throw new SluiceError('review_not_found', `There is no review ${id}.`, { fix: 'Check the id; GET /v1/reviews lists yours.' })
}

/** Under the lock of the job's row, so a twin that comes at the same time is seen here. Throws `idempotency_key_reused`. */
async function isRepeated(
  { repositories }: JobTransaction,
  asked: Parameters<JobTransaction['repositories']['idempotency']['remember']>[0],
): Promise<boolean> {
  const known = await repositories.idempotency.recall(asked.tenantId, asked.key)
  const standing = known ?? (await repositories.idempotency.remember(asked))
  if (standing.fingerprint !== asked.fingerprint) throw reusedKey(standing.jobId)
  return known !== undefined
}

async function rejectTake(tx: JobTransaction, { takeId }: Review, said: Said): Promise<void> {
  const take = takeId === null ? undefined : await tx.repositories.takes.get(takeId)
  // One that ended meanwhile is made again for that reason.
  if (take?.state.state !== 'accepted' && take?.state.state !== 'delivered') return
  await tx.setTake(take, {
    state: 'rejected',
    masters: mastersOf(take),
    outcome: { ...quality, detail: saidBy('Another take was asked for', said) },
  })
}

const quality = { class: 'quality', retry: 'reseed', charged: 'no' } as const

function rejection({ about }: Review, said: Said): Outcome {
  const detail = saidBy('Rejected', said)
  return about === 'prompt' ? { class: 'refused_input', retry: 'never', charged: 'no', detail } : { ...quality, detail }
}

const saidBy = (what: string, { by, note }: Said): string => (note === '' ? `${what} by ${by}.` : `${what} by ${by}: ${note}`)
