import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFal } from '@ai-sdk/fal'
import { APICallError } from '@ai-sdk/provider'
import { createReplicate } from '@ai-sdk/replicate'
import { experimental_generateVideo as generateVideo } from 'ai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { RemoteRef } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import type { AiSdkModel, AiSdkVideoModel, VideoModel } from '../../src/drivers/provider/ai-sdk/models.ts'
import { type AiSdkProviderOptions, createAiSdkProvider } from '../../src/drivers/provider/ai-sdk/provider.ts'
import { createWatchedFetch, type WatchedFetch } from '../../src/drivers/provider/ai-sdk/watched-fetch.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { fal } from '../../src/lab/vendors/fal.ts'
import { replicate } from '../../src/lab/vendors/replicate.ts'
import type { Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let http: WatchedFetch

const price = { per: 'second', amountMicroUsd: 100_000, asOf: '2026-11-22', source: 'https://example.com/prices' } as const
const facts = { durations: [4, 6, 8], sizes: ['1280x720', '720x1280'], seed: true, image: true, price } as const

/** The package knows one address of fal's queue; its answers are made to know none other. */
const falFetch: typeof globalThis.fetch = async (input, init) => {
  const answer = await fetch(String(input).replace('https://queue.fal.run', `${lab.url}/fal`), init)
  const text = (await answer.text()).replaceAll(new RegExp(`${lab.url}/fal/(?!files)`, 'g'), 'https://queue.fal.run/')
  return new Response(text, { status: answer.status, statusText: answer.statusText, headers: answer.headers })
}

function falModel(fetch: typeof globalThis.fetch, apiKey = 'key_lab'): AiSdkVideoModel {
  const video = createFal({ apiKey, fetch }).video('veo3.1/fast')
  return { ...facts, id: 'veo3.1/fast', kind: 'video', video, call: () => ({ providerOptions: { fal: { resolution: '720p' } } }) }
}

function replicateModel(fetch: typeof globalThis.fetch, apiToken = 'key_lab', baseURL = `${lab.url}/replicate`): AiSdkVideoModel {
  const video = createReplicate({ apiToken, baseURL, fetch }).video('google/veo-3.1-fast')
  return {
    ...facts,
    id: 'google/veo-3.1-fast',
    kind: 'video',
    video,
    call: () => ({ providerOptions: { replicate: { resolution: '720p' } } }),
  }
}

const providerOf = (model: AiSdkModel, options: Partial<AiSdkProviderOptions> = {}): Provider =>
  createAiSdkProvider({ id: 'bridge', network, models: [model], secrets: ['key_lab'], trustedOrigin: lab.url, ...options })

beforeAll(async () => {
  lab = await createLab({ vendors: [fal, replicate] })
  http = createWatchedFetch({ network, trustedOrigin: lab.url })
})
beforeEach(() => {
  lab.clock.speed = 1_000
  lab.dials.reset()
})
afterAll(async () => {
  await lab?.close()
  await network.close()
})

type Video = Extract<GenerateRequest, { kind: 'video' }>
const clip = (prompt: string, more: Partial<Video> = {}): Video => ({
  kind: 'video',
  prompt,
  durationSeconds: 4,
  width: 1280,
  height: 720,
  fps: 24,
  seed: 7,
  ...more,
})
/** Where nobody listens. */
async function closedOrigin(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

let takes = 0
const order = (by: Provider, request: GenerateRequest): Promise<RemoteRef> => by.start(request, orderContext(`tak_${++takes}`))
const ask = (by: Provider, ref: RemoteRef) => by.status(ref, { signal: never })

const vendors = [
  {
    vendor: 'fal' as const,
    make(apiKey?: string, options?: Partial<AiSdkProviderOptions>) {
      const watched = createWatchedFetch({ fetch: falFetch })
      return providerOf(falModel(watched.fetch, apiKey), { http: watched, ...options })
    },
  },
  {
    vendor: 'replicate' as const,
    make: (apiKey?: string, options?: Partial<AiSdkProviderOptions>) =>
      providerOf(replicateModel(http.fetch, apiKey), { http, ...options }),
  },
]

describe.each(vendors)('@ai-sdk/$vendor through the bridge', ({ vendor, make }) => {
  const works = () => lab.works.of(vendor)

  test('a clip: ordered once, asked for, downloaded, playable; what was asked for has arrived', async () => {
    const provider = make()
    const request = clip('a lighthouse', { width: 720, height: 1280 })
    expect(provider.quote(request)).toEqual({ amountMicroUsd: 400_000, seconds: 60, basis: 'bridge:2026-11-22' })
    const before = works().list().length
    const ref = await order(provider, request)
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    expect(JSON.stringify(ref)).not.toContain('key_lab')
    const [work, ...more] = works()
      .list()
      .slice(0, works().list().length - before)
    expect(more).toEqual([])
    expect(work?.ordered).toMatchObject([{ durationSeconds: 4, width: 720, height: 1280, seed: 7 }])
    const { outputs } = await delivered(provider, ref)
    expect(outputs).toHaveLength(1)
    expect(await playable(await bytesOf(provider, outputs[0] as never))).toMatchObject({ width: 720, height: 1280, durationSeconds: 4 })
  })

  test('what the vendor does not take is told by kind; a doubt stays a doubt', async () => {
    const provider = make()
    const before = works().list().length
    const refused = (promise: Promise<unknown>, expected: Record<string, unknown>) => expect(promise).rejects.toMatchObject(expected)
    await refused(order(make('key_invalid'), clip('a')), { code: 'provider_key_invalid' })
    await refused(order(make('key_broke'), clip('a')), { code: 'provider_billing' })
    await refused(order(provider, clip('[lab:throttle] a')), { code: 'provider_throttled', retryAfterMs: 1_000 })
    await refused(order(provider, clip('[lab:throttle-bare] a')), { code: 'provider_throttled' })
    await refused(order(provider, clip('[lab:sunset] a')), { code: 'model_sunset' })
    await refused(order(provider, clip('[lab:server-error] a')), { code: 'submit_unknown' })
    await refused(order(provider, clip('[lab:reset-before] a')), { code: 'submit_unknown' })
    expect(works().list()).toHaveLength(before)
    await refused(order(provider, clip('[lab:lost-reply] a')), { code: 'submit_unknown' })
    expect(works().list()).toHaveLength(before + 1)
    expect(provider.cancel ?? provider.reconcile ?? provider.webhook).toBeUndefined()
  })

  test('a question that is not answered is no end of the take', async () => {
    const provider = make()
    const ref = await order(provider, clip('a calm sea'))
    lab.dials.set({ 'poll-error': 1 })
    for (let times = 0; times < 7; times++) await expect(ask(provider, ref)).rejects.toMatchObject({ code: 'provider_unavailable' })
    await expect(ask(make('key_lab', { http: undefined as never }), ref)).rejects.toMatchObject({ code: 'provider_unavailable' })
    lab.dials.reset()
    await expect(ask(make('key_invalid'), ref)).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await delivered(provider, ref)
  })

  test('what the vendor has forgotten is lost; an address that has died is found again by asking', async () => {
    const provider = make()
    expect(await untilEnded(provider, await order(provider, clip('[lab:restart] a')))).toMatchObject({
      state: 'lost',
      outcome: { class: 'lost', charged: 'unknown' },
    })
    const ref = await order(provider, clip('[lab:expiring-url] a clock'))
    const dead = await delivered(provider, ref)
    await expect(bytesOf(provider, dead.outputs[0] as never)).rejects.toMatchObject({ code: 'file_not_found' })
  })

  test('refused before a cent is spent', async () => {
    const provider = make()
    const before = works().list().length
    for (const [request, field] of [
      [clip('a', { model: 'another' }), 'model'],
      [clip('a', { durationSeconds: 5 }), 'durationSeconds'],
      [clip('a', { width: 1000 }), 'width'],
      [{ kind: 'speech', text: 'a', voice: 'b', seed: 1 }, 'kind'],
    ] as [GenerateRequest, string][]) {
      expect(() => provider.quote(request)).toThrow(expect.objectContaining({ code: 'provider_cannot', field }))
      await expect(order(provider, request)).rejects.toMatchObject({ code: 'provider_cannot', field })
    }
    expect(works().list()).toHaveLength(before)
  })

  test('the SDK itself makes a video there', async () => {
    const model =
      vendor === 'fal'
        ? createFal({ apiKey: 'key_lab', fetch: falFetch }).video('veo3.1/fast')
        : createReplicate({ apiToken: 'key_lab', baseURL: `${lab.url}/replicate` }).video('google/veo-3.1-fast')
    const { videos } = await generateVideo({
      // The packages come with several versions of the same type.
      model: model as never,
      prompt: 'a lighthouse',
      duration: 4,
      aspectRatio: '16:9',
      seed: 7,
      providerOptions: { [vendor]: { resolution: '720p' } },
      poll: { intervalMs: 20 },
      maxRetries: 0,
      download: async ({ url }) => ({ data: new Uint8Array(await (await fetch(url)).arrayBuffer()), mediaType: 'video/mp4' }),
    })
    expect(await playable(videos[0]?.uint8Array ?? new Uint8Array())).toMatchObject({ width: 1280, height: 720, durationSeconds: 4 })
  })
})

describe('defects of the packages', () => {
  test('@ai-sdk/fal tells any HTTP error as the end; a refusal is one, and keeps its reason', async () => {
    const [{ make }] = vendors as [(typeof vendors)[0], ...unknown[]]
    const plain = falModel(falFetch).video
    const ref = await order(make(), clip('a calm sea'))
    lab.dials.set({ 'poll-error': 1 })
    expect(await plain.doStatus?.({ operation: ref['operation'] as never })).toMatchObject({ status: 'error' })
    lab.dials.reset()
    expect(await untilEnded(make(), await order(make(), clip('[lab:refuse-input] a')))).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_output', detail: expect.stringContaining('content_policy_violation'), charged: 'unknown' },
    })
  })

  test('@ai-sdk/fal: a stored 5xx is believed when it has been told long enough', async () => {
    let nowMs = Date.now()
    const provider = vendors[0]?.make('key_lab', { now: () => new Date(nowMs) }) as Provider
    const ref = await order(provider, clip('[lab:fail=runner_server_error] a'))
    await lab.works.of('fal').list()[0]?.ended
    for (let times = 0; times < 6; times++) await expect(ask(provider, ref)).rejects.toMatchObject({ code: 'provider_unavailable' })
    nowMs += 600_000
    expect(await ask(provider, ref)).toMatchObject({ state: 'failed', outcome: { class: 'transient', charged: 'unknown' } })
  })

  test('@ai-sdk/replicate cannot read a list of outputs or an aborted prediction: both are read all the same', async () => {
    const provider = vendors[1]?.make() as Provider
    const ref = await order(provider, clip('[lab:output=array] a'))
    const { outputs } = await delivered(provider, ref)
    expect(await playable(await bytesOf(provider, outputs[0] as never))).toMatchObject({ durationSeconds: 4 })
    lab.clock.speed = 1
    for (const wanted of ['aborted', 'cancel'] as const) {
      const stopped = await order(provider, clip(`${wanted} a`))
      if (wanted === 'cancel') lab.clock.speed = 100
      const { getUrl } = stopped['operation'] as { getUrl: string }
      if (wanted === 'cancel')
        while (lab.works.of('replicate').list()[0]?.state === 'queued') await new Promise((resolve) => setTimeout(resolve, 5))
      await fetch(`${getUrl}/cancel`, { method: 'POST', headers: { authorization: 'Bearer key_lab' } })
      expect(await ask(provider, stopped)).toMatchObject({
        state: 'cancelled',
        outcome: { class: 'cancelled', detail: expect.stringContaining(wanted), charged: 'unknown' },
      })
    }
  })

  test('@ai-sdk/replicate: a failure ends with the words of the vendor', async () => {
    const provider = vendors[1]?.make() as Provider
    expect(await untilEnded(provider, await order(provider, clip('[lab:fail=CUDA out of memory] a')))).toMatchObject({
      state: 'failed',
      outcome: { class: 'transient', code: 'provider_failed', charged: 'unknown' },
    })
    expect(await untilEnded(provider, await order(provider, clip('[lab:refuse-output] a')))).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_output', retry: 'soften' },
    })
  })
})

