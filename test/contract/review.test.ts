import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/compose/clock.ts'
import { ids } from '../../src/compose/ids.ts'
import type { JobId } from '../../src/domain/ids.ts'
import { type Job, jobEnded } from '../../src/domain/job.ts'
import type { Plan, PlannedTake } from '../../src/domain/plan.ts'
import { type Hold, isApproved, type Review } from '../../src/domain/review.ts'
import type { StepName } from '../../src/domain/step.ts'
import type { Take } from '../../src/domain/take.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import type { Provider } from '../../src/ports/provider.ts'
import type { StepHandler } from '../../src/ports/stages.ts'
import type { StageDeps } from '../../src/stages/deps.ts'
import { orderTakes } from '../../src/stages/order-takes.ts'
import { review as reviewStep } from '../../src/stages/review.ts'
import { newTake } from '../../src/testing/entities.ts'
import { createWorld, type World } from './http-server.ts'

/** People and the engine: the real store, queue and engine, and the real step that follows a decision; what asks people is scripted. */
let world: World
let scripts: Partial<Record<StepName, StepHandler>> = {}

const far = () => new Date(Date.now() + 3_600_000)
const outcome = { class: 'internal', detail: 'done', retry: 'never', charged: 'no' } as const
const black: Verdict = {
  check: 'black',
  verdict: 'fail',
  value: 2,
  unit: 's',
  threshold: 0.5,
  range: { startSeconds: 1, endSeconds: 3 },
  detail: 'The picture is black for 2.0 s.',
}
const frozen: Verdict = { ...black, check: 'freeze', detail: 'The picture stands still for 2.0 s.' }
const prompt = (findings: Verdict[] = [black], reviewers: 1 | 2 = 1): Hold => ({
  about: 'prompt',
  takeId: null,
  shot: null,
  startSeconds: null,
  useFromSeconds: 0,
  findings,
  reviewers,
})

/** Asks about the prompt as the gate would, until a person has let every finding through; then ends the job. */
const asks =
  (findings: Verdict[], reviewers: 1 | 2 = 1): StepHandler =>
  async ({ job }) => {
    const reviews = await world.store.reviews.ofJob(job.id)
    const left = findings.filter((finding) => !isApproved(reviews, null, finding))
    if (left.length === 0) return { then: 'done', write: (tx) => tx.end('failed', outcome) }
    return { then: 'park', wakeAt: far(), reason: 'waits for a person', write: async (tx) => void (await tx.hold(prompt(left, reviewers))) }
  }

const planned: PlannedTake = {
  key: 'clip:0',
  role: 'clip',
  shot: 0,
  needs: [],
  provider: 'local',
  request: { kind: 'video', prompt: 'a bell', durationSeconds: 4, width: 320, height: 180, fps: 30, seed: 1 },
  rank: 0,
}
const plan: Plan = {
  title: 'A bell',
  shots: [{ index: 0, title: 'A bell', narration: '', estimatedSeconds: 4, leadSeconds: 0, tailSeconds: 0 }],
  takes: [planned],
  estimatedSeconds: 4,
  quotedSeconds: 1,
  notes: [],
}

beforeAll(async () => {
  const providers = new Map([['local', { id: 'local', capabilities: { volatile: true } } as Provider]])
  const scripted: StepHandler = (run) => (scripts[run.step.work.name] ?? (async () => ({ then: 'done' })))(run)
  world = await createWorld((store) => {
    const deps = { store, providers, ids, clock: systemClock } as unknown as StageDeps
    return { analyse: scripted, finish: scripted, rendition: scripted, review: reviewStep(deps), ...ordering(deps) }
  }, providers)
  await world.engine.start({
    lanes: ['io', 'cpu', 'resident'],
    schedules: true,
    api: false,
    host: 'here',
    pid: process.pid,
    version: '0.0.0',
    isRunning: () => true,
  })
})
afterEach(() => {
  scripts = {}
})
afterAll(() => world.close())

