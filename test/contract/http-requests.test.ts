import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ids } from '../../src/compose/ids.ts'
import { assertSafeToListen, createApiKey } from '../../src/delivery/auth.ts'
import { checks } from '../../src/domain/checks/index.ts'
import { SluiceError } from '../../src/domain/errors.ts'
import { problems } from '../../src/domain/problems.ts'
import { profiles } from '../../src/domain/profiles.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { BlockListView } from '../../src/wire/block-list.ts'
import { JobList, JobView, QuoteView, ReportView, VoiceList } from '../../src/wire/jobs.ts'
import { ProblemView } from '../../src/wire/problem.ts'
import { ProfileView } from '../../src/wire/profiles.ts'
import { createWorld, type Served, type World } from './http-server.ts'

let world: World
let server: Served

beforeAll(async () => {
  world = await createWorld()
  server = await world.serve()
})
afterAll(() => world.close())

const json = { 'content-type': 'application/json' }
const post = (path: string, body: unknown, headers: Record<string, string> = {}, base = server.url) =>
  fetch(`${base}${path}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

/** The answer as a problem, checked for all that every problem has. */
async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const problem = ProblemView.parse(await response.json())
  const known = problems[problem.code as keyof typeof problems]
  expect(problem).toMatchObject({ status: response.status, title: known.title, type: `/docs/errors/${problem.code}` })
  expect(known.status).toBe(response.status)
  expect(problem.requestId).toBe(response.headers.get('x-request-id'))
  return problem
}

describe('submitting', () => {
  it('answers 202 with the job and where it is', async () => {
    const response = await post('/v1/jobs', { kind: 'presentation', text: 'Rain has come. Rivers rise.', metadata: { page: 'front' } })
    expect(response.status).toBe(202)
    const job = JobView.parse(await response.json())
    expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`)
    expect(job).toMatchObject({
      kind: 'presentation',
      state: 'queued',
      seq: 1,
      title: 'Rain has come. Rivers rise.',
      playable: false,
      progress: null,
    })
    expect(job.request).toMatchObject({
      size: '1280x720',
      fps: 30,
      music: true,
      metadata: { page: 'front' },
      policy: { gate: 'segment', profile: 'standard' },
    })
    expect(job.request.seed).toEqual(expect.any(Number))
    expect(JobView.parse(await (await fetch(`${server.url}/v1/jobs/${job.id}`)).json())).toEqual(job)
  })

  it('the request in a view, sent again, asks for the same', async () => {
    const { request } = JobView.parse(
      await (await post('/v1/jobs', { kind: 'video', prompt: 'a bell', policy: { deadlineSeconds: 60 } })).json(),
    )
    const again = JobView.parse(await (await post('/v1/jobs', request)).json())
    expect(again.request).toEqual(request)
  })

  it('quotes without storing anything', async () => {
    const before = JobList.parse(await (await fetch(`${server.url}/v1/jobs?limit=100`)).json()).jobs.length
    const response = await post('/v1/quotes', { kind: 'sound', prompt: 'a bell' })
    expect(response.status).toBe(200)
    expect(QuoteView.parse(await response.json()).durationSeconds).toBe(8)
    expect(JobList.parse(await (await fetch(`${server.url}/v1/jobs?limit=100`)).json()).jobs.length).toBe(before)
  })

  it('lists in pages, newest first, by state and kind', async () => {
    const made = []
    for (let i = 0; i < 5; i++) made.push(JobView.parse(await (await post('/v1/jobs', { kind: 'music', prompt: `song ${i}` })).json()).id)
    const seen: string[] = []
    let next: string | null = null
    do {
      const page: JobList = JobList.parse(
        await (await fetch(`${server.url}/v1/jobs?kind=music&state=queued&state=running&limit=2${next ? `&before=${next}` : ''}`)).json(),
      )
      seen.push(...page.jobs.map(({ id }) => id))
      next = page.next
    } while (next)
    expect(seen).toEqual(made.reverse())
    expect(JobList.parse(await (await fetch(`${server.url}/v1/jobs?kind=music&state=failed`)).json()).jobs).toEqual([])
  })

  it('cancels, retries and reports', async () => {
    const job = JobView.parse(await (await post('/v1/jobs', { kind: 'sound', prompt: 'a bell' })).json())
    expect((await problemOf(await fetch(`${server.url}/v1/jobs/${job.id}/retry`, { method: 'POST' }))).code).toBe('job_not_retryable')
    const cancelled = await fetch(`${server.url}/v1/jobs/${job.id}/cancel`, { method: 'POST' })
    expect(cancelled.status).toBe(200)
    expect(JobView.parse(await cancelled.json())).toMatchObject({ state: 'cancelled', outcome: { class: 'cancelled' } })
    expect((await problemOf(await fetch(`${server.url}/v1/jobs/${job.id}/cancel`, { method: 'POST', headers: json, body: '' }))).code).toBe(
      'job_already_ended',
    )
    const retried = await fetch(`${server.url}/v1/jobs/${job.id}/retry`, { method: 'POST' })
    expect(retried.status).toBe(202)
    expect(JobView.parse(await retried.json())).toMatchObject({ state: 'queued', retryOf: job.id, request: job.request })
    expect(ReportView.parse(await (await fetch(`${server.url}/v1/jobs/${job.id}/report`)).json())).toMatchObject({
      state: 'cancelled',
      verdicts: [],
      summary: { fail: 0 },
    })
  })

  it('the report says once that nobody is set up to look, however many parts of the job were not looked at', async () => {
    const job = await world.submit()
    await world.begin(job)
    const unknown: Verdict = { check: 'pictures', verdict: 'unknown', value: null, unit: 'ratio', threshold: 0.8, detail: 'not looked at' }
    for (const verdict of [{ ...unknown, notSetUp: true as const }, { ...unknown, notSetUp: true as const }, unknown, unknown])
      await world.change(job, (tx) => tx.verdicts([verdict]))
    const report = ReportView.parse(await (await fetch(`${server.url}/v1/jobs/${job.id}/report`)).json())
    expect(report.verdicts.map(({ notSetUp }) => notSetUp ?? false)).toEqual([true, false, false])
  })

  it('tells the voices', async () => {
    expect(VoiceList.parse(await (await fetch(`${server.url}/v1/voices`)).json()).voices).toEqual([
      { id: 'draft', label: 'Draft', language: 'en' },
    ])
  })
})

