import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { systemClock } from '../../src/compose/clock.ts'
import { ids } from '../../src/compose/ids.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { createApiKey } from '../../src/delivery/auth.ts'
import type { AssetId, JobId, ReviewId } from '../../src/domain/ids.ts'
import type { Job } from '../../src/domain/job.ts'
import type { RetentionClass } from '../../src/domain/retention.ts'
import type { Master } from '../../src/domain/take.ts'
import type { StoragePolicy } from '../../src/domain/tenant.ts'
import { findOrphans } from '../../src/engine/orphans.ts'
import { type SweepDeps, sweepOverdue } from '../../src/engine/sweep.ts'
import { startSweeper } from '../../src/engine/sweeper.ts'
import type { StepRun } from '../../src/ports/stages.ts'
import { cleanup } from '../../src/stages/cleanup.ts'
import type { StageDeps } from '../../src/stages/deps.ts'
import { newReview, newTake } from '../../src/testing/entities.ts'
import { AssetView } from '../../src/wire/assets.ts'
import { createWorld, request, type Served, type World } from './http-server.ts'

/** The real store, files and routes; the time is the test's. */
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
let now = Date.now()
const clock = { ...systemClock, now: () => new Date(now) }
const log = createLogger('silent')
const WITHIN = { timeout: 10_000 }
const never = new AbortController().signal

let world: World
let server: Served

beforeAll(async () => {
  world = await createWorld(undefined, undefined, { clock, retention: { ephemeralHours: 24, standardDays: 30, masterDays: 7 } })
  server = await world.serve()
})
afterAll(() => world.close())
// What a test left to its day would be due in the next one.
beforeEach(async () => {
  now = Date.now() + 100 * DAY_MS
  await sweep()
  now = Date.now()
})

const sweep = (change: Partial<SweepDeps> = {}) =>
  sweepOverdue({ store: world.store, objects: world.objects, clock, log, ...change }, 100, never)

interface Made {
  job: Job
  /** Of its one take. */
  reviewId: ReviewId
  id: AssetId
  at: string
  master: Master
}

/** A job that has succeeded, its asset with two rungs, a file, a master and a verdict, all on disk. */
async function made(retention: RetentionClass, tenantId = world.tenant): Promise<Made> {
  const queued = await world.submit({ policy: { ...request.policy, retention } }, tenantId)
  const id = await world.begin(queued)
  await world.release(queued, id, 0, true)
  const put = (key: string, text: string) => world.objects.put(`jobs/${queued.id}/${key}`, Buffer.from(text), { mimeType: 'video/mp4' })
  const file = await put(`assets/${id}/video.mp4`, 'the whole film')
  const take = newTake(queued.id, { state: { state: 'delivered', ref: {}, outputs: [] } })
  const delivered = await put(`takes/${take.id}/media-0.mp4`, 'as it was delivered')
  const poster = await put(`takes/${take.id}/still-1.jpg`, 'a still that is the poster')
  const master: Master = { role: 'media', objectKey: delivered.key, durationSeconds: 2, ...described(delivered) }
  const job = await world.change(queued, async (tx) => {
    await tx.createTakes([take])
    await tx.setTake(take, { state: 'accepted', masters: [master] })
    await tx.verdicts([{ check: 'black', verdict: 'pass', value: 0, unit: 's', threshold: 0.5, detail: 'No black picture.' }])
    await tx.addFiles([
      { name: 'video.mp4', label: 'Video', objectKey: file.key, ...described(file) },
      { name: 'poster.jpg', label: 'Poster', objectKey: poster.key, ...described(poster) },
    ])
    await tx.succeed()
  })
  await world.store.steps.cancelOpen(job.id)
  const review = newReview(job, { takeId: take.id, state: 'approved' })
  await world.store.reviews.insert(review)
  return { job, reviewId: review.id, id, at: `${server.url}/v1/assets/${id}`, master }
}

const described = ({ mimeType, sizeBytes, sha256 }: Pick<Master, 'mimeType' | 'sizeBytes' | 'sha256'>) => ({ mimeType, sizeBytes, sha256 })

async function keysOf(jobId: JobId): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of world.objects.list(`jobs/${jobId}/`)) keys.push(key.slice(`jobs/${jobId}/`.length))
  return keys
}

