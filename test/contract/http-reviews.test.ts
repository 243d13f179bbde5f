import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ids } from '../../src/compose/ids.ts'
import { createApiKey } from '../../src/delivery/auth.ts'
import type { TenantId } from '../../src/domain/ids.ts'
import type { Job } from '../../src/domain/job.ts'
import type { Hold } from '../../src/domain/review.ts'
import type { Take } from '../../src/domain/take.ts'
import { newTake } from '../../src/testing/entities.ts'
import type { EventPage, JobEvent } from '../../src/wire/events.ts'
import { applyEvent } from '../../src/wire/fold.ts'
import { JobView } from '../../src/wire/jobs.ts'
import { ProblemView } from '../../src/wire/problem.ts'
import { ReviewList, ReviewView } from '../../src/wire/reviews.ts'
import { createWorld, type Served, type World } from './http-server.ts'

let world: World
let server: Served

beforeAll(async () => {
  world = await createWorld()
  server = await world.serve()
})
afterAll(() => world.close())

const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251))
const findings: Hold['findings'] = [
  {
    check: 'black',
    verdict: 'fail',
    value: 1.25,
    unit: 's',
    threshold: 0.5,
    range: { startSeconds: 1.5, endSeconds: 2.75 },
    detail: 'The picture is black for 1.25 s.',
  },
  { check: 'loudness', verdict: 'fail', value: -30, unit: 'LUFS', threshold: -16, detail: 'It is too quiet.' },
]

/** A job that is held for one take, whose recording is in our keeping. */
async function held(
  change: Partial<Hold> = {},
  own: Pick<World, 'store' | 'objects' | 'change' | 'submit' | 'begin'> = world,
  tenant?: TenantId,
  mimeType = 'video/mp4',
): Promise<{ job: Job; take: Take; id: string }> {
  const job = await own.submit({}, tenant)
  await own.begin(job)
  const take = newTake(job.id, { role: 'clip', key: 'clip:1', shot: 1 })
  const { key: objectKey, sizeBytes, sha256 } = await own.objects.put(`jobs/${job.id}/takes/${take.id}/media-0.mp4`, bytes, { mimeType })
  const master = { role: 'media', objectKey, mimeType, sizeBytes, sha256, durationSeconds: 4 } as const
  await own.store.takes.insert([{ ...take, state: { state: 'accepted', masters: [master] } }])
  await own.change(job, async (tx) => {
    await tx.hold({ about: 'take', takeId: take.id, shot: 1, startSeconds: 4, useFromSeconds: 0, findings, reviewers: 1, ...change })
  })
  const [review] = await own.store.reviews.ofJob(job.id)
  return { job, take, id: review?.id ?? '' }
}

