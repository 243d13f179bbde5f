import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Asset, type AssetFile, type Rung, type Segment, setAssetState } from '../domain/asset.ts'
import type { JobId, StepId, TakeId, TenantId } from '../domain/ids.ts'
import { type Job, type JobState, setJobState } from '../domain/job.ts'
import type { Outcome } from '../domain/outcome.ts'
import { newRetention, type RetentionClass } from '../domain/retention.ts'
import { LANES, type Lane, type Step, type StepExit, type StepState, type StepWork } from '../domain/step.ts'
import type { TakeState } from '../domain/take.ts'
import type { QueueName, Repositories, Store } from '../ports/store.ts'
import { newAsset, newJob, newStep, newTake, testIds } from './entities.ts'
import { deadLettersContract } from './store/dead-letters.ts'
import { houseContract } from './store/house.ts'
import { reviewsContract } from './store/reviews.ts'
import { HARD_TEXT } from './store/suite.ts'

export interface StoreContract {
  name: string
  /** A store over a new, empty, migrated database. Called twice: once for the suite, once to be closed. */
  make: () => Promise<{ store: Store; dispose: () => Promise<void> }>
  /** Tests the store cannot pass, each with its reason. */
  skip?: { test: string; reason: string }[]
}

const LEASE_MS = 60_000
const HOUR_MS = 3_600_000
const held: JobState = { state: 'held', startedAt: new Date(1_000), playableAt: null, heldMs: 40, heldAt: new Date(1_500) }
const refused: Outcome = { class: 'refused_input', detail: 'No.', field: 'text', retry: 'never', charged: 'no' }

