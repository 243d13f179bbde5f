import { describe, expect } from 'vitest'
import type { JobId, TenantId } from '../../domain/ids.ts'
import { type Job, type JobState, setJobState } from '../../domain/job.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { Step } from '../../domain/step.ts'
import type { Store } from '../../ports/store.ts'
import { newJob, newStep, testIds } from '../entities.ts'
import { eventually, gate, HARD_TEXT, HOUR_MS, type StoreSuite } from './suite.ts'

const held: JobState = { state: 'held', startedAt: new Date(1_000), playableAt: null, heldMs: 40, heldAt: new Date(1_500) }
const refused: Outcome = { class: 'refused_input', detail: 'No.', field: 'text', retry: 'never', charged: 'no' }

/** What every driver's repository of jobs does. */
export function jobsContract({ it, store, insertJob }: StoreSuite): void {
  describe('jobs', () => {
    const states: JobState[] = [
      { state: 'queued' },
      { state: 'running', startedAt: new Date(1_000), playableAt: null },
      { state: 'running', startedAt: new Date(1_000), playableAt: new Date(2_001) },
      held,
      { state: 'succeeded', startedAt: new Date(1_000), playableAt: new Date(2_001), endedAt: new Date(3_002) },
      { state: 'failed', endedAt: new Date(3_002), outcome: refused },
      { state: 'cancelled', endedAt: new Date(3_002), outcome: { ...refused, charged: 'yes', amountMicroUsd: 40_000 } },
    ]
    for (const state of states) {
      it(`come back as they were written: ${JSON.stringify(state)}`, async () => {
        const job = fullJob(state)
        await store().jobs.insert([job])
        expect(await store().jobs.get(job.id)).toEqual(job)
        const changed = { ...job, progress: 0.5, notice: null, seq: 7, preview: null, eta: null }
        await store().jobs.save(changed)
        expect(await store().jobs.get(job.id)).toEqual(changed)
      })
    }

    it('keep what a user wrote, character by character', async () => {
      const job = newJob()
      const written = {
        ...job,
        request: { ...job.request, text: HARD_TEXT, metadata: { startedAt: '2026-01-01T00:00:00.000Z', [HARD_TEXT]: HARD_TEXT } },
      } as Job
      await store().jobs.insert([written])
      expect(await store().jobs.get(job.id)).toEqual(written)
    })

    it('asked for at once, each gets its own', async () => {
      const made = await Promise.all(Array.from({ length: 70 }, () => insertJob()))
      const asked = [...made, newJob(), ...made.slice(0, 1)]
      const found = await Promise.all(asked.map(({ id }) => store().jobs.get(id)))
      expect(found).toEqual([...made, undefined, made[0]])
    })

    it('an unknown id is undefined', async () => {
      expect(await store().jobs.get(testIds.next('job'))).toBeUndefined()
      expect(await store().transaction((tx) => tx.jobs.lock(testIds.next('job')))).toBeUndefined()
    })

    it('saving one that is not there fails', async () => {
      await expect(store().jobs.save(newJob())).rejects.toThrow()
      await expect(store().transaction((tx) => tx.jobs.save(newJob()))).rejects.toThrow()
    })

    it('a locked one waits for the transaction that holds it', async () => {
      const { id } = await insertJob()
      const order: string[] = []
      const held = gate()
      const first = store().transaction(async (tx) => {
        await tx.jobs.lock(id)
        held.open()
        order.push('first holds')
        // Time enough for the second to have gone ahead, were it able to.
        for (let i = 0; i < 20; i++) await store().ping()
        order.push('first lets go')
      })
      await held.opened
      const second = store().transaction(async (tx) => {
        await tx.jobs.lock(id)
        order.push('second holds')
      })
      await Promise.all([first, second])
      expect(order).toEqual(['first holds', 'first lets go', 'second holds'])
    })

    it('are listed newest first, of one tenant, filtered, page by page', async () => {
      const tenantId = testIds.next('ten')
      const made: Job[] = []
      for (let i = 0; i < 5; i++)
        made.push(await insertJob({ tenantId, ...(i === 2 && { state: { state: 'failed', endedAt: new Date(), outcome: refused } }) }))
      await insertJob()
      const newest = made.map(({ id }) => id).reverse()
      const list = async (filter: Parameters<Store['jobs']['list']>[1]) => (await store().jobs.list(tenantId, filter)).map(({ id }) => id)
      expect(await list({ limit: 10 })).toEqual(newest)
      expect(await list({ limit: 2 })).toEqual(newest.slice(0, 2))
      expect(await list({ limit: 2, before: newest[1] as JobId })).toEqual(newest.slice(2, 4))
      expect(await list({ limit: 10, states: ['failed'] })).toEqual([newest[2]])
      expect(await list({ limit: 10, states: ['queued', 'failed'], kinds: ['speech'] })).toEqual(newest)
      expect(await list({ limit: 10, kinds: ['video'] })).toEqual([])
      expect(await list({ limit: 10, kinds: [] })).toEqual([])
    })

    it('that have not ended or were saved since are found, oldest first', async () => {
      const tenantId = testIds.next('ten')
      const [open, waiting, endedBefore, endedAfter] = [
        await insertJob({ tenantId }),
        await insertJob({ tenantId, state: held }),
        await insertJob({ tenantId }),
        await insertJob({ tenantId }),
      ]
      await insertJob()
      await store().jobs.save(setJobState(endedBefore, { state: 'failed', endedAt: new Date(), outcome: refused }))
      const since = await clockAfter(store(), endedBefore)
      await store().jobs.save(setJobState(endedAfter, { state: 'failed', endedAt: new Date(), outcome: refused }))
      const found = await store().jobs.changedSince(tenantId, since)
      expect(found.map(({ id }) => id)).toEqual([open.id, waiting.id, endedAfter.id])
    })

    it('are overdue once their deadline has passed, until they end', async () => {
      const now = new Date()
      const late = await insertJob({ deadlineAt: new Date(now.getTime() - 1) })
      const waiting = await insertJob({ state: held, deadlineAt: new Date(now.getTime() - 1) })
      const inTime = await insertJob({ deadlineAt: new Date(now.getTime() + 1) })
      expect(await store().jobs.overdue(now, 1_000)).toEqual(expect.arrayContaining([late.id, waiting.id]))
      expect(await store().jobs.overdue(now, 1_000)).not.toContain(inTime.id)
      await store().jobs.save(setJobState(late, { state: 'expired', endedAt: now, outcome: refused }))
      expect(await store().jobs.overdue(now, 1_000)).not.toContain(late.id)
    })

    it('say how many begin before them: what is on its way, then turn by turn', async () => {
      const [busy, other] = [testIds.next('ten'), testIds.next('ten')]
      const submit = async (tenantId: TenantId, costSeconds: number, change: Partial<Step> = {}): Promise<Job> => {
        const job = await insertJob({ tenantId, createdAt: new Date(Date.now() - 60_000) })
        await store().steps.insert([newStep(job.id, { name: 'analyse' }, { tenantId, costSeconds, ...change })])
        return job
      }
      const first = await submit(busy, 10)
      const rest: Job[] = []
      for (let i = 0; i < 4; i++) rest.push(await submit(busy, 10))
      const urgent = await submit(busy, 10, { priority: 100 })
      const one = await submit(other, 10)
      const begun = await insertJob({ tenantId: busy, createdAt: new Date(1_000) })
      const [entry] = await store().steps.ofJob(first.id)
      if (entry) await store().steps.hint([entry.id], HOUR_MS)
      const places = await Promise.all([first, urgent, one, ...rest, begun].map((job) => store().jobs.ahead(job)))
      expect(places).toEqual([0, 1, 2, 3, 4, 5, 6, 0])
      const newcomer = newJob({ tenantId: other, createdAt: new Date(Date.now() + 60_000) })
      expect(await store().jobs.ahead(newcomer), 'in the second round').toBe(4)
      expect(await store().steps.entriesOf(busy, 4)).toEqual({ count: 4, nextSeconds: expect.any(Number) })
      expect(await store().steps.entriesOf(other, 4)).toMatchObject({ count: 1 })
    })
  })
}

