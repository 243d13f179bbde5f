import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { JobId, StepId, TenantId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import type { Lane, Step, StepWork } from '../domain/step.ts'
import type { Repositories, Store } from '../ports/store.ts'
import { newJob, newStep, testIds } from './entities.ts'
import { assetsContract } from './store/assets.ts'
import { deadLettersContract } from './store/dead-letters.ts'
import { dueStepsContract } from './store/due-steps.ts'
import { eventsContract } from './store/events.ts'
import { houseContract } from './store/house.ts'
import { jobsContract } from './store/jobs.ts'
import { reviewsContract } from './store/reviews.ts'
import { stepsContract } from './store/steps.ts'
import { claimed, type Gate, gate, HARD_TEXT, HOUR_MS } from './store/suite.ts'
import { takesContract } from './store/takes.ts'

export interface StoreContract {
  name: string
  /** A store over a new, empty, migrated database. Called twice: once for the suite, once to be closed. */
  make: () => Promise<{ store: Store; dispose: () => Promise<void> }>
  /** Tests the store cannot pass, each with its reason. */
  skip?: { test: string; reason: string }[]
}

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

    /** What a scheduler does with all that waits in these lanes. */
    async function due(lanes: readonly Lane[], limit: number, hintAgainMs: number): Promise<{ id: StepId; lane: Lane; woken: boolean }[]> {
      const waiting = (await store.steps.waiting(lanes.includes('io') ? ['entry', ...lanes] : lanes, limit)).filter(({ hinted }) => !hinted)
      const ids = waiting.slice(0, limit).map(({ id }) => id)
      return (await store.steps.hint(ids, hintAgainMs)).toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
    }

    const suite = { it, store: () => store, insertJob, insertStep, due }
    jobsContract(suite)
    stepsContract(suite)
    dueStepsContract(suite)
    takesContract(suite)
    assetsContract(suite)
    eventsContract(suite)
    reviewsContract(suite)
    houseContract(suite)
    deadLettersContract(suite)

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
