import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { ids } from '../../src/compose/ids.ts'
import type { ProblemCode } from '../../src/domain/problems.ts'
import type { AssetView } from '../../src/wire/assets.ts'
import type { JobList, JobView } from '../../src/wire/jobs.ts'
import { eventually } from '../helpers/eventually.ts'
import { leftBehind } from '../helpers/left-behind.ts'
import { expectProblem } from '../helpers/problem.ts'
import { type RawRequest, rawRequest } from '../helpers/raw-request.ts'
import { type Server, startServer } from '../helpers/server.ts'

let folder: string
let server: Server

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-bad-input-'))
  server = await startServer(join(folder, 'data'))
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const json = { 'content-type': 'application/json' }
const ask = (path: string, options?: RawRequest) =>
  rawRequest(server.url, path, { ...options, headers: { host: new URL(server.url).host, ...options?.headers } })
const submit = (body: unknown, headers: Record<string, string> = {}) =>
  ask('/v1/jobs', { method: 'POST', headers: { ...json, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
const jobs = async () => ((await (await ask('/v1/jobs')).json()) as JobList).jobs

/** The server took none of it to heart: no job, no asset, no file, no word in its log, and it answers. */
async function expectNothingLeft(): Promise<void> {
  expect(await jobs()).toEqual([])
  expect(await (await ask('/v1/assets')).json()).toMatchObject({ assets: [] })
  expect(await leftBehind(join(folder, 'data'))).toEqual([])
  expect(server.log()).toBe('')
  expect((await ask('/readyz')).status).toBe(200)
}

describe('a job that cannot be', () => {
  const speech = { kind: 'speech', text: 'The tide comes in.' }
  const video = { kind: 'video', prompt: 'A calm sea' }
  const refused: [what: string, body: unknown, code: ProblemCode, field: string | undefined, says: RegExp][] = [
    ['an empty text', { kind: 'presentation', text: '' }, 'request_invalid', 'text', /empty/],
    ['a text of blanks', { kind: 'speech', text: ' \n\t ' }, 'request_invalid', 'text', /empty/],
    ['an empty prompt', { kind: 'video', prompt: '' }, 'request_invalid', 'prompt', /empty/],
    ['no text at all', { kind: 'presentation' }, 'request_invalid', 'text', /missing/],
    [
      'a text of 100 kB',
      { kind: 'presentation', text: 'word '.repeat(20_000) },
      'prompt_too_long',
      'text',
      /100000 characters; at most 20000/,
    ],
    ['a prompt of 100 kB', { ...video, prompt: 'x'.repeat(100_000) }, 'prompt_too_long', 'prompt', /100000 characters; at most 20000/],
    ['a body beyond all limits', { ...speech, text: 'word '.repeat(60_000) }, 'body_too_large', undefined, /262144 bytes/],
    [
      'an unknown kind',
      { kind: 'poem', text: 'Roses are red' },
      'request_invalid',
      'kind',
      /"presentation", "video", "speech", "music" or "sound"/,
    ],
    ['no kind', { text: 'Roses are red' }, 'request_invalid', 'kind', /"presentation"/],
    ['an unknown field', { ...speech, lenght: 30 }, 'request_invalid', 'lenght', /no such field.*text, voice/],
    [
      'an unknown field of the policy',
      { ...speech, policy: { gates: 'asset' } },
      'request_invalid',
      'policy.gates',
      /no such field.*profile, gate/,
    ],
    ['a length out of range', { ...video, durationSeconds: 900 }, 'request_invalid', 'durationSeconds', /at most 60/],
    ['a size nobody offers', { ...video, size: '12x12' }, 'request_invalid', 'size', /"1280x720"/],
    [
      'gate `segment` without hls',
      { ...video, formats: ['mp4'], policy: { gate: 'segment' } },
      'options_contradict',
      'policy.gate',
      /only HLS has segments/,
    ],
    ['a picture for speech', { ...speech, formats: ['hls', 'mp4'] }, 'options_contradict', 'formats', /no picture.*mp4/],
    ['a sound for a silent clip', { ...video, formats: ['mp3'] }, 'options_contradict', 'formats', /no sound.*mp3/],
    ['a voice nobody has', { ...speech, voice: 'nobody' }, 'provider_cannot', 'voice', /no voice "nobody"/],
    ['Cyrillic to be spoken', { kind: 'speech', text: 'Привет, мир' }, 'script_not_speakable', 'text', /Привет, мир/],
    [
      'Cyrillic to be presented',
      { kind: 'presentation', text: 'Солнечная энергия обогнала уголь.' },
      'script_not_speakable',
      'text',
      /Солнечная/,
    ],
    ['Chinese to be spoken', { kind: 'speech', text: '太阳能发电首次超过煤炭。' }, 'script_not_speakable', 'text', /太阳能/],
    ['Chinese to be presented', { kind: 'presentation', text: '太阳能发电首次超过煤炭。' }, 'script_not_speakable', 'text', /太阳能/],
    ['Chinese to be drawn', { ...video, prompt: '太阳能' }, 'provider_cannot', 'prompt', /cannot draw 太阳能/],
    ['one word in another script', { kind: 'presentation', text: 'The word мир means peace.' }, 'script_not_speakable', 'text', /мир/],
    ['nothing but emoji to be spoken', { kind: 'speech', text: '🎉🎉🎉' }, 'script_not_speakable', 'text', /nothing to say/],
    ['nothing but emoji to be presented', { kind: 'presentation', text: '🎉 🎉' }, 'request_invalid', 'text', /nothing to tell/],
    ['nothing but emoji to be drawn', { ...video, prompt: '🎉' }, 'provider_cannot', 'prompt', /nothing to draw/],
    ['malformed JSON', '{"kind":"speech","text":', 'request_invalid', undefined, /not valid JSON/],
    ['a list', '[]', 'request_invalid', undefined, /must be a JSON object/],
    ['no body', '', 'request_invalid', undefined, /must be a JSON object/],
  ]

  it.each(refused)('%s', async (_what, body, code, field, says) => {
    const problem = await expectProblem(await submit(body), code, server.url)
    expect(problem.field).toBe(field)
    expect(problem.detail).toMatch(says)
  })

  it('names everything that is wrong at once', async () => {
    const problem = await expectProblem(
      await submit({ ...video, durationSeconds: 900, fps: 12, seed: -1, colour: 'red' }),
      'request_invalid',
      server.url,
    )
    expect(problem.errors?.map(({ field }) => field).toSorted()).toEqual(['colour', 'durationSeconds', 'fps', 'seed'])
  })

  it('is not quoted either', async () => {
    const quote = await ask('/v1/quotes', { method: 'POST', headers: json, body: JSON.stringify({ kind: 'speech', text: 'Привет' }) })
    await expectProblem(quote, 'script_not_speakable', server.url)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])('as %s', async (type) => {
    const problem = await expectProblem(await submit(speech, { 'content-type': type }), 'content_type_unsupported', server.url)
    expect(problem.fix).toContain('application/json')
  })

  it.each(['two words', 'ключ', 'x'.repeat(256)])('with a key that is none: %s', async (key) => {
    const sent = Buffer.from(key).toString('latin1')
    await expectProblem(await submit(speech, { 'idempotency-key': sent }), 'idempotency_key_invalid', server.url)
  })

  it('leaves nothing behind', expectNothingLeft)
})

describe('an address that is none', () => {
  const job = ids.next('job')
  const asset = ids.next('ast')
  const missing: [path: string, code: ProblemCode][] = [
    ...[job, 'job_x', 'x'].flatMap((id): [string, ProblemCode][] => [
      [`/v1/jobs/${id}`, 'job_not_found'],
      [`/v1/jobs/${id}/events`, 'job_not_found'],
      [`/v1/jobs/${id}/report`, 'job_not_found'],
      [`/v1/jobs/${id}/previews/1.jpg`, 'job_not_found'],
    ]),
    ...[asset, 'ast_x', job].flatMap((id): [string, ProblemCode][] => [
      [`/v1/assets/${id}`, 'asset_not_found'],
      [`/v1/assets/${id}/files/video.mp4`, 'asset_not_found'],
      [`/v1/assets/${id}/hls/master.m3u8`, 'asset_not_found'],
    ]),
    ['/v1', 'not_found'],
    ['/v1/nothing', 'not_found'],
    ['/v2/jobs', 'not_found'],
    ['/nothing.html', 'not_found'],
    [`/v1/jobs/${'a'.repeat(500)}`, 'not_found'],
    ['/v1/jobs/%zz', 'request_invalid'],
    ['/v1/jobs?limit=0', 'request_invalid'],
    ['/v1/jobs?limit=many', 'request_invalid'],
    ['/v1/jobs?state=asleep', 'request_invalid'],
    ['/v1/jobs?before=job_x', 'request_invalid'],
    ['/v1/jobs?sort=up', 'request_invalid'],
  ]

  it.each(missing)('%s', async (path, code) => {
    // What a program sends; a browser asking for a page at /v2/jobs gets the Studio.
    await expectProblem(await ask(path, { headers: { accept: 'application/json' } }), code, server.url)
  })

  it.each([`/v1/jobs/${job}/cancel`, `/v1/jobs/${job}/retry`])('POST %s', async (path) => {
    await expectProblem(await ask(path, { method: 'POST' }), 'job_not_found', server.url)
  })

  it.each([
    ['DELETE', '/v1/jobs', 'GET, HEAD, POST'],
    ['PUT', '/v1/jobs/job_x', 'GET, HEAD'],
    ['GET', '/v1/jobs/job_x/cancel', 'POST'],
    ['POST', '/v1/assets', 'GET, HEAD'],
    ['PATCH', '/healthz', 'GET, HEAD'],
    ['OPTIONS', '/v1/quotes', 'POST'],
  ])('%s %s', async (method, path, allow) => {
    const response = await ask(path, { method })
    expect(response.headers.get('allow')).toBe(allow)
    await expectProblem(response, 'method_not_allowed', server.url)
  })

  it.each([
    '/../package.json',
    '/..',
    '/%2e%2e/package.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2fpackage.json',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/..%5c..%5cetc',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/docs/errors/../../package.json',
    '/docs/errors/..%2f..%2f..%2fpackage',
    '/docs/errors/%2e%2e%2f%2e%2e%2fREADME',
    '/v1/jobs/../../package.json',
    '/v1/assets/%2e%2e/%2e%2e/package.json',
  ])('%s', async (path) => {
    const response = await ask(path)
    expect(response.status).toBe(404)
    await expectProblem(response, 'not_found', server.url)
  })

  it('leaves nothing behind', expectNothingLeft)
})

describe('a page that is not ours', () => {
  const order = { method: 'POST', body: JSON.stringify({ kind: 'speech', text: 'Mine now.' }) }

  it.each(['evil.example', 'evil.example:8787', '127.0.0.1.evil.example', 'localhost.evil.example', '192.168.0.1'])(
    'under the name %j',
    async (host) => {
      const read = await expectProblem(await ask('/v1/jobs', { headers: { host } }), 'origin_refused', server.url)
      expect(read.fix).toMatch(/127\.0\.0\.1.*key/)
      await expectProblem(await ask('/v1/jobs', { ...order, headers: { ...json, host } }), 'origin_refused', server.url)
    },
  )

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('asks for a change with %j', async (headers) => {
    await expectProblem(await ask('/v1/jobs', { ...order, headers: { ...json, ...headers } }), 'origin_refused', server.url)
    await expectProblem(await ask(`/v1/jobs/${ids.next('job')}/cancel`, { method: 'POST', headers }), 'origin_refused', server.url)
  })

  it('leaves nothing behind', expectNothingLeft)
})

describe('beside a job that is right', () => {
  const order = { kind: 'sound', prompt: 'A door slams', durationSeconds: 0.5, formats: ['hls', 'm4a'], seed: 1 }
  const key = { 'idempotency-key': 'door-1' }
  let job: JobView
  let asset: AssetView
  let file: AssetView['files'][number]

  beforeAll(async () => {
    // A request that was refused has not used the key up.
    await expectProblem(await submit({ ...order, durationSeconds: 500 }, key), 'request_invalid', server.url)
    await expectProblem(await submit({ ...order, formats: ['mp4'] }, key), 'options_contradict', server.url)
    const response = await submit(order, key)
    expect(response.status).toBe(202)
    job = (await response.json()) as JobView
    asset = await createClient({ baseUrl: server.url }).job(job.id).wait({ timeoutMs: 60_000 })
    const found = asset.files.find(({ name }) => name === 'audio.m4a')
    if (!found) throw new Error(`no audio.m4a among ${asset.files.map(({ name }) => name).join(', ')}`)
    file = found
  }, 90_000)

  const files = () => new URL(file.url).pathname.replace('/audio.m4a', '')

  it('the same key with another request is refused, and names the job it made', async () => {
    const problem = await expectProblem(await submit({ ...order, seed: 2 }, key), 'idempotency_key_reused', server.url)
    expect(problem).toMatchObject({ jobId: job.id })
    const repeated = await submit(order, key)
    expect([repeated.status, repeated.headers.get('idempotent-replayed')]).toEqual([202, 'true'])
    expect(((await repeated.json()) as JobView).id).toBe(job.id)
    expect(await jobs()).toHaveLength(1)
  })

  it.each(['past', 'far past', 'the last 0 bytes'])('a range %s the end is 416 with the size', async (what) => {
    const { sizeBytes } = file
    const range =
      { past: `bytes=${sizeBytes}-`, 'far past': 'bytes=99999999999-99999999999999', 'the last 0 bytes': 'bytes=-0' }[what] ?? ''
    for (const method of ['GET', 'HEAD']) {
      const response = await ask(new URL(file.url).pathname, { method, headers: { range } })
      expect([response.status, response.headers.get('content-range')]).toEqual([416, `bytes */${sizeBytes}`])
      if (method === 'GET') await expectProblem(response, 'range_not_satisfiable', server.url)
    }
    const last = await ask(new URL(file.url).pathname, { headers: { range: `bytes=${sizeBytes - 1}-${sizeBytes + 50}` } })
    expect([last.status, last.headers.get('content-range')]).toEqual([206, `bytes ${sizeBytes - 1}-${sizeBytes - 1}/${sizeBytes}`])
  })

  it('a way up from its files leads nowhere', async () => {
    const hls = files().replace(/files$/, 'hls')
    for (const path of [
      `${files()}/../files/audio.m4a`,
      `${files()}/..`,
      `${files()}/%2e%2e`,
      `${files()}/%2e%2e/audio.m4a`,
      `${files()}/..%2f..%2faudio.m4a`,
      `${files()}/%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json`,
      `${files()}/..%5caudio.m4a`,
      `${files()}//etc/passwd`,
      `${files()}/audio.m4a%00.txt`,
      `${hls}/../files/audio.m4a`,
      `${hls}/..%2faudio/0.m4s`,
      `${hls}/%2e%2e/0.m4s`,
      `${hls}/audio/99999.m4s`,
      `${hls}/audio/-1.m4s`,
      `${files()}/nothing.mp4`,
    ]) {
      const response = await ask(path)
      expect(response.status, path).toBe(404)
      const { code } = (await response.clone().json()) as { code: ProblemCode }
      expect(['not_found', 'file_not_found'], path).toContain(code)
      await expectProblem(response, code, server.url)
    }
  })

  it('what has ended is not cancelled or retried', async () => {
    await expectProblem(await ask(`/v1/jobs/${job.id}/cancel`, { method: 'POST' }), 'job_already_ended', server.url)
    await expectProblem(await ask(`/v1/jobs/${job.id}/retry`, { method: 'POST' }), 'job_not_retryable', server.url)
  })

  it('leaves behind what belongs to the job, and nothing else', async () => {
    expect((await jobs()).map(({ id, state }) => [id, state])).toEqual([[job.id, 'succeeded']])
    const foreign = (left: string[]) =>
      left.filter(
        (path) =>
          !path.startsWith(`files/objects/jobs/${job.id}/`) && !['files/objects/jobs', `files/objects/jobs/${job.id}`].includes(path),
      )
    // The provider's own copy goes with the last step of the job.
    await eventually(
      async () => foreign(await leftBehind(join(folder, 'data'))),
      (left) => left.length === 0,
      20_000,
    )
    expect(server.log()).toBe('')
  })
})