describe('Idempotency-Key', () => {
  const body = { kind: 'sound', prompt: 'a gong' }

  it('same key and body: the same job, said to be repeated', async () => {
    const first = await post('/v1/jobs', body, { 'idempotency-key': 'one' })
    const second = await post('/v1/jobs', body, { 'idempotency-key': 'one' })
    expect([first.status, second.status]).toEqual([202, 202])
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect((await second.json()).id).toBe((await first.json()).id)
  })

  it('ten at once make one job', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post('/v1/jobs', body, { 'idempotency-key': 'ten at once'.replaceAll(' ', '-') })),
    )
    const made = await Promise.all(answers.filter(({ status }) => status === 202).map(async (answer) => (await answer.json()).id))
    expect(made.length).toBeGreaterThan(0)
    expect(new Set(made).size).toBe(1)
    for (const answer of answers.filter(({ status }) => status !== 202))
      expect((await problemOf(answer)).code).toBe('idempotency_in_progress')
  })

  it('another body is refused', async () => {
    await post('/v1/jobs', body, { 'idempotency-key': 'two' })
    const problem = await problemOf(await post('/v1/jobs', { ...body, prompt: 'a drum' }, { 'idempotency-key': 'two' }))
    expect(problem.code).toBe('idempotency_key_reused')
    expect(problem.jobId).toMatch(/^job_/)
  })

  it.each(['', 'with space', 'ü', 'x'.repeat(256)])('%j is not a key', async (key) => {
    const response = await server.http.inject({
      method: 'POST',
      url: '/v1/jobs',
      headers: { ...json, 'idempotency-key': key },
      payload: JSON.stringify(body),
    })
    expect([response.statusCode, response.json().code]).toEqual([400, 'idempotency_key_invalid'])
  })
})