/** A step that plans one take and orders it, as `analyse` does; it is accepted at once. */
function ordering(deps: StageDeps): Partial<Record<StepName, StepHandler>> {
  return {
    publish: async () => ({
      then: 'done',
      write: async (tx) => {
        tx.plan(plan)
        await orderTakes(deps, tx)
      },
    }),
    generate: async ({ step }) => ({
      then: 'done',
      write: async (tx) => {
        const take = step.work.name === 'generate' ? await tx.repositories.takes.get(step.work.takeId) : undefined
        if (take) await tx.repositories.takes.save({ ...take, state: { state: 'accepted', masters: [] } })
      },
    }),
  }
}

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  return vi.waitFor(
    async () => {
      const found = await ask()
      if (found === undefined) throw new Error('not yet')
      return found
    },
    { timeout: 20_000, interval: 20 },
  )
}
const untilIn = (id: JobId, state: Job['state']['state']) =>
  until(async () => {
    const job = await world.store.jobs.get(id)
    return job?.state.state === state ? job : undefined
  })
const untilEnded = (id: JobId) =>
  until(async () => {
    const job = await world.store.jobs.get(id)
    return job && jobEnded(job) ? job : undefined
  })
const reviewsOf = (id: JobId): Promise<Review[]> => world.store.reviews.ofJob(id)
const eventsOf = (id: JobId) => world.store.events.read(id, 0, 1_000)
const statusesOf = async (id: JobId) =>
  (await eventsOf(id)).filter(({ type }) => type === 'status').map(({ data }) => (data as { state: string }).state)
const ann = { decision: 'approve', by: 'Ann', note: '' } as const

/** A job that is held, and its one review. */
async function held(findings: Verdict[] = [black], reviewers: 1 | 2 = 1): Promise<{ job: Job; review: Review }> {
  scripts = { ...scripts, analyse: asks(findings, reviewers) }
  const { id } = await world.submit()
  const job = await untilIn(id, 'held')
  return { job, review: (await reviewsOf(id))[0] as Review }
}
const decide = (review: Review, said: Parameters<World['engine']['decideReview']>[2], key?: string) =>
  world.engine.decideReview(world.tenant, review.id, said, key === undefined ? {} : { idempotency: { key, fingerprint: said.note } })

describe('a job that is held', () => {
  it('says so with the review and in words, knows no time left, and goes on with its other parts', async () => {
    scripts.rendition = async (run) => {
      await run.checkpoint(async (tx) => tx.stage({ key: 'render', fraction: 0.5 }))
      return { then: 'done' }
    }
    const { job, review } = await held()
    expect(job).toMatchObject({ eta: null, notice: 'The prompt waits until a person has looked at it. The picture is black for 2.0 s.' })
    expect(review).toMatchObject({ state: 'open', findings: [black], regenerable: false, decisions: [], tenantId: world.tenant })
    await world.change(job, (tx) => tx.addSteps([{ name: 'rendition', format: 'mp3' }]))
    const moved = await until(async () => {
      const now = await world.store.jobs.get(job.id)
      return now?.stages.some(({ key, state }) => key === 'render' && state === 'running') ? now : undefined
    })
    expect(moved).toMatchObject({ state: { state: 'held' }, eta: null })
    expect((await eventsOf(job.id)).map(({ type }) => type).filter((type) => type === 'review')).toHaveLength(1)
    expect(await statusesOf(job.id)).toEqual(['queued', 'running', 'held'])
  })

  it('asks once, however often its step runs, and again about what is new', async () => {
    const { job } = await held()
    const before = job.seq
    await world.change(job, async (tx) => void (await tx.hold(prompt([black]))))
    expect((await world.store.jobs.get(job.id))?.seq).toBe(before)
    await world.change(job, async (tx) => void (await tx.hold(prompt([black, frozen]))))
    expect((await reviewsOf(job.id)).map(({ findings }) => findings)).toEqual([[black], [frozen]])
    expect((await world.store.jobs.get(job.id))?.notice).toBe('2 parts wait until a person has looked at them.')
  })

  it('cannot be retried, can be cancelled, and then nobody is asked any more', async () => {
    const { job, review } = await held()
    await expect(world.engine.retry(world.tenant, job.id)).rejects.toMatchObject({ code: 'job_not_retryable' })
    await world.engine.cancel(world.tenant, job.id)
    expect((await reviewsOf(job.id))[0]).toMatchObject({ state: 'closed', decisions: [], decidedAt: expect.any(Date) })
    expect((await eventsOf(job.id)).at(-1)).toMatchObject({ type: 'status', data: { state: 'cancelled' } })
    await expect(decide(review, ann)).rejects.toMatchObject({ code: 'review_already_decided' })
  })

  it('expires at its deadline', async () => {
    scripts.analyse = asks([black])
    const { policy } = (await world.submit()).request
    const { id } = await world.submit({ policy: { ...policy, deadlineSeconds: 1 } })
    await untilIn(id, 'held')
    expect((await untilEnded(id)).state).toMatchObject({ state: 'expired' })
    expect((await reviewsOf(id))[0]?.state).toBe('closed')
  })

  it('of another tenant does not exist', async () => {
    const { review } = await held()
    const other = await world.store.tenants.ensure('other', ids.next('ten'))
    await expect(world.engine.decideReview(other, review.id, ann)).rejects.toMatchObject({ code: 'review_not_found' })
  })
})