describe('models of other kinds', () => {
  const response = { timestamp: new Date(), modelId: 'm', headers: undefined }
  const bytes = Buffer.from('RIFF....WAVE and what follows')
  const made = (video: VideoModel): AiSdkVideoModel => ({
    ...facts,
    id: 'm',
    kind: 'video',
    video,
  })

  test('one that only generates: its bytes are kept, its address is noted, its break is a doubt', async () => {
    let calls = 0
    const generating = (run: NonNullable<VideoModel['doGenerate']>) =>
      providerOf(
        made({
          async doGenerate(call) {
            calls++
            return run(call)
          },
        }),
      )
    const result = (video: object) => async () => ({ videos: [video] as never, warnings: [], response })
    for (const video of [
      { type: 'base64', data: bytes.toString('base64'), mediaType: 'video/webm' },
      { type: 'binary', data: bytes, mediaType: 'video/webm' },
    ]) {
      const context = orderContext('tak_kept')
      const provider = generating(result(video))
      const ref = await provider.start(clip('a'), context)
      expect(context.kept.map((output) => output.bytes)).toEqual([bytes])
      expect(await ask(provider, ref)).toMatchObject({
        state: 'succeeded',
        outputs: [{ role: 'media', mimeType: 'video/webm', locator: 'kept:0' }],
      })
    }
    const noted = generating(result({ type: 'url', url: 'https://cdn.example/v.mp4?key=key_lab', mediaType: 'video/mp4' }))
    const ref = await order(noted, clip('a'))
    expect(JSON.stringify(ref)).not.toContain('key_lab')
    expect(await ask(noted, ref)).toMatchObject({
      state: 'succeeded',
      outputs: [{ locator: expect.stringContaining('https://cdn.example') }],
    })
    calls = 0
    const broken = generating(() => Promise.reject(new Error('socket hang up')))
    await expect(order(broken, clip('a'))).rejects.toMatchObject({ code: 'submit_unknown' })
    await expect(order(generating(result({ type: 'uploaded', mediaType: 'video/mp4' })), clip('a'))).rejects.toMatchObject({
      code: 'submit_unknown',
    })
    expect(calls).toBe(2)
  })

  test('one that hangs is not waited for when the order is called off, and the order is then in doubt', async () => {
    const calledOff = new AbortController()
    const provider = providerOf(made({ doStart: () => new Promise(() => {}), doStatus: () => new Promise(() => {}) }))
    const started = provider.start(clip('a'), orderContext('tak_hung', { signal: calledOff.signal }))
    calledOff.abort()
    await expect(started).rejects.toMatchObject({ code: 'submit_unknown' })
    await expect(provider.start(clip('a'), orderContext('tak_late', { signal: calledOff.signal }))).rejects.toThrow()
  })

  test('keys in operations and addresses are left out of what is written, and put back where they are needed', async () => {
    const asked: unknown[] = []
    const operation = { url: `${lab.url}/op?key=k%2F1`, secret: 'k/1', nested: ['Bearer k/1'] }
    const provider = providerOf(
      made({
        doStart: async () => ({ operation, warnings: [], response }),
        async doStatus(call) {
          asked.push(call.operation)
          return {
            status: 'completed',
            videos: [{ type: 'url', url: `${lab.url}/lab/charges?key=k%2F1`, mediaType: 'video/mp4' }],
            warnings: [],
            response,
          }
        },
      }),
      { secrets: ['k/1'] },
    )
    const ref = await order(provider, clip('a'))
    const { outputs } = await delivered(provider, ref)
    expect(JSON.stringify([ref, outputs])).not.toMatch(/k\/1|k%2F1/)
    expect(asked).toEqual([operation])
    expect(String(await bytesOf(provider, outputs[0] as never))).toContain('entries')
  })

  test('bytes in the answer to the question are read anew at each download, from any byte on', async () => {
    const provider = providerOf(
      made({
        doStart: async () => ({ operation: 'op', warnings: [], response }),
        doStatus: async () => ({
          status: 'completed',
          videos: [{ type: 'base64', data: bytes.toString('base64'), mediaType: 'video/mp4' }],
          warnings: [],
          response,
        }),
      }),
    )
    const { outputs } = await delivered(provider, await order(provider, clip('a')))
    expect(outputs).toMatchObject([{ sizeBytes: bytes.length }])
    expect(await bytesOf(provider, outputs[0] as never)).toEqual(bytes)
    expect(await bytesOf(provider, outputs[0] as never, 5)).toEqual(bytes.subarray(5))
    expect(await ask(provider, { model: 'gone', operation: 'op' })).toMatchObject({ state: 'lost' })
  })

  test('an SDK that posts the same order again on its own has ordered once', async () => {
    let posts = 0
    const counting = createWatchedFetch({
      fetch: async () => {
        posts++
        return new Response('overloaded', { status: 503 })
      },
    })
    const model = made({
      async doStart() {
        for (let attempt = 0; attempt < 3; attempt++)
          if ((await counting.fetch('https://api.example/videos', { method: 'POST', body: '{}' })).ok) break
        throw new Error('gave up')
      },
      doStatus: async () => ({ status: 'pending', response }),
    })
    await expect(order(providerOf(model, { http: counting }), clip('a'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(posts).toBe(1)
  })

  test('a 4xx after an order that was taken is no refusal of it', async () => {
    const answering = createWatchedFetch({
      fetch: async (input) => (String(input).endsWith('/orders') ? Response.json({}) : Response.json({ detail: 'no' }, { status: 403 })),
    })
    const model = made({
      async doStart() {
        await answering.fetch('https://api.example/orders', { method: 'POST', body: '{}' })
        const { status: statusCode } = await answering.fetch('https://api.example/results', { method: 'POST', body: '{}' })
        throw new APICallError({ message: 'Forbidden', url: 'https://api.example/results', requestBodyValues: { id: 1 }, statusCode })
      },
      doStatus: async () => ({ status: 'pending', response }),
    })
    await expect(order(providerOf(model, { http: answering }), clip('a'))).rejects.toMatchObject({ code: 'submit_unknown' })
  })

  test('nobody there: certainly not taken; addresses inside this network are not called', async () => {
    const trustedOrigin = await closedOrigin()
    const closed = replicateModel(createWatchedFetch({ network, trustedOrigin }).fetch, 'k', `${trustedOrigin}/v1`)
    await expect(order(providerOf(closed), clip('a'))).rejects.toMatchObject({ code: 'provider_unavailable' })
    const inside = createWatchedFetch({ network })
    await expect(inside.fetch(`${lab.url}/lab/charges`)).rejects.toMatchObject({ code: 'address_refused' })
    await expect(inside.fetch('https://169.254.169.254/latest/meta-data')).rejects.toMatchObject({ code: 'address_refused' })
  })

  describe('speech', () => {
    const spoken = (doGenerate: (call: { text: string; voice?: string }) => Promise<unknown>): AiSdkModel => ({
      id: 's',
      kind: 'speech',
      price: { ...price, per: 'character', amountMicroUsd: 20 },
      speech: { doGenerate: doGenerate as never },
    })
    const request: GenerateRequest = { kind: 'speech', text: 'Good morning.', voice: 'ann', seed: 1 }

    test('is kept, with its kind read from the bytes', async () => {
      const calls: unknown[] = []
      const voices = [{ id: 'ann', label: 'Ann', language: 'en' }]
      const provider = providerOf(
        spoken(async ({ text, voice }) => {
          calls.push({ text, voice })
          return { audio: bytes.toString('base64'), warnings: [], response }
        }),
        { voices },
      )
      expect(provider.quote(request).amountMicroUsd).toBe(260)
      const context = orderContext('tak_speech')
      const ref = await provider.start(request, context)
      expect(calls).toEqual([{ text: 'Good morning.', voice: 'ann' }])
      expect(await ask(provider, ref)).toMatchObject({ state: 'succeeded', outputs: [{ mimeType: 'audio/wav', sizeBytes: bytes.length }] })
      expect(context.kept).toHaveLength(1)
      await expect(order(provider, { ...request, voice: 'bob' } as GenerateRequest)).rejects.toMatchObject({
        code: 'provider_cannot',
        field: 'voice',
      })
    })

    test('@ai-sdk/fal posts, then fetches the sound: a 403 of the second is no refusal of the first', async () => {
      let sound = 403
      const answering: typeof globalThis.fetch = async (input, init) => {
        if (init?.method === 'POST') return Response.json({ audio: { url: 'https://fal.run/files/a.wav' } })
        return new Response(sound === 200 ? bytes : 'expired', { status: sound, headers: { 'content-type': String(input) && 'audio/wav' } })
      }
      const watched = createWatchedFetch({ fetch: answering })
      const { speech } = createFal({ apiKey: 'key_lab', fetch: watched.fetch })
      const model = spoken(async (call) => speech('fal-ai/kokoro').doGenerate(call as never))
      const provider = providerOf(model, { http: watched })
      await expect(order(provider, request)).rejects.toMatchObject({ code: 'submit_unknown' })
      await expect(order(providerOf(model), request)).rejects.toMatchObject({ code: 'submit_unknown' })
      sound = 200
      expect(await ask(provider, await order(provider, request))).toMatchObject({
        state: 'succeeded',
        outputs: [{ mimeType: 'audio/wav' }],
      })
    })

    test('@ai-sdk/fal: a key that is missing or not accepted is certain', async () => {
      const refusing = createWatchedFetch({ fetch: async () => Response.json({ detail: 'Authentication is required.' }, { status: 401 }) })
      const { speech } = createFal({ apiKey: 'k', fetch: refusing.fetch })
      const provider = providerOf(
        spoken(async (call) => speech('fal-ai/kokoro').doGenerate(call as never)),
        { http: refusing },
      )
      await expect(order(provider, request)).rejects.toMatchObject({
        code: 'provider_key_invalid',
        message: expect.stringContaining('required'),
      })
    })
  })
})
