import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InvalidWebhookSignatureError,
  NotFoundError,
  RateLimitError,
  toFile,
} from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { OPENAI_LAB_WEBHOOK_SECRET } from '../../src/lab/vendors/openai/webhook-secret.ts'
import { openai, videoServers } from '../../src/lab/vendors/openai.ts'
import { playable } from '../helpers/takes.ts'

let lab: RunningLab
let client: OpenAI

const clientOf = (vendor: string, apiKey = 'lab'): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${lab.url}/${vendor}/v1`, maxRetries: 0, webhookSecret: OPENAI_LAB_WEBHOOK_SECRET })

beforeAll(async () => {
  lab = await createLab({ vendors: [openai, ...videoServers] })
  client = clientOf('openai')
})
beforeEach(() => {
  lab.clock.speed = 1_000
})
afterAll(() => lab?.close())

const params = { model: 'sora-2', seconds: '4', size: '1280x720' } as const
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

async function ended(by: OpenAI, id: string, vendor = 'openai') {
  await lab.works.of(vendor).get(id)?.ended
  return by.videos.retrieve(id)
}

describe('videos', () => {
  test('submit, wait, download, its still, the list, delete', async () => {
    const created = await client.videos.create({ ...params, prompt: 'a kite' })
    expect(created).toMatchObject({ object: 'video', status: 'queued', seconds: '4', size: '1280x720', model: 'sora-2', error: null })
    await expect(client.videos.downloadContent(created.id)).rejects.toBeInstanceOf(NotFoundError)
    const video = await ended(client, created.id)
    expect(video).toMatchObject({ status: 'completed', progress: 100, completed_at: expect.any(Number), expires_at: expect.any(Number) })
    expect(await playable(await bytesOf(await client.videos.downloadContent(created.id)))).toMatchObject({
      width: 1280,
      durationSeconds: 4,
    })
    expect((await client.videos.downloadContent(created.id, { variant: 'thumbnail' })).headers.get('content-type')).toBe('image/webp')

    const remix = await client.videos.remix(created.id, { prompt: 'a red kite' })
    expect((await ended(client, remix.id)).remixed_from_video_id).toBe(created.id)
    const listed: string[] = []
    for await (const { id } of client.videos.list({ limit: 1, order: 'desc' })) listed.push(id)
    expect(listed.slice(0, 2)).toEqual([remix.id, created.id])
    expect(await client.videos.delete(created.id)).toEqual({ id: created.id, object: 'video.deleted', deleted: true })
    await expect(client.videos.retrieve(created.id)).rejects.toBeInstanceOf(NotFoundError)
  })

  test('with a picture as a file: a form', async () => {
    const input_reference = await toFile(Buffer.from('not looked at'), 'a.png', { type: 'image/png' })
    const { id } = await client.videos.create({ ...params, prompt: 'it moves', input_reference })
    expect((await ended(client, id)).status).toBe('completed')
  })

  test('a failure is a video with an error, and what was charged is given back', async () => {
    const { id } = await client.videos.create({ ...params, prompt: '[lab:refuse-output] a fight' })
    expect(lab.book.of(id)).toBe(400_000)
    expect(await ended(client, id)).toMatchObject({ status: 'failed', error: { code: 'moderation_blocked' } })
    expect(lab.book.of(id)).toBe(0)
  })

  test('refusals are the errors of the SDK', async () => {
    const order = (by: OpenAI, prompt: string) => by.videos.create({ ...params, prompt })
    await expect(order(clientOf('openai', 'invalid'), 'a')).rejects.toBeInstanceOf(AuthenticationError)
    await expect(order(client, '[lab:throttle] a')).rejects.toBeInstanceOf(RateLimitError)
    await expect(order(client, '[lab:refuse-input] a')).rejects.toMatchObject({ status: 400, code: 'moderation_blocked' })
    await expect(order(clientOf('openai', 'broke'), 'a')).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' })
    await expect(client.videos.create({ ...params, prompt: 'a', seconds: '5' as never })).rejects.toMatchObject({
      status: 400,
      param: 'seconds',
    })
    lab.clock.speed = 10
    const { id } = await order(client, 'a long march')
    await expect(client.videos.delete(id)).rejects.toBeInstanceOf(ConflictError)
  })

  test('its own retries double an order whose answer was lost: why the adapter has none', async () => {
    const before = lab.works.of('openai').list().length
    const retrying = client.withOptions({ maxRetries: 2 })
    await retrying.videos.create({ ...params, prompt: '[lab:lost-reply] a parcel' })
    expect(lab.works.of('openai').list()).toHaveLength(before + 2)
  })

  test('servers of one’s own: forms only, no code of an error, what a running video does when it is deleted', async () => {
    const vllm = clientOf('vllm-omni')
    // The SDK sends nothing but forms.
    await expect(vllm.post('/videos', { body: { prompt: 'a kite' } })).rejects.toMatchObject({ status: 422 })
    const form = await vllm.videos.create({ prompt: 'a kite', seconds: '4', input_reference: await toFile(Buffer.from('x'), 'a.png') })
    expect(form.id).toMatch(/^video_gen_/)
    expect((await ended(vllm, form.id, 'vllm-omni')).status).toBe('completed')

    const sglang = clientOf('sglang')
    const { id } = await sglang.videos.create({ prompt: '[lab:fail] a kite' })
    const { error } = await ended(sglang, id, 'sglang')
    expect(error).toEqual({ message: expect.stringMatching(/\w/) })
    expect(await sglang.videos.delete(id)).toMatchObject({ object: 'video', status: 'deleted' })

    const fastVideo = clientOf('fastvideo')
    await expect(fastVideo.videos.create({ prompt: 'a kite', colour: 'red' } as never)).rejects.toBeInstanceOf(BadRequestError)
    const { id: kept } = await fastVideo.videos.create({ prompt: 'a kite', seconds: '4' })
    lab.restart()
    await expect(fastVideo.videos.retrieve(kept)).rejects.toBeInstanceOf(NotFoundError)
  })
})

describe('speech', () => {
  test.each(['mp3', 'wav', 'flac', 'opus', 'aac'] as const)('as %s it can be played', async (response_format) => {
    const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'nova', input: 'Good evening.', response_format })
    expect((await playable(await bytesOf(spoken))).streams).toEqual(['audio'])
  })

  test('as events: pieces of sound, then what was used', async () => {
    const spoken = await client.audio.speech.create({
      model: 'gpt-4o-mini-tts',
      voice: 'marin',
      input: 'Good evening to everybody here.',
      response_format: 'mp3',
      stream_format: 'sse',
    })
    const events = (await spoken.text())
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice('data: '.length)) as { type: string; audio?: string; usage?: unknown })
    const sound = Buffer.concat(events.flatMap(({ audio }) => (audio === undefined ? [] : [Buffer.from(audio, 'base64')])))
    expect((await playable(sound)).streams).toEqual(['audio'])
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: { total_tokens: expect.any(Number) } })
  })

  test('a body that breaks in the middle is an error, not a shorter sound', async () => {
    const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'nova', input: '[lab:truncated-body] Good evening.' })
    await expect(spoken.arrayBuffer()).rejects.toThrow()
  })

  test('a wrong voice is a bad request', async () => {
    await expect(client.audio.speech.create({ model: 'tts-1', voice: 'nobody', input: 'a' })).rejects.toBeInstanceOf(BadRequestError)
  })
})

test('transcription tells the words of what the lab spoke, with their times', async () => {
  const input = 'The quick brown fox jumps. It does not look back.'
  const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'nova', input, response_format: 'wav' })
  const sound = await bytesOf(spoken)
  const heard = await client.audio.transcriptions.create({
    file: await toFile(sound, 'a.wav'),
    model: 'whisper-1',
    response_format: 'verbose_json',
    timestamp_granularities: ['word', 'segment'],
  })
  expect(heard.text).toBe(input)
  expect(heard.words?.map(({ word }) => word)).toEqual(input.split(' '))
  expect(heard.words?.map(({ start }) => start)).toEqual(heard.words?.map(({ start }) => start).sort((a, b) => a - b))
  expect(Number(heard.duration)).toBeCloseTo((await playable(sound)).durationSeconds, 1)
  expect(heard.segments).toHaveLength(2)
  expect((await client.audio.transcriptions.create({ file: await toFile(sound, 'a.wav'), model: 'gpt-transcribe' })).text).toBe(input)
  await expect(
    client.audio.transcriptions.create({ file: await toFile(sound, 'a.wav'), model: 'gpt-4o-transcribe', response_format: 'srt' as never }),
  ).rejects.toBeInstanceOf(BadRequestError)
})

test('moderation judges each text by its category, and is free', async () => {
  const before = lab.book.entries().length
  const { results } = await client.moderations.create({
    model: 'omni-moderation-latest',
    input: ['a calm lake', 'he wants to murder them', '[lab:refuse-input=sexual] x'],
  })
  expect(results.map(({ flagged }) => flagged)).toEqual([false, true, true])
  expect(results[1]?.categories).toMatchObject({ violence: true, sexual: false })
  expect(results[2]?.categories.sexual).toBe(true)
  expect(results[1]?.category_scores.violence).toBeGreaterThan(results[0]?.category_scores.violence ?? 1)
  const picture = await client.moderations.create({ input: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] })
  expect(picture.results[0]?.category_applied_input_types.violence).toEqual(['image'])
  expect(lab.book.entries()).toHaveLength(before)
})

test("webhooks pass the SDK's own verifier; forged, stale and altered ones do not", async () => {
  const received: { body: string; headers: Record<string, string> }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ body: Buffer.concat(chunks).toString(), headers: request.headers as Record<string, string> })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lab.webhooks.setTarget('openai', `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`)
  onTestFinished(() => {
    lab.webhooks.setTarget('openai', undefined)
    server.close()
  })

  const deliveredFor = async (prompt: string, count: number) => {
    received.length = 0
    const { id } = await client.videos.create({ ...params, prompt })
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(count)
    return { id, webhooks: [...received] }
  }
  const unwrap = ({ body, headers }: { body: string; headers: Record<string, string> }) => client.webhooks.unwrap(body, headers)

  const { id, webhooks } = await deliveredFor('a bell', 1)
  const [first] = webhooks
  if (first === undefined) throw new Error('no webhook')
  expect(await unwrap(first)).toMatchObject({ object: 'event', type: 'video.completed', data: { id } })
  await expect(unwrap({ ...first, body: first.body.replace(id, 'video_other') })).rejects.toBeInstanceOf(InvalidWebhookSignatureError)

  const failed = await deliveredFor('[lab:fail] a bell', 1)
  expect(await unwrap(failed.webhooks[0] as never)).toMatchObject({ type: 'video.failed', data: { id: failed.id } })

  for (const dial of ['webhook-forged', 'webhook-stale']) {
    const [bad, good] = (await deliveredFor(`[lab:${dial}] a bell`, 2)).webhooks
    await expect(unwrap(bad as never), dial).rejects.toBeInstanceOf(InvalidWebhookSignatureError)
    expect((await unwrap(good as never)).type, dial).toBe('video.completed')
  }

  const twice = (await deliveredFor('[lab:webhook-double] a bell', 2)).webhooks
  expect(new Set(twice.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
})