describe('a decision', () => {
  it('to approve lets the job run on at once, without counting the wait as work', async () => {
    const { job, review } = await held()
    const { review: decided } = await decide(review, { ...ann, note: 'It is night.' })
    expect(decided).toMatchObject({ state: 'approved', decisions: [{ by: 'Ann', note: 'It is night.', decision: 'approve' }] })
    await untilEnded(job.id)
    expect(await statusesOf(job.id)).toEqual(['queued', 'running', 'held', 'running', 'failed'])
    expect((await reviewsOf(job.id))[0]).toEqual(decided)
  })

  it('leaves the time left as it was before the wait, however long that was', async () => {
    const { job } = await held()
    const state = job.state as Extract<Job['state'], { state: 'held' }>
    const hourAgo = new Date(state.heldAt.getTime() - 3_600_000)
    const waiting = await world.change(job, async (tx) => tx.plan(plan))
    await world.store.jobs.save({ ...waiting, state: { ...state, startedAt: hourAgo, heldAt: hourAgo } })
    scripts.analyse = async () => ({ then: 'park', wakeAt: far(), reason: 'for the test' })
    await decide((await reviewsOf(job.id))[0] as Review, ann)
    const running = (await world.store.jobs.get(job.id)) as Job
    expect(running.state).toMatchObject({ state: 'running', startedAt: hourAgo })
    expect((running.state as { heldMs: number }).heldMs).toBeGreaterThan(3_590_000)
    expect(running.eta?.p50Seconds).toBeLessThan(60)
    expect(running.progress).toBeLessThan(0.95)
  })

  it('of one is not enough where two must approve; the second must be another person', async () => {
    const { job, review } = await held([black], 2)
    await decide(review, ann)
    expect(await world.store.jobs.get(job.id)).toMatchObject({
      state: { state: 'held' },
      notice: 'The prompt waits for a second person: Ann has approved.',
    })
    await expect(decide(review, ann)).rejects.toMatchObject({ code: 'reviewer_same_person' })
    await decide(review, { ...ann, by: 'Ben' })
    await untilEnded(job.id)
    expect((await reviewsOf(job.id))[0]).toMatchObject({ state: 'approved', decisions: [{ by: 'Ann' }, { by: 'Ben' }] })
    expect((await eventsOf(job.id)).filter(({ type }) => type === 'review')).toHaveLength(3)
  })

  it('is taken once by many who decide at the same moment', async () => {
    const { job, review } = await held()
    const people = Array.from({ length: 12 }, (_, index) =>
      decide(review, { decision: index % 2 ? 'approve' : 'reject', by: `person ${index}`, note: 'n' }),
    )
    const settled = await Promise.allSettled(people)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'review_already_decided' })
    expect((await reviewsOf(job.id))[0]?.decisions).toHaveLength(1)
    await untilEnded(job.id)
  })

  it('with a known key is the one that was taken; with another body it is refused', async () => {
    const { job, review } = await held([black], 2)
    const answers = await Promise.all(Array.from({ length: 6 }, () => decide(review, { ...ann, note: 'same' }, review.id)))
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect((await reviewsOf(job.id))[0]?.decisions).toHaveLength(1)
    await expect(decide(review, { ...ann, note: 'other' }, review.id)).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    await world.engine.cancel(world.tenant, job.id)
  })

  it('to reject ends the job with who and why, and closes what else was asked', async () => {
    const { job, review } = await held()
    await world.change(job, async (tx) => void (await tx.hold(prompt([frozen]))))
    await decide(review, { decision: 'reject', by: 'Ann', note: 'A child is seen.' })
    expect((await world.store.jobs.get(job.id))?.state).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_input', detail: 'Rejected by Ann: A child is seen.' },
    })
    expect((await reviewsOf(job.id)).map(({ state }) => state)).toEqual(['rejected', 'closed'])
    expect(await statusesOf(job.id)).toEqual(['queued', 'running', 'held', 'failed'])
    expect((await eventsOf(job.id)).at(-1)?.type).toBe('status')
  })

  it('about one of two parts leaves the job held for the other', async () => {
    const { job, review } = await held()
    await world.change(job, async (tx) => void (await tx.hold(prompt([frozen]))))
    await decide(review, ann)
    expect((await world.store.jobs.get(job.id))?.state.state).toBe('held')
    scripts.analyse = asks([black, frozen])
    await decide((await reviewsOf(job.id))[1] as Review, { ...ann, by: 'Ben' })
    await untilEnded(job.id)
  })
})