describe('bad requests', () => {
  it.each([
    ['no body', '', 'request_invalid', ''],
    ['half a body', '{"kind":', 'request_invalid', undefined],
    ['an array', '[]', 'request_invalid', undefined],
    ['a poisoned prototype', '{"__proto__":{"kind":"sound"}}', 'request_invalid', undefined],
    ['an unknown kind', { kind: 'opera', text: 'la' }, 'request_invalid', 'kind'],
    ['an empty prompt', { kind: 'sound', prompt: '' }, 'request_invalid', 'prompt'],
    ['a prompt of spaces', { kind: 'presentation', text: ' \n ' }, 'request_invalid', 'text'],
    ['a missing prompt', { kind: 'sound' }, 'request_invalid', 'prompt'],
    ['an unknown field', { kind: 'sound', prompt: 'x', loudness: 3 }, 'request_invalid', 'loudness'],
    ['a field of another kind', { kind: 'sound', prompt: 'x', voice: 'a' }, 'request_invalid', 'voice'],
    ['an unknown field inside', { kind: 'sound', prompt: 'x', policy: { colour: 1 } }, 'request_invalid', 'policy.colour'],
    ['a wrong size', { kind: 'video', prompt: 'x', size: '1x1' }, 'request_invalid', 'size'],
    [
      'too many labels',
      { kind: 'sound', prompt: 'x', metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${i}`, ''])) },
      'request_invalid',
      'metadata',
    ],
    ['100 kB of prompt', { kind: 'presentation', text: 'x'.repeat(100_000) }, 'prompt_too_long', 'text'],
    [
      'segments without HLS',
      { kind: 'video', prompt: 'x', formats: ['mp4'], policy: { gate: 'segment' } },
      'options_contradict',
      'policy.gate',
    ],
    ['a picture of a sound', { kind: 'sound', prompt: 'x', formats: ['mp4'] }, 'options_contradict', 'formats'],
    ['the sound of a clip', { kind: 'video', prompt: 'x', formats: ['hls', 'mp3'] }, 'options_contradict', 'formats'],
    ['more than the limit', { kind: 'sound', prompt: 'x'.repeat(300_000) }, 'body_too_large', undefined],
  ])('%s', async (_name, body, code, field) => {
    const count = async () => JobList.parse(await (await fetch(`${server.url}/v1/jobs?limit=100`)).json()).jobs.length
    const before = await count()
    const problem = await problemOf(await post('/v1/jobs', body))
    expect(problem).toMatchObject({ code, ...(field && { field }) })
    expect(problem.detail.length).toBeGreaterThan(10)
    expect(problem.fix).toBeDefined()
    expect(await count()).toBe(before)
  })

  it('names every error at once, with what is allowed', async () => {
    const problem = await problemOf(
      await post('/v1/jobs', {
        kind: 'video',
        prompt: '',
        fps: 60,
        size: '4x4',
        formats: [],
        colour: 'red',
        policy: { gate: 'none', priority: 11 },
      }),
    )
    expect(problem.errors?.map(({ field }) => field).sort()).toEqual([
      'colour',
      'formats',
      'fps',
      'policy.gate',
      'policy.priority',
      'prompt',
      'size',
    ])
    expect(Object.fromEntries(problem.errors?.map(({ field, detail }) => [field, detail]) ?? [])).toMatchObject({
      fps: 'Must be 24, 25 or 30.',
      'policy.gate': 'Must be one of "segment", "asset" or "off".',
      colour:
        'There is no such field here. There are kind, prompt, durationSeconds, size, fps, formats, providers, imageUrl, seed, policy, metadata.',
    })
  })

  it('the gate gives way to the formats when nobody chose it', async () => {
    const job = JobView.parse(await (await post('/v1/jobs', { kind: 'video', prompt: 'x', formats: ['mp4', 'mp4'] })).json())
    expect(job.request).toMatchObject({ formats: ['mp4'], policy: { gate: 'asset' } })
  })

  it('only JSON is taken', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect((await problemOf(await post('/v1/jobs', 'kind=sound', { 'content-type': type }))).code).toBe('content_type_unsupported')
    }
  })

  it('unknown addresses and methods', async () => {
    for (const path of ['/v1', '/v1/nothing', '/nothing', '/v1/jobs/a/b/c'])
      expect((await problemOf(await fetch(`${server.url}${path}`))).code).toBe('not_found')
    for (const [path, allow] of [
      ['/v1/jobs', 'GET, HEAD, POST'],
      ['/v1/jobs/x', 'GET, HEAD'],
      ['/v1/jobs/x/cancel', 'POST'],
      ['/v1/assets/x/files/a.mp4', 'GET, HEAD'],
    ] as const) {
      const response = await fetch(`${server.url}${path}`, { method: 'DELETE' })
      expect(response.headers.get('allow')).toBe(allow)
      expect((await problemOf(response)).code).toBe('method_not_allowed')
    }
  })

  it('unknown and malformed ids', async () => {
    for (const id of ['job_1', 'x', '%00', '..%2f..', ids.next('job')]) {
      for (const path of ['', '/events', '/report', '/previews/1.jpg'])
        expect((await problemOf(await fetch(`${server.url}/v1/jobs/${id}${path}`))).code).toBe('job_not_found')
      for (const verb of ['cancel', 'retry'])
        expect((await problemOf(await fetch(`${server.url}/v1/jobs/${id}/${verb}`, { method: 'POST' }))).code).toBe('job_not_found')
    }
    expect((await problemOf(await fetch(`${server.url}/v1/jobs/%zz`))).code).toBe('request_invalid')
    expect((await problemOf(await fetch(`${server.url}/v1/jobs?before=job_1`))).field).toBe('before')
    expect((await problemOf(await fetch(`${server.url}/v1/jobs?limit=1000`))).field).toBe('limit')
  })

  it('a request that is not HTTP is answered, not crashed on', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.end('NONSENSE\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 /)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('an inner fault says nothing of itself', async () => {
    const { url } = await world.serve({
      store: { jobs: { ...world.store.jobs, list: () => Promise.reject(new Error('password is hunter2')) } },
    })
    const problem = await problemOf(await fetch(`${url}/v1/jobs`))
    expect(problem.code).toBe('internal')
    expect(JSON.stringify(problem)).not.toContain('hunter2')
  })
})

describe('who asks', () => {
  it('each request has an id; a good one given is kept', async () => {
    const response = await fetch(`${server.url}/healthz`, { headers: { 'x-request-id': 'mine-1' } })
    expect(response.headers.get('x-request-id')).toBe('mine-1')
    expect((await fetch(`${server.url}/healthz`, { headers: { 'x-request-id': 'a b<script>' } })).headers.get('x-request-id')).toMatch(
      /^req_/,
    )
  })

  it('without keys, a foreign host name and a foreign page are refused', async () => {
    const { headers } = { headers: { host: 'evil.example' } }
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      get(`${server.url}/v1/jobs`, { headers }, (response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      }).on('error', reject)
    })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'origin_refused'])

    const body = { kind: 'sound', prompt: 'a bell' }
    for (const from of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ]) {
      const response = await server.http.inject({
        method: 'POST',
        url: '/v1/jobs',
        headers: { ...json, host: `127.0.0.1:${server.port}`, ...from },
        payload: JSON.stringify(body),
      })
      expect([response.statusCode, response.json().code]).toEqual([403, 'origin_refused'])
    }
    for (const from of [
      {},
      { origin: `http://127.0.0.1:${server.port}` },
      { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:5173' },
    ]) {
      const response = await server.http.inject({
        method: 'POST',
        url: '/v1/jobs',
        headers: { ...json, host: `127.0.0.1:${server.port}`, ...from },
        payload: JSON.stringify(body),
      })
      expect(response.statusCode).toBe(202)
    }
  })

  it('may not listen to others without a key', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1', '127.1.2.3']) expect(() => assertSafeToListen(host, 0)).not.toThrow()
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'sluice.example']) {
      expect(() => assertSafeToListen(host, 0)).toThrow(expect.objectContaining({ code: 'config_invalid' }) as SluiceError)
      expect(() => assertSafeToListen(host, 1)).not.toThrow()
    }
  })

  it('with a key, every request needs one, and tenants do not see each other', async () => {
    const own = await createWorld()
    onTestFinished(() => own.close())
    const { url } = await own.serve()
    const [ada, bob] = [await createApiKey(own.store, ids, 'ada', 'laptop'), await createApiKey(own.store, ids, 'bob', 'laptop')]
    const as = (key: string) => ({ authorization: `Bearer ${key}` })

    for (const headers of [
      {},
      { authorization: 'Basic abc' },
      as('slc_wrong'),
      as(`${ada.slice(0, -1)}${ada.endsWith('A') ? 'B' : 'A'}`),
      { authorization: ada },
    ]) {
      const response = await fetch(`${url}/v1/jobs`, { headers: headers as Record<string, string> })
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect((await problemOf(response)).code).toBe('unauthorized')
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200)

    const made = await post(
      '/v1/jobs',
      { kind: 'video', prompt: 'a secret' },
      { ...as(ada), 'idempotency-key': 'same', host: 'sluice.example' },
      url,
    )
    expect(made.status).toBe(202)
    const job = JobView.parse(await made.json())
    const inStore = await own.store.jobs.get(job.id as never)
    if (!inStore) throw new Error('the job is not stored')
    const assetId = await own.begin(inStore)
    await own.release(inStore, assetId, 0)
    const paths = [
      `/v1/jobs/${job.id}`,
      `/v1/jobs/${job.id}/events`,
      `/v1/jobs/${job.id}/report`,
      `/v1/events?jobs=${job.id}`,
      `/v1/assets/${assetId}`,
      `/v1/assets/${assetId}/files/captions.vtt`,
      `/v1/assets/${assetId}/hls/master.m3u8`,
      `/v1/assets/${assetId}/hls/720p/playlist.m3u8`,
      `/v1/assets/${assetId}/hls/720p/init.mp4`,
      `/v1/assets/${assetId}/hls/720p/0.m4s`,
    ]
    for (const path of paths) {
      expect((await fetch(`${url}${path}`, { headers: as(bob) })).status, path).toBe(404)
      const mine = await fetch(`${url}${path}`, { headers: as(ada) })
      expect(mine.status, path).toBe(200)
      await mine.body?.cancel()
    }
    await fetch(`${url}/v1/blocklist`, {
      method: 'PUT',
      headers: { ...json, ...as(ada) },
      body: JSON.stringify({ entries: ['zorgblatt'] }),
    })
    const listOf = async (key: string) =>
      BlockListView.parse(await (await fetch(`${url}/v1/blocklist`, { headers: as(key) })).json()).entries
    expect([await listOf(ada), await listOf(bob)]).toEqual([['zorgblatt'], []])
    for (const verb of ['cancel', 'retry'])
      expect((await fetch(`${url}/v1/jobs/${job.id}/${verb}`, { method: 'POST', headers: as(bob) })).status).toBe(404)
    expect(JobList.parse(await (await fetch(`${url}/v1/jobs`, { headers: as(bob) })).json()).jobs).toEqual([])
    const other = await post('/v1/jobs', { kind: 'video', prompt: 'a secret' }, { ...as(bob), 'idempotency-key': 'same' }, url)
    expect((await other.json()).id).not.toBe(job.id)
  })

  it('the first key, made while the server runs, is honoured at once, and asked for within a second', async () => {
    const own = await createWorld()
    onTestFinished(() => own.close())
    const { url } = await own.serve()
    const asked = (headers: Record<string, string> = {}) => fetch(`${url}/v1/jobs`, { headers })
    const made = JobView.parse(await (await post('/v1/jobs', { kind: 'sound', prompt: 'a bell' }, {}, url)).json())
    expect((await asked()).status).toBe(200)
    const key = await createApiKey(own.store, ids, 'ada', 'laptop')
    const seen = JobList.parse(await (await asked({ authorization: `Bearer ${key}` })).json()).jobs
    expect(seen, `${made.id} belongs to another tenant`).toEqual([])
    expect((await asked()).status).toBe(401)
  })

  it('too many requests are turned away with a time to come back', async () => {
    const own = await createWorld()
    onTestFinished(() => own.close())
    const key = await createApiKey(own.store, ids, 'ada', 'laptop')
    const { url } = await own.serve({ requestsPerMinute: 5 })
    const answers = []
    for (let i = 0; i < 6; i++) answers.push(await fetch(`${url}/v1/voices`, { headers: { authorization: `Bearer ${key}` } }))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429])
    const last = answers.at(-1) as Response
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await problemOf(last)).code).toBe('rate_limited')

    const guesses = []
    for (let i = 0; i < 61; i++)
      guesses.push((await fetch(`${url}/v1/voices`, { headers: { authorization: `Bearer slc_guess${i}` } })).status)
    expect([guesses[0], guesses.at(-1)]).toEqual([401, 429])
  })
})