const at = (path: string, base = server.url) => `${base}/v1/reviews${path}`
const read = async (id: string) => ReviewView.parse(await (await fetch(at(`/${id}`))).json())
const jobOf = async ({ id }: Pick<Job, 'id'>) => JobView.parse(await (await fetch(`${server.url}/v1/jobs/${id}`)).json())
const decide = (id: string, body: Record<string, unknown>, headers: Record<string, string> = {}, base = server.url) =>
  fetch(at(`/${id}/decision`, base), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const problemOf = async (response: Response) => {
  const problem = ProblemView.parse(await response.json())
  expect(problem.status).toBe(response.status)
  return problem
}

describe('a review', () => {
  it('is told with its job, each finding with its place in the recording and on the timeline', async () => {
    const { job, take, id } = await held()
    const review = await read(id)
    expect(review).toMatchObject({
      id,
      jobId: job.id,
      about: 'take',
      takeId: take.id,
      role: 'clip',
      shot: 1,
      media: { url: `/v1/reviews/${id}/media`, kind: 'video' },
      state: 'open',
      reviewers: 1,
      missing: 1,
      choices: ['approve', 'reject', 'regenerate'],
      decisions: [],
    })
    expect(review.findings).toEqual([
      expect.objectContaining({
        check: 'black',
        inMedia: { startSeconds: 1.5, endSeconds: 2.75 },
        onTimeline: { startSeconds: 5.5, endSeconds: 6.75 },
      }),
      expect.objectContaining({ check: 'loudness', inMedia: null, onTimeline: null }),
    ])
    expect(await jobOf(job)).toMatchObject({ state: 'held', eta: null, reviews: [review], notice: expect.stringContaining('shot 2') })
  })

  it('of a take whose beginning is cut off lies that much earlier on the timeline', async () => {
    const { id } = await held({ useFromSeconds: 0.5 })
    expect((await read(id)).findings[0]).toMatchObject({
      inMedia: { startSeconds: 1.5, endSeconds: 2.75 },
      onTimeline: { startSeconds: 5, endSeconds: 6.25 },
    })
  })

  it('of a stretch has its times on the timeline, and those in the recording follow', async () => {
    const { id } = await held({ about: 'stretch', startSeconds: 1.25, useFromSeconds: 0.5 })
    expect((await read(id)).findings[0]).toMatchObject({
      inMedia: { startSeconds: 0.75, endSeconds: 2 },
      onTimeline: { startSeconds: 1.5, endSeconds: 2.75 },
    })
  })

  it('of a part that lies nowhere yet has no place on the timeline; one of a prompt has nothing to play', async () => {
    expect((await read((await held({ startSeconds: null })).id)).findings[0]).toMatchObject({ onTimeline: null })
    const { id } = await held({ about: 'prompt', takeId: null, shot: null, startSeconds: null })
    expect(await read(id)).toMatchObject({ media: null, role: null, choices: ['approve', 'reject'] })
    expect((await problemOf(await fetch(at(`/${id}/media`)))).code).toBe('file_not_found')
  })

  it('is listed newest first, by state, page by page', async () => {
    const own = await createWorld()
    onTestFinished(() => own.close())
    const { url } = await own.serve()
    const made = [(await held({}, own)).id, (await held({}, own)).id, (await held({}, own)).id]
    await decide(made[1] as string, { decision: 'reject', note: 'no', by: 'Ann' }, {}, url)
    const page = async (query: string) => ReviewList.parse(await (await fetch(at(query, url))).json())
    const first = await page('?limit=2')
    expect(first.reviews.map(({ id }) => id)).toEqual([made[2], made[1]])
    expect((await page(`?limit=2&before=${first.next}`)).reviews.map(({ id }) => id)).toEqual([made[0]])
    const open = await page('?state=open')
    expect([open.reviews.map(({ id }) => id), open.next]).toEqual([[made[2], made[0]], null])
    expect((await page('?state=rejected&state=closed')).reviews.map(({ id }) => id)).toEqual([made[1]])
    expect((await problemOf(await fetch(at('?before=x', url)))).field).toBe('before')
    expect((await problemOf(await fetch(at('?state=gone', url)))).code).toBe('request_invalid')
  })

  it('that is not there is not found', async () => {
    for (const path of ['/x', `/${ids.next('rev')}`, `/${ids.next('rev')}/media`])
      expect((await problemOf(await fetch(at(path)))).code, path).toBe('review_not_found')
    expect((await problemOf(await decide(ids.next('rev'), { decision: 'approve', by: 'Ann' }))).code).toBe('review_not_found')
  })
})

describe('a decision', () => {
  it('is answered with the review as it stands, and its events lead a reader to the same', async () => {
    const { job, id } = await held({ reviewers: 2 })
    const before = await jobOf(job)
    const once = ReviewView.parse(await (await decide(id, { decision: 'approve', by: 'Ann' })).json())
    expect(once).toMatchObject({ state: 'open', missing: 1, decisions: [{ by: 'Ann', note: '' }] })
    const between = await jobOf(job)
    expect(between).toMatchObject({ state: 'held', reviews: [once] })
    expect((await problemOf(await decide(id, { decision: 'approve', by: 'Ann' }))).code).toBe('reviewer_same_person')
    const twice = ReviewView.parse(await (await decide(id, { decision: 'approve', by: 'Ben', note: ' It is night. ' })).json())
    expect(twice).toMatchObject({
      state: 'approved',
      missing: 0,
      choices: [],
      decisions: [{ by: 'Ann' }, { by: 'Ben', note: 'It is night.' }],
    })
    expect(await read(id)).toEqual(twice)
    const after = await jobOf(job)
    expect(after).toMatchObject({ state: 'running', reviews: [], notice: null })
    const late = await problemOf(await decide(id, { decision: 'reject', by: 'Eve', note: 'no' }))
    expect(late).toMatchObject({ code: 'review_already_decided', state: 'approved', detail: expect.stringContaining('by Ben') })

    const { events } = (await (
      await fetch(`${server.url}/v1/jobs/${job.id}/events?after=${before.seq}`, { headers: { accept: 'application/json' } })
    ).json()) as EventPage
    let folded = before
    for (const event of events as JobEvent[]) {
      folded = applyEvent(folded, event)
      if (folded.seq === between.seq) expect(folded).toEqual(between)
    }
    // How long it takes is told in its own time.
    expect({ ...folded, eta: null, progress: null }).toEqual({ ...after, eta: null, progress: null })
  })

  it('says who and, but for an approval, why', async () => {
    const { id } = await held()
    expect(await problemOf(await decide(id, { decision: 'approve' }))).toMatchObject({ code: 'request_invalid', field: 'by' })
    for (const decision of ['reject', 'regenerate'])
      expect(await problemOf(await decide(id, { decision, by: 'Ann', note: '  ' }))).toMatchObject({
        code: 'request_invalid',
        field: 'note',
      })
    expect((await problemOf(await decide(id, { decision: 'maybe', by: 'Ann' }))).field).toBe('decision')
    expect((await problemOf(await decide(id, { decision: 'approve', by: 'Ann', note: 'n'.repeat(2_001) }))).field).toBe('note')
    expect((await read(id)).decisions).toEqual([])
  })

  it('sent again with its key is taken once', async () => {
    const { id } = await held({ reviewers: 2 })
    const key = { 'idempotency-key': `k-${id}` }
    const first = await decide(id, { decision: 'approve', by: 'Ann' }, key)
    const second = await decide(id, { decision: 'approve', by: 'Ann' }, key)
    expect([first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')]).toEqual([null, 'true'])
    expect(await second.json()).toEqual(await first.json())
    expect((await problemOf(await decide(id, { decision: 'approve', by: 'Ben' }, key))).code).toBe('idempotency_key_reused')
  })

  it('is that of the key, and of no other tenant', async () => {
    const own = await createWorld()
    onTestFinished(() => own.close())
    const { url } = await own.serve()
    const as = async (tenantName: string, name: string) => ({
      authorization: `Bearer ${await createApiKey(own.store, ids, tenantName, name)}`,
    })
    const [ann, ben, eve] = [await as('paper', 'Ann'), await as('paper', 'Ben'), await as('other', 'Eve')]
    const tenant = await own.store.tenants.ensure('paper', ids.next('ten'))
    const { id } = await held({ reviewers: 2 }, own, tenant)
    for (const path of [`/${id}`, `/${id}/media`]) {
      expect((await problemOf(await fetch(at(path, url)))).code).toBe('unauthorized')
      expect((await problemOf(await fetch(at(path, url), { headers: eve }))).code).toBe('review_not_found')
    }
    expect((await problemOf(await decide(id, { decision: 'approve' }, eve, url))).code).toBe('review_not_found')
    expect(ReviewList.parse(await (await fetch(at('', url), { headers: eve })).json()).reviews).toEqual([])
    expect((await problemOf(await decide(id, { decision: 'approve', by: 'Ben' }, ann, url))).field).toBe('by')
    expect(await (await decide(id, { decision: 'approve' }, ann, url)).json()).toMatchObject({ missing: 1, decisions: [{ by: 'Ann' }] })
    expect((await problemOf(await decide(id, { decision: 'approve' }, ann, url))).code).toBe('reviewer_same_person')
    expect(await (await decide(id, { decision: 'approve', by: 'Ben' }, ben, url)).json()).toMatchObject({ state: 'approved' })
  })
})

describe('what is held', () => {
  it('is seen by reviewers, whole, in ranges and never from a cache, and by nobody else', async () => {
    const { job, id } = await held()
    const whole = await fetch(at(`/${id}/media`))
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('cache-control')]).toEqual([200, 'video/mp4', 'no-store'])
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(bytes)
    const part = await fetch(at(`/${id}/media`), { headers: { range: 'bytes=1000-1999' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000-1999/${bytes.length}`])
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000))
    const head = await fetch(at(`/${id}/media`), { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)])
    expect((await problemOf(await fetch(at(`/${id}/media`), { headers: { range: `bytes=${bytes.length}-` } }))).code).toBe(
      'range_not_satisfiable',
    )

    const { assetId, playback } = await jobOf(job)
    expect(playback).toBeNull()
    for (const path of ['hls/master.m3u8', 'files/media-0.mp4', 'files/video.mp4'])
      expect((await fetch(`${server.url}/v1/assets/${assetId}/${path}`)).status, path).toBe(404)
  })

  it('is never sent as something a browser would run', async () => {
    const { id } = await held({}, world, undefined, 'text/html')
    const answer = await fetch(at(`/${id}/media`))
    expect([answer.headers.get('content-type'), answer.headers.get('x-content-type-options')]).toEqual([
      'application/octet-stream',
      'nosniff',
    ])
  })

  it('that is still being fetched is not there yet', async () => {
    const { id, take } = await held()
    const stored = (await world.store.takes.get(take.id)) as Take
    await world.store.takes.save({ ...stored, state: { state: 'delivered', ref: {}, outputs: [] } })
    expect((await problemOf(await fetch(at(`/${id}/media`)))).code).toBe('file_not_found')
  })
})