const onDisk = (jobId: JobId) => existsSync(join(world.filesFolder, 'objects', 'jobs', jobId))
const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status
const viewOf = async (url: string) => AssetView.parse(await (await fetch(url)).json())
const everyAddress = ({ at, job, reviewId }: Made) => [
  at,
  `${at}/files/video.mp4`,
  `${at}/files/captions.vtt`,
  `${at}/hls/master.m3u8`,
  `${at}/hls/720p/playlist.m3u8`,
  `${at}/hls/720p/init.mp4`,
  `${at}/hls/720p/0.m4s`,
  `${server.url}/v1/jobs/${job.id}/previews/1.jpg`,
  `${server.url}/v1/reviews/${reviewId}/media`,
]

it('says when it goes, is gone at that moment, and is swept from store and disk; its job stays', async () => {
  const one = await made('ephemeral')
  const { endedAt } = one.job.state as { endedAt: Date }
  expect(await viewOf(one.at)).toMatchObject({ retention: 'ephemeral', expiresAt: new Date(endedAt.getTime() + DAY_MS).toISOString() })
  const eventsBefore = await world.store.events.read(one.job.id, 0, 1_000)

  now = endedAt.getTime() + DAY_MS - 1
  expect(await sweep()).toEqual({ overdue: 0, removedObjects: 0, removedBytes: 0 })
  const mediaAddress = `${server.url}/v1/reviews/${one.reviewId}/media`
  expect(await Promise.all([`${one.at}/files/video.mp4`, mediaAddress].map((url) => statusOf(url)))).toEqual([200, 200])

  now += 1
  expect(await Promise.all(everyAddress(one).map((url) => statusOf(url)))).toEqual(everyAddress(one).map(() => 410))
  const problem = await (await fetch(one.at)).json()
  expect(problem).toMatchObject({
    status: 410,
    code: 'asset_gone',
    type: '/docs/errors/asset_gone',
    assetId: one.id,
    jobId: one.job.id,
    kind: 'video',
    assetTitle: 'A test',
    goneAt: clock.now().toISOString(),
  })
  expect(await statusOf(`${one.at}/hold`, { method: 'POST' })).toBe(410)
  const listed = await createClient({ baseUrl: server.url }).assets.list()
  expect(listed.assets.map(({ id }) => id)).not.toContain(one.id)
  expect(await keysOf(one.job.id), 'before the sweep').toHaveLength(7)

  expect(await sweep()).toMatchObject({ overdue: 1, removedObjects: 7 })
  expect([await keysOf(one.job.id), onDisk(one.job.id)]).toEqual([[], false])
  expect(await world.store.assets.parts(one.id)).toEqual({ files: [], rungs: [], segments: [] })
  expect(await (await fetch(one.at)).json()).toEqual({ ...problem, requestId: expect.any(String) })
  expect(await (await fetch(`${server.url}/v1/jobs/${one.job.id}`)).json()).toMatchObject({
    state: 'succeeded',
    playable: false,
    playback: null,
    assetId: one.id,
  })
  expect(await world.store.events.read(one.job.id, 0, 1_000)).toEqual(eventsBefore)
  expect((await (await fetch(`${server.url}/v1/jobs/${one.job.id}/report`)).json()).verdicts).toHaveLength(1)
  expect((await world.store.takes.ofJob(one.job.id))[0]?.state).toEqual({ state: 'accepted', masters: [one.master] })
  expect(await sweep(), 'nothing is left to do').toMatchObject({ overdue: 0 })
})

it('leaves alone what is permanent, and what another tenant has time for', async () => {
  const other = await world.store.tenants.ensure('other', ids.next('ten'))
  const [gone, permanent, theirs] = [await made('ephemeral'), await made('permanent'), await made('standard', other)]
  expect(await viewOf(permanent.at)).toMatchObject({ retention: 'permanent', expiresAt: null })
  const before = await keysOf(theirs.job.id)
  now += DAY_MS
  await sweep()
  expect(onDisk(gone.job.id)).toBe(false)
  expect(await keysOf(theirs.job.id)).toEqual(before)
  now += 3_650 * DAY_MS
  await sweep()
  expect(onDisk(theirs.job.id)).toBe(false)
  expect(await statusOf(`${permanent.at}/files/video.mp4`)).toBe(200)
})