describe('quality profiles', () => {
  const put = (name: string, body: unknown) =>
    fetch(`${server.url}/v1/profiles/${name}`, { method: 'PUT', headers: json, body: JSON.stringify(body) })
  const wish = { kind: 'music', prompt: 'calm' }

  it('are what is different from a built-in one, and a job keeps the version it was accepted with', async () => {
    const first = ProfileView.parse(
      await (await put('broadcast', { extends: 'strict', rules: { freeze: 'review' }, thresholds: { black: 0.2 } })).json(),
    )
    expect(first).toMatchObject({ name: 'broadcast', version: 1, builtIn: false, unknown: 'fail', thresholds: { black: 0.2 } })
    expect(first.rules).toMatchObject({ freeze: 'review', black: profiles.strict.rules['black'] })
    const job = JobView.parse(await (await post('/v1/jobs', { ...wish, policy: { profile: 'broadcast' } })).json())
    expect(await (await put('broadcast', { extends: 'draft' })).json()).toMatchObject({ version: 2, rules: { freeze: 'warn' } })
    const report = ReportView.parse(await (await fetch(`${server.url}/v1/jobs/${job.id}/report`)).json())
    expect(report.profile).toEqual({ name: 'broadcast', version: 1 })
    const { profiles: listed } = (await (await fetch(`${server.url}/v1/profiles`)).json()) as { profiles: { name: string }[] }
    expect(listed.map(({ name }) => name)).toEqual(['draft', 'standard', 'strict', 'audio-only', 'broadcast'])
  })

  it('that do not exist, are built in, or name checks that do not exist are refused where they are named', async () => {
    const missing = await problemOf(await post('/v1/jobs', { ...wish, policy: { profile: 'nobody' } }))
    expect(missing).toMatchObject({ code: 'profile_not_found', field: 'policy.profile' })
    expect(await problemOf(await put('strict', {}))).toMatchObject({ code: 'options_contradict', field: 'name' })
    const odd = await problemOf(await put('mine', { rules: { beauty: 'fail' }, thresholds: { black: 'much' } }))
    expect(odd.errors?.map(({ field }) => field)).toEqual(expect.arrayContaining(['rules.beauty', 'thresholds.black']))
  })

  it('are made of checks that are told with their definitions', async () => {
    const { checks: told } = (await (await fetch(`${server.url}/v1/checks`)).json()) as { checks: { id: string; definition: string }[] }
    expect(told.map(({ id }) => id)).toEqual(Object.keys(checks))
    expect(told.every(({ definition }) => definition.endsWith('.'))).toBe(true)
  })
})

