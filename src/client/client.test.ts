import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { blankJob, type JobServer, startJobServer } from '../../test/e2e/helpers/job-server.ts'
import type { JobInput } from '../wire/jobs.ts'
import { createClient } from './create-client.ts'
import { ApiError, JobCancelledError, JobFailedError, SluiceClientError, WaitTimeoutError } from './errors.ts'
import type { Job, JobSnapshot } from './job.ts'
import { problemTitle } from './problem-title.ts'

let server: JobServer
beforeEach(async () => {
  server = await startJobServer()
})
afterEach(() => server.close())

const now = () => new Date().toISOString()
const finish = (id: string) => server.push(id, 'status', { state: 'succeeded', assetId: 'ast_1', at: now() })
const progress = (id: string, value: number) => server.push(id, 'progress', { progress: value, eta: null })

/** Resolves with the first snapshot that `holds`. */
function reached(job: Job, holds: (snapshot: JobSnapshot) => boolean): Promise<JobSnapshot> {
  return new Promise((resolve) => {
    const look = () => {
      const snapshot = job.getSnapshot()
      if (!snapshot || !holds(snapshot)) return
      unsubscribe()
      resolve(snapshot)
    }
    const unsubscribe = job.subscribe(look)
    look()
  })
}

/** Collects the ids of a job's messages; resolves at the end of the job. */
async function idsOf(messages: AsyncIterable<{ id: number }>): Promise<number[]> {
  const ids: number[] = []
  for await (const { id } of messages) ids.push(id)
  return ids
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe('events', () => {
  it('come once and in order through a stream cut after every third of them', async () => {
    server.add('job_a')
    server.faults.cutAfter = 3
    const ids = idsOf(createClient({ baseUrl: server.url }).job('job_a').events({ after: 0 }))
    for (let index = 1; index <= 40; index += 1) progress('job_a', index / 41)
    finish('job_a')
    expect(await ids).toEqual(upTo(41))
    const resumed = server.streams().map(({ headers }) => Number(headers['last-event-id']))
    expect(resumed.slice(0, 4)).toEqual([0, 3, 6, 9])
  })

  it('that a server sends again are dropped', async () => {
    server.add('job_a')
    server.faults.cutAfter = 3
    server.faults.overlap = 2
    const ids = idsOf(createClient({ baseUrl: server.url }).job('job_a').events({ after: 0 }))
    for (let index = 1; index <= 10; index += 1) progress('job_a', index / 11)
    finish('job_a')
    expect(await ids).toEqual(upTo(11))
  })

  it('come through a proxy that never lets a stream pass, by long polling', async () => {
    server.add('job_a')
    server.faults.holdBack = true
    const client = createClient({ baseUrl: server.url, limits: { firstByteMs: 60 } })
    const job = client.job('job_a')
    const ids = idsOf(job.events({ after: 0 }))
    for (let index = 1; index <= 10; index += 1) progress('job_a', index / 11)
    await reached(job, ({ connection }) => connection === 'polling')
    finish('job_a')
    expect(await ids).toEqual(upTo(11))
    expect(await job.wait()).toMatchObject({ id: 'ast_1' })
    // two silent tries each, for the handle and for the reader of events
    expect(server.streams()).toHaveLength(4)
  })

  it('go on after the server was away', async () => {
    server.add('job_a')
    const job = createClient({ baseUrl: server.url }).job('job_a')
    const ids = idsOf(job.events({ after: 0 }))
    for (let index = 1; index <= 5; index += 1) progress('job_a', index / 11)
    await reached(job, ({ seq }) => seq === 5)
    await server.close()
    await reached(job, ({ connection }) => connection === 'disconnected')
    for (let index = 6; index <= 10; index += 1) progress('job_a', index / 11)
    finish('job_a')
    await server.listen()
    expect(await ids).toEqual(upTo(11))
    expect((await reached(job, ({ connection }) => connection === 'ended')).state).toBe('succeeded')
  })

  it('notice an open stream that has died, by its missing heartbeat', async () => {
    server.add('job_a')
    const job = createClient({ baseUrl: server.url, limits: { idleMs: 80 } }).job('job_a')
    const ids = idsOf(job.events({ after: 0 }))
    progress('job_a', 0.1)
    await reached(job, ({ seq }) => seq === 1)
    await vi.waitUntil(() => server.streams().length >= 4)
    finish('job_a')
    expect(await ids).toEqual([1, 2])
  })

  it('end at once for a job whose last event is already known', async () => {
    server.add('job_a')
    finish('job_a')
    expect(await idsOf(createClient({ baseUrl: server.url }).job('job_a').events({ after: 1 }))).toEqual([])
    expect(server.streams()).toHaveLength(1)
  })

  it('begin with the whole state when nothing is known', async () => {
    server.add('job_a')
    progress('job_a', 0.5)
    finish('job_a')
    const messages = createClient({ baseUrl: server.url }).job('job_a').events()
    for await (const message of messages) {
      expect(message).toMatchObject({ type: 'snapshot', id: 2, data: { state: 'succeeded' } })
    }
  })

  it('stop with the signal and leave the job alone', async () => {
    server.add('job_a')
    const stopping = new AbortController()
    const events = createClient({ baseUrl: server.url }).job('job_a').events({ signal: stopping.signal })
    const reading = idsOf(events)
    stopping.abort()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError', jobId: 'job_a' })
    expect(server.view('job_a')?.state).toBe('queued')
  })
})

describe('auth', () => {
  it('is asked anew for a refused stream, once, and keeps the resume header', async () => {
    server.add('job_a')
    server.faults.token = 'fresh'
    const tokens = ['stale', 'fresh', 'fresh']
    const client = createClient({ baseUrl: server.url, auth: () => tokens.shift() ?? 'fresh' })
    finish('job_a')
    expect(await idsOf(client.job('job_a').events({ after: 0 }))).toEqual([1])
    expect(server.streams().map(({ headers }) => [headers.authorization, headers['last-event-id']])).toEqual([
      ['Bearer stale', '0'],
      ['Bearer fresh', '0'],
    ])
  })

  it('that stays refused fails the handle and every wait', async () => {
    server.add('job_a')
    server.faults.token = 'fresh'
    const job = createClient({ baseUrl: server.url, auth: () => 'stale' }).job('job_a')
    const error = await job.wait().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code: 'unauthorized', jobId: 'job_a' })
    expect(server.streams()).toHaveLength(2)
    expect(job.failure).toBe(error)
  })

  it('is sent to the server and to no other host', async () => {
    const client = createClient({ baseUrl: server.url, auth: 'secret' })
    expect(await client.headersFor(`${server.url}/v1/assets/a/hls/main.m3u8`)).toEqual({ authorization: 'Bearer secret' })
    expect(await client.headersFor('https://cdn.example/main.m3u8')).toEqual({})
  })
})