it('does not go while it is held; its time counts on when it is released', async () => {
  const one = await made('ephemeral')
  const client = createClient({ baseUrl: server.url })
  const { expiresAt } = await viewOf(one.at)
  now += 20 * HOUR_MS
  expect(await client.assets.hold(one.id, { note: 'A complaint.' })).toMatchObject({
    expiresAt: null,
    hold: { by: null, note: 'A complaint.', at: clock.now().toISOString() },
  })
  now += 365 * DAY_MS
  expect(await client.assets.hold(one.id, { note: 'Again.' })).toMatchObject({ hold: { note: 'A complaint.' } })
  expect(await sweep()).toMatchObject({ overdue: 0 })
  expect((await client.assets.list()).assets.map(({ id }) => id)).toContain(one.id)

  const released = await client.assets.release(one.id, { note: 'Settled.' })
  expect(released).toMatchObject({ hold: null, expiresAt: new Date(Date.parse(expiresAt ?? '') + 365 * DAY_MS).toISOString() })
  expect(await client.assets.release(one.id)).toEqual(released)
  expect((await world.store.assets.get(one.id))?.retention.holds).toMatchObject([
    { note: 'A complaint.', released: { note: 'Settled.', at: clock.now() } },
  ])
  now += 4 * HOUR_MS - 1
  expect(await statusOf(one.at)).toBe(200)
  now += 1
  expect(await statusOf(one.at)).toBe(410)
  await sweep()
  expect(onDisk(one.job.id)).toBe(false)
})

it('is nobody else’s to hold or release', async () => {
  const one = await made('permanent')
  const other = await world.store.tenants.ensure('other', ids.next('ten'))
  await expect(world.engine.holdAsset(other, one.id, { by: null, note: '' })).rejects.toMatchObject({ code: 'asset_not_found' })
  await world.engine.holdAsset(world.tenant, one.id, { by: 'ann', note: '' })
  await expect(world.engine.releaseAsset(other, one.id, { by: null, note: '' })).rejects.toMatchObject({ code: 'asset_not_found' })
  expect((await viewOf(one.at)).hold).toMatchObject({ by: 'ann' })
})

it.each([1, 3, 7])('a sweep killed before removal %i is finished by the next one, and nothing is served between', async (survives) => {
  const one = await made('ephemeral')
  now += DAY_MS
  let removals = 0
  const dying = {
    ...world.objects,
    remove: async (key: string) => {
      if (++removals >= survives) throw new Error('killed')
      await world.objects.remove(key)
    },
  }
  await sweep({ objects: dying })
  expect(await keysOf(one.job.id)).toHaveLength(7 - (survives - 1))
  expect(await Promise.all(everyAddress(one).map((url) => statusOf(url)))).toEqual(everyAddress(one).map(() => 410))
  // As a machine sees it whose clock is behind: what a sweep has begun to remove is gone for everybody.
  now -= HOUR_MS
  expect(await Promise.all(everyAddress(one).map((url) => statusOf(url)))).toEqual(everyAddress(one).map(() => 410))
  await expect(world.engine.holdAsset(world.tenant, one.id, { by: null, note: 'too late' })).rejects.toMatchObject({ code: 'asset_gone' })
  now += HOUR_MS
  expect(await sweep()).toMatchObject({ overdue: 1, removedObjects: 7 - (survives - 1) })
  expect(onDisk(one.job.id)).toBe(false)
})

it('a sweep killed between the objects and the row leaves a row that the next one finishes', async () => {
  const one = await made('ephemeral')
  now += DAY_MS
  let transactions = 0
  const store = {
    ...world.store,
    transaction: ((work) =>
      ++transactions === 2 ? Promise.reject(new Error('killed')) : world.store.transaction(work)) as typeof world.store.transaction,
  }
  await sweep({ store })
  expect([onDisk(one.job.id), (await world.store.assets.parts(one.id)).segments.length]).toEqual([false, 2])
  expect(await statusOf(`${one.at}/files/video.mp4`)).toBe(410)
  expect(await sweep()).toMatchObject({ overdue: 1, removedObjects: 0 })
  expect((await world.store.assets.parts(one.id)).segments).toEqual([])
})

