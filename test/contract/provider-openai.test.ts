import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { TakeId } from '../../src/domain/ids.ts'
import type { RemoteRef } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { type Flavour, servedModel } from '../../src/drivers/provider/openai/flavours.ts'
import { soraModels } from '../../src/drivers/provider/openai/models.ts'
import { createOpenAiProvider, type OpenAiOptions } from '../../src/drivers/provider/openai/provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { openai, videoServers } from '../../src/lab/vendors/openai.ts'
import type { ModelFacts, Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab

type Clip = Extract<GenerateRequest, { kind: 'video' }>
const FLAVOURS: Flavour[] = ['openai', 'litellm', 'vllm-omni', 'sglang', 'fastvideo']

/** OpenAI's own models as they were, as if a gateway still had them. */
const gateway: ModelFacts[] = soraModels.map(({ sunset: _, ...model }) => model)
const listed = (amountMicroUsd: number) => ({ per: 'second', amountMicroUsd, asOf: '2026-11-23', source: 'the operator' }) as const
/** What is paid for is listed with its price. */
const paidModels: Partial<Record<Flavour, ModelFacts[]>> = {
  openai: gateway,
  litellm: [servedModel('litellm', 'sora-2', listed(100_000)), servedModel('litellm', 'veo-3', listed(400_000))],
}

const made = (options: Partial<OpenAiOptions>): Provider =>
  createOpenAiProvider({ network, baseUrl: `${lab.url}/openai/v1`, now: () => new Date('2026-11-23T00:00:00Z'), ...options })
const serverOf = (flavour: Flavour, apiKey = 'lab'): Provider =>
  made({
    videos: {
      baseUrl: `${lab.url}/${flavour}/v1`,
      flavour,
      ...(paidModels[flavour] && { apiKey, models: paidModels[flavour] }),
    },
  })

beforeAll(async () => {
  lab = await createLab({ vendors: [openai, ...videoServers] })
})
beforeEach(() => {
  lab.clock.speed = 1_000
  lab.dials.reset()
})
afterAll(async () => {
  await lab?.close()
  await network.close()
})

const clip = (prompt: string, more: Partial<Clip> = {}): Clip => ({
  kind: 'video',
  prompt,
  durationSeconds: 4,
  width: 1280,
  height: 720,
  fps: 12,
  seed: 11,
  ...more,
})
const speech = (text: string, more: Partial<Extract<GenerateRequest, { kind: 'speech' }>> = {}): GenerateRequest => ({
  kind: 'speech',
  text,
  voice: 'alloy',
  seed: 1,
  model: 'tts-1',
  ...more,
})

let takes = 0
const order = (provider: Provider, request: GenerateRequest): Promise<RemoteRef> => provider.start(request, orderContext(`tak_${++takes}`))
const workOf = (flavour: Flavour, ref: RemoteRef) => lab.works.of(flavour).get(String(ref['id']))
const charged = (ref: RemoteRef): number => lab.book.of(String(ref['id']))

/** A server that answers as it is told. */
async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

describe.each(FLAVOURS)('provider: openai, videos of %s', (flavour) => {
  const isPaid = paidModels[flavour] !== undefined

  test('ordered in its own way, asked for, downloaded, playable', async () => {
    const provider = serverOf(flavour)
    const request = clip('a lighthouse')
    const ref = await order(provider, request)
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    const { outputs, charge } = await delivered(provider, ref)
    expect(await playable(await bytesOf(provider, outputs[0] as never))).toMatchObject({ width: 1280, height: 720, durationSeconds: 4 })
    const price = isPaid ? 400_000 : 0
    expect(provider.quote(request).amountMicroUsd).toBe(price)
    expect(charge).toEqual({ amountMicroUsd: price, basis: 'price-list' })
    expect(charged(ref)).toBe(price)
    expect(workOf(flavour, ref)?.prompt).toBe('a lighthouse')
  })

  test('seed and rate of pictures are sent where they are taken', async () => {
    const ref = await order(serverOf(flavour), clip('a red boat', { durationSeconds: 8, width: 720, height: 1280 }))
    expect(workOf(flavour, ref)?.ordered).toEqual([
      {
        kind: 'video',
        durationSeconds: 8,
        width: 720,
        height: 1280,
        ...(isPaid ? { fps: 24 } : { fps: 12, seed: 11 }),
      },
    ])
  })

  test('progress is a fraction that does not go back', async () => {
    const provider = serverOf(flavour)
    const ref = await order(provider, clip('[lab:zombie] a slow train'))
    const seen: (number | null)[] = []
    for (let asked = 0; asked < 8; asked++) {
      const status = await provider.status(ref, { signal: never })
      if (status.state === 'running') seen.push(status.progress)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    if (flavour === 'fastvideo' || flavour === 'litellm') return expect([...new Set(seen)]).toEqual([null])
    expect(seen.at(-1)).toBeCloseTo(0.4)
    expect(seen).toEqual([...seen].sort((a, b) => (a ?? 0) - (b ?? 0)))
  })

  test('a failure, its code a name, a number or missing', async () => {
    const provider = serverOf(flavour)
    for (const marker of ['fail', 'fail=OutOfMemoryError']) {
      const status = await untilEnded(provider, await order(provider, clip(`[lab:${marker}] a storm`)))
      expect(status).toMatchObject({
        state: 'failed',
        outcome: { class: 'transient', code: 'provider_failed', retry: 'reseed', charged: isPaid ? 'unknown' : 'no' },
      })
    }
    const refused = await untilEnded(provider, await order(provider, clip('[lab:refuse-output] a storm')))
    expect(refused).toMatchObject({ state: 'failed', outcome: { class: 'refused_output', retry: 'soften' } })
  })

  test('a lost answer is a doubt that the list resolves, where it names every video', async () => {
    const provider = serverOf(flavour)
    if (flavour === 'litellm') {
      expect([provider.capabilities.reconcile, provider.reconcile]).toEqual([undefined, undefined])
      return expect(order(provider, clip('[lab:lost-reply] a parcel'))).rejects.toMatchObject({ code: 'submit_unknown' })
    }
    expect(provider.capabilities.reconcile).toBe('list')
    const request = clip(`[lab:lost-reply] a parcel for ${flavour}`)
    const intent = { takeId: 'tak_x' as TakeId, request, orderedAt: new Date() }
    expect(await provider.reconcile?.(intent, { signal: never })).toBe('absent')
    await expect(order(provider, request)).rejects.toMatchObject({ code: 'submit_unknown' })
    const found = await provider.reconcile?.(intent, { signal: never })
    if (typeof found !== 'object') throw new Error(`reconcile said ${found}`)
    const { outputs } = await delivered(provider, found)
    expect((await playable(await bytesOf(provider, outputs[0] as never))).durationSeconds).toBe(4)

    expect(await provider.reconcile?.({ ...intent, request: { ...request, width: 720, height: 1280 } }, { signal: never })).toBe('absent')
    expect(await provider.reconcile?.({ ...intent, orderedAt: new Date(Date.now() + 120_000) }, { signal: never })).toBe('absent')
    await order(provider, request)
    expect(await provider.reconcile?.(intent, { signal: never })).toBe('unknown')
  })

  test('what was never taken is absent, and a restart that forgets a video loses it', async () => {
    const provider = serverOf(flavour)
    const request = clip(`[lab:reset-before] a letter for ${flavour}`)
    const orderedAt = new Date()
    await expect(order(provider, request)).rejects.toMatchObject({ code: 'submit_unknown' })
    const intent = { takeId: 'tak_x' as TakeId, request, orderedAt }
    if (flavour !== 'litellm') expect(await provider.reconcile?.(intent, { signal: never })).toBe('absent')

    const ref = await order(provider, clip('[lab:restart] a house of cards'))
    expect(await untilEnded(provider, ref)).toMatchObject({ state: 'lost', outcome: { class: 'lost', code: 'take_lost', retry: 'reseed' } })
  })

  test('cancel tells the truth', async () => {
    const provider = serverOf(flavour)
    lab.clock.speed = 10
    const ref = await order(provider, clip('a long march'))
    if (flavour === 'vllm-omni') {
      expect(await provider.cancel?.(ref)).toBe('stopped')
      expect(await provider.status(ref, { signal: never })).toMatchObject({ state: 'cancelled', outcome: { class: 'cancelled' } })
      expect(await provider.cancel?.(ref)).toBe('stopped')
    } else {
      expect(await provider.cancel?.(ref)).toBe('too_late')
      expect(workOf(flavour, ref)).toBeDefined()
    }
    lab.clock.speed = 1_000
    const done = await order(provider, clip('a short walk'))
    await delivered(provider, done)
    expect(await provider.cancel?.(done)).toBe('too_late')
    const { outputs } = await delivered(provider, done)
    expect(await bytesOf(provider, outputs[0] as never)).not.toHaveLength(0)
  })

  test('a download that broke is taken up where it broke', async () => {
    const provider = serverOf(flavour)
    const [output] = (await delivered(provider, await order(provider, clip('[lab:truncated-body] a bridge')))).outputs
    const got: Uint8Array[] = []
    const { stream } = await provider.fetch(output as never, { signal: never })
    await expect(
      (async () => {
        for await (const piece of stream) got.push(piece)
      })(),
    ).rejects.toThrow()
    const part = Buffer.concat(got)
    expect(part.length).toBeGreaterThan(0)
    const rest = await bytesOf(provider, output as never, part.length)
    // LiteLLM sends the whole again.
    const whole = flavour === 'litellm' ? rest : Buffer.concat([part, rest])
    expect((await playable(whole)).durationSeconds).toBe(4)
  })

  test('refused before it is sent', async () => {
    const provider = serverOf(flavour)
    const before = lab.works.of(flavour).list().length
    const refusals: [GenerateRequest, string][] = [
      [clip('a', { durationSeconds: 4.5 }), 'durationSeconds'],
      [clip(' '), 'prompt'],
      [{ kind: 'music', prompt: 'a', durationSeconds: 4, seed: 1 }, 'kind'],
      ...(isPaid
        ? ([
            [clip('a', { model: 'sora-9' }), 'model'],
            [clip('a', { width: 640, height: 480 }), 'width'],
          ] as [GenerateRequest, string][])
        : []),
      ...(flavour === 'openai' ? ([[clip('a', { durationSeconds: 5 }), 'durationSeconds']] as [GenerateRequest, string][]) : []),
      ...(flavour === 'litellm'
        ? ([[clip('a', { imageUrl: 'https://example.com/a.png' }), 'imageUrl']] as [GenerateRequest, string][])
        : []),
    ]
    for (const [request, field] of refusals) {
      expect(() => provider.quote(request)).toThrow(
        expect.objectContaining({ code: 'provider_cannot', field, fix: expect.stringMatching(/\w/) }),
      )
      await expect(order(provider, request)).rejects.toMatchObject({ code: 'provider_cannot', field })
    }
    expect(lab.works.of(flavour).list()).toHaveLength(before)
  })
})

describe('provider: openai, refusals and faults', () => {
  test('what a server does not take is told by kind, and nothing is charged', async () => {
    const before = lab.book.entries().length
    const refused = (promise: Promise<unknown>, expected: Record<string, unknown>) => expect(promise).rejects.toMatchObject(expected)
    const provider = serverOf('openai')
    await refused(order(serverOf('openai', 'invalid'), clip('a')), { code: 'provider_key_invalid' })
    await refused(order(serverOf('openai', 'forbidden'), clip('a')), { code: 'provider_key_invalid' })
    await refused(order(serverOf('openai', 'broke'), clip('a')), { code: 'provider_billing' })
    await refused(order(provider, clip('[lab:throttle] a')), { code: 'provider_throttled', retryAfterMs: 1_000 })
    await refused(order(provider, clip('[lab:throttle-bare] a')), { code: 'provider_throttled', retryAfterMs: undefined })
    await refused(order(provider, clip('[lab:refuse-input] a')), { code: 'input_refused', field: 'prompt' })
    await refused(order(serverOf('sglang'), clip('[lab:refuse-input] a')), { code: 'input_refused', field: 'prompt' })
    await refused(order(provider, clip('[lab:sunset] a')), { code: 'model_sunset', field: 'model' })
    await refused(order(provider, clip('[lab:server-error] a')), { code: 'submit_unknown' })
    expect(lab.book.entries()).toHaveLength(before)
  })

  test("a server's own words name the field", async () => {
    const baseUrl = await answering((_request, response) => {
      response.writeHead(422, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ detail: [{ loc: ['body', 'num_frames'], msg: 'must be 4k+1', type: 'value_error' }] }))
    })
    await expect(order(made({ videos: { baseUrl, flavour: 'vllm-omni' } }), clip('a'))).rejects.toMatchObject({
      code: 'provider_cannot',
      field: 'durationSeconds',
      message: expect.stringContaining('4k+1'),
    })
  })

  test.each([
    [
      { code: 'moderation_blocked', message: 'Blocked.' },
      { class: 'refused_output', retry: 'soften' },
    ],
    [
      { code: 'input_moderation', message: 'Blocked.', param: 'prompt' },
      { class: 'refused_input', field: 'prompt', retry: 'never' },
    ],
    [
      { code: 'rate_limit_exceeded', message: 'Later.' },
      { class: 'throttled', retry: 'same' },
    ],
    [
      { code: 'insufficient_quota', message: 'Pay.' },
      { class: 'billing', retry: 'other_provider' },
    ],
    [
      { code: 'model_not_found', message: 'Gone.' },
      { class: 'sunset', retry: 'other_provider' },
    ],
    [
      { code: 400, message: 'too many frames', param: 'num_frames' },
      { class: 'refused_input', field: 'durationSeconds' },
    ],
    [
      { code: 500, message: 'CUDA out of memory' },
      { class: 'transient', retry: 'reseed' },
    ],
    [{ message: 'scheduler died' }, { class: 'transient', retry: 'reseed' }],
    [null, { class: 'transient', retry: 'reseed' }],
  ])('a video that failed with %j', async (error, outcome) => {
    const baseUrl = await answering((_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id: 'v', status: 'failed', error }))
    })
    const provider = made({ videos: { baseUrl, flavour: 'sglang' } })
    expect(await provider.status({ kind: 'video', id: 'v', amountMicroUsd: 0 }, { signal: never })).toMatchObject({
      state: 'failed',
      outcome: { ...outcome, charged: 'no' },
    })
  })

  test('a question that is not answered is no end of the video', async () => {
    const provider = serverOf('openai')
    const ref = await order(provider, clip('a calm sea'))
    lab.dials.set({ 'poll-error': 1 })
    await expect(provider.status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
    lab.dials.reset()
    await expect(serverOf('openai', 'invalid').status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await delivered(provider, ref)
  })

  test('an address that has died is replaced by asking again; a video the server keeps no longer has expired', async () => {
    const provider = serverOf('openai')
    const ref = await order(provider, clip('[lab:expiring-url] a clock'))
    const [output] = (await delivered(provider, ref)).outputs
    await expect(bytesOf(provider, output as never)).rejects.toMatchObject({ code: 'file_not_found' })
    const [again] = (await delivered(provider, ref)).outputs
    expect((await playable(await bytesOf(provider, again as never))).durationSeconds).toBe(4)

    lab.clock.advance(-2 * 86_400)
    onTestFinished(() => lab.clock.advance(2 * 86_400))
    const old = await order(provider, clip('an old film'))
    expect(await untilEnded(provider, old)).toMatchObject({
      state: 'expired',
      outcome: { class: 'expired', retry: 'reseed', charged: 'yes', amountMicroUsd: 400_000 },
    })
  })

  test('a video that somebody found by its id is followed with no more than that', async () => {
    for (const flavour of FLAVOURS) {
      const { id } = await order(serverOf(flavour), clip('a foundling'))
      const { outputs, charge } = await delivered(serverOf(flavour), { id })
      expect(outputs).toHaveLength(1)
      expect(charge).toEqual(paidModels[flavour] ? undefined : { amountMicroUsd: 0, basis: 'price-list' })
    }
  })

  test('a list that is long is read to the end, one that cannot be read is no answer', async () => {
    const total = 250
    const asked: string[] = []
    const videos = Array.from({ length: total }, (_, index) => ({
      id: `v${index}`,
      status: 'queued',
      size: '1280x720',
      seconds: index === total - 1 ? '4' : '9',
      created_at: Math.floor(Date.now() / 1000),
    }))
    const baseUrl = await answering((request, response) => {
      asked.push(request.url ?? '')
      const query = new URL(request.url ?? '', 'http://x').searchParams
      const from = query.has('after') ? videos.findIndex(({ id }) => id === query.get('after')) + 1 : 0
      response.setHeader('content-type', 'application/json')
      // As SGLang: no `has_more`, no prompt.
      response.end(JSON.stringify({ object: 'list', data: videos.slice(from, from + 100) }))
    })
    const provider = made({ videos: { baseUrl, flavour: 'sglang' } })
    const intent = { takeId: 'tak_x' as TakeId, request: clip('a needle'), orderedAt: new Date() }
    expect(await provider.reconcile?.(intent, { signal: never })).toEqual({ kind: 'video', id: 'v249', amountMicroUsd: 0 })
    expect(asked).toHaveLength(3)
    const broken = made({ videos: { baseUrl: await answering((_, response) => response.writeHead(405).end()), flavour: 'sglang' } })
    expect(await broken.reconcile?.(intent, { signal: never })).toBe('unknown')
  })

  test('pictures are sent as each server takes them', async () => {
    const bodies: Record<string, string> = {}
    const baseUrl = await answering((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        bodies[request.headers['content-type']?.startsWith('multipart') ? 'form' : Object.keys(JSON.parse(body)).join()] = body
        response.setHeader('content-type', 'application/json')
        response.end('{"id":"v","status":"queued"}')
      })
    })
    const imageUrl = 'https://example.com/a.png'
    await order(made({ videos: { baseUrl, flavour: 'vllm-omni' } }), clip('a', { imageUrl, model: 'Wan' }))
    expect(bodies['form']).toContain(`name="image_reference"\r\n\r\n{"image_url":"${imageUrl}"}`)
    await order(made({ videos: { baseUrl, flavour: 'sglang' } }), clip('a', { imageUrl }))
    expect(JSON.parse(bodies['prompt,seconds,size,fps,seed,reference_url'] ?? '')).toMatchObject({ seconds: 4, reference_url: imageUrl })
    await order(made({ videos: { baseUrl, flavour: 'openai', models: gateway } }), clip('a', { imageUrl }))
    expect(JSON.parse(bodies['model,prompt,seconds,size,input_reference'] ?? '')).toMatchObject({
      model: 'sora-2',
      seconds: '4',
      input_reference: { image_url: imageUrl },
    })
  })

  test('LiteLLM: asked not to repeat an order, its opaque ids are used as they are, and what it leaves out is not missed', async () => {
    const asked: [string, unknown][] = []
    const id = `video_${Buffer.from('litellm:custom_llm_provider:gemini;model_id:;video_id:models/veo-3/operations/a?b>c~').toString('base64')}`
    const baseUrl = await answering((request, response) => {
      asked.push([`${request.method} ${request.url}`, request.headers['x-litellm-num-retries']])
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id, object: 'video', status: 'processing' }))
    })
    const provider = made({ videos: { baseUrl, flavour: 'litellm', models: paidModels.litellm ?? [] } })
    const ref = await order(provider, clip('a', { model: 'veo-3' }))
    expect(ref).toEqual({ kind: 'video', id, amountMicroUsd: 1_600_000 })
    expect(await provider.status(ref, { signal: never })).toEqual({ state: 'running', progress: null })
    expect(asked).toEqual([
      ['POST /v1/videos', '0'],
      [`GET /v1/videos/${encodeURIComponent(id)}`, '0'],
    ])
  })

  test.each([400, 429])('LiteLLM: a budget of its own that is spent is a matter of money, told with %i', async (status) => {
    const baseUrl = await answering((_request, response) => {
      const message = 'Budget has been exceeded! Current cost: 5.0, Max budget: 1.0'
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message, type: 'budget_exceeded', param: null, code: String(status) } }))
    })
    const provider = made({ videos: { baseUrl, flavour: 'litellm', models: paidModels.litellm ?? [] } })
    await expect(order(provider, clip('a'))).rejects.toMatchObject({ code: 'provider_billing', retry: 'other_provider' })
  })

  test('a server of your own whose models have prices charges them, and makes no others', async () => {
    const baseUrl = `${lab.url}/sglang/v1`
    const provider = made({ videos: { baseUrl, flavour: 'sglang', models: [servedModel('sglang', 'Wan', listed(20_000))] } })
    const request = clip('a mill', { model: 'Wan' })
    expect(provider.quote(request)).toMatchObject({ amountMicroUsd: 80_000, basis: 'sglang:2026-11-23' })
    const ref = await order(provider, request)
    expect(await delivered(provider, ref)).toMatchObject({ charge: { amountMicroUsd: 80_000, basis: 'price-list' } })
    // Found by its id, nothing is known of its price: what was set aside counts.
    expect((await delivered(provider, { id: ref['id'] })).charge).toBeUndefined()
    expect(() => provider.quote(clip('a', { model: 'another' }))).toThrow(expect.objectContaining({ field: 'model' }))
  })

  test('api.openai.com makes no videos: said at once, in the quote and for the server', () => {
    const provider = made({ apiKey: 'k' })
    expect(provider.capabilities.kinds).toEqual(['speech'])
    expect(provider.capabilities.models?.filter(({ kind }) => kind === 'video')).toMatchObject([
      { sunset: '2026-09-24' },
      { sunset: '2026-09-24' },
    ])
    expect(() => provider.quote(clip('a', { model: 'sora-2' }))).toThrow(expect.objectContaining({ code: 'model_sunset', field: 'model' }))
    expect(() => made({ videos: { baseUrl: 'https://api.openai.com/v1', flavour: 'openai', models: gateway } })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    )
    expect(() => made({ videos: { baseUrl: 'http://127.0.0.1:4000/v1', flavour: 'litellm' } })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    )
  })
})