describe('a handle', () => {
  it('shares one stream among its listeners and keeps it for the one who comes back', async () => {
    server.add('job_a')
    const job = createClient({ baseUrl: server.url }).job('job_a')
    const stop = job.subscribe(() => {})
    job.subscribe(() => {})()
    stop()
    job.subscribe(() => {})
    progress('job_a', 0.2)
    await reached(job, ({ progress }) => progress === 0.2)
    expect(server.streams()).toHaveLength(1)
  })

  it('folds events into the state the server has', async () => {
    server.add('job_a')
    const job = createClient({ baseUrl: server.url }).job('job_a')
    await reached(job, ({ seq }) => seq === 0)
    server.push('job_a', 'status', { state: 'running', at: now() })
    server.push('job_a', 'stage', {
      key: 'render',
      label: 'Rendering video',
      state: 'running',
      progress: 0.4,
      startedAt: now(),
      endedAt: null,
    })
    server.push('job_a', 'playable', {
      url: '/v1/assets/ast_1/hls/main.m3u8',
      kind: 'video',
      plannedDurationSeconds: 30,
      readySeconds: 2,
      captionsUrl: null,
      posterUrl: '/v1/assets/ast_1/files/poster.jpg',
    })
    server.push('job_a', 'segment', { index: 1, startSeconds: 2, endSeconds: 4 })
    finish('job_a')
    const { connection, ...state } = await reached(job, (snapshot) => snapshot.connection === 'ended')
    const truth = server.view('job_a')
    expect(connection).toBe('ended')
    expect(state).toEqual({
      ...truth,
      playback: {
        ...truth?.playback,
        url: `${server.url}/v1/assets/ast_1/hls/main.m3u8`,
        posterUrl: `${server.url}/v1/assets/ast_1/files/poster.jpg`,
      },
    })
    expect(state.playback?.readySeconds).toBe(4)
  })

  it('is the same one for the same id, and its snapshot stays the same between changes', async () => {
    server.add('job_a')
    const client = createClient({ baseUrl: server.url })
    const job = client.job('job_a')
    expect(client.job('job_a')).toBe(job)
    await reached(job, ({ connection }) => connection === 'live')
    expect(job.getSnapshot()).toBe(job.getSnapshot())
  })

  it('fails for good when there is no such job', async () => {
    const job = createClient({ baseUrl: server.url }).job('job_none')
    await expect(job.wait()).rejects.toMatchObject({ code: 'job_not_found', jobId: 'job_none' })
    expect(server.streams()).toHaveLength(1)
  })
})