/** What every driver of {@link Store} does. */
export function storeContract({ name, make, skip = [] }: StoreContract): void {
  const it = (title: string, work: () => Promise<void>): void => {
    test(title, async ({ skip: leaveOut }) => {
      const left = skip.find((entry) => entry.test === title)
      if (left) leaveOut(left.reason)
      await work()
    })
  }

  describe(`store: ${name}`, () => {
    let store: Store
    let dispose: () => Promise<void>
    const jobs: JobId[] = []

    beforeAll(async () => {
      const made = await make()
      store = made.store
      dispose = made.dispose
    })
    afterAll(() => dispose())
    // `due` looks at everything: no test leaves an open step to the next one.
    afterEach(async () => {
      for (const id of jobs.splice(0)) await store.steps.cancelOpen(id)
    })

    async function insertJob(change: Partial<Job> = {}): Promise<Job> {
      const job = newJob(change)
      await store.jobs.insert([job])
      jobs.push(job.id)
      return job
    }

    async function insertStep(work?: StepWork, change?: Partial<Step>): Promise<Step> {
      const job = await insertJob()
      const step = newStep(job.id, work, change)
      await store.steps.insert([step])
      return step
    }

    async function runningStep(work?: StepWork): Promise<Step> {
      const { id } = await insertStep(work)
      return claimed(await store.steps.claim(id, 'worker', LEASE_MS))
    }

    /** What a scheduler does with all that waits in these lanes. */
    async function due(lanes: readonly Lane[], limit: number, hintAgainMs: number): Promise<{ id: StepId; lane: Lane; woken: boolean }[]> {
      const waiting = (await store.steps.waiting(lanes.includes('io') ? ['entry', ...lanes] : lanes, limit)).filter(({ hinted }) => !hinted)
      const ids = waiting.slice(0, limit).map(({ id }) => id)
      return (await store.steps.hint(ids, hintAgainMs)).toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
    }

    async function stateOf(id: StepId): Promise<StepState> {
      return claimed(await store.steps.get(id)).state
    }

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
          await store.jobs.insert([job])
          jobs.push(job.id)
          expect(await store.jobs.get(job.id)).toEqual(job)
          const changed = { ...job, progress: 0.5, notice: null, seq: 7, preview: null, eta: null }
          await store.jobs.save(changed)
          expect(await store.jobs.get(job.id)).toEqual(changed)
        })
      }

      it('keep what a user wrote, character by character', async () => {
        const job = newJob()
        const written = {
          ...job,
          request: { ...job.request, text: HARD_TEXT, metadata: { startedAt: '2026-01-01T00:00:00.000Z', [HARD_TEXT]: HARD_TEXT } },
        } as Job
        await store.jobs.insert([written])
        expect(await store.jobs.get(job.id)).toEqual(written)
      })

      it('asked for at once, each gets its own', async () => {
        const made = await Promise.all(Array.from({ length: 70 }, () => insertJob()))
        const asked = [...made, newJob(), ...made.slice(0, 1)]
        const found = await Promise.all(asked.map(({ id }) => store.jobs.get(id)))
        expect(found).toEqual([...made, undefined, made[0]])
      })

      it('an unknown id is undefined', async () => {
        expect(await store.jobs.get(testIds.next('job'))).toBeUndefined()
        expect(await store.transaction((tx) => tx.jobs.lock(testIds.next('job')))).toBeUndefined()
      })

      it('saving one that is not there fails', async () => {
        await expect(store.jobs.save(newJob())).rejects.toThrow()
        await expect(store.transaction((tx) => tx.jobs.save(newJob()))).rejects.toThrow()
      })

      it('a locked one waits for the transaction that holds it', async () => {
        const { id } = await insertJob()
        const order: string[] = []
        const held = gate()
        const first = store.transaction(async (tx) => {
          await tx.jobs.lock(id)
          held.open()
          order.push('first holds')
          // Time enough for the second to have gone ahead, were it able to.
          for (let i = 0; i < 20; i++) await store.ping()
          order.push('first lets go')
        })
        await held.opened
        const second = store.transaction(async (tx) => {
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
        const list = async (filter: Parameters<Store['jobs']['list']>[1]) => (await store.jobs.list(tenantId, filter)).map(({ id }) => id)
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
        await store.jobs.save(setJobState(endedBefore, { state: 'failed', endedAt: new Date(), outcome: refused }))
        const since = await clockAfter(store, endedBefore)
        await store.jobs.save(setJobState(endedAfter, { state: 'failed', endedAt: new Date(), outcome: refused }))
        const found = await store.jobs.changedSince(tenantId, since)
        expect(found.map(({ id }) => id)).toEqual([open.id, waiting.id, endedAfter.id])
      })

      it('are overdue once their deadline has passed, until they end', async () => {
        const now = new Date()
        const late = await insertJob({ deadlineAt: new Date(now.getTime() - 1) })
        const waiting = await insertJob({ state: held, deadlineAt: new Date(now.getTime() - 1) })
        const inTime = await insertJob({ deadlineAt: new Date(now.getTime() + 1) })
        expect(await store.jobs.overdue(now, 1_000)).toEqual(expect.arrayContaining([late.id, waiting.id]))
        expect(await store.jobs.overdue(now, 1_000)).not.toContain(inTime.id)
        await store.jobs.save(setJobState(late, { state: 'expired', endedAt: now, outcome: refused }))
        expect(await store.jobs.overdue(now, 1_000)).not.toContain(late.id)
      })

      it('say how many begin before them: what is on its way, then turn by turn', async () => {
        const [busy, other] = [testIds.next('ten'), testIds.next('ten')]
        const submit = async (tenantId: TenantId, costSeconds: number, change: Partial<Step> = {}): Promise<Job> => {
          const job = await insertJob({ tenantId, createdAt: new Date(Date.now() - 60_000) })
          await store.steps.insert([newStep(job.id, { name: 'analyse' }, { tenantId, costSeconds, ...change })])
          return job
        }
        const first = await submit(busy, 10)
        const rest: Job[] = []
        for (let i = 0; i < 4; i++) rest.push(await submit(busy, 10))
        const urgent = await submit(busy, 10, { priority: 100 })
        const one = await submit(other, 10)
        const begun = await insertJob({ tenantId: busy, createdAt: new Date(1_000) })
        const [entry] = await store.steps.ofJob(first.id)
        if (entry) await store.steps.hint([entry.id], HOUR_MS)
        const places = await Promise.all([first, urgent, one, ...rest, begun].map((job) => store.jobs.ahead(job)))
        expect(places).toEqual([0, 1, 2, 3, 4, 5, 6, 0])
        const newcomer = newJob({ tenantId: other, createdAt: new Date(Date.now() + 60_000) })
        expect(await store.jobs.ahead(newcomer), 'in the second round').toBe(4)
        expect(await store.steps.entriesOf(busy, 4)).toEqual({ count: 4, nextSeconds: expect.any(Number) })
        expect(await store.steps.entriesOf(other, 4)).toMatchObject({ count: 1 })
      })
    })

    describe('steps', () => {
      const states: StepState[] = [
        { state: 'ready', runAt: new Date(1_234) },
        { state: 'running', leaseUntil: new Date(1_234), workerId: 'worker' },
        { state: 'parked', wakeAt: new Date(1_234), reason: 'the provider works' },
        { state: 'done' },
        { state: 'failed', error: { code: 'media_tool_failed', detail: 'It failed.', fix: 'Do not.' } },
        { state: 'cancelled' },
      ]
      it('come back as they were written, many in one go', async () => {
        const job = await insertJob()
        const works: StepWork[] = [
          { name: 'analyse' },
          { name: 'generate', takeId: testIds.next('tak') },
          { name: 'rendition', format: 'webm' },
          { name: 'finish' },
          { name: 'publish' },
          { name: 'cleanup' },
        ]
        const steps = states.map((state, i) => newStep(job.id, works[i], { state, priority: i, attempt: i, failures: i }))
        await store.steps.insert(steps)
        await store.steps.insert([])
        expect(await store.steps.ofJob(job.id)).toEqual(steps)
        for (const step of steps) expect(await store.steps.get(step.id)).toEqual(step)
      })

      it('are claimed when due; the attempt grows and the lease is set', async () => {
        const step = await insertStep()
        const { waitedMs, ...running } = claimed(await store.steps.claim(step.id, 'worker', LEASE_MS))
        expect(running).toMatchObject({ ...step, attempt: 1, state: { state: 'running', workerId: 'worker' } })
        expect(await store.steps.get(step.id)).toEqual(running)
        expect(leaseOf(running)).toBeGreaterThan(Date.now())
        expect(waitedMs).toBeGreaterThanOrEqual(0)
      })

      it('say how long they had been due when they are claimed, alone and among many', async () => {
        const since = (minutes: number): StepState => ({ state: 'ready', runAt: new Date(Date.now() - minutes * 60_000) })
        const job = await insertJob()
        const steps = [1, 10, 60].map((minutes) => newStep(job.id, { name: 'analyse' }, { state: since(minutes) }))
        await store.steps.insert(steps)
        const claims = await Promise.all(steps.map(({ id }) => store.steps.claim(id, 'worker', LEASE_MS)))
        expect(claims.map((step) => Math.floor(claimed(step).waitedMs / 60_000))).toEqual([1, 10, 60])
        const parked = await insertStep(undefined, { state: { state: 'parked', wakeAt: new Date(Date.now() - 120_000), reason: 'waited' } })
        expect(Math.floor(claimed(await store.steps.claim(parked.id, 'worker', LEASE_MS)).waitedMs / 60_000)).toBe(2)
      })

      it('that wait are counted by lane, those that were hinted too, and the oldest has its age', async () => {
        const job = await insertJob()
        const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1_000)
        const make = (lane: Lane, state: StepState) => newStep(job.id, { name: 'analyse' }, { lane, state })
        const running = make('cpu', { state: 'ready', runAt: ago(900) })
        await store.steps.insert([
          make('io', { state: 'ready', runAt: ago(20) }),
          make('io', { state: 'parked', wakeAt: ago(100), reason: 'waited' }),
          make('io', { state: 'parked', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'waits' }),
          make('cpu', { state: 'ready', runAt: ago(300) }),
          make('cpu', { state: 'done' }),
          running,
        ])
        await store.steps.claim(running.id, 'worker', LEASE_MS)
        const counted = async () =>
          (await store.steps.backlog(3_000)).map((one) => ({ ...one, oldestSeconds: Math.floor(one.oldestSeconds / 10) }))
        const waiting = [
          { lane: 'io', depth: 2, oldestSeconds: 10 },
          { lane: 'cpu', depth: 1, oldestSeconds: 30 },
          { lane: 'resident', depth: 0, oldestSeconds: 0 },
        ]
        expect(await counted()).toEqual(waiting)
        await due(LANES, 100, 3_000)
        expect(await counted()).toEqual(waiting)
      })

      it('are claimed by one of many who ask at once', async () => {
        const { id } = await insertStep()
        const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => store.steps.claim(id, `worker-${i}`, LEASE_MS)))
        expect(claims.filter(Boolean)).toHaveLength(1)
        expect((await store.steps.get(id))?.attempt).toBe(1)
      })

      it('are claimed and left many at once, each by its own worker to its own end', async () => {
        const job = await insertJob()
        const later = new Date(Date.now() + HOUR_MS)
        const ways: StepExit[] = [
          { state: 'ready', runAt: later },
          { state: 'parked', wakeAt: later, reason: '🎬, "\\quoted\\" {1,2}, null' },
          { state: 'failed', error: { code: 'internal', detail: HARD_TEXT } },
          { state: 'done' },
        ]
        const steps = Array.from({ length: 100 }, () => newStep(job.id))
        const notYet = newStep(job.id, { name: 'finish' }, { state: { state: 'ready', runAt: later } })
        await store.steps.insert([...steps, notYet])
        const claims = await Promise.all(
          [...steps, notYet, ...steps].map(({ id }, i) => store.steps.claim(id, `worker-${i}`, LEASE_MS + i)),
        )
        expect(claims.slice(0, 100).map((step) => step?.id)).toEqual(steps.map(({ id }) => id))
        expect(claims.slice(0, 100).map((step) => step?.state)).toMatchObject(steps.map((_, i) => ({ workerId: `worker-${i}` })))
        expect(claims.slice(100).filter(Boolean), 'not due, or taken').toEqual([])
        const wayOf = (i: number) => ways[i % ways.length] as StepExit
        const left = await Promise.all([
          ...steps.map(({ id }, i) => store.steps.leave(id, 1, wayOf(i), i)),
          ...steps.map(({ id }) => store.steps.leave(id, 2, { state: 'done' }, 0)),
        ])
        expect(left.slice(0, 100)).toEqual(steps.map((_, i) => wayOf(i).state))
        expect(left.slice(100).filter(Boolean), 'of another attempt').toEqual([])
        const ended = (await store.steps.ofJob(job.id)).slice(0, 100)
        expect(ended.map(({ state, failures }) => ({ state, failures }))).toEqual(steps.map((_, i) => ({ state: wayOf(i), failures: i })))
      })

      it('are not claimed before their time, nor once they have ended', async () => {
        const later = new Date(Date.now() + HOUR_MS)
        const notDue: StepState[] = [
          { state: 'ready', runAt: later },
          { state: 'parked', wakeAt: later, reason: 'waits' },
          { state: 'running', leaseUntil: later, workerId: 'other' },
          { state: 'done' },
          { state: 'failed', error: { code: 'internal', detail: 'x' } },
          { state: 'cancelled' },
        ]
        for (const state of notDue) {
          const step = await insertStep({ name: 'finish' }, { state })
          expect(await store.steps.claim(step.id, 'worker', LEASE_MS), state.state).toBeUndefined()
          expect(await store.steps.get(step.id)).toEqual(step)
        }
        expect(await store.steps.claim(testIds.next('stp'), 'worker', LEASE_MS)).toBeUndefined()
      })

      it('parked ones whose time has come are claimed', async () => {
        const { id } = await insertStep(
          { name: 'finish' },
          { state: { state: 'parked', wakeAt: new Date(Date.now() - 1_000), reason: 'waited' } },
        )
        expect((await store.steps.claim(id, 'worker', LEASE_MS))?.state.state).toBe('running')
      })

      it('whose lease ran out go to the next worker, and the first can write nothing more', async () => {
        const { id } = await insertStep()
        const lost = claimed(await store.steps.claim(id, 'first', 1))
        const next = await eventually(() => store.steps.claim(id, 'second', LEASE_MS))
        expect(next.attempt).toBe(lost.attempt + 1)
        expect(await store.steps.renew(id, lost.attempt, LEASE_MS)).toBe(false)
        expect(await store.transaction((tx) => tx.steps.hold(id, lost.attempt))).toBe(false)
        for (const to of [{ state: 'done' }, { state: 'ready', runAt: new Date() }, { state: 'cancelled' }] satisfies StepState[]) {
          expect(await store.steps.leave(id, lost.attempt, to, 1)).toBeNull()
        }
        expect(next).toMatchObject((await store.steps.get(id)) ?? {})
        expect(await store.transaction((tx) => tx.steps.hold(id, next.attempt))).toBe(true)
      })

      it('keep a renewed lease', async () => {
        const { id } = await insertStep()
        const running = claimed(await store.steps.claim(id, 'worker', LEASE_MS))
        expect(await store.steps.renew(id, running.attempt, HOUR_MS)).toBe(true)
        expect(leaseOf(claimed(await store.steps.get(id)))).toBeGreaterThan(leaseOf(running))
      })

      it('leave by their own worker only, to where it says', async () => {
        const later = new Date(Date.now() + HOUR_MS)
        const ways: StepExit[] = [
          { state: 'ready', runAt: later },
          { state: 'parked', wakeAt: later, reason: 'waits for the provider' },
          { state: 'done' },
          { state: 'failed', error: { code: 'internal', detail: 'It broke.' } },
          { state: 'cancelled' },
        ]
        for (const to of ways) {
          const { id, attempt } = await runningStep()
          expect(await store.steps.leave(id, attempt, to, 3)).toBe(to.state)
          expect(await store.steps.get(id)).toMatchObject({ attempt, failures: 3, state: to })
          expect(await store.steps.leave(id, attempt, { state: 'done' }, 3), 'twice').toBeNull()
        }
      })

      it('a stale leave takes the whole transaction nowhere', async () => {
        const step = await runningStep()
        await store.steps.leave(step.id, step.attempt, { state: 'done' }, 0)
        const stale = store.transaction(async (tx) => {
          const job = claimed(await tx.jobs.lock(step.jobId))
          await tx.jobs.save({ ...job, notice: 'stale' })
          if (!(await tx.steps.leave(step.id, step.attempt, { state: 'done' }, 0))) throw new Error('stale')
        })
        await expect(stale).rejects.toThrow('stale')
        expect((await store.jobs.get(step.jobId))?.notice).toBeNull()
      })

      it('a held one is not claimed by another until the transaction ends, even when its lease runs out', async () => {
        const { id } = await insertStep()
        const running = claimed(await store.steps.claim(id, 'first', 1))
        const [held, asked] = [gate(), gate()]
        const finishing = store.transaction(async (tx) => {
          expect(await tx.steps.hold(id, running.attempt)).toBe(true)
          held.open()
          await asked.opened
          return tx.steps.leave(id, running.attempt, { state: 'done' }, 0)
        })
        await held.opened
        const stealing = store.steps.claim(id, 'second', LEASE_MS)
        // Time enough for the thief, were there nothing to wait for.
        for (let i = 0; i < 20; i++) await store.ping()
        asked.open()
        expect(await finishing).toBe('done')
        expect(await stealing).toBeUndefined()
      })

      it('that are claimed or left with a held one do not wait for it', async () => {
        const [held, other, due] = [await runningStep(), await runningStep(), await insertStep()]
        const late = await insertStep()
        await store.steps.claim(late.id, 'first', 1)
        const [holding, letGo] = [gate(), gate()]
        const holder = store.transaction(async (tx) => {
          await tx.steps.wake(held.jobId, 'analyse')
          await tx.steps.hold(late.id, 1)
          holding.open()
          await letGo.opened
        })
        await holding.opened
        const waiting = [store.steps.leave(held.id, held.attempt, { state: 'done' }, 0), store.steps.claim(late.id, 'second', LEASE_MS)]
        expect(await store.steps.leave(other.id, other.attempt, { state: 'done' }, 0)).toBe('done')
        expect((await store.steps.claim(due.id, 'second', LEASE_MS))?.attempt).toBe(1)
        letGo.open()
        await holder
        expect(await Promise.all(waiting)).toMatchObject(['done', { id: late.id, attempt: 2 }])
      })

      it('parked ones are woken, by job, name and take', async () => {
        const job = await insertJob()
        const [mine, other] = [testIds.next('tak'), testIds.next('tak')]
        const parked: StepState = { state: 'parked', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'waits' }
        const steps = [
          newStep(job.id, { name: 'generate', takeId: mine }, { state: parked }),
          newStep(job.id, { name: 'generate', takeId: other }, { state: parked }),
          newStep(job.id, { name: 'finish' }, { state: parked }),
        ]
        await store.steps.insert(steps)
        expect(await store.steps.wake(job.id, 'generate', mine)).toEqual([steps[0]?.id])
        expect((await store.steps.claim(steps[0]?.id as StepId, 'worker', LEASE_MS))?.attempt).toBe(1)
        expect(await store.steps.claim(steps[1]?.id as StepId, 'worker', LEASE_MS)).toBeUndefined()
        expect(await store.steps.wake(job.id, 'finish')).toEqual([steps[2]?.id])
        expect(await store.steps.wake(job.id, 'publish')).toEqual([])
        expect(await store.steps.wake(testIds.next('job'), 'finish')).toEqual([])
      })

      it('a running one that is woken runs again instead of parking', async () => {
        const { id, attempt, jobId } = await runningStep({ name: 'finish' })
        expect(await store.steps.wake(jobId, 'finish')).toEqual([])
        const parked: StepState = { state: 'parked', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'waits' }
        expect(await store.steps.leave(id, attempt, parked, 0)).toBe('ready')
        expect((await stateOf(id)).state).toBe('ready')
        const again = claimed(await store.steps.claim(id, 'worker', LEASE_MS))
        // The poke is used up.
        expect(await store.steps.leave(id, again.attempt, parked, 0)).toBe('parked')
        expect(await stateOf(id)).toEqual(parked)
      })

      it('a poke does not bring back a step that is done', async () => {
        const { id, attempt, jobId } = await runningStep({ name: 'finish' })
        await store.steps.wake(jobId, 'finish')
        expect(await store.steps.leave(id, attempt, { state: 'done' }, 0)).toBe('done')
        expect(await stateOf(id)).toEqual({ state: 'done' })
        expect(await store.steps.wake(jobId, 'finish')).toEqual([])
      })

      it('of a job are cancelled, except the one that is kept', async () => {
        const job = await insertJob()
        const later = new Date(Date.now() + HOUR_MS)
        const [keep, running, ready, parked, done] = [
          newStep(job.id),
          newStep(job.id, { name: 'finish' }),
          newStep(job.id),
          newStep(job.id, { name: 'publish' }, { state: { state: 'parked', wakeAt: later, reason: 'waits' } }),
          newStep(job.id, { name: 'analyse' }, { state: { state: 'done' } }),
        ]
        await store.steps.insert([keep, running, ready, parked, done])
        const kept = claimed(await store.steps.claim(keep.id, 'worker', LEASE_MS))
        const stopped = claimed(await store.steps.claim(running.id, 'worker', LEASE_MS))
        await store.steps.cancelOpen(job.id, keep.id)
        expect((await store.steps.ofJob(job.id)).map(({ state }) => state.state)).toEqual([
          'running',
          'cancelled',
          'cancelled',
          'cancelled',
          'done',
        ])
        expect(await store.steps.renew(stopped.id, stopped.attempt, LEASE_MS)).toBe(false)
        expect(await store.steps.leave(stopped.id, stopped.attempt, { state: 'done' }, 0)).toBeNull()
        expect(await store.steps.leave(kept.id, kept.attempt, { state: 'done' }, 0)).toBe('done')
      })

      it('that are due are named, by queue and most urgent first, and again only after a while', async () => {
        const job = await insertJob()
        const make = (work: StepWork, change: Partial<Step> = {}) => newStep(job.id, work, { createdAt: new Date(1_000_000), ...change })
        const [low, high] = [make({ name: 'finish' }, { priority: -1 }), make({ name: 'finish' }, { priority: 5 })]
        const older = make({ name: 'publish' }, { priority: 5, createdAt: new Date(1_000_000 - 10) })
        const entry = make({ name: 'analyse' }, { costSeconds: 1.5 })
        const begun = make({ name: 'analyse' }, { attempt: 1 })
        const notYet = make({ name: 'finish' }, { state: { state: 'ready', runAt: new Date(Date.now() + HOUR_MS) } })
        await store.steps.insert([low, high, older, entry, begun, notYet])
        const named = ({ id, jobId, costSeconds, tenantId }: Step, queue: string, hinted = false) => ({
          id,
          jobId,
          queue,
          tenantId,
          costSeconds,
          hinted,
        })
        expect(await store.steps.waiting(['entry', ...LANES], 10)).toEqual([
          named(entry, 'entry'),
          named(older, 'cpu'),
          named(high, 'cpu'),
          named(low, 'cpu'),
          named(begun, 'io'),
        ])
        expect(
          (await store.steps.waiting(['cpu'], 2)).map(({ id }) => id),
          'of one queue',
        ).toEqual([older.id, high.id])
        expect(await due(LANES, 10, HOUR_MS)).toHaveLength(5)
        expect(await store.steps.waiting(['entry', ...LANES], 10)).toEqual([named(entry, 'entry', true)])
        expect(await store.steps.hint([low.id, entry.id, notYet.id], HOUR_MS)).toEqual([])
        // Only the next hint waits; the steps are as due as before.
        expect((await store.steps.claim(low.id, 'worker', LEASE_MS))?.attempt).toBe(1)
        await store.steps.claim(entry.id, 'worker', LEASE_MS)
        expect(await store.steps.waiting(['entry'], 10), 'begun').toEqual([])
      })

      it('of each tenant are named, however many one has', async () => {
        const [one, many] = [testIds.next('ten'), testIds.next('ten')]
        const job = await insertJob()
        const of = (tenantId: TenantId, count: number, work: StepWork) =>
          Array.from({ length: count }, () => newStep(job.id, work, { tenantId }))
        const steps = [...of(many, 30, { name: 'analyse' }), ...of(one, 1, { name: 'analyse' }), ...of(many, 30, { name: 'finish' })]
        const last = newStep(job.id, { name: 'finish' }, { tenantId: one })
        await store.steps.insert([...steps, last])
        const waiting = await store.steps.waiting(['entry', 'cpu'], 3)
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
        const { hinted, contested } = await store.steps.hintAll(rooms, HOUR_MS)
        expect(contested, 'there are 31').toEqual(['cpu'])
        expect(hinted.map(({ id }) => id).toSorted()).toEqual(
          steps.flatMap(({ id, work }) => (work.name === 'analyse' ? id : [])).toSorted(),
        )
        expect(hinted[0]).toEqual({ id: expect.any(String), lane: 'io', woken: false })
        expect(await store.steps.hintAll(new Map([['cpu', 31]]), HOUR_MS)).toMatchObject({ contested: [], hinted: { length: 31 } })
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
        await store.steps.claim(id, 'worker', 1)
        expect((await eventually(async () => (await due(LANES, 10, HOUR_MS))[0])).id).toBe(id)
      })

      it('woken or left ready are named at once, though they were hinted before', async () => {
        const { id, jobId } = await insertStep({ name: 'finish' })
        await due(LANES, 10, HOUR_MS)
        const first = claimed(await store.steps.claim(id, 'worker', LEASE_MS))
        await store.steps.leave(id, first.attempt, { state: 'parked', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'waits' }, 0)
        expect(await due(LANES, 10, HOUR_MS)).toEqual([])
        await store.steps.wake(jobId, 'finish')
        expect(await due(LANES, 10, HOUR_MS)).toHaveLength(1)
        const second = claimed(await store.steps.claim(id, 'worker', LEASE_MS))
        await store.steps.leave(id, second.attempt, { state: 'ready', runAt: new Date() }, 1)
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
        await store.steps.insert([older, woken, open])
        await store.steps.wake(job.id, 'finish')
        expect(await due(['io'], 10, HOUR_MS)).toEqual([{ id: open.id, lane: 'io', woken: false }])
        expect(await store.steps.nextDueInMs(['io'], 1_000), 'of this lane').toBe(1_000)
        expect(await store.steps.nextDueInMs(['cpu'], 1_000)).toBe(0)
        expect(await due(['cpu'], 10, HOUR_MS)).toEqual([
          { id: woken.id, lane: 'cpu', woken: true },
          { id: older.id, lane: 'cpu', woken: false },
        ])
      })

      it('that are due go to one of several schedulers', async () => {
        const job = await insertJob()
        const steps = Array.from({ length: 200 }, () => newStep(job.id))
        await store.steps.insert(steps)
        const named = (await Promise.all(Array.from({ length: 8 }, () => due(LANES, 50, HOUR_MS)))).flat().map(({ id }) => id)
        const rest = (await due(LANES, 1_000, HOUR_MS)).map(({ id }) => id)
        expect([...named, ...rest].sort()).toEqual(steps.map(({ id }) => id).sort())
      })

      it('are counted as jobs in the making, and their tenants keep what was set for them', async () => {
        const [tenantId, other] = await Promise.all(
          ['set', 'other'].map((name) => store.tenants.ensure(`${name} ${testIds.next('ten')}`, testIds.next('ten'))),
        )
        if (!tenantId || !other) throw new Error('no tenants')
        const before = await store.tenants.runningJobs(1_000)
        const running: JobState = { state: 'running', startedAt: new Date(1_000), playableAt: null }
        for (let i = 0; i < 3; i++) await insertJob({ tenantId, state: running })
        await insertJob({ tenantId })
        expect(await store.tenants.runningJobs(1_000)).toBe(before + 3)
        expect(await store.tenants.runningJobsOf([tenantId, other], 2)).toEqual(
          new Map([
            [tenantId, 2],
            [other, 0],
          ]),
        )
        await store.tenants.setShare(tenantId, { weight: 2.5, jobsAtOnce: 7 })
        expect((await store.tenants.shares([tenantId, other])).toSorted((a, b) => b.weight - a.weight)).toEqual([
          { tenantId, weight: 2.5, jobsAtOnce: 7 },
          { tenantId: other, weight: 1, jobsAtOnce: null },
        ])
        const turns = { tenantId, begun: true, creditSeconds: { [tenantId]: 1.25 } }
        await store.turns.save(new Map([['cpu', turns]]))
        await store.turns.save(new Map([['entry', { ...turns, begun: false }]]))
        expect((await store.turns.all()).get('cpu')).toEqual(turns)
      })

      it('say how long until the next one', async () => {
        expect(await store.steps.nextDueInMs(LANES, 1_000)).toBe(1_000)
        const { id } = await insertStep({ name: 'finish' }, { state: { state: 'ready', runAt: new Date(Date.now() + 600_000) } })
        const waiting = await store.steps.nextDueInMs(LANES, HOUR_MS)
        expect(waiting).toBeGreaterThan(500_000)
        expect(waiting).toBeLessThanOrEqual(600_000)
        expect(await store.steps.nextDueInMs(LANES, 1_000)).toBe(1_000)
        await insertStep({ name: 'finish' })
        expect(await store.steps.nextDueInMs(LANES, HOUR_MS)).toBe(0)
        // Once hinted, not before the next hint: a scheduler must not spin on steps that wait for a free worker.
        await due(LANES, 10, 300_000)
        expect(await store.steps.nextDueInMs(LANES, HOUR_MS)).toBeGreaterThan(200_000)
        expect(await store.steps.claim(id, 'worker', LEASE_MS)).toBeUndefined()
      })

      it('of some kinds that are open are counted', async () => {
        const { id, attempt, jobId } = await runningStep({ name: 'finish' })
        await store.steps.insert([newStep(jobId, { name: 'publish' }), newStep(jobId, { name: 'analyse' }, { state: { state: 'done' } })])
        expect(await store.steps.open(jobId, ['finish', 'publish', 'analyse'])).toBe(2)
        await store.steps.leave(id, attempt, { state: 'done' }, 0)
        expect(await store.steps.open(jobId, ['finish', 'publish', 'analyse'])).toBe(1)
        expect(await store.steps.open(jobId, ['finish'])).toBe(0)
      })
    })

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
        await store.takes.insert(takes)
        expect(await store.takes.ofJob(job.id)).toEqual(takes)
      })

      it('are saved', async () => {
        const job = await insertJob()
        for (const state of states) {
          const take = newTake(job.id)
          await store.takes.insert([take])
          await store.takes.save({ ...take, state })
          expect(await store.takes.get(take.id)).toEqual({ ...take, state })
        }
        expect(await store.takes.get(testIds.next('tak'))).toBeUndefined()
      })
    })

    describe('orders', () => {
      it('the last place at a provider goes to one of many who ask at once', async () => {
        const job = await insertJob()
        const provider = testIds.next('ten')
        const order = (): Promise<boolean> =>
          store.transaction(async (tx) => {
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
          await store.transaction((tx) => tx.accounts.enter(provider, { inFlight: null, perMinute: null }, any)),
          'without a limit',
        ).toEqual({ enter: true })
      })

      it('go out so many a minute, some at once and the others later', async () => {
        const job = await insertJob()
        const provider = testIds.next('ten')
        const order = (perMinute: number | null) => {
          const asked = { takeId: testIds.next('tak'), jobId: job.id, tenantId: job.tenantId }
          return store.transaction((tx) => tx.accounts.enter(provider, { inFlight: null, perMinute }, asked))
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
          store.transaction(
            async (tx) =>
              (await tx.accounts.enter(provider, { inFlight: 2, perMinute: null }, { takeId, jobId: job.id, tenantId: job.tenantId }))
                .enter,
          )
        const making = [busy, busy].map(({ id }) => newTake(id, { provider, state: { state: 'making', ref: { id: 'r' }, progress: null } }))
        await store.takes.insert(making)
        const [first, second, one] = [testIds.next('tak'), testIds.next('tak'), testIds.next('tak')]
        expect([await enter(busy, first), await enter(busy, second), await enter(other, one)]).toEqual([false, false, false])
        expect(await store.accounts.next(provider, 2)).toEqual([])
        const [ended] = making
        if (ended) await store.takes.save({ ...ended, state: { state: 'failed', outcome: refused } })
        expect(await store.accounts.next(provider, 2)).toEqual([{ jobId: other.id, takeId: one }])
        expect(await enter(busy, first), "it is the other's").toBe(false)
        expect(await enter(busy, testIds.next('tak')), 'also who comes just now').toBe(false)
        expect(await enter(other, one)).toBe(true)
        await store.takes.insert([newTake(other.id, { provider, state: { state: 'making', ref: { id: 's' }, progress: null } })])
        expect(await enter(busy, first), 'there is none').toBe(false)
        await store.accounts.leave(busy.id)
        expect(await store.accounts.next(provider, 9), 'nobody waits any more').toEqual([])
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
        await store.takes.insert(states.map((state) => newTake(job.id, { provider, state })))
        expect((await store.takes.ordered()).filter((one) => one.provider === provider)).toEqual([{ provider, inFlight: 4, inDoubt: 2 }])
      })

      it('the last of a budget goes to one of many who ask at once', async () => {
        const { id: jobId, tenantId } = await insertJob({ tenantId: await store.tenants.ensure(testIds.next('ten'), testIds.next('ten')) })
        await store.ledger.setLimit(tenantId, 700)
        const reserve = (takeId: TakeId) =>
          store.transaction((tx) =>
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
        expect(await store.ledger.budget(tenantId)).toEqual({ limitMicroUsd: 700, reservedMicroUsd: 600, spentMicroUsd: 0 })
      })
    })

    reviewsContract({ it, store: () => store, insertJob })
    houseContract({ it, store: () => store, insertJob })
    deadLettersContract({ it, store: () => store, insertJob })

    describe('assets', () => {
      async function insertAsset(change: Partial<Asset> = {}, job?: Job): Promise<Asset> {
        const asset = newAsset((job ?? (await insertJob())).id, change)
        await store.assets.insert(asset)
        return asset
      }

      it('come back as they were written and saved, with their tenant', async () => {
        const job = await insertJob()
        const asset = await insertAsset({}, job)
        const found = await store.assets.getWithTenant(asset.id)
        expect(found).toEqual({ asset, tenantId: job.tenantId })
        const full: Asset = {
          ...asset,
          kind: 'video',
          durationSeconds: 30.033333333333335,
          width: 1280,
          height: 720,
          fps: 29.97002997002997,
          releasedSeconds: 4.004,
          poster: true,
          cues: [{ startSeconds: 0.1, endSeconds: 0.7, text: HARD_TEXT }],
          renditions: [{ format: 'webm', state: 'failed', detail: 'No.' }],
          retention: {
            class: 'ephemeral',
            expiresAt: new Date(9_009),
            mastersExpireAt: new Date(8_008),
            holds: [
              { at: new Date(1), by: 'ann', note: HARD_TEXT, released: { at: new Date(2), by: null, note: '' } },
              { at: new Date(3), by: null, note: '', released: null },
            ],
            sweptAt: new Date(7_007),
            storedBytes: 5_000_000_000,
          },
          state: { state: 'ready', readyAt: new Date(5_005) },
        }
        await store.assets.save(full)
        expect(await store.assets.get(asset.id)).toEqual(full)
        const gone = setAssetState(full, { state: 'gone', at: new Date(6_006) })
        await store.assets.save(gone)
        expect(await store.assets.get(asset.id)).toEqual(gone)
        expect(await store.assets.get(testIds.next('ast'))).toBeUndefined()
        await expect(store.assets.save(newAsset(job.id))).rejects.toThrow()
      })

      it('that are ready are listed newest first, of one tenant', async () => {
        const job = await insertJob()
        const ready = (): Partial<Asset> => ({ state: { state: 'ready', readyAt: new Date() } })
        const made = [
          await insertAsset(ready(), job),
          await insertAsset({}, job),
          await insertAsset(ready(), job),
          await insertAsset(ready(), job),
        ]
        await insertAsset(ready())
        const newest = [made[3]?.id, made[2]?.id, made[0]?.id]
        expect((await store.assets.list(job.tenantId, { now: new Date(), limit: 10 })).map(({ id }) => id)).toEqual(newest)
        expect(
          (await store.assets.list(job.tenantId, { now: new Date(), limit: 1, before: newest[0] as Asset['id'] })).map(({ id }) => id),
        ).toEqual([newest[1]])
      })

      it('of which something is kept no longer are found, the longest overdue first', async () => {
        // So early that nothing of another test is overdue.
        const now = new Date(-1_000_000)
        const ago = (ms: number): Date => new Date(now.getTime() - ms)
        const due = (change: Partial<Asset['retention']>, job?: Job) =>
          insertAsset({ retention: { ...newRetention('ephemeral'), ...change }, state: { state: 'ready', readyAt: ago(99) } }, job)
        const job = await insertJob()
        const expired = await due({ expiresAt: ago(1) }, job)
        const masters = await due({ expiresAt: new Date(now.getTime() + 1), mastersExpireAt: ago(2) }, job)
        const hold = { at: ago(50), by: null, note: '' }
        const held = await due({ expiresAt: ago(3), holds: [{ ...hold, released: null }] }, job)
        const released = await due({ expiresAt: ago(4), holds: [{ ...hold, released: hold }] })
        await due({ expiresAt: ago(5), sweptAt: ago(0) })
        const busy = await due({ expiresAt: ago(6) })
        const step = newStep(busy.jobId)
        await store.steps.insert([step])
        const found = async (limit: number) => (await store.assets.overdue(now, limit)).map(({ id }) => id)
        expect(await found(10)).toEqual([released.id, masters.id, expired.id])
        expect(await found(1)).toEqual([released.id])
        await store.steps.cancelOpen(busy.jobId)
        expect(await found(1)).toEqual([busy.id])
        expect(
          (await store.assets.list(job.tenantId, { now, limit: 10 })).map(({ id }) => id),
          'in time, or held',
        ).toEqual([held.id, masters.id])
      })

      it('are counted by how long they stay, and forget what they were made of', async () => {
        const job = await insertJob()
        const of = (retention: RetentionClass, storedBytes: number) =>
          insertAsset({ retention: { ...newRetention(retention), storedBytes } }, job)
        const { id } = await of('permanent', 5_000_000_000)
        for (const bytes of [0, 7, 8]) await of('standard', bytes)
        expect(await store.assets.storedBytes(job.tenantId)).toEqual({ ephemeral: 0, standard: 15, permanent: 5_000_000_000 })
        expect((await store.assets.storedBytesByTenant()).get(job.tenantId)).toBe(5_000_000_015)
        const file = { name: 'a.mp4', label: 'A', objectKey: 'k', mimeType: 'video/mp4', sizeBytes: 1, sha256: 'aa' }
        await store.assets.addFiles(id, [file])
        await store.assets.addRungs(id, [rung('720p')])
        await store.assets.addSegments(id, [segment('720p', 0)])
        expect(await store.assets.parts(id)).toEqual({ files: [file], rungs: [rung('720p')], segments: [segment('720p', 0)] })
        await store.assets.forgetParts(id)
        expect(await store.assets.parts(id)).toEqual({ files: [], rungs: [], segments: [] })
      })

      it('have files, by name, in the order they were added', async () => {
        const { id } = await insertAsset()
        const file = (name: string): AssetFile => ({
          name,
          label: `File ${name}`,
          objectKey: `k/${name}`,
          mimeType: 'video/mp4',
          sizeBytes: 5_000_000_000,
          sha256: 'ab',
        })
        await store.assets.addFiles(id, [file('b.mp4'), file('a.mp4')])
        await store.assets.addFiles(id, [file('c.mp4')])
        await store.assets.addFiles(id, [])
        expect(await store.assets.files(id)).toEqual([file('b.mp4'), file('a.mp4'), file('c.mp4')])
        expect(await store.assets.file(id, 'a.mp4')).toEqual(file('a.mp4'))
        expect(await store.assets.file(id, '../a.mp4')).toBeUndefined()
        expect(await store.assets.file(id, 'a\0.mp4')).toBeUndefined()
      })

      it('written again by a step that runs again, files and rungs stand once', async () => {
        const { id } = await insertAsset()
        const file: AssetFile = { name: 'a.mp4', label: 'First', objectKey: 'k1', mimeType: 'video/mp4', sizeBytes: 1, sha256: 'aa' }
        await store.assets.addFiles(id, [file])
        await store.assets.addFiles(id, [{ ...file, label: 'Second', objectKey: 'k2', sha256: 'bb' }])
        expect(await store.assets.files(id)).toEqual([{ ...file, label: 'Second', objectKey: 'k2', sha256: 'bb' }])
        await store.assets.addRungs(id, [rung('720p')])
        await store.assets.addRungs(id, [rung('720p')])
        expect(await store.assets.rungs(id)).toHaveLength(1)
      })

      it('have rungs and segments, in order of index, each once', async () => {
        const { id } = await insertAsset()
        await store.assets.addRungs(id, [rung('720p'), rung('360p')])
        expect(await store.assets.rungs(id)).toEqual([rung('720p'), rung('360p')])
        for (const index of [1, 0, 10, 2]) await store.assets.addSegments(id, [segment('720p', index), segment('360p', index)])
        expect(await store.assets.segments(id, '720p')).toEqual([0, 1, 2, 10].map((index) => segment('720p', index)))
        expect((await store.assets.segments(id)).map(({ index, rung: of }) => `${index} ${of}`)).toEqual(
          [0, 1, 2, 10].flatMap((index) => [`${index} 360p`, `${index} 720p`]),
        )
        expect(await store.assets.segment(id, '360p', 10)).toEqual(segment('360p', 10))
        expect(await store.assets.segment(id, '360p', 3)).toBeUndefined()
        await expect(store.assets.addSegments(id, [segment('720p', 3), segment('720p', 2)])).rejects.toThrow()
        expect(await store.assets.segment(id, '720p', 3), 'all or nothing').toBeUndefined()
      })
    })

    describe('events', () => {
      it('get the next ids of their job and come back in order', async () => {
        const job = await insertJob()
        const at = new Date(1_234)
        const append = (data: unknown[]) =>
          store.transaction(async (tx) => {
            const locked = claimed(await tx.jobs.lock(job.id))
            const next = await tx.events.append(
              locked,
              at,
              data.map((each) => ({ type: 'notice', data: each })),
            )
            await tx.jobs.save(next)
            return next
          })
        expect((await append([{ text: HARD_TEXT }, { text: null }])).seq).toBe(2)
        expect((await append([{ at: new Date(9_009) }])).seq).toBe(3)
        expect((await append([])).seq).toBe(3)
        expect(await store.events.read(job.id, 0, 100)).toEqual([
          { id: 1, at, type: 'notice', data: { text: HARD_TEXT } },
          { id: 2, at, type: 'notice', data: { text: null } },
          { id: 3, at, type: 'notice', data: { at: new Date(9_009).toISOString() } },
        ])
        expect((await store.events.read(job.id, 1, 1)).map(({ id }) => id)).toEqual([2])
        expect(await store.events.read(job.id, 3, 100)).toEqual([])
      })

      it('have no gap and no double under twenty writers, some of whom give up', async () => {
        const job = await insertJob()
        let kept = 0
        const writer = async (who: number): Promise<void> => {
          for (let round = 0; round < 10; round++) {
            const count = 1 + ((who + round) % 3)
            const givesUp = (who + round) % 7 === 0
            await store
              .transaction(async (tx) => {
                const locked = claimed(await tx.jobs.lock(job.id))
                const next = await tx.events.append(
                  locked,
                  new Date(),
                  Array.from({ length: count }, () => ({ type: 'notice', data: { who, round } })),
                )
                await tx.jobs.save(next)
                if (givesUp) throw new Error('gives up')
              })
              .then(
                () => {
                  kept += count
                },
                (error: Error) => expect(error.message).toBe('gives up'),
              )
          }
        }
        await Promise.all(Array.from({ length: 20 }, (_, who) => writer(who)))
        const ids = (await store.events.read(job.id, 0, 10_000)).map(({ id }) => id)
        expect(ids).toEqual(Array.from({ length: kept }, (_, i) => i + 1))
        expect((await store.jobs.get(job.id))?.seq).toBe(kept)
      })

      it('a writer who did not lock the job fails instead of writing an id twice', async () => {
        const job = await insertJob()
        await store.events.append(job, new Date(), [{ type: 'notice', data: {} }])
        await expect(store.events.append(job, new Date(), [{ type: 'notice', data: {} }])).rejects.toThrow()
      })
    })

    describe('samples', () => {
      it('are read by bucket and stage, the latest ones', async () => {
        const bucket = `bucket ${testIds.next('job')}`
        for (let i = 0; i < 5; i++)
          await store.samples.add([
            { bucket, stage: 'render', seconds: i },
            { bucket, stage: 'check', seconds: 10 + i },
          ])
        await store.samples.add([{ bucket: `${bucket} other`, stage: 'render', seconds: 99 }])
        await store.samples.add([])
        const found = await store.samples.read(bucket, 3)
        expect([...found.keys()].sort()).toEqual(['check', 'render'])
        expect(found.get('render')).toEqual([4, 3, 2])
        expect(found.get('check')).toEqual([14, 13, 12])
        expect(await store.samples.read('none', 3)).toEqual(new Map())
      })
    })

    describe('idempotency', () => {
      const record = (tenantId: TenantId, key = 'key', fingerprint = 'aa') => ({ tenantId, key, fingerprint, jobId: testIds.next('job') })

      it('the first answer to a key stands, for its tenant', async () => {
        const [tenant, other] = [testIds.next('ten'), testIds.next('ten')]
        const first = record(tenant)
        expect(await store.idempotency.recall(tenant, 'key')).toBeUndefined()
        expect(await store.idempotency.remember(first)).toEqual(first)
        expect(await store.idempotency.remember(record(tenant, 'key', 'bb'))).toEqual(first)
        expect(await store.idempotency.recall(tenant, 'key')).toEqual(first)
        expect(await store.idempotency.recall(other, 'key')).toBeUndefined()
      })

      it('twins at the same moment see the same job', async () => {
        const tenant = testIds.next('ten')
        const standing = await Promise.all(
          Array.from({ length: 10 }, () =>
            store.transaction(async (tx) => {
              const mine = record(tenant)
              const stands = await tx.idempotency.remember(mine)
              if (stands.jobId === mine.jobId) await tx.jobs.insert([newJob({ id: mine.jobId, tenantId: tenant })])
              return stands.jobId
            }),
          ),
        )
        expect(new Set(standing).size).toBe(1)
        expect((await store.jobs.list(tenant, { limit: 100 })).map(({ id }) => id)).toEqual([standing[0]])
      })

      it('is forgotten when told to', async () => {
        const first = record(testIds.next('ten'))
        await store.idempotency.remember(first)
        await store.idempotency.forgetBefore(new Date(Date.now() - HOUR_MS))
        expect(await store.idempotency.recall(first.tenantId, first.key)).toEqual(first)
        await store.idempotency.forgetBefore(new Date(Date.now() + HOUR_MS))
        expect(await store.idempotency.recall(first.tenantId, first.key)).toBeUndefined()
      })
    })

    describe('tenants and keys', () => {
      it('a tenant of a name is made once', async () => {
        const name = `name ${testIds.next('ten')}`
        const [first, second] = [testIds.next('ten'), testIds.next('ten')]
        const ids = await Promise.all([store.tenants.ensure(name, first), store.tenants.ensure(name, second)])
        expect(ids[0]).toBe(ids[1])
        expect(await store.tenants.ensure(name, testIds.next('ten'))).toBe(ids[0])
      })

      it('a tenant has what was agreed with it about its files, and nothing at first', async () => {
        const name = `name ${testIds.next('ten')}`
        const id = await store.tenants.ensure(name, testIds.next('ten'))
        expect(await store.tenants.get(id)).toEqual({ id, name, retention: {}, quotaBytes: null })
        const policy = { retention: { class: 'ephemeral', ephemeralHours: 2, standardDays: null } as const, quotaBytes: 5_000_000_000_000 }
        await store.tenants.setStoragePolicy(id, policy)
        expect(await store.tenants.get(id)).toEqual({ id, name, ...policy })
        expect(await store.tenants.list()).toContainEqual({ id, name, ...policy })
        await store.tenants.ensure(name, testIds.next('ten'))
        expect(await store.tenants.get(id)).toMatchObject(policy)
        expect(await store.tenants.get(testIds.next('ten'))).toBeUndefined()
      })

      it('keys are found by their hash', async () => {
        const tenantId = await store.tenants.ensure(`name ${testIds.next('ten')}`, testIds.next('ten'))
        const key = { id: testIds.next('key'), tenantId, name: 'ci', hash: `hash ${testIds.next('key')}`, createdAt: new Date(1_234) }
        const before = await store.keys.count()
        await store.keys.insert(key)
        expect(await store.keys.byHash(key.hash)).toEqual(key)
        expect(await store.keys.byHash('other')).toBeUndefined()
        expect(await store.keys.count()).toBe(before + 1)
        await expect(store.keys.insert({ ...key, id: testIds.next('key') })).rejects.toThrow()
      })
    })

    describe('block lists', () => {
      it('are empty before they are written, and replaced as a whole, one a tenant', async () => {
        const [tenant, other] = await Promise.all(
          [1, 2].map(() => store.tenants.ensure(`name ${testIds.next('ten')}`, testIds.next('ten'))),
        )
        if (!tenant || !other) throw new Error('two tenants were made')
        expect(await store.blockLists.get(tenant)).toEqual({ entries: [], updatedAt: null })
        await store.blockLists.set(tenant, ['one', HARD_TEXT], new Date(1_000))
        expect(await store.blockLists.get(tenant)).toEqual({ entries: ['one', HARD_TEXT], updatedAt: new Date(1_000) })
        await store.blockLists.set(tenant, ['two'], new Date(2_000))
        expect(await store.blockLists.get(tenant)).toEqual({ entries: ['two'], updatedAt: new Date(2_000) })
        expect(await store.blockLists.get(other)).toEqual({ entries: [], updatedAt: null })
      })
    })

    describe('transactions', () => {
      it('write all or nothing', async () => {
        const job = newJob()
        const failing = store.transaction(async (tx) => {
          await tx.jobs.insert([job])
          await tx.steps.insert([newStep(job.id)])
          expect((await tx.jobs.get(job.id))?.id, 'seen from within').toBe(job.id)
          throw new RangeError('no')
        })
        await expect(failing).rejects.toThrow(RangeError)
        expect(await store.jobs.get(job.id)).toBeUndefined()
      })

      it('fail with the cause when a write among many fails, and write nothing', async () => {
        const [job, twin] = [newJob(), await insertJob()]
        const failing = store.transaction(async (tx) => {
          await tx.jobs.insert([job])
          await tx.jobs.insert([twin])
          await tx.steps.insert([newStep(job.id)])
        })
        await expect(failing).rejects.toThrow(/duplicate|unique/)
        const reading = store.transaction(async (tx) => {
          await tx.jobs.insert([job])
          await tx.jobs.insert([twin])
          await tx.jobs.get(job.id)
        })
        await expect(reading).rejects.toThrow(/duplicate|unique/)
        expect(await store.jobs.get(job.id)).toBeUndefined()
        const caught = store.transaction(async (tx) => {
          await tx.jobs.insert([job])
          await tx.jobs.insert([twin]).catch(() => {})
          await tx.jobs.get(job.id).catch(() => {})
        })
        await expect(caught, 'swallowed by the caller').rejects.toThrow(/duplicate|unique/)
        expect(await store.jobs.get(job.id)).toBeUndefined()
      })

      it('are over when they are over', async () => {
        const leaked: Repositories[] = []
        await store.transaction(async (tx) => {
          leaked.push(tx)
        })
        await expect(leaked[0]?.jobs.get(testIds.next('job'))).rejects.toThrow(/over/)
      })

      it('that meet head-on are tried again', async () => {
        const [a, b] = [await insertJob(), await insertJob()]
        const [firstHolds, secondHolds] = [gate(), gate()]
        let runs = 0
        const crossing = (one: JobId, other: JobId, mine: Gate, theirs: Gate) =>
          store.transaction(async (tx) => {
            runs += 1
            const locked = claimed(await tx.jobs.lock(one))
            mine.open()
            await theirs.opened
            await tx.jobs.lock(other)
            await tx.jobs.save({ ...locked, seq: locked.seq + 1 })
          })
        await Promise.all([crossing(a.id, b.id, firstHolds, secondHolds), crossing(b.id, a.id, secondHolds, firstHolds)])
        expect(runs).toBeGreaterThan(2)
        expect((await store.jobs.get(a.id))?.seq).toBe(1)
        expect((await store.jobs.get(b.id))?.seq).toBe(1)
      })

      it('many at once all go through', async () => {
        const job = await insertJob()
        await Promise.all(
          Array.from({ length: 100 }, () =>
            store.transaction(async (tx) => {
              const locked = claimed(await tx.jobs.lock(job.id))
              await tx.jobs.save({ ...locked, seq: locked.seq + 1 })
            }),
          ),
        )
        expect((await store.jobs.get(job.id))?.seq).toBe(100)
      })
    })

    describe('the whole', () => {
      it('a lock of a name is one holder’s at a time, and free after a failure', async () => {
        const [held, done] = [gate(), gate()]
        const first = store.exclusively('sweep', async () => {
          held.open()
          await done.opened
          return 'first'
        })
        await held.opened
        expect(await store.exclusively('sweep', async () => 'second')).toBeUndefined()
        expect(await store.exclusively('other', async () => 'other')).toBe('other')
        done.open()
        expect(await first).toBe('first')
        await expect(
          store.exclusively('sweep', async () => {
            throw new RangeError('no')
          }),
        ).rejects.toThrow(RangeError)
        expect(await store.exclusively('sweep', async () => 'third')).toBe('third')
      })

      it('migrating again, by several at once, changes nothing', async () => {
        const job = await insertJob()
        await Promise.all([store.migrate(), store.migrate(), store.migrate()])
        expect((await store.jobs.get(job.id))?.id).toBe(job.id)
      })

      it('has a name of its own that stays', async () => {
        const name = await store.installation()
        expect(name).toMatch(/^ins_[0-9a-f]{32}$/)
        await store.migrate()
        expect(await store.installation()).toBe(name)
        const other = await make()
        expect(await other.store.installation()).not.toBe(name)
        await other.dispose()
      })

      it('answers a ping, and says so when it is gone', async () => {
        const made = await make()
        await made.store.ping()
        expect(await made.store.now()).toBeInstanceOf(Date)
        await made.store.close()
        await made.store.close()
        await expect(made.store.ping()).rejects.toMatchObject({ code: 'store_unavailable' })
        await expect(made.store.jobs.get(testIds.next('job'))).rejects.toMatchObject({ code: 'store_unavailable' })
        await expect(made.store.transaction(async () => {})).rejects.toMatchObject({ code: 'store_unavailable' })
        await expect(made.store.exclusively('x', async () => {})).rejects.toMatchObject({ code: 'store_unavailable' })
        await made.dispose()
      })
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

function rung(name: string): Rung {
  return {
    name,
    width: 1280,
    height: 720,
    bandwidth: 2_500_000,
    codecs: 'avc1.64001f,mp4a.40.2',
    fps: 29.97,
    init: { objectKey: `${name}/init.mp4`, sizeBytes: 900, sha256: 'ab' },
  }
}

function segment(of: string, index: number): Segment {
  return {
    rung: of,
    index,
    startSeconds: index * 2.002,
    durationSeconds: 2.002,
    objectKey: `${of}/${index}.m4s`,
    sizeBytes: 123_456,
    sha256: 'ab',
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

function claimed<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('expected to find it')
  return found
}

function leaseOf(step: Step): number {
  return step.state.state === 'running' ? step.state.leaseUntil.getTime() : 0
}

/** Asks until there is an answer; the test's own time limit ends it. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

interface Gate {
  open: () => void
  opened: Promise<void>
}

function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, opened: promise }
}