function fullJob(state: JobState): Job {
  const job = newJob()
  return {
    ...job,
    retryOf: testIds.next('job'),
    state,
    stages: [
      { key: 'analyse', label: 'A', state: 'done', startedAt: new Date(1), endedAt: new Date(2) },
      { key: 'render', label: 'B', state: 'running', progress: 0.45, startedAt: new Date(3) },
      { key: 'check', label: 'C', state: 'failed', endedAt: new Date(4) },
      { key: 'publish', label: 'D', state: 'skipped' },
    ],
    progress: 1 / 3,
    eta: { p50Seconds: 12.3, p90Seconds: 20.1, basis: 'history' },
    plan: {
      title: 'T',
      shots: [{ index: 0, title: 'S', narration: HARD_TEXT, estimatedSeconds: 3.3, leadSeconds: 0.2, tailSeconds: 0.4 }],
      takes: [
        {
          key: 'speech:0',
          role: 'speech',
          shot: 0,
          needs: [],
          provider: 'local',
          request: { kind: 'speech', text: HARD_TEXT, voice: 'draft', seed: 7 },
          rank: 0,
        },
      ],
      estimatedSeconds: 3.3,
      quotedSeconds: 1.5,
      notes: [HARD_TEXT],
    },
    assetId: testIds.next('ast'),
    preview: { kind: 'image', objectKey: 'p/1.jpg', seq: 3, alt: 'a slide' },
    notice: 'It takes longer: the "queue" is full 🎬',
    cost: { estimateMicroUsd: 1_234_567, actualMicroUsd: 7 },
    seq: 42,
    createdAt: new Date(1_700_000_000_123),
    deadlineAt: new Date(4_000_000_000_456),
  }
}

/** A moment by the store's clock that lies after the save of `job` and not after what is saved next. */
async function clockAfter(store: Store, job: Job): Promise<Date> {
  let since = new Date()
  await eventually(async () => {
    since = new Date()
    return (await store.jobs.changedSince(job.tenantId, since)).every(({ id }) => id !== job.id) || undefined
  })
  return since
}