describe('the block list', () => {
  const put = (body: unknown) => fetch(`${server.url}/v1/blocklist`, { method: 'PUT', headers: json, body: JSON.stringify(body) })
  const list = async () => BlockListView.parse(await (await fetch(`${server.url}/v1/blocklist`)).json())

  it('is empty at first, and replaced as a whole', async () => {
    expect(await list()).toEqual({ entries: [], updatedAt: null })
    const written = BlockListView.parse(await (await put({ entries: ['zorgblatt', 'purple teapot', 'frumi*'] })).json())
    expect(written).toEqual({ entries: ['zorgblatt', 'purple teapot', 'frumi*'], updatedAt: expect.any(String) })
    expect(await list()).toEqual(written)
    await put({ entries: [] })
    expect((await list()).entries).toEqual([])
  })

  it('names every entry that cannot be one, and keeps the list it had', async () => {
    await put({ entries: ['zorgblatt'] })
    const problem = await problemOf(await put({ entries: ['good', 'b*d', '', 'a'.repeat(101)] }))
    expect(problem).toMatchObject({ code: 'request_invalid', field: 'entries.1' })
    expect(problem.detail).toMatch(
      /entries\.1: Has a `\*`.*entries\.2: Has no letter or digit\. entries\.3: Must be at most 100 characters long/,
    )
    const many = await problemOf(await put({ entries: Array.from({ length: 2_001 }, (_, index) => `word${index}`) }))
    expect(many).toMatchObject({ code: 'request_invalid', field: 'entries', detail: 'entries: Must have at most 2000 entries.' })
    for (const body of [{}, { entries: 'zorgblatt' }, { entries: [7] }, { words: [] }])
      expect((await problemOf(await put(body))).code).toBe('request_invalid')
    expect((await list()).entries).toEqual(['zorgblatt'])
  })
})

