import { describe, expect } from 'vitest'
import type { DeadLetter } from '../../domain/dead-letter.ts'
import type { Job } from '../../domain/job.ts'
import { newDeadLetter, newStep, newTake, testIds } from '../entities.ts'
import { HARD_TEXT, LEASE_MS, type StoreSuite } from './suite.ts'

const MINUTE_MS = 60_000

/** What every driver's repositories of what was given up, and of what is stuck, do. */
export function deadLettersContract({ it, store, insertJob }: StoreSuite): void {
  /** A letter of each kind, in the order of their making. */
  async function insertLetters(job: Job): Promise<DeadLetter[]> {
    const step = newStep(
      job.id,
      { name: 'rendition', format: 'webm' },
      { state: { state: 'failed', error: { code: 'internal', detail: 'no' } } },
    )
    await store().steps.insert([step])
    const letters = [
      newDeadLetter(job, { error: { code: 'storage_full', detail: HARD_TEXT, fix: 'Free some space.' } }),
      newDeadLetter(job, { about: { kind: 'step', stepId: step.id, step: 'rendition' } }),
    ]
    for (const letter of letters) await store().deadLetters.insert(letter)
    return letters
  }

  describe('dead letters', () => {
    it('come back as they were written, the open ones newest first, of one tenant or of all, page by page', async () => {
      const job = await insertJob()
      const mine = await insertLetters(job)
      const others = await insertLetters(await insertJob())
      for (const letter of mine) expect(await store().deadLetters.get(letter.id)).toEqual(letter)
      const { tenantId } = job
      expect(await store().deadLetters.listOpen({ tenantId, limit: 10 })).toEqual(mine.toReversed())
      expect(await store().deadLetters.listOpen({ tenantId, limit: 10, before: (mine[1] as DeadLetter).id })).toEqual([mine[0]])
      expect(await store().deadLetters.listOpen({ tenantId: null, limit: 3 })).toEqual([...others.toReversed(), mine[1]])
      expect([await store().deadLetters.countOpen(tenantId, 10), await store().deadLetters.countOpen(tenantId, 1)]).toEqual([2, 1])
      const kinds = await store().deadLetters.openByKind(1_000)
      expect([...kinds.keys()]).toEqual(expect.arrayContaining([...new Set(mine.map(({ about }) => about.kind))]))
      expect([...(await store().deadLetters.openByKind(1)).values()]).toEqual([1])
    })

    it('are closed once, whoever comes first, and stay as they were closed', async () => {
      const job = await insertJob()
      const [ofJob, ofStep] = (await insertLetters(job)) as [DeadLetter, DeadLetter]
      const at = new Date(1_234_567)
      const closed = await Promise.all([
        store().deadLetters.close(ofStep.id, { state: 'dismissed', at }),
        store().deadLetters.close(ofStep.id, { state: 'dismissed', at }),
      ])
      expect(closed.toSorted()).toEqual([false, true])
      expect((await store().deadLetters.get(ofStep.id))?.state).toEqual({ state: 'dismissed', at })
      const retried = { state: 'retried', at, jobId: testIds.next('job') } as const
      await store().deadLetters.closeJob(job.id, retried)
      expect((await store().deadLetters.get(ofJob.id))?.state).toEqual(retried)
      expect((await store().deadLetters.get(ofStep.id))?.state.state).toBe('dismissed')
      expect(await store().deadLetters.listOpen({ tenantId: job.tenantId, limit: 10 })).toEqual([])
    })
  })

  describe('a failed step', () => {
    it('that is revived is due at once without its failures, claimed under the next attempt, and only once', async () => {
      const step = newStep((await insertJob()).id, { name: 'rendition', format: 'mp3' })
      await store().steps.insert([step])
      const first = await store().steps.claim(step.id, 'worker', LEASE_MS)
      expect(await store().steps.revive(step.id)).toBe(false)
      await store().steps.leave(step.id, 1, { state: 'failed', error: { code: 'internal', detail: 'no' } }, 4)
      const revived = await Promise.all([store().steps.revive(step.id), store().steps.revive(step.id)])
      expect(revived.toSorted()).toEqual([false, true])
      const again = await store().steps.claim(step.id, 'worker', LEASE_MS)
      expect([first?.attempt, again?.attempt, again?.failures]).toEqual([1, 2, 0])
      // Who held it before it failed has no say in it any more.
      expect(await store().steps.leave(step.id, 1, { state: 'done' }, 0)).toBeNull()
    })
  })

  describe('stuck work', () => {
    it('is what lost its worker twice in a row, and is not once a worker let it go', async () => {
      const job = await insertJob()
      const [lost, fine] = [newStep(job.id, undefined, { tenantId: job.tenantId }), newStep(job.id, undefined, { tenantId: job.tenantId })]
      await store().steps.insert([lost, fine])
      const lose = (id: typeof lost.id) => store().steps.claim(id, 'worker', 0)
      for (const id of [lost.id, lost.id, lost.id, fine.id, fine.id]) await lose(id)
      const stuck = () => store().stuck.lostSteps(job.tenantId, 10)
      expect(await stuck()).toEqual([expect.objectContaining({ stepId: lost.id, jobId: job.id, step: 'analyse', lost: 2 })])
      expect(await store().stuck.lostSteps(testIds.next('ten'), 10)).toEqual([])
      await store().steps.leave(lost.id, 3, { state: 'ready', runAt: new Date(Date.now() - 1) }, 0)
      await store().steps.claim(lost.id, 'worker', LEASE_MS)
      expect(await stuck()).toEqual([])
    })

    it('is what has been due for long and runs nowhere, and an order nobody can find', async () => {
      const job = await insertJob()
      const { tenantId } = job
      const dueAt = new Date(Date.now() - 10 * MINUTE_MS)
      const late = newStep(
        job.id,
        { name: 'mend', takeId: testIds.next('tak') },
        { tenantId, state: { state: 'parked', wakeAt: dueAt, reason: 'waits for local' } },
      )
      const taken = newStep(job.id, { name: 'finish' }, { tenantId, state: { state: 'ready', runAt: dueAt } })
      const soon = newStep(job.id, { name: 'publish' }, { tenantId })
      const beginning = newStep(job.id, undefined, { tenantId, state: { state: 'ready', runAt: dueAt } })
      await store().steps.insert([late, taken, soon, beginning])
      await store().steps.claim(taken.id, 'worker', LEASE_MS)
      expect(await store().stuck.lateSteps(job.tenantId, 5 * MINUTE_MS, 10)).toEqual([
        expect.objectContaining({ stepId: late.id, dueAt, reason: 'waits for local', lost: 0 }),
      ])
      const orderedAt = new Date(1_234_567)
      const inDoubt = { state: 'submit_unknown', orderedAt: orderedAt.toISOString(), decision: null } as const
      const asked = newTake(job.id, { provider: 'runway', state: inDoubt })
      const decided = newTake(job.id, { state: { ...inDoubt, decision: { decision: 'give-up' } } })
      await store().takes.insert([asked, decided])
      expect(await store().stuck.ordersInDoubt(job.tenantId, 10)).toEqual([
        { takeId: asked.id, jobId: job.id, provider: 'runway', orderedAt, atStakeMicroUsd: 0 },
      ])
    })
  })

  describe('provider accounts', () => {
    it('are listed with the pause they asked for and how a call failed last', async () => {
      const provider = `of ${testIds.next('ten')}`
      const account = async () => (await store().accounts.list()).find((one) => one.provider === provider)
      expect(await account()).toBeUndefined()
      await store().accounts.failed(provider, 'transient')
      await store().accounts.failed(provider, 'billing')
      expect(await account()).toEqual({ provider, pausedUntil: null, slowedAt: null, lastFailure: { at: expect.any(Date), as: 'billing' } })
      await store().accounts.slowDown(provider, MINUTE_MS)
      expect(await account()).toMatchObject({ pausedUntil: expect.any(Date), slowedAt: expect.any(Date), lastFailure: { as: 'billing' } })
    })
  })
}