describe('a take that is held', () => {
  /** A job whose one take is accepted, and held. */
  async function withTake(): Promise<{ job: Job; take: Take; review: Review }> {
    scripts.analyse = async () => ({ then: 'done', write: (tx) => tx.addSteps([{ name: 'publish' }]) })
    const { id } = await world.submit()
    const take = await until(async () => (await world.store.takes.ofJob(id)).find(({ state }) => state.state === 'accepted'))
    const hold: Hold = { about: 'take', takeId: take.id, shot: 0, startSeconds: 0, useFromSeconds: 0, findings: [black], reviewers: 1 }
    const job = await world.change({ id }, async (tx) => void (await tx.hold(hold)))
    return { job, take, review: (await reviewsOf(id))[0] as Review }
  }

  it('is made again with another seed, once, when a person wants it', async () => {
    const { job, take, review } = await withTake()
    expect(review).toMatchObject({ role: 'clip', regenerable: true })
    await decide(review, { decision: 'regenerate', by: 'Ann', note: 'Too dark.' })
    const takes = await until(async () => {
      const all = await world.store.takes.ofJob(job.id)
      return all.length > 1 && all[1]?.state.state === 'accepted' ? all : undefined
    })
    expect(takes).toHaveLength(2)
    expect(takes[0]).toMatchObject({
      id: take.id,
      state: { state: 'rejected', outcome: { class: 'quality', detail: 'Another take was asked for by Ann: Too dark.' } },
    })
    expect(takes[1]).toMatchObject({ key: 'clip:0', number: 2, state: { state: 'accepted' } })
    expect(takes[1]?.request.seed).not.toBe(take.request.seed)
    expect((await world.store.jobs.get(job.id))?.state.state).toBe('running')
    await world.engine.cancel(world.tenant, job.id)
  })

  it('cannot be made again once a part of it was let out', async () => {
    const job = await world.submit()
    const assetId = await world.begin(job)
    await world.release(job, assetId, 0)
    const take = newTake(job.id, { role: 'clip', state: { state: 'accepted', masters: [] } })
    await world.store.takes.insert([take])
    await world.change(job, async (tx) => {
      await tx.hold({ about: 'stretch', takeId: take.id, shot: 0, startSeconds: 0, useFromSeconds: 0, findings: [black], reviewers: 1 })
    })
    const [review] = await reviewsOf(job.id)
    expect(review?.regenerable).toBe(false)
    await expect(decide(review as Review, { decision: 'regenerate', by: 'Ann', note: 'n' })).rejects.toMatchObject({
      code: 'decision_not_possible',
    })
    expect((await world.store.jobs.get(job.id))?.state.state).toBe('held')
    await decide(review as Review, ann)
    await untilIn(job.id, 'running')
    await world.engine.cancel(world.tenant, job.id)
  })

  it('wakes what waited for it when it is let through', async () => {
    let runs = 0
    scripts.finish = async ({ job }) => {
      runs += 1
      const open = (await reviewsOf(job.id)).some(({ state }) => state === 'open')
      if (runs > 1 && !open) return { then: 'done', write: (tx) => tx.end('failed', outcome) }
      return { then: 'park', wakeAt: far(), reason: 'waits' }
    }
    const { job, review } = await withTake()
    await world.change(job, (tx) => tx.addSteps([{ name: 'finish' }]))
    await vi.waitFor(() => expect(runs).toBe(1), { timeout: 10_000 })
    await decide(review, ann)
    await untilEnded(job.id)
    expect(runs).toBe(2)
  })
})