describe('documentation', () => {
  it('the OpenAPI document is valid 3.1 and names every route', async () => {
    const document = await (await fetch(`${server.url}/openapi.json`)).json()
    const validator = new Validator()
    expect(await validator.validate(document)).toMatchObject({ valid: true })
    expect(validator.version).toBe('3.1')
    expect(Object.keys(document.paths).sort()).toEqual([
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/assets',
      '/v1/assets/{id}',
      '/v1/assets/{id}/files/{name}',
      '/v1/assets/{id}/hls/master.m3u8',
      '/v1/assets/{id}/hls/{rung}/init.mp4',
      '/v1/assets/{id}/hls/{rung}/playlist.m3u8',
      '/v1/assets/{id}/hls/{rung}/{segment}',
      '/v1/assets/{id}/hold',
      '/v1/blocklist',
      '/v1/checks',
      '/v1/events',
      '/v1/jobs',
      '/v1/jobs/{id}',
      '/v1/jobs/{id}/cancel',
      '/v1/jobs/{id}/events',
      '/v1/jobs/{id}/previews/{file}',
      '/v1/jobs/{id}/report',
      '/v1/jobs/{id}/retry',
      '/v1/jobs/{id}/takes',
      '/v1/jobs/{id}/takes/{takeId}/decision',
      '/v1/operations',
      '/v1/operations/dead-letters',
      '/v1/operations/dead-letters/{id}/dismiss',
      '/v1/operations/dead-letters/{id}/retry',
      '/v1/profiles',
      '/v1/profiles/{name}',
      '/v1/providers',
      '/v1/quotes',
      '/v1/reviews',
      '/v1/reviews/{id}',
      '/v1/reviews/{id}/decision',
      '/v1/reviews/{id}/media',
      '/v1/usage',
      '/v1/voices',
      '/v1/webhooks',
      '/v1/webhooks/{id}',
      '/v1/webhooks/{id}/deliveries',
      '/v1/webhooks/{id}/deliveries/{deliveryId}/replay',
      '/v1/webhooks/{id}/rotate',
      '/v1/webhooks/{id}/test',
    ])
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name as string)
  })

  it('every problem has its page', async () => {
    for (const code of Object.keys(problems)) {
      const response = await fetch(`${server.url}/docs/errors/${code}`)
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(await response.text()).toContain(`<h1>${problems[code as keyof typeof problems].title}</h1>`)
    }
    for (const code of ['nothing', 'constructor', '..%2f..%2fpackage'])
      expect((await problemOf(await fetch(`${server.url}/docs/errors/${code}`))).code).toBe('not_found')
    expect(await (await fetch(`${server.url}/docs/errors`)).text()).toContain('/docs/errors/job_not_found')
  })
})