describe('provider: openai, speech', () => {
  const speaker = (apiKey = 'lab') => made({ apiKey })

  test('comes with the answer, is kept, and is charged as quoted', async () => {
    const context = orderContext('tak_speech')
    const request = speech('Good morning to all who listen to this.')
    const charges = lab.book.entries().length
    const ref = await speaker().start(request, context)
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    expect(context.kept).toMatchObject([{ role: 'media', mimeType: 'audio/wav' }])
    expect(await playable(context.kept[0]?.bytes ?? new Uint8Array())).toMatchObject({ streams: ['audio'] })
    const amountMicroUsd = 39 * 15
    expect(speaker().quote(request)).toMatchObject({ amountMicroUsd, basis: 'openai:2026-11-22' })
    expect(await speaker().status(ref, { signal: never })).toMatchObject({
      state: 'succeeded',
      outputs: [{ role: 'media', locator: 'kept:0', sizeBytes: context.kept[0]?.bytes.length }],
      charge: { amountMicroUsd, basis: 'price-list' },
    })
    expect(lab.book.entries().slice(charges)).toMatchObject([{ vendor: 'openai', amountMicroUsd }])
    expect(await speaker().cancel?.(ref)).toBe('too_late')
  })

  test('who names no voice hears the first, and a voice of one’s own is sent as such', async () => {
    const said: unknown[] = []
    const baseUrl = await answering((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        said.push(JSON.parse(body))
        response.writeHead(200, { 'content-type': 'audio/wav' }).end('RIFF')
      })
    })
    const provider = made({ apiKey: 'k', baseUrl })
    await order(provider, speech('Hello.', { voice: 'default' }))
    await order(provider, speech('Hello.', { voice: 'voice_123' }))
    expect(said).toEqual([
      { model: 'tts-1', input: 'Hello.', voice: 'alloy', response_format: 'wav' },
      { model: 'tts-1', input: 'Hello.', voice: { id: 'voice_123' }, response_format: 'wav' },
    ])
  })

  test('a sound that breaks off leaves a doubt and is charged once', async () => {
    const charges = lab.book.entries().length
    await expect(order(speaker(), speech('[lab:truncated-body] A sentence that breaks.'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(lab.book.entries()).toHaveLength(charges + 1)
    await expect(order(speaker(), speech('[lab:lost-reply] A sentence that is lost.'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(lab.book.entries()).toHaveLength(charges + 2)
  })

  test('an answer that is no sound leaves a doubt', async () => {
    for (const [type, body] of [
      ['text/html', '<h1>Welcome</h1>'],
      ['application/json', '{"ok":true}'],
      ['audio/wav', ''],
    ] as const) {
      const baseUrl = await answering((_request, response) => response.writeHead(200, { 'content-type': type }).end(body))
      await expect(order(made({ apiKey: 'k', baseUrl }), speech('Hello.'))).rejects.toMatchObject({ code: 'submit_unknown' })
    }
  })

  test('refusals by kind', async () => {
    await expect(order(speaker('invalid'), speech('a'))).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(order(speaker('broke'), speech('a'))).rejects.toMatchObject({ code: 'provider_billing' })
    await expect(order(speaker(), speech('[lab:throttle] Too fast.'))).rejects.toMatchObject({
      code: 'provider_throttled',
      retryAfterMs: 1_000,
    })
    await expect(order(speaker(), speech('[lab:refuse-input] a'))).rejects.toMatchObject({ code: 'input_refused', field: 'text' })
    await expect(order(speaker(), speech('[lab:sunset] a'))).rejects.toMatchObject({ code: 'model_sunset' })
    await expect(order(made({ apiKey: 'k', baseUrl: 'http://127.0.0.1:1' }), speech('a'))).rejects.toMatchObject({
      code: 'provider_unavailable',
    })
  })

  test('refused before a cent is spent: voice, model, length, and every model after its day', async () => {
    const refusals: [GenerateRequest, string][] = [
      [speech('a', { voice: 'nobody' }), 'voice'],
      [speech('a', { model: 'tts-9' }), 'model'],
      [speech('a'.repeat(4097)), 'text'],
      [speech('   '), 'text'],
    ]
    for (const [request, field] of refusals)
      expect(() => speaker().quote(request)).toThrow(expect.objectContaining({ code: 'provider_cannot', field }))
    const late = made({ apiKey: 'k', now: () => new Date('2027-01-07T00:00:00Z') })
    expect(() => late.quote(speech('a'))).toThrow(expect.objectContaining({ code: 'model_sunset', field: 'model' }))
    expect(() => made({}).quote(speech('a'))).toThrow(expect.objectContaining({ code: 'provider_cannot', field: 'kind' }))
  })

  test('another server with the same shape brings its own models and voices', () => {
    const [known] = made({ apiKey: 'k' }).capabilities.models ?? []
    if (known === undefined) throw new Error('no models')
    const { sunset: _, ...facts } = known
    const own = made({ apiKey: 'k', models: [{ ...facts, id: 'kokoro', price: { ...facts.price, amountMicroUsd: 0 } }] })
    expect(own.quote(speech('a', { model: 'kokoro', voice: 'af_bella' })).amountMicroUsd).toBe(0)
  })
})
