import { describe, expect } from 'vitest'
import type { StepId } from '../../domain/ids.ts'
import { LANES, type Lane, type Step, type StepExit, type StepState, type StepWork } from '../../domain/step.ts'
import { newStep, testIds } from '../entities.ts'
import { claimed, eventually, gate, HARD_TEXT, HOUR_MS, LEASE_MS, type StoreSuite } from './suite.ts'

/** What every driver's repository of steps does: claims, leases, and the ends of runs. */
export function stepsContract({ it, store, insertJob, insertStep, due }: StoreSuite): void {
  async function runningStep(work?: StepWork): Promise<Step> {
    const { id } = await insertStep(work)
    return claimed(await store().steps.claim(id, 'worker', LEASE_MS))
  }

  async function stateOf(id: StepId): Promise<StepState> {
    return claimed(await store().steps.get(id)).state
  }

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
      await store().steps.insert(steps)
      await store().steps.insert([])
      expect(await store().steps.ofJob(job.id)).toEqual(steps)
      for (const step of steps) expect(await store().steps.get(step.id)).toEqual(step)
    })

    it('are claimed when due; the attempt grows and the lease is set', async () => {
      const step = await insertStep()
      const { waitedMs, ...running } = claimed(await store().steps.claim(step.id, 'worker', LEASE_MS))
      expect(running).toMatchObject({ ...step, attempt: 1, state: { state: 'running', workerId: 'worker' } })
      expect(await store().steps.get(step.id)).toEqual(running)
      expect(leaseOf(running)).toBeGreaterThan(Date.now())
      expect(waitedMs).toBeGreaterThanOrEqual(0)
    })

    it('say how long they had been due when they are claimed, alone and among many', async () => {
      const since = (minutes: number): StepState => ({ state: 'ready', runAt: new Date(Date.now() - minutes * 60_000) })
      const job = await insertJob()
      const steps = [1, 10, 60].map((minutes) => newStep(job.id, { name: 'analyse' }, { state: since(minutes) }))
      await store().steps.insert(steps)
      const claims = await Promise.all(steps.map(({ id }) => store().steps.claim(id, 'worker', LEASE_MS)))
      expect(claims.map((step) => Math.floor(claimed(step).waitedMs / 60_000))).toEqual([1, 10, 60])
      const parked = await insertStep(undefined, { state: { state: 'parked', wakeAt: new Date(Date.now() - 120_000), reason: 'waited' } })
      expect(Math.floor(claimed(await store().steps.claim(parked.id, 'worker', LEASE_MS)).waitedMs / 60_000)).toBe(2)
    })

    it('that wait are counted by lane, those that were hinted too, and the oldest has its age', async () => {
      const job = await insertJob()
      const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1_000)
      const make = (lane: Lane, state: StepState) => newStep(job.id, { name: 'analyse' }, { lane, state })
      const running = make('cpu', { state: 'ready', runAt: ago(900) })
      await store().steps.insert([
        make('io', { state: 'ready', runAt: ago(20) }),
        make('io', { state: 'parked', wakeAt: ago(100), reason: 'waited' }),
        make('io', { state: 'parked', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'waits' }),
        make('cpu', { state: 'ready', runAt: ago(300) }),
        make('cpu', { state: 'done' }),
        running,
      ])
      await store().steps.claim(running.id, 'worker', LEASE_MS)
      const counted = async () =>
        (await store().steps.backlog(3_000)).map((one) => ({ ...one, oldestSeconds: Math.floor(one.oldestSeconds / 10) }))
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
      const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => store().steps.claim(id, `worker-${i}`, LEASE_MS)))
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect((await store().steps.get(id))?.attempt).toBe(1)
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
      await store().steps.insert([...steps, notYet])
      const claims = await Promise.all(
        [...steps, notYet, ...steps].map(({ id }, i) => store().steps.claim(id, `worker-${i}`, LEASE_MS + i)),
      )
      expect(claims.slice(0, 100).map((step) => step?.id)).toEqual(steps.map(({ id }) => id))
      expect(claims.slice(0, 100).map((step) => step?.state)).toMatchObject(steps.map((_, i) => ({ workerId: `worker-${i}` })))
      expect(claims.slice(100).filter(Boolean), 'not due, or taken').toEqual([])
      const wayOf = (i: number) => ways[i % ways.length] as StepExit
      const left = await Promise.all([
        ...steps.map(({ id }, i) => store().steps.leave(id, 1, wayOf(i), i)),
        ...steps.map(({ id }) => store().steps.leave(id, 2, { state: 'done' }, 0)),
      ])
      expect(left.slice(0, 100)).toEqual(steps.map((_, i) => wayOf(i).state))
      expect(left.slice(100).filter(Boolean), 'of another attempt').toEqual([])
      const ended = (await store().steps.ofJob(job.id)).slice(0, 100)
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
        expect(await store().steps.claim(step.id, 'worker', LEASE_MS), state.state).toBeUndefined()
        expect(await store().steps.get(step.id)).toEqual(step)
      }
      expect(await store().steps.claim(testIds.next('stp'), 'worker', LEASE_MS)).toBeUndefined()
    })

    it('parked ones whose time has come are claimed', async () => {
      const { id } = await insertStep(
        { name: 'finish' },
        { state: { state: 'parked', wakeAt: new Date(Date.now() - 1_000), reason: 'waited' } },
      )
      expect((await store().steps.claim(id, 'worker', LEASE_MS))?.state.state).toBe('running')
    })

    it('whose lease ran out go to the next worker, and the first can write nothing more', async () => {
      const { id } = await insertStep()
      const lost = claimed(await store().steps.claim(id, 'first', 1))
      const next = await eventually(() => store().steps.claim(id, 'second', LEASE_MS))
      expect(next.attempt).toBe(lost.attempt + 1)
      expect(await store().steps.renew(id, lost.attempt, LEASE_MS)).toBe(false)
      expect(await store().transaction((tx) => tx.steps.hold(id, lost.attempt))).toBe(false)
      for (const to of [{ state: 'done' }, { state: 'ready', runAt: new Date() }, { state: 'cancelled' }] satisfies StepState[]) {
        expect(await store().steps.leave(id, lost.attempt, to, 1)).toBeNull()
      }
      expect(next).toMatchObject((await store().steps.get(id)) ?? {})
      expect(await store().transaction((tx) => tx.steps.hold(id, next.attempt))).toBe(true)
    })

    it('keep a renewed lease', async () => {
      const { id } = await insertStep()
      const running = claimed(await store().steps.claim(id, 'worker', LEASE_MS))
      expect(await store().steps.renew(id, running.attempt, HOUR_MS)).toBe(true)
      expect(leaseOf(claimed(await store().steps.get(id)))).toBeGreaterThan(leaseOf(running))
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
        expect(await store().steps.leave(id, attempt, to, 3)).toBe(to.state)
        expect(await store().steps.get(id)).toMatchObject({ attempt, failures: 3, state: to })
        expect(await store().steps.leave(id, attempt, { state: 'done' }, 3), 'twice').toBeNull()
      }
    })

    it('a stale leave takes the whole transaction nowhere', async () => {
      const step = await runningStep()
      await store().steps.leave(step.id, step.attempt, { state: 'done' }, 0)
      const stale = store().transaction(async (tx) => {
        const job = claimed(await tx.jobs.lock(step.jobId))
        await tx.jobs.save({ ...job, notice: 'stale' })
        if (!(await tx.steps.leave(step.id, step.attempt, { state: 'done' }, 0))) throw new Error('stale')
      })
      await expect(stale).rejects.toThrow('stale')
      expect((await store().jobs.get(step.jobId))?.notice).toBeNull()
    })

    it('a held one is not claimed by another until the transaction ends, even when its lease runs out', async () => {
      const { id } = await insertStep()
      const running = claimed(await store().steps.claim(id, 'first', 1))
      const [held, asked] = [gate(), gate()]
      const finishing = store().transaction(async (tx) => {
        expect(await tx.steps.hold(id, running.attempt)).toBe(true)
        held.open()
        await asked.opened
        return tx.steps.leave(id, running.attempt, { state: 'done' }, 0)
      })
      await held.opened
      const stealing = store().steps.claim(id, 'second', LEASE_MS)
      // Time enough for the thief, were there nothing to wait for.
      for (let i = 0; i < 20; i++) await store().ping()
      asked.open()
      expect(await finishing).toBe('done')
      expect(await stealing).toBeUndefined()
    })

    it('that are claimed or left with a held one do not wait for it', async () => {
      const [held, other, due] = [await runningStep(), await runningStep(), await insertStep()]
      const late = await insertStep()
      await store().steps.claim(late.id, 'first', 1)
      const [holding, letGo] = [gate(), gate()]
      const holder = store().transaction(async (tx) => {
        await tx.steps.wake(held.jobId, 'analyse')
        await tx.steps.hold(late.id, 1)
        holding.open()
        await letGo.opened
      })
      await holding.opened
      const waiting = [store().steps.leave(held.id, held.attempt, { state: 'done' }, 0), store().steps.claim(late.id, 'second', LEASE_MS)]
      expect(await store().steps.leave(other.id, other.attempt, { state: 'done' }, 0)).toBe('done')
      expect((await store().steps.claim(due.id, 'second', LEASE_MS))?.attempt).toBe(1)
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
      await store().steps.insert(steps)
      expect(await store().steps.wake(job.id, 'generate', mine)).toEqual([steps[0]?.id])
      expect((await store().steps.claim(steps[0]?.id as StepId, 'worker', LEASE_MS))?.attempt).toBe(1)
      expect(await store().steps.claim(steps[1]?.id as StepId, 'worker', LEASE_MS)).toBeUndefined()
      expect(await store().steps.wake(job.id, 'finish')).toEqual([steps[2]?.id])
      expect(await store().steps.wake(job.id, 'publish')).toEqual([])
      expect(await store().steps.wake(testIds.next('job'), 'finish')).toEqual([])
    })

    it('a running one that is woken runs again instead of parking', async () => {
      const { id, attempt, jobId } = await runningStep({ name: 'finish' })
      expect(await store().steps.wake(jobId, 'finish')).toEqual([])
      const parked: StepState = { state: 'parked', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'waits' }
      expect(await store().steps.leave(id, attempt, parked, 0)).toBe('ready')
      expect((await stateOf(id)).state).toBe('ready')
      const again = claimed(await store().steps.claim(id, 'worker', LEASE_MS))
      // The poke is used up.
      expect(await store().steps.leave(id, again.attempt, parked, 0)).toBe('parked')
      expect(await stateOf(id)).toEqual(parked)
    })

    it('a poke does not bring back a step that is done', async () => {
      const { id, attempt, jobId } = await runningStep({ name: 'finish' })
      await store().steps.wake(jobId, 'finish')
      expect(await store().steps.leave(id, attempt, { state: 'done' }, 0)).toBe('done')
      expect(await stateOf(id)).toEqual({ state: 'done' })
      expect(await store().steps.wake(jobId, 'finish')).toEqual([])
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
      await store().steps.insert([keep, running, ready, parked, done])
      const kept = claimed(await store().steps.claim(keep.id, 'worker', LEASE_MS))
      const stopped = claimed(await store().steps.claim(running.id, 'worker', LEASE_MS))
      await store().steps.cancelOpen(job.id, keep.id)
      expect((await store().steps.ofJob(job.id)).map(({ state }) => state.state)).toEqual([
        'running',
        'cancelled',
        'cancelled',
        'cancelled',
        'done',
      ])
      expect(await store().steps.renew(stopped.id, stopped.attempt, LEASE_MS)).toBe(false)
      expect(await store().steps.leave(stopped.id, stopped.attempt, { state: 'done' }, 0)).toBeNull()
      expect(await store().steps.leave(kept.id, kept.attempt, { state: 'done' }, 0)).toBe('done')
    })

    it('say how long until the next one', async () => {
      expect(await store().steps.nextDueInMs(LANES, 1_000)).toBe(1_000)
      const { id } = await insertStep({ name: 'finish' }, { state: { state: 'ready', runAt: new Date(Date.now() + 600_000) } })
      const waiting = await store().steps.nextDueInMs(LANES, HOUR_MS)
      expect(waiting).toBeGreaterThan(500_000)
      expect(waiting).toBeLessThanOrEqual(600_000)
      expect(await store().steps.nextDueInMs(LANES, 1_000)).toBe(1_000)
      await insertStep({ name: 'finish' })
      expect(await store().steps.nextDueInMs(LANES, HOUR_MS)).toBe(0)
      // Once hinted, not before the next hint: a scheduler must not spin on steps that wait for a free worker.
      await due(LANES, 10, 300_000)
      expect(await store().steps.nextDueInMs(LANES, HOUR_MS)).toBeGreaterThan(200_000)
      expect(await store().steps.claim(id, 'worker', LEASE_MS)).toBeUndefined()
    })

    it('of some kinds that are open are counted', async () => {
      const { id, attempt, jobId } = await runningStep({ name: 'finish' })
      await store().steps.insert([newStep(jobId, { name: 'publish' }), newStep(jobId, { name: 'analyse' }, { state: { state: 'done' } })])
      expect(await store().steps.open(jobId, ['finish', 'publish', 'analyse'])).toBe(2)
      await store().steps.leave(id, attempt, { state: 'done' }, 0)
      expect(await store().steps.open(jobId, ['finish', 'publish', 'analyse'])).toBe(1)
      expect(await store().steps.open(jobId, ['finish'])).toBe(0)
    })
  })
}

function leaseOf(step: Step): number {
  return step.state.state === 'running' ? step.state.leaseUntil.getTime() : 0
}
