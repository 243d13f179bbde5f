import { describe, expect } from 'vitest'
import type { TenantId } from '../../domain/ids.ts'
import type { JobState } from '../../domain/job.ts'
import { LANES, type Step, type StepState, type StepWork } from '../../domain/step.ts'
import type { QueueName } from '../../ports/store.ts'
import { newStep, testIds } from '../entities.ts'
import { claimed, eventually, HOUR_MS, LEASE_MS, type StoreSuite } from './suite.ts'

/** How what is due is named to the scheduler, and by whose limits. */
export function dueStepsContract({ it, store, insertJob, insertStep, due }: StoreSuite): void {
  describe('steps that are due', () => {
    it('that are due are named, by queue and most urgent first, and again only after a while', async () => {
      const job = await insertJob()
      const make = (work: StepWork, change: Partial<Step> = {}) => newStep(job.id, work, { createdAt: new Date(1_000_000), ...change })
      const [low, high] = [make({ name: 'finish' }, { priority: -1 }), make({ name: 'finish' }, { priority: 5 })]
      const older = make({ name: 'publish' }, { priority: 5, createdAt: new Date(1_000_000 - 10) })
      const entry = make({ name: 'analyse' }, { costSeconds: 1.5 })
      const begun = make({ name: 'analyse' }, { attempt: 1 })
      const notYet = make({ name: 'finish' }, { state: { state: 'ready', runAt: new Date(Date.now() + HOUR_MS) } })
      await store().steps.insert([low, high, older, entry, begun, notYet])
      const named = ({ id, jobId, costSeconds, tenantId }: Step, queue: string, hinted = false) => ({
        id,
        jobId,
        queue,
        tenantId,
        costSeconds,
        hinted,
      })
      expect(await store().steps.waiting(['entry', ...LANES], 10)).toEqual([
        named(entry, 'entry'),
        named(older, 'cpu'),
        named(high, 'cpu'),
        named(low, 'cpu'),
        named(begun, 'io'),
      ])
      expect(
        (await store().steps.waiting(['cpu'], 2)).map(({ id }) => id),
        'of one queue',
      ).toEqual([older.id, high.id])
      expect(await due(LANES, 10, HOUR_MS)).toHaveLength(5)
      expect(await store().steps.waiting(['entry', ...LANES], 10)).toEqual([named(entry, 'entry', true)])
      expect(await store().steps.hint([low.id, entry.id, notYet.id], HOUR_MS)).toEqual([])
      // Only the next hint waits; the steps are as due as before.
      expect((await store().steps.claim(low.id, 'worker', LEASE_MS))?.attempt).toBe(1)
      await store().steps.claim(entry.id, 'worker', LEASE_MS)
      expect(await store().steps.waiting(['entry'], 10), 'begun').toEqual([])
    })

    it('of each tenant are named, however many one has', async () => {
      const [one, many] = [testIds.next('ten'), testIds.next('ten')]
      const job = await insertJob()
      const of = (tenantId: TenantId, count: number, work: StepWork) =>
        Array.from({ length: count }, () => newStep(job.id, work, { tenantId }))
      const steps = [...of(many, 30, { name: 'analyse' }), ...of(one, 1, { name: 'analyse' }), ...of(many, 30, { name: 'finish' })]
      const last = newStep(job.id, { name: 'finish' }, { tenantId: one })
      await store().steps.insert([...steps, last])
      const waiting = await store().steps.waiting(['entry', 'cpu'], 3)
      const counts = Map.groupBy(waiting, ({ queue, tenantId }) => `${queue} ${tenantId === one ? 'one' : 'many'}`)
      expect(Object.fromEntries([...counts].map(([key, { length }]) => [key, length]))).toEqual({
        'entry many': 3,
        'entry one': 1,
        'cpu many': 3,
        'cpu one': 1,
      })
      const rooms = new Map<QueueName, number>([
        ['entry', 31],
        ['cpu', 30],
      ])
      const { hinted, contested } = await store().steps.hintAll(rooms, HOUR_MS)
      expect(contested, 'there are 31').toEqual(['cpu'])
      expect(hinted.map(({ id }) => id).toSorted()).toEqual(steps.flatMap(({ id, work }) => (work.name === 'analyse' ? id : [])).toSorted())
      expect(hinted[0]).toEqual({ id: expect.any(String), lane: 'io', woken: false })
      expect(await store().steps.hintAll(new Map([['cpu', 31]]), HOUR_MS)).toMatchObject({ contested: [], hinted: { length: 31 } })
    })

    it('hinted in vain are named again', async () => {
      const step = await insertStep()
      expect(await due(LANES, 10, 1)).toHaveLength(1)
      const again = await eventually(async () => (await due(LANES, 10, HOUR_MS))[0])
      expect(again.id).toBe(step.id)
    })

    it('whose worker died are named when the lease is over', async () => {
      const { id } = await insertStep()
      await due(LANES, 10, HOUR_MS)
      await store().steps.claim(id, 'worker', 1)
      expect((await eventually(async () => (await due(LANES, 10, HOUR_MS))[0])).id).toBe(id)
    })

    it('woken or left ready are named at once, though they were hinted before', async () => {
      const { id, jobId } = await insertStep({ name: 'finish' })
      await due(LANES, 10, HOUR_MS)
      const first = claimed(await store().steps.claim(id, 'worker', LEASE_MS))
      await store().steps.leave(id, first.attempt, { state: 'parked', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'waits' }, 0)
      expect(await due(LANES, 10, HOUR_MS)).toEqual([])
      await store().steps.wake(jobId, 'finish')
      expect(await due(LANES, 10, HOUR_MS)).toHaveLength(1)
      const second = claimed(await store().steps.claim(id, 'worker', LEASE_MS))
      await store().steps.leave(id, second.attempt, { state: 'ready', runAt: new Date() }, 1)
      expect(await due(LANES, 10, HOUR_MS)).toHaveLength(1)
    })

    it('that somebody woke go before what is older, in lanes that are asked for', async () => {
      const job = await insertJob()
      const parked: StepState = { state: 'parked', wakeAt: new Date(Date.now() - 1_000), reason: 'waits' }
      const [older, woken] = [
        newStep(job.id, { name: 'publish' }, { state: parked, createdAt: new Date(1_000) }),
        newStep(job.id, { name: 'finish' }, { state: parked }),
      ]
      const open = newStep(job.id, { name: 'analyse' })
      await store().steps.insert([older, woken, open])
      await store().steps.wake(job.id, 'finish')
      expect(await due(['io'], 10, HOUR_MS)).toEqual([{ id: open.id, lane: 'io', woken: false }])
      expect(await store().steps.nextDueInMs(['io'], 1_000), 'of this lane').toBe(1_000)
      expect(await store().steps.nextDueInMs(['cpu'], 1_000)).toBe(0)
      expect(await due(['cpu'], 10, HOUR_MS)).toEqual([
        { id: woken.id, lane: 'cpu', woken: true },
        { id: older.id, lane: 'cpu', woken: false },
      ])
    })

    it('that are due go to one of several schedulers', async () => {
      const job = await insertJob()
      const steps = Array.from({ length: 200 }, () => newStep(job.id))
      await store().steps.insert(steps)
      const named = (await Promise.all(Array.from({ length: 8 }, () => due(LANES, 50, HOUR_MS)))).flat().map(({ id }) => id)
      const rest = (await due(LANES, 1_000, HOUR_MS)).map(({ id }) => id)
      expect([...named, ...rest].sort()).toEqual(steps.map(({ id }) => id).sort())
    })

    it('are counted as jobs in the making, and their tenants keep what was set for them', async () => {
      const [tenantId, other] = await Promise.all(
        ['set', 'other'].map((name) => store().tenants.ensure(`${name} ${testIds.next('ten')}`, testIds.next('ten'))),
      )
      if (!tenantId || !other) throw new Error('no tenants')
      const before = await store().tenants.runningJobs(1_000)
      const running: JobState = { state: 'running', startedAt: new Date(1_000), playableAt: null }
      for (let i = 0; i < 3; i++) await insertJob({ tenantId, state: running })
      await insertJob({ tenantId })
      expect(await store().tenants.runningJobs(1_000)).toBe(before + 3)
      expect(await store().tenants.runningJobsOf([tenantId, other], 2)).toEqual(
        new Map([
          [tenantId, 2],
          [other, 0],
        ]),
      )
      await store().tenants.setShare(tenantId, { weight: 2.5, jobsAtOnce: 7 })
      expect((await store().tenants.shares([tenantId, other])).toSorted((a, b) => b.weight - a.weight)).toEqual([
        { tenantId, weight: 2.5, jobsAtOnce: 7 },
        { tenantId: other, weight: 1, jobsAtOnce: null },
      ])
      const turns = { tenantId, begun: true, creditSeconds: { [tenantId]: 1.25 } }
      await store().turns.save(new Map([['cpu', turns]]))
      await store().turns.save(new Map([['entry', { ...turns, begun: false }]]))
      expect((await store().turns.all()).get('cpu')).toEqual(turns)
    })
  })
}