it('one of two sweepers sweeps at each tick, and stops at once', async () => {
  const [one, later] = [await made('ephemeral'), await made('standard')]
  const ticks: (() => void)[] = []
  const ticking = {
    ...clock,
    sleep: (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        ticks.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  now += DAY_MS
  const sweepers = [1, 2].map(() => startSweeper({ store: world.store, objects: world.objects, clock: ticking, log }))
  await vi.waitFor(() => expect([ticks.length, onDisk(one.job.id)]).toEqual([2, false]), WITHIN)
  expect(onDisk(later.job.id)).toBe(true)
  now += 29 * DAY_MS
  for (const tick of ticks.splice(0)) tick()
  await vi.waitFor(() => expect([ticks.length, onDisk(later.job.id)]).toEqual([2, false]), WITHIN)
  await Promise.all(sweepers.map((sweeper) => sweeper.stop()))
})

it('masters go at their own time, and the asset that was made of them stays', async () => {
  const one = await made('standard')
  now += 7 * DAY_MS
  expect(await sweep()).toMatchObject({ overdue: 1, removedObjects: 1 })
  expect(await world.objects.head(one.master.objectKey)).toBeUndefined()
  expect(await Promise.all(['video.mp4', 'poster.jpg'].map((name) => statusOf(`${one.at}/files/${name}`)))).toEqual([200, 200])
  expect(await sweep()).toMatchObject({ overdue: 0 })
  now += 23 * DAY_MS
  expect(await sweep()).toMatchObject({ overdue: 1, removedObjects: 6 })
  expect(onDisk(one.job.id)).toBe(false)
})

it('what a job left that ended without an asset goes as well', async () => {
  const job = await world.submit({ policy: { ...request.policy, retention: 'ephemeral' } })
  const id = await world.begin(job)
  await world.objects.put(`jobs/${job.id}/takes/t/media-0.mp4`, Buffer.from('paid for'), { mimeType: 'video/mp4' })
  await world.change(job, (tx) =>
    tx.end('failed', { class: 'quality', detail: 'Black.', retry: 'reseed', charged: 'yes', amountMicroUsd: 40_000 }),
  )
  now += DAY_MS
  expect(await sweep(), 'its cleanup is still to come').toMatchObject({ overdue: 0 })
  await world.store.steps.cancelOpen(job.id)
  expect(await sweep()).toMatchObject({ overdue: 1 })
  expect(onDisk(job.id)).toBe(false)
  expect(await world.store.assets.get(id)).toMatchObject({ state: { state: 'discarded' }, retention: { sweptAt: clock.now() } })
})

it('cleanup counts what is stored, and leaves a held asset of a failed job alone until it is released', async () => {
  const stages = cleanup({ store: world.store, objects: world.objects, clock } as unknown as StageDeps)
  const run = (job: Job) =>
    stages({
      job,
      log,
      signal: never,
      checkpoint: (work: Parameters<World['change']>[1]) => world.change(job, work),
    } as unknown as StepRun)
  const cleanUp = async (job: Job) => {
    const result = await run(job)
    if (result.write) await world.change(job, result.write)
    return result.then
  }
  const storedBefore = await world.store.assets.storedBytes(world.tenant)
  const one = await made('permanent')
  expect(await cleanUp(one.job)).toBe('done')
  const { storedBytes } = await createClient({ baseUrl: server.url }).usage()
  let bytes = 0
  for await (const { sizeBytes } of world.objects.list(`jobs/${one.job.id}/`)) bytes += sizeBytes
  expect(bytes).toBeGreaterThan(400_000)
  expect(storedBytes).toEqual({ ...storedBefore, permanent: storedBefore.permanent + bytes })

  const queued = await world.submit()
  const id = await world.begin(queued)
  await world.release(queued, id, 0)
  const cut = await world.change(queued, (tx) => tx.end('failed', { class: 'quality', detail: 'Black.', retry: 'reseed', charged: 'no' }))
  await world.store.steps.cancelOpen(cut.id)
  await world.engine.holdAsset(world.tenant, id, { by: null, note: 'look at it' })
  expect(await cleanUp(cut)).toBe('park')
  expect(await statusOf(`${server.url}/v1/assets/${id}/hls/720p/0.m4s`)).toBe(200)
  await world.engine.releaseAsset(world.tenant, id, { by: null, note: '' })
  expect(await cleanUp(cut)).toBe('done')
  expect(onDisk(cut.id)).toBe(false)
})

it('finds what no row knows, a day after the job ended, and touches no job under way', async () => {
  const orphans = async () => {
    const found: string[] = []
    for await (const { objects } of findOrphans({ store: world.store, objects: world.objects, clock, log }))
      found.push(...objects.map(({ key }) => key))
    return found
  }
  const [ended, running] = [await made('permanent'), await world.submit()]
  await world.begin(running)
  const unknown = ids.next('job')
  const strays = [`jobs/${ended.job.id}/previews/7.jpg`, `jobs/${running.id}/previews/7.jpg`, `jobs/${unknown}/takes/x`, 'jobs/readme/x']
  for (const key of strays) await world.objects.put(key, Buffer.from('left behind'), { mimeType: 'image/jpeg' })
  const before = await orphans()
  expect(before.filter((key) => strays.includes(key))).toEqual([])
  now = Date.now() + DAY_MS + 1
  expect((await orphans()).toSorted()).toEqual([...before, strays[0], strays[2]].toSorted())
})

it('a tenant’s own periods and default go before the server’s, and what a job asks for before both', async () => {
  const house = await world.store.tenants.ensure('own periods', ids.next('ten'))
  await world.store.tenants.setStoragePolicy(house, {
    retention: { class: 'ephemeral', ephemeralHours: 2, standardDays: null, masterDays: 3 },
    quotaBytes: null,
  })
  const stays = async (one: Made, tenant = house) => {
    const { endedAt } = one.job.state as { endedAt: Date }
    const { retention } = (await world.store.assets.getWithTenant(one.id))?.asset ?? {}
    expect(one.job.tenantId).toBe(tenant)
    return [retention?.expiresAt, retention?.mastersExpireAt].map((at) => (at ? (at.getTime() - endedAt.getTime()) / HOUR_MS : null))
  }
  expect(await stays(await made('ephemeral', house))).toEqual([2, null])
  expect(await stays(await made('standard', house))).toEqual([null, 72])
  expect(await stays(await made('standard'), world.tenant)).toEqual([30 * 24, 7 * 24])
  expect((await world.engine.storage(house)).periods).toEqual({ ephemeralHours: 2, standardDays: null, masterDays: 3 })
  // Only what differs is the tenant's: the rest follows the server.
  await world.store.tenants.setStoragePolicy(house, { retention: { standardDays: 1 }, quotaBytes: null })
  expect(await stays(await made('standard', house))).toEqual([24, null])
  expect(await stays(await made('permanent', house))).toEqual([null, 7 * 24])
  expect(await stays(await made('ephemeral', house))).toEqual([24, null])
})

it('counts what an asset takes up as it is made, and refuses further jobs beyond the quota, never one under way', async () => {
  const house = await world.store.tenants.ensure('small house', ids.next('ten'))
  const auth = await createApiKey(world.store, ids, 'small house', 'sam')
  const client = createClient({ baseUrl: server.url, auth })
  const stored = async () => (await client.usage()).storedBytes
  const job = await world.submit({ policy: { ...request.policy, retention: 'ephemeral' } }, house)
  const id = await world.begin(job)
  expect(await stored()).toEqual({ ephemeral: 24, standard: 0, permanent: 0 })
  await world.release(job, id, 0)
  const file = { name: 'a.mp4', label: 'A', objectKey: `jobs/${job.id}/a.mp4`, mimeType: 'video/mp4', sizeBytes: 1_000, sha256: 'aa' }
  await world.change(job, (tx) => tx.addFiles([file]))
  await world.change(job, (tx) => tx.addFiles([{ ...file, sizeBytes: 3_000 }]))
  expect(await stored()).toEqual({ ephemeral: 403_024, standard: 0, permanent: 0 })

  const order = { kind: 'video', prompt: 'a bell on a hill' } as const
  const agree = async (policy: StoragePolicy) => {
    await world.store.tenants.setStoragePolicy(house, policy)
    await vi.waitFor(async () => expect(await world.engine.storagePolicy(house)).toMatchObject(policy), WITHIN)
  }
  await agree({ retention: { class: 'permanent' }, quotaBytes: 403_025 })
  expect(await client.usage()).toMatchObject({
    retention: { default: 'permanent', ephemeralHours: 24, standardDays: 30, masterDays: 7 },
    quotaBytes: 403_025,
  })
  const accepted = await world.store.jobs.get((await client.submit(order)).id as JobId)
  if (!accepted) throw new Error('it was accepted')
  expect(accepted.request.policy.retention).toBe('permanent')
  await agree({ retention: { class: 'permanent' }, quotaBytes: 403_024 })
  await expect(client.submit(order)).rejects.toMatchObject({
    status: 403,
    code: 'storage_quota_exceeded',
    problem: { storedBytes: 403_024, quotaBytes: 403_024 },
  })

  // Those accepted before go on, and what they make is kept.
  for (const one of [job, accepted]) {
    const made = one === job ? id : await world.begin(one)
    await world.release(one, made, 1, true)
    expect(await world.change(one, (tx) => tx.succeed())).toMatchObject({ state: { state: 'succeeded' } })
  }
  expect((await stored()).ephemeral).toBe(803_024)
  // A nobody's quota is nobody else's.
  await expect(world.submit()).resolves.toMatchObject({ state: { state: 'queued' } })
})

it('takes the name of the API key; near the end, since from the first key on every request needs one', async () => {
  const one = await made('permanent')
  const auth = await createApiKey(world.store, ids, 'default', 'ann')
  const client = createClient({ baseUrl: server.url, auth })
  expect((await client.assets.hold(one.id)).hold).toMatchObject({ by: 'ann', note: '' })
})
