import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TenantId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import { messageId, type WebhookDelivery, type WebhookEndpoint } from '../domain/webhook.ts'
import type { ClaimedDelivery, ClaimLimits, Store } from '../ports/store.ts'
import { newJob, newWebhook, testIds } from './entities.ts'
import type { StoreContract } from './store-contract.ts'

const HOUR_MS = 3_600_000
const failed = { status: 500, error: 'It was answered with 500.', tookMs: 12 }

/** What every driver of {@link Store} does for webhooks going out. */
export function webhooksContract({ name, make }: Pick<StoreContract, 'name' | 'make'>): void {
  describe(`webhooks of the store: ${name}`, () => {
    let store: Store
    let dispose: () => Promise<void>
    let tenantId: TenantId

    beforeAll(async () => {
      const made = await make()
      store = made.store
      dispose = made.dispose
    })
    afterAll(() => dispose())
    // A claim looks at everything: each test has the database to itself.
    beforeEach(async () => {
      if (tenantId) for (const { id } of await store.webhooks.list(tenantId)) await store.webhooks.remove(id)
      tenantId = await store.tenants.ensure(`of ${testIds.next('ten')}`, testIds.next('ten'))
    })

    async function insert(change: Partial<WebhookEndpoint> = {}): Promise<WebhookEndpoint> {
      const endpoint = newWebhook(tenantId, change)
      await store.webhooks.insert(endpoint)
      return endpoint
    }

    async function insertJob(): Promise<Job> {
      const job = newJob({ tenantId })
      await store.jobs.insert([job])
      return job
    }

    /** Announces events of these ids, all of the type every endpoint here wants. */
    async function announce(job: Job, ...ids: number[]): Promise<void> {
      await store.transaction((tx) =>
        tx.webhooks.announce(
          job,
          new Date(),
          ids.map((id) => ({ id, type: 'job.playable' as const })),
        ),
      )
    }

    const claim = (limits: Partial<ClaimLimits> = {}): Promise<ClaimedDelivery[]> =>
      store.webhooks.claim({ limit: 100, perEndpoint: 100, busy: new Map(), leaseMs: HOUR_MS, ...limits })
    const idsOf = (claimed: ClaimedDelivery[]): string[] => claimed.map(({ delivery }) => delivery.id).toSorted()
    const fail = (delivery: WebhookDelivery, waitMs: number) =>
      store.webhooks.settle(delivery, { ...failed, to: { state: 'pending', waitMs } })

    async function claimOne(limits?: Partial<ClaimLimits>): Promise<WebhookDelivery> {
      const [one, ...more] = await claim(limits)
      expect(more).toEqual([])
      if (!one) throw new Error('nothing is due')
      return one.delivery
    }

    test('endpoints come back as they were written, in each state, and go with their deliveries', async () => {
      const at = new Date(1_700_000_000_123)
      for (const change of [
        {},
        { state: { state: 'disabled', reason: 'gone', at }, failingSince: at },
        { previous: { secret: 'whsec_b2xk', until: at }, events: ['review.opened', 'take.failed'] },
      ] as Partial<WebhookEndpoint>[]) {
        const endpoint = await insert(change)
        expect(await store.webhooks.get(endpoint.id)).toEqual(endpoint)
        expect(await store.transaction((tx) => tx.webhooks.lock(endpoint.id))).toEqual(endpoint)
        const changed = { ...endpoint, url: 'https://b.example/', state: { state: 'enabled' as const }, previous: null, failingSince: null }
        await store.webhooks.save(changed)
        expect(await store.webhooks.get(endpoint.id)).toEqual(changed)
      }
      const all = await store.webhooks.list(tenantId)
      expect(all).toHaveLength(3)
      expect(await store.webhooks.list(testIds.next('ten'))).toEqual([])

      const [{ id }] = all as [WebhookEndpoint]
      await store.webhooks.addTest(id, 'evt_1', new Date())
      await store.webhooks.remove(id)
      expect(await store.webhooks.get(id)).toBeUndefined()
      expect(await store.webhooks.deliveries(id, { limit: 10 })).toEqual([])
      await expect(store.webhooks.save(newWebhook(tenantId))).rejects.toThrow()
    })

    test('an event is announced once to each enabled endpoint of the tenant that wants it', async () => {
      const [a, b] = [await insert(), await insert({ events: ['job.failed', 'job.playable'] })]
      await insert({ events: ['job.failed'] })
      const disabled = await insert({ state: { state: 'disabled', reason: 'request', at: new Date() } })
      const other = await store.tenants.ensure(`of ${testIds.next('ten')}`, testIds.next('ten'))
      const foreign = newWebhook(other)
      await store.webhooks.insert(foreign)
      const job = await insertJob()
      await announce(job, 7)
      await announce(job, 7)
      const claimed = await claim()
      expect(claimed.map(({ endpoint }) => endpoint).toSorted((x, y) => (x.id < y.id ? -1 : 1))).toEqual([a, b])
      expect(idsOf(claimed)).toEqual([messageId(job.id, 7), messageId(job.id, 7)])
      expect(claimed[0]?.delivery).toMatchObject({ event: { jobId: job.id, id: 7 }, type: 'job.playable', state: 'pending', attempts: 1 })
      for (const { id } of [disabled, foreign]) expect(await store.webhooks.deliveries(id, { limit: 10 })).toEqual([])
      await store.webhooks.remove(foreign.id)
    })

    test('what was announced in a transaction that failed never was', async () => {
      const { id } = await insert()
      const job = await insertJob()
      const work = store.transaction(async (tx) => {
        await tx.webhooks.announce(job, new Date(), [{ id: 1, type: 'job.playable' }])
        throw new RangeError('no')
      })
      await expect(work).rejects.toThrow(RangeError)
      expect(await store.webhooks.deliveries(id, { limit: 10 })).toEqual([])
    })

    test('many who claim at once share what is due; nothing is had by two', async () => {
      await insert()
      const jobs = await Promise.all(Array.from({ length: 40 }, insertJob))
      for (const job of jobs) await announce(job, 1)
      const claims = await Promise.all(Array.from({ length: 8 }, () => claim({ limit: 10 })))
      expect(idsOf(claims.flat())).toEqual(jobs.map(({ id }) => messageId(id, 1)).toSorted())
    })

    test('one endpoint takes no more than its places, a failing one a single one', async () => {
      const [full, failing, free] = [await insert(), await insert({ failingSince: new Date() }), await insert()]
      for (let i = 0; i < 6; i++) await announce(await insertJob(), 1)
      const claimed = await claim({ perEndpoint: 4, busy: new Map([[full.id, 3]]) })
      const of = (id: string) => claimed.filter(({ endpoint }) => endpoint.id === id).length
      expect([of(full.id), of(failing.id), of(free.id)]).toEqual([1, 1, 4])
      expect(await claim({ limit: 2 })).toHaveLength(2)
      const beyond = new Map([full, failing, free].map(({ id }) => [id, 9]))
      expect(await claim({ perEndpoint: 4, busy: beyond })).toEqual([])
    })

    test('of one job the earlier event goes first; one that has failed is waited for once', async () => {
      await insert()
      const [job, other] = [await insertJob(), await insertJob()]
      await announce(job, 3, 5)
      await announce(other, 4)
      const claimed = await claim()
      expect(idsOf(claimed)).toEqual([messageId(job.id, 3), messageId(other.id, 4)])
      for (const { delivery } of claimed) await fail(delivery, delivery.event?.jobId === job.id ? 0 : HOUR_MS)
      const second = await claimOne()
      expect(second).toMatchObject({ id: messageId(job.id, 3), attempts: 2 })
      await fail(second, HOUR_MS)
      expect((await claimOne()).id).toBe(messageId(job.id, 5))
    })

    test('a delivery goes through its life: claimed, failed, due again, delivered, replayed', async () => {
      const { id: endpointId } = await insert()
      await store.webhooks.addTest(endpointId, 'evt_1', new Date(1_700_000_000_000))
      const first = await claimOne()
      expect(first).toMatchObject({
        id: 'evt_1',
        endpointId,
        event: null,
        type: 'webhook.test',
        attempts: 1,
        createdAt: new Date(1_700_000_000_000),
      })
      expect(await claim()).toEqual([])
      expect(await fail(first, HOUR_MS)).toBe(true)
      expect(await claim()).toEqual([])
      const waiting = await store.webhooks.delivery(endpointId, 'evt_1')
      expect(waiting).toMatchObject({ state: 'pending', lastStatus: 500, lastError: failed.error, lastTookMs: 12, attempts: 1 })

      expect(await store.webhooks.replay(endpointId, 'evt_1')).toMatchObject({ state: 'pending', attempts: 0 })
      const again = await claimOne()
      expect(again.firstAttemptAt).toEqual(first.firstAttemptAt)
      expect(await store.webhooks.settle(again, { to: { state: 'delivered' }, status: 204, error: null, tookMs: 3.4 })).toBe(true)
      expect(await store.webhooks.delivery(endpointId, 'evt_1')).toMatchObject({
        state: 'delivered',
        nextAt: null,
        lastStatus: 204,
        lastError: null,
        lastTookMs: 3,
      })
      expect(await claim()).toEqual([])

      expect(await store.webhooks.replay(endpointId, 'evt_1')).toMatchObject({ state: 'pending', attempts: 0 })
      const cut = await claimOne()
      await store.webhooks.giveBack(cut)
      const last = await claimOne()
      expect(last.attempts).toBe(1)
      await store.webhooks.settle(last, { to: { state: 'failed' }, status: null, error: 'nul \0 in it', tookMs: 1 })
      expect(await store.webhooks.delivery(endpointId, 'evt_1')).toMatchObject({
        state: 'failed',
        lastStatus: null,
        lastError: 'nul \uFFFD in it',
      })
      expect(await store.webhooks.replay(endpointId, 'evt_2')).toBeUndefined()
    })

    test('who lost its claim writes nothing', async () => {
      const { id: endpointId } = await insert()
      await store.webhooks.addTest(endpointId, 'evt_1', new Date())
      const dead = await claimOne({ leaseMs: 0 })
      const alive = await claimOne()
      expect(alive.attempts).toBe(2)
      expect(await fail(dead, 0)).toBe(false)
      await store.webhooks.giveBack(dead)
      expect(await claim()).toEqual([])
      expect(await store.webhooks.settle(alive, { to: { state: 'delivered' }, status: 200, error: null, tookMs: 1 })).toBe(true)
      expect(await fail(alive, 0)).toBe(false)
    })

    test('nothing is claimed for a disabled endpoint; what was pending is, once it is enabled again', async () => {
      const endpoint = await insert()
      await store.webhooks.addTest(endpoint.id, 'evt_1', new Date())
      await store.webhooks.save({ ...endpoint, state: { state: 'disabled', reason: 'failing', at: new Date() } })
      expect(await claim()).toEqual([])
      await store.webhooks.save(endpoint)
      expect((await claimOne()).id).toBe('evt_1')
    })

    test('the log is read in pages, newest first, by state, and forgotten by age', async () => {
      const { id } = await insert()
      const now = Date.now()
      for (const [i, age] of [3, 2, 1].entries()) await store.webhooks.addTest(id, `evt_${i}`, new Date(now - age * HOUR_MS))
      const log = async (filter: { before?: string; state?: 'failed'; limit?: number } = {}) =>
        (await store.webhooks.deliveries(id, { limit: 10, ...filter })).map((delivery) => delivery.id)
      expect(await log({ limit: 2 })).toEqual(['evt_2', 'evt_1'])
      expect(await log({ before: 'evt_1' })).toEqual(['evt_0'])
      expect(await log({ state: 'failed' })).toEqual([])
      await store.webhooks.forgetBefore(new Date(now - 1.5 * HOUR_MS))
      expect(await log()).toEqual(['evt_2'])
    })
  })
}