describe('waiting', () => {
  it('rejects for a failed and for a cancelled job', async () => {
    server.add('job_a')
    server.add('job_b')
    const client = createClient({ baseUrl: server.url })
    const outcome = { class: 'quality', detail: 'The sound stops at 0:12.', retry: 'reseed', charged: 'no' } as const
    server.push('job_a', 'status', { state: 'failed', outcome, at: now() })
    const failed = await client
      .job('job_a')
      .wait()
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(JobFailedError)
    expect(failed).toMatchObject({ jobId: 'job_a', outcome, message: 'The sound stops at 0:12.' })
    const cancelled = client
      .job('job_b')
      .wait()
      .catch((error: unknown) => error)
    expect(await client.job('job_b').cancel()).toMatchObject({ state: 'cancelled' })
    expect(await cancelled).toBeInstanceOf(JobCancelledError)
    await expect(client.job('job_b').playable()).rejects.toBeInstanceOf(JobCancelledError)
  })

  it('ends with the time or the signal, never the job', async () => {
    server.add('job_a')
    const job = createClient({ baseUrl: server.url }).job('job_a')
    const late = await job.wait({ timeoutMs: 5 }).catch((error: unknown) => error)
    expect(late).toBeInstanceOf(WaitTimeoutError)
    expect(late).toMatchObject({ jobId: 'job_a' })
    expect(SluiceClientError.is(late)).toBe(true)
    await expect(job.wait({ signal: AbortSignal.timeout(5) })).rejects.toBeInstanceOf(WaitTimeoutError)
    await expect(job.wait({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError', jobId: 'job_a' })
    expect(server.seen.filter(({ method }) => method === 'POST')).toEqual([])
  })
})

describe('generate', () => {
  const input = { kind: 'presentation', text: 'The tunnel opened.' } as const

  it('tells of each thing once and resolves with the asset', async () => {
    const told: string[] = []
    const client = createClient({ baseUrl: server.url })
    const asset = await client.generate(input, {
      onSubmitted(job) {
        told.push(`submitted ${job.id}`)
        server.push(job.id, 'status', { state: 'running', at: now() })
        server.push(job.id, 'preview', { kind: 'image', url: '/preview/1.jpg', seq: 1, alt: 'A tunnel' })
        server.push(job.id, 'playable', {
          url: '/hls/main.m3u8',
          kind: 'video',
          plannedDurationSeconds: 30,
          readySeconds: 2,
          captionsUrl: null,
          posterUrl: null,
        })
        server.push(job.id, 'segment', { index: 1, startSeconds: 2, endSeconds: 4 })
        finish(job.id)
      },
      onPreview: ({ url }) => told.push(`preview ${url}`),
      onPlayable: ({ url }) => told.push(`playable ${url}`),
      onUpdate: ({ state }) => told.at(-1) !== state && told.push(state),
    })
    expect(asset).toMatchObject({ id: 'ast_1', playbackUrl: `${server.url}/v1/assets/ast_1/hls/main.m3u8` })
    expect(told[0]).toBe('submitted job_1')
    expect(told.filter((line) => line.startsWith('preview'))).toEqual([`preview ${server.url}/preview/1.jpg`])
    expect(told.filter((line) => line.startsWith('playable'))).toEqual([`playable ${server.url}/hls/main.m3u8`])
    expect(told.at(-1)).toBe('succeeded')
  })

  it('sends the same key again after a lost reply, so one job is made', async () => {
    server.faults.loseReplies = 2
    const job = await createClient({ baseUrl: server.url }).submit(input)
    const posts = server.seen.filter(({ method }) => method === 'POST')
    expect(posts).toHaveLength(3)
    expect(new Set(posts.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(job.id).toBe('job_1')
    const client = createClient({ baseUrl: server.url })
    expect((await client.submit(input)).id).toBe('job_2')
    const mine = { idempotencyKey: 'mine' }
    expect([(await client.submit(input, mine)).id, (await client.submit(input, mine)).id]).toEqual(['job_3', 'job_3'])
  })

  it('leaves the job alone on abort, and cancels it only when asked to', async () => {
    const client = createClient({ baseUrl: server.url })
    const leaving = new AbortController()
    await expect(client.generate(input, { signal: leaving.signal, onSubmitted: () => leaving.abort() })).rejects.toMatchObject({
      jobId: 'job_1',
    })
    expect(server.view('job_1')?.state).toBe('queued')
    const stopping = new AbortController()
    await expect(
      client.generate(input, { signal: stopping.signal, cancelOnAbort: true, onSubmitted: () => stopping.abort() }),
    ).rejects.toMatchObject({ jobId: 'job_2' })
    expect(server.view('job_2')?.state).toBe('cancelled')
  })
})

describe('the feed', () => {
  it('is one stream for all readers; a late one begins with the present state', async () => {
    server.add('job_a')
    server.add('job_b')
    const client = createClient({ baseUrl: server.url })
    const first = client.events()[Symbol.asyncIterator]()
    const next = async (reader: AsyncIterator<{ jobId: string; id: number; type: string }>) => {
      const { value } = (await reader.next()) as { value: { jobId: string; id: number; type: string } }
      return `${value.jobId} ${value.type} ${value.id}`
    }
    expect([await next(first), await next(first)]).toEqual(['job_a snapshot 0', 'job_b snapshot 0'])
    progress('job_b', 0.4)
    expect(await next(first)).toBe('job_b progress 1')
    const second = client.events()[Symbol.asyncIterator]()
    expect([await next(second), await next(second)]).toEqual(['job_a snapshot 0', 'job_b snapshot 1'])
    progress('job_a', 0.1)
    expect([await next(first), await next(second)]).toEqual(['job_a progress 1', 'job_a progress 1'])
    expect(server.streams()).toHaveLength(1)
    await first.return?.()
    await second.return?.()
  })
})

describe('money', () => {
  interface Sent {
    method: string
    path: string
    body: unknown
    key: string | null
  }

  /** A client whose every exchange is answered by `answer` and kept. */
  function talking(answer: (sent: Sent) => Response) {
    const sent: Sent[] = []
    const client = createClient({
      baseUrl: 'https://sluice.example',
      fetch: async (input, init) => {
        const { pathname, search } = new URL(String(input))
        const one = {
          method: String(init?.method),
          path: pathname + search,
          body: typeof init?.body === 'string' ? JSON.parse(init.body) : null,
          key: new Headers(init?.headers).get('idempotency-key'),
        }
        sent.push(one)
        return answer(one)
      },
    })
    return { client, sent }
  }

  const away = () => new Response(null, { status: 503, headers: { 'retry-after': '0' } })
  const take = { id: 'tak_1', provider: 'runway', model: 'gen4.5', state: 'submit_unknown', decision: { atStakeMicroUsd: 600_000 } }

  it('sends who may make it, from which picture, within which limit and at whose risk', async () => {
    const { client, sent } = talking(() => Response.json(blankJob('job_1'), { status: 202 }))
    const input = {
      kind: 'video',
      prompt: 'A lock at first light.',
      providers: ['runway/gen4.5', 'fal'],
      imageUrl: 'https://pictures.example/lock.jpg',
      policy: { maxCostMicroUsd: 700_000, onSubmitUnknown: 'accept-risk' },
    } as const satisfies JobInput
    await client.submit({ ...input, providers: [...input.providers] })
    expect(sent).toMatchObject([{ method: 'POST', path: '/v1/jobs', body: input }])
  })

  it('tells the takes of a job and takes a decision about one', async () => {
    const decided = { ...take, state: 'failed', decision: null }
    const { client, sent } = talking(({ method }) => Response.json(method === 'GET' ? { takes: [take] } : decided))
    const job = client.job('job_a')
    expect(await job.takes()).toEqual([take])
    expect(await job.decide('tak_1', { decision: 'adopt', remoteId: 'task 7' })).toEqual(decided)
    expect(sent.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/v1/jobs/job_a/takes', null],
      ['POST', '/v1/jobs/job_a/takes/tak_1/decision', { decision: 'adopt', remoteId: 'task 7' }],
    ])
  })

  it('passes on that there is nothing left to decide', async () => {
    const problem = {
      type: '',
      title: 'There is nothing to decide about this take',
      status: 409,
      code: 'take_not_in_doubt',
      detail: 'It is making.',
    }
    const { client } = talking(() => Response.json(problem, { status: 409 }))
    await expect(client.job('job_a').decide('tak_1', { decision: 'give-up' })).rejects.toMatchObject({
      code: 'take_not_in_doubt',
      jobId: 'job_a',
    })
  })

  it('tells what was spent since when, and who makes what for how much', async () => {
    const usage = { since: '2026-11-01T00:00:00.000Z', budget: { limitMicroUsd: null, reservedMicroUsd: 0, spentMicroUsd: 1 }, usage: [] }
    const providers = [{ id: 'runway', kinds: ['video'], caution: null, models: [] }]
    const { client, sent } = talking(({ path }) => Response.json(path.startsWith('/v1/usage') ? usage : { providers }))
    expect(await client.usage({ since: usage.since })).toEqual(usage)
    expect(await client.usage()).toEqual(usage)
    expect(await client.providers()).toEqual(providers)
    expect(sent.map(({ path }) => path)).toEqual(['/v1/usage?since=2026-11-01T00%3A00%3A00.000Z', '/v1/usage', '/v1/providers'])
  })

  it('tries a job again with one key, however often the answer is lost', async () => {
    let lost = 2
    const { client, sent } = talking(() => (lost-- > 0 ? away() : Response.json(blankJob('job_2'), { status: 202 })))
    expect((await client.job('job_a').retry()).id).toBe('job_2')
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1)
    expect(sent[0]?.key).toMatch(/^[0-9a-f]{32}$/)
    await client.job('job_a').retry({ idempotencyKey: 'mine' })
    expect(sent.at(-1)?.key).toBe('mine')
  })

  it('takes a decision about what is held once, however often the answer is lost, and gives whole addresses', async () => {
    const review = { id: 'rev_1', jobId: 'job_a', media: { url: '/v1/reviews/rev_1/media', kind: 'video' } }
    let lost = 1
    const { client, sent } = talking(({ method, path }) => {
      if (method === 'GET') return Response.json(path.includes('?') ? { reviews: [review], next: null } : review)
      return lost-- > 0 ? away() : Response.json(review)
    })
    const whole = { ...review, media: { url: 'https://sluice.example/v1/reviews/rev_1/media', kind: 'video' } }
    expect(await client.reviews.list({ state: ['open', 'closed'], limit: 5 })).toEqual({ reviews: [whole], next: null })
    expect(await client.reviews.get('rev_1')).toEqual(whole)
    expect(await client.reviews.decide('rev_1', { decision: 'reject', note: 'no', by: 'Ann' })).toEqual(whole)
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/reviews?state=open&state=closed&limit=5',
      'GET /v1/reviews/rev_1',
      'POST /v1/reviews/rev_1/decision',
      'POST /v1/reviews/rev_1/decision',
    ])
    expect(sent[2]).toEqual(sent[3])
    expect(sent[2]?.key).toMatch(/^[0-9a-f]{32}$/)
  })

  it('names a problem by its code, and no other', () => {
    expect(problemTitle('storage_full')).toBe('There is no space left for the files')
    expect(problemTitle('toString')).toBeNull()
  })
})
