import { describe, expect } from 'vitest'
import type { TakeId } from '../../domain/ids.ts'
import type { Job } from '../../domain/job.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { TakeState } from '../../domain/take.ts'
import { newTake, testIds } from '../entities.ts'
import { HARD_TEXT, type StoreSuite } from './suite.ts'

const refused: Outcome = { class: 'refused_input', detail: 'No.', field: 'text', retry: 'never', charged: 'no' }

/** What every driver's repositories of takes, orders and what they cost do. */
export function takesContract({ it, store, insertJob }: StoreSuite): void {
  describe('takes', () => {
    const states: TakeState[] = [
      { state: 'planned' },
      { state: 'ordering', orderedAt: '2026-11-23T00:00:00.000Z' },
      { state: 'submit_unknown', orderedAt: '2026-11-23T00:00:00.000Z', decision: null },
      { state: 'making', ref: { id: 'remote-1', nested: { at: '2026-01-01T00:00:00.000Z' } }, progress: 0.25 },
      { state: 'delivered', ref: { id: 'remote-1' }, outputs: [{ role: 'media', mimeType: 'audio/wav', locator: 'x', sizeBytes: 5 }] },
      {
        state: 'accepted',
        masters: [
          {
            role: 'media',
            objectKey: 'k',
            mimeType: 'audio/wav',
            sizeBytes: 5,
            sha256: 'ab',
            durationSeconds: 1.23456789,
            cues: [{ startSeconds: 0, endSeconds: 1, text: HARD_TEXT }],
          },
        ],
      },
      { state: 'rejected', masters: [], outcome: refused },
      { state: 'failed', outcome: refused },
      { state: 'cancelled', outcome: refused },
    ]
    it('come back as they were written, in the order of their making', async () => {
      const job = await insertJob()
      const takes = states.map((state, i) => newTake(job.id, { state, rank: i, number: i + 1, shot: i % 2 ? i : null }))
      await store().takes.insert(takes)
      expect(await store().takes.ofJob(job.id)).toEqual(takes)
    })

    it('are saved', async () => {
      const job = await insertJob()
      for (const state of states) {
        const take = newTake(job.id)
        await store().takes.insert([take])
        await store().takes.save({ ...take, state })
        expect(await store().takes.get(take.id)).toEqual({ ...take, state })
      }
      expect(await store().takes.get(testIds.next('tak'))).toBeUndefined()
    })
  })

  describe('orders', () => {
    it('the last place at a provider goes to one of many who ask at once', async () => {
      const job = await insertJob()
      const provider = testIds.next('ten')
      const order = (): Promise<boolean> =>
        store().transaction(async (tx) => {
          const place = await tx.accounts.enter(
            provider,
            { inFlight: 2, perMinute: null },
            { takeId: testIds.next('tak'), jobId: job.id, tenantId: job.tenantId },
          )
          if (place.enter) await tx.takes.insert([newTake(job.id, { provider, state: { state: 'ordering', orderedAt: '2026-11-23' } })])
          return place.enter
        })
      const entered = await Promise.all(Array.from({ length: 8 }, order))
      expect(entered.filter(Boolean)).toHaveLength(2)
      const any = { takeId: testIds.next('tak'), jobId: job.id, tenantId: job.tenantId }
      expect(
        await store().transaction((tx) => tx.accounts.enter(provider, { inFlight: null, perMinute: null }, any)),
        'without a limit',
      ).toEqual({ enter: true })
    })

    it('go out so many a minute, some at once and the others later', async () => {
      const job = await insertJob()
      const provider = testIds.next('ten')
      const order = (perMinute: number | null) => {
        const asked = { takeId: testIds.next('tak'), jobId: job.id, tenantId: job.tenantId }
        return store().transaction((tx) => tx.accounts.enter(provider, { inFlight: null, perMinute }, asked))
      }
      const answers = await Promise.all(Array.from({ length: 20 }, () => order(6)))
      // Ten seconds' worth, and the one that is due.
      expect(answers.filter(({ enter }) => enter)).toHaveLength(2)
      for (const answer of answers) if (!answer.enter) expect(answer.waitMs).toBeLessThanOrEqual(10_000)
      expect(await order(null), 'without a limit').toEqual({ enter: true })
    })

    it("get the places at a provider by turns of their tenants, and nobody else takes one that is another's", async () => {
      const provider = testIds.next('ten')
      const [busy, other] = [await insertJob(), await insertJob()]
      const enter = (job: Job, takeId: TakeId): Promise<boolean> =>
        store().transaction(
          async (tx) =>
            (await tx.accounts.enter(provider, { inFlight: 2, perMinute: null }, { takeId, jobId: job.id, tenantId: job.tenantId })).enter,
        )
      const making = [busy, busy].map(({ id }) => newTake(id, { provider, state: { state: 'making', ref: { id: 'r' }, progress: null } }))
      await store().takes.insert(making)
      const [first, second, one] = [testIds.next('tak'), testIds.next('tak'), testIds.next('tak')]
      expect([await enter(busy, first), await enter(busy, second), await enter(other, one)]).toEqual([false, false, false])
      expect(await store().accounts.next(provider, 2)).toEqual([])
      const [ended] = making
      if (ended) await store().takes.save({ ...ended, state: { state: 'failed', outcome: refused } })
      expect(await store().accounts.next(provider, 2)).toEqual([{ jobId: other.id, takeId: one }])
      expect(await enter(busy, first), "it is the other's").toBe(false)
      expect(await enter(busy, testIds.next('tak')), 'also who comes just now').toBe(false)
      expect(await enter(other, one)).toBe(true)
      await store().takes.insert([newTake(other.id, { provider, state: { state: 'making', ref: { id: 's' }, progress: null } })])
      expect(await enter(busy, first), 'there is none').toBe(false)
      await store().accounts.leave(busy.id)
      expect(await store().accounts.next(provider, 9), 'nobody waits any more').toEqual([])
      expect(await enter(other, testIds.next('tak'))).toBe(false)
    })

    it('that have not ended are counted by provider, and those in doubt among them', async () => {
      const job = await insertJob()
      const provider = testIds.next('ten')
      const at = '2026-11-23T00:00:00.000Z'
      const states: TakeState[] = [
        { state: 'planned' },
        { state: 'ordering', orderedAt: at },
        { state: 'submit_unknown', orderedAt: at, decision: null },
        { state: 'submit_unknown', orderedAt: at, decision: { decision: 'give-up' } },
        { state: 'making', ref: { id: 'remote' }, progress: null },
        { state: 'delivered', ref: { id: 'remote' }, outputs: [] },
        { state: 'failed', outcome: refused },
      ]
      await store().takes.insert(states.map((state) => newTake(job.id, { provider, state })))
      expect((await store().takes.ordered()).filter((one) => one.provider === provider)).toEqual([{ provider, inFlight: 4, inDoubt: 2 }])
    })

    it('the last of a budget goes to one of many who ask at once', async () => {
      const { id: jobId, tenantId } = await insertJob({ tenantId: await store().tenants.ensure(testIds.next('ten'), testIds.next('ten')) })
      await store().ledger.setLimit(tenantId, 700)
      const reserve = (takeId: TakeId) =>
        store().transaction((tx) =>
          tx.ledger.reserve(
            { takeId, jobId, tenantId, provider: 'acme', model: null, amountMicroUsd: 200, basis: 'list', at: new Date() },
            null,
          ),
        )
      const takes = Array.from({ length: 8 }, () => testIds.next('tak'))
      const answers = await Promise.all(takes.map(reserve))
      expect(answers.toSorted()).toEqual([...Array(3).fill('reserved'), ...Array(5).fill('tenant')])
      const reserved = takes.find((_, i) => answers[i] === 'reserved') as TakeId
      expect(await reserve(reserved), 'again').toBe('reserved')
      expect(await store().ledger.budget(tenantId)).toEqual({ limitMicroUsd: 700, reservedMicroUsd: 600, spentMicroUsd: 0 })
    })
  })
}