describe('the Studio', () => {
  it('serves its files, its page for every room, and nothing outside', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'studio-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'dist', 'assets'), { recursive: true })
    await writeFile(join(folder, 'secret.txt'), 'secret')
    await writeFile(join(folder, 'dist', 'index.html'), '<!doctype html><title>Studio</title>')
    await writeFile(join(folder, 'dist', 'assets', 'main-abc123.js'), 'export {}')
    const { http, url, port } = await world.serve({ studioFolder: join(folder, 'dist') })
    for (const path of ['/', '/library', '/jobs/job_1?tab=report']) {
      const response = await fetch(`${url}${path}`, { headers: { accept: 'text/html' } })
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-cache'])
      expect(response.headers.get('content-security-policy')).toContain("script-src 'self'")
      expect(await response.text()).toContain('Studio')
    }
    const script = await fetch(`${url}/assets/main-abc123.js`)
    expect([script.status, script.headers.get('cache-control'), script.headers.get('content-type')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'application/javascript; charset=utf-8',
    ])
    const { headers } = await http.inject('/')
    expect((await http.inject({ url: '/', headers: { 'if-none-match': headers.etag } })).statusCode).toBe(304)
    expect((await problemOf(await fetch(`${url}/v1/jobs/x/cancel`))).code).toBe('method_not_allowed')
    for (const path of ['/assets/gone.js', '/v1/gone', '/favicon.ico'])
      expect((await problemOf(await fetch(`${url}${path}`))).code).toBe('not_found')
    expect((await problemOf(await fetch(`${url}/library`, { method: 'POST' }))).code).toBe('not_found')
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/../../secret.txt',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
      '/.%2e/secret.txt',
      '/%2e%2e/room',
      '/jobs/..%2f..%2froom',
      '/jobs/%2e%2e%5croom',
      '/..',
    ]) {
      const [response] = await once(httpRequest({ port, path, headers: { accept: '*/*' } }).end(), 'response')
      let body = ''
      for await (const chunk of response) body += chunk
      expect(body).not.toContain('secret\n')
      expect(body).not.toBe('secret')
      expect(response.statusCode, path).toBe(404)
    }
  })
})

describe('the server itself', () => {
  it('is ready while the database answers', async () => {
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    const { http } = await world.serve({ store: { ping: () => Promise.reject(new SluiceError('store_unavailable', 'gone')) } })
    const response = await http.inject('/readyz')
    expect([response.statusCode, response.json().code]).toEqual([503, 'store_unavailable'])
  })

  it('closing finishes what runs and takes no more', async () => {
    const own = await world.serve()
    const job = await world.submit()
    const held = fetch(`${own.url}/v1/jobs/${job.id}/events?after=1`, { headers: { accept: 'application/json', prefer: 'wait=50' } })
    await expect.poll(() => own.hub.watched).toBe(1)
    const closed = own.close()
    expect(await (await held).json()).toEqual({ events: [], next: 1, ended: false })
    await closed
    await expect(fetch(`${own.url}/healthz`)).rejects.toThrow()
  })
})
