import { describe, expect } from 'vitest'
import type { Review, ReviewDecision } from '../../domain/review.ts'
import { newReview, testIds } from '../entities.ts'
import { HARD_TEXT, type StoreSuite } from './suite.ts'

/** What every driver's {@link ReviewsRepository} does. */
export function reviewsContract({ it, store, insertJob }: StoreSuite): void {
  const said = (by: string, change: Partial<ReviewDecision> = {}): ReviewDecision => ({
    decision: 'approve',
    by,
    note: '',
    at: '2026-01-02T03:04:05.678Z',
    ...change,
  })

  describe('reviews', () => {
    it('come back as they were written and saved, alone and with their job', async () => {
      const job = await insertJob()
      const prompt = newReview(job, { about: 'prompt', takeId: null, role: null, shot: null, startSeconds: null, regenerable: false })
      const take = newReview(job, {
        startSeconds: 4.004,
        useFromSeconds: 0.25,
        reviewers: 2,
        findings: [
          {
            check: 'black',
            verdict: 'fail',
            value: 1 / 3,
            unit: 's',
            threshold: 0.5,
            range: { startSeconds: 1.25, endSeconds: 3.75 },
            detail: HARD_TEXT,
          },
        ],
        decisions: [said('Ann', { note: HARD_TEXT })],
      })
      await store().reviews.insert(prompt)
      await store().reviews.insert(take)
      expect(await store().reviews.get(take.id)).toEqual(take)
      expect(await store().reviews.ofJob(job.id)).toEqual([prompt, take])
      const approved: Review = { ...take, state: 'approved', decisions: [...take.decisions, said('Ben')], decidedAt: new Date(9_876) }
      await store().reviews.save(approved)
      expect(await store().reviews.get(take.id)).toEqual(approved)
      expect(await store().reviews.get(prompt.id)).toEqual(prompt)
    })

    it('keep what was said as it was said first, whatever is saved later', async () => {
      const review = newReview(await insertJob())
      await store().reviews.insert(review)
      const [first, second] = [said('Ann', { note: 'as it was' }), said('Ben')]
      await store().reviews.save({ ...review, decisions: [first] })
      await store().reviews.save({ ...review, decisions: [said('Eve', { decision: 'reject' }), second] })
      await store().reviews.save({ ...review, decisions: [] })
      expect((await store().reviews.get(review.id))?.decisions).toEqual([first, second])
    })

    it('are undone with the transaction they are saved in, with what was said', async () => {
      const review = newReview(await insertJob())
      await store().reviews.insert(review)
      const failed = store().transaction(async (tx) => {
        await tx.reviews.save({ ...review, state: 'rejected', decisions: [said('Ann')], decidedAt: new Date() })
        expect((await tx.reviews.get(review.id))?.decisions).toEqual([said('Ann')])
        throw new Error('on purpose')
      })
      await expect(failed).rejects.toThrow('on purpose')
      expect(await store().reviews.get(review.id)).toEqual(review)
    })

    it('are listed newest first, of one tenant, by state, page by page', async () => {
      const job = await insertJob()
      const other = await insertJob()
      const mine = [newReview(job), newReview(job, { state: 'rejected' }), newReview(job), newReview(job)]
      for (const review of [...mine, newReview(other)]) await store().reviews.insert(review)
      const newest = mine.map(({ id }) => id).reverse()
      const idsOf = async (filter: { states?: ('open' | 'rejected')[]; before?: (typeof newest)[number]; limit?: number }) =>
        (await store().reviews.list(job.tenantId, { limit: 10, ...filter })).map(({ id }) => id)
      expect(await idsOf({})).toEqual(newest)
      expect(await idsOf({ states: ['open'] })).toEqual(newest.filter((id) => id !== mine[1]?.id))
      expect(await idsOf({ states: ['open', 'rejected'], limit: 2 })).toEqual(newest.slice(0, 2))
      expect(await idsOf({ before: newest[1] as (typeof newest)[number], limit: 1 })).toEqual([newest[2]])
    })

    it('an unknown one is undefined, and cannot be saved', async () => {
      const review = newReview(await insertJob())
      expect(await store().reviews.get(testIds.next('rev'))).toBeUndefined()
      await expect(store().reviews.save(review)).rejects.toThrow()
    })
  })
}
