import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { OPENAI_LAB_WEBHOOK_SECRET } from '../../src/lab/vendors/openai/webhook-secret.ts'
import { openai, videoServers } from '../../src/lab/vendors/openai.ts'
import { type WebhookReceiver, webhookReceiver } from '../helpers/webhook-receiver.ts'

let lab: RunningLab
let receiver: WebhookReceiver

beforeAll(async () => {
  lab = await createLab({ vendors: [openai, ...videoServers] })
  receiver = await webhookReceiver()
})
afterAll(async () => {
  await receiver[Symbol.asyncDispose]()
  await lab.close()
})
afterEach(() => {
  lab.clock.speed = 1_000
  lab.webhooks.setTarget('openai', undefined)
})

type Json = Record<string, unknown>
const SMALL = { size: '320x180', seconds: 1 }

const call = (server: string, path: string, init: RequestInit = {}) =>
  fetch(`${lab.url}/${server}/v1${path}`, { ...init, headers: { authorization: 'Bearer lab', ...init.headers } })
const json = async (answer: Response | Promise<Response>) => (await (await answer).json()) as Json
const post = (server: string, path: string, body: Json, headers: Record<string, string> = {}) =>
  call(server, path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
const postForm = (server: string, path: string, fields: Json) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value instanceof Blob ? value : String(value))
  return call(server, path, { method: 'POST', body: form })
}
const order = (server: string, fields: Json) => (server === 'vllm-omni' ? postForm : post)(server, '/videos', fields)

async function ended(server: string, id: unknown): Promise<Json> {
  await lab.works.of(server).get(String(id))?.ended
  return json(call(server, `/videos/${id}`))
}

describe('OpenAI: videos', () => {
  it('takes seconds as a text or a number, as JSON or a form, and nothing it does not make', async () => {
    lab.clock.speed = 1
    const fields = { prompt: 'a dog', model: 'sora-2', size: '1280x720' }
    for (const send of [post, postForm])
      for (const seconds of ['8', 8])
        expect(await json(send('openai', '/videos', { ...fields, seconds }))).toMatchObject({ status: 'queued', seconds: '8', error: null })
    const before = lab.book.totals()['openai']
    for (const [param, wrong] of [
      ['seconds', { seconds: '5' }],
      ['size', { size: '320x180' }],
      ['model', { model: 'sora-9' }],
      ['prompt', { prompt: '' }],
      ['seed', { seed: 1 }],
    ] as const) {
      const answer = await post('openai', '/videos', { ...fields, ...wrong })
      expect(answer.status).toBe(400)
      expect(await json(answer)).toMatchObject({ error: { type: 'invalid_request_error', param } })
    }
    expect(lab.book.totals()['openai']).toBe(before)
    lab.restart()
  })

  it('its content is 404 while it runs; what runs is not deleted', async () => {
    lab.clock.speed = 1
    const { id } = await json(order('openai', { prompt: 'slow dog' }))
    expect((await call('openai', `/videos/${id}/content`)).status).toBe(404)
    expect((await call('openai', `/videos/${id}`, { method: 'DELETE' })).status).toBe(409)
    expect(await json(call('openai', `/videos/${id}`))).toMatchObject({ id })
    lab.restart()
    expect((await call('openai', `/videos/${id}`)).status).toBe(404)
  })

  it('a refused result has a code and its charge comes back', async () => {
    const { id } = await json(order('openai', { prompt: 'bad [lab:refuse-output]' }))
    expect(await ended('openai', id)).toMatchObject({ status: 'failed', error: { code: 'moderation_blocked' }, completed_at: null })
    expect(lab.book.of(String(id))).toBe(0)
  })

  it('content in parts, thumbnails, expiry; deleted it is unknown', async () => {
    const { id } = await json(order('openai', { prompt: 'a clip', seconds: '4', size: '720x1280' }))
    const video = await ended('openai', id)
    expect(video).toMatchObject({ status: 'completed', progress: 100 })
    expect(Number(video['expires_at']) - Number(video['completed_at'])).toBe(86_400)
    const part = await call('openai', `/videos/${id}/content`, { headers: { range: 'bytes=4-7' } })
    expect([part.status, await part.text()]).toEqual([206, 'ftyp'])
    const still = await call('openai', `/videos/${id}/content?variant=thumbnail`)
    expect(still.headers.get('content-type')).toBe('image/webp')
    await still.arrayBuffer()
    lab.clock.advance(86_401)
    expect((await call('openai', `/videos/${id}/content`)).status).toBe(404)
    expect(await json(call('openai', `/videos/${id}`, { method: 'DELETE' }))).toEqual({ id, object: 'video.deleted', deleted: true })
    expect((await call('openai', `/videos/${id}`)).status).toBe(404)
  })

  it('lists in pages, either way round', async () => {
    lab.restart()
    lab.clock.speed = 1
    const ids: unknown[] = []
    for (const prompt of ['one', 'two', 'three']) ids.push((await json(order('openai', { prompt })))['id'])
    const idsOf = (page: Json) => (page['data'] as Json[]).map(({ id }) => id)
    const first = await json(call('openai', '/videos?limit=2&order=asc'))
    expect(idsOf(first)).toEqual(ids.slice(0, 2))
    expect(first).toMatchObject({ object: 'list', has_more: true, last_id: ids[1] })
    const rest = await json(call('openai', `/videos?after=${ids[1]}&order=asc`))
    expect([idsOf(rest), rest['has_more']]).toEqual([ids.slice(2), false])
    expect(idsOf(await json(call('openai', '/videos')))).toEqual(ids.toReversed())
    lab.restart()
  })

  it('tells of the end at the address of the account, signed', async () => {
    lab.webhooks.setTarget('openai', receiver.url)
    const { id } = await json(order('openai', { prompt: 'tell me [lab:fail]' }))
    const { headers, body } = await vi.waitFor(() => {
      const [mail] = receiver.received
      if (!mail) throw new Error('nothing yet')
      return mail
    })
    const event = new Webhook(OPENAI_LAB_WEBHOOK_SECRET).verify(body, headers as Record<string, string>)
    expect(event).toMatchObject({ object: 'event', type: 'video.failed', data: { id } })
  })

  it('refuses keys', async () => {
    const status = async (key: string) => (await post('openai', '/videos', { prompt: 'x' }, { authorization: key })).status
    expect([await status(''), await status('Bearer invalid'), await status('Bearer forbidden')]).toEqual([401, 401, 403])
    const broke = await post('openai', '/videos', { prompt: 'x' }, { authorization: 'Bearer broke' })
    expect([broke.status, await json(broke)]).toMatchObject([429, { error: { code: 'insufficient_quota' } }])
  })
})

describe('servers one runs oneself', () => {
  it('vLLM-Omni: forms only, a code that is a number or a name, 422 for the content of a failure, DELETE stops', async () => {
    const server = 'vllm-omni'
    expect((await post(server, '/videos', { prompt: 'x', ...SMALL })).status).toBe(422)
    const failed = await json(order(server, { prompt: 'x [lab:fail]', ...SMALL, seed: 3, whatever: 1 }))
    expect(failed['id']).toMatch(/^video_gen_[0-9a-f]+$/)
    expect((await ended(server, failed['id']))['error']).toMatchObject({ code: 500 })
    expect((await call(server, `/videos/${failed['id']}/content`)).status).toBe(422)
    const named = await json(order(server, { prompt: 'x [lab:fail=OutOfMemoryError]', ...SMALL }))
    expect((await ended(server, named['id']))['error']).toMatchObject({ code: 'OutOfMemoryError' })

    lab.clock.speed = 1
    const { id } = await json(order(server, { prompt: 'stop me', ...SMALL }))
    const work = lab.works.of(server).get(String(id))
    expect(await json(call(server, `/videos/${id}`, { method: 'DELETE' }))).toMatchObject({ deleted: true })
    expect(work?.state).toBe('cancelled')
  })

  it('vLLM-Omni: the length by frames and rate; the synchronous call answers with the bytes', async () => {
    const { id } = await json(order('vllm-omni', { prompt: 'frames', width: 320, height: 180, num_frames: 30, fps: 30 }))
    expect(await ended('vllm-omni', id)).toMatchObject({ seconds: '1', size: '320x180', media_type: 'video/mp4', status: 'completed' })
    const sync = await postForm('vllm-omni', '/videos/sync', { prompt: 'at once', ...SMALL })
    expect(sync.headers.get('content-type')).toBe('video/mp4')
    expect(Buffer.from(await sync.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp')
  })

  it('SGLang: an error without a code, details of FastAPI, DELETE answers with the video', async () => {
    const { id } = await json(order('sglang', { prompt: 'x [lab:fail]', ...SMALL }))
    expect((await ended('sglang', id))['error']).toEqual({ message: 'The generation failed.' })
    expect(await json(call('sglang', `/videos/${id}`, { method: 'DELETE' }))).toMatchObject({ id, object: 'video', status: 'deleted' })
    expect(await json(call('sglang', `/videos/${id}`))).toEqual({ detail: `Video ${id} not found.` })
  })

  it('FastVideo: unknown members are refused, progress says nothing', async () => {
    const refused = await order('fastvideo', { prompt: 'x', ...SMALL, whatever: 1 })
    expect([refused.status, await json(refused)]).toEqual([400, { detail: "Unknown parameter: 'whatever'." }])
    expect(await json(order('fastvideo', { prompt: 'x', ...SMALL, seed: 1 }))).toMatchObject({ status: 'queued', progress: 100 })
  })

  it('cost nothing', () => {
    expect(Object.keys(lab.book.totals())).toEqual(['openai'])
  })
})

describe('a proxy before other vendors', () => {
  it('LiteLLM: what Gemini makes is processing and tells little else, there is no list and no DELETE', async () => {
    lab.clock.speed = 1
    const veo = await json(order('litellm', { prompt: 'a kite', model: 'veo-3', ...SMALL }))
    expect(veo).toMatchObject({ status: 'processing', progress: null, seconds: null })
    expect(Buffer.from(String(veo['id']).slice('video_'.length), 'base64').toString()).toMatch(/^litellm:custom_llm_provider:gemini;/)
    expect(veo).not.toHaveProperty('prompt')
    expect(await json(order('litellm', { prompt: 'a kite', model: 'sora-2', ...SMALL }))).toMatchObject({ status: 'queued', seconds: '1' })
    expect((await call('litellm', '/videos')).status).toBe(500)
    expect((await call('litellm', `/videos/${veo['id']}`, { method: 'DELETE' })).status).toBe(404)
    expect(lab.book.totals()['litellm']).toBe(500_000)
    lab.restart()
  })
})

describe('OpenAI: sound and words', () => {
  const speak = (fields: Json) => post('openai', '/audio/speech', { model: 'gpt-4o-mini-tts', voice: 'alloy', ...fields })

  it('speech whole and as events is the same; a cut is a cut', async () => {
    const input = 'The rain fell. The river rose.'
    const whole = Buffer.from(await (await speak({ input })).arrayBuffer())
    const text = await (await speak({ input, stream_format: 'sse' })).text()
    const events = text
      .trim()
      .split('\n\n')
      .map((line) => JSON.parse(line.replace('data: ', '')) as { type: string; audio?: string })
    const joined = Buffer.concat(events.map(({ audio = '' }) => Buffer.from(audio, 'base64')))
    expect(joined.equals(whole)).toBe(true)
    expect(events.at(-1)?.type).toBe('speech.audio.done')
    for (const stream_format of ['audio', 'sse'])
      await expect(speak({ input: `${input} [lab:truncated-body]`, stream_format }).then((answer) => answer.text())).rejects.toThrow()
    for (const wrong of [{ input: 'x'.repeat(4_097) }, { input, voice: 'nobody' }, { input, model: 'tts-1', stream_format: 'sse' }])
      expect((await speak(wrong)).status).toBe(400)
  })

  it('speech that failed or was refused is not charged; one whose answer was lost is', async () => {
    const before = lab.book.totals()['openai'] ?? 0
    expect([(await speak({ input: 'Hi [lab:fail]' })).status, (await speak({ input: 'Hi [lab:refuse-output]' })).status]).toEqual([
      500, 400,
    ])
    expect(lab.book.totals()['openai']).toBe(before)
    const input = 'Hi [lab:lost-reply]'
    for (const stream_format of ['audio', 'sse'])
      await expect(speak({ input: `${input} ${stream_format}`, stream_format })).rejects.toThrow()
    expect(lab.book.totals()['openai']).toBe(before + (2 * input.length + ' audio sse'.length) * 16)
  })

  it('a transcription is what was said, and shows what was left out', async () => {
    const text = 'One stays here. Two is lost today. Three stays as well.'
    const speech = await (await speak({ input: `${text} [lab:skipped-sentence]`, response_format: 'wav' })).blob()
    const form = new FormData()
    form.set('file', speech, 'speech.wav')
    form.set('model', 'whisper-1')
    form.set('response_format', 'verbose_json')
    form.append('timestamp_granularities[]', 'word')
    form.append('timestamp_granularities[]', 'segment')
    const heard = await json(call('openai', '/audio/transcriptions', { method: 'POST', body: form }))
    expect(heard['text']).toBe('One stays here. Three stays as well.')
    expect(heard['words']).toHaveLength(7)
    expect(heard['segments']).toMatchObject([
      { id: 0, text: ' One stays here.' },
      { id: 1, text: ' Three stays as well.', end: heard['duration'] },
    ])
    form.set('model', 'gpt-transcribe')
    expect((await call('openai', '/audio/transcriptions', { method: 'POST', body: form })).status).toBe(400)
  })

  it('moderation judges by word and by marker, and knows what it was shown', async () => {
    const judge = async (input: unknown) => ((await json(post('openai', '/moderations', { input })))['results'] as Json[])[0]
    expect(await judge('A quiet river.')).toMatchObject({ flagged: false })
    expect(await judge('They kill him.')).toMatchObject({ flagged: true, categories: { violence: true, sexual: false } })
    expect(await judge('fine [lab:refuse-input=hate]')).toMatchObject({ flagged: true, categories: { hate: true } })
    expect(await judge([{ type: 'image_url', image_url: { url: 'https://pictures.example/nsfw.png' } }])).toMatchObject({
      flagged: true,
      category_applied_input_types: { sexual: ['image'], hate: [] },
    })
  })
})
