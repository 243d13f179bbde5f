import { generateKeyPairSync, sign } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { RemoteRef, TakeOutput } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createGeminiProvider, type GeminiOptions } from '../../src/drivers/provider/google/gemini-provider.ts'
import { geminiModels } from '../../src/drivers/provider/google/models.ts'
import { createVertexProvider, type VertexOptions } from '../../src/drivers/provider/google/vertex-provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { createGoogleVendor } from '../../src/lab/vendors/google.ts'
import type { Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { createMailbox, type Mailbox } from '../helpers/mailbox.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const never = new AbortController().signal
/** Names that resolve to the lab, for what may be fetched from public https addresses only. Remembers what was sent there. */
const elsewhere: { path: string; headers: Record<string, string> }[] = []
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
let lab: RunningLab
let network: ReturnType<typeof createNetwork>
let gemini: Provider
let vertex: Provider
let mailbox: Mailbox

const geminiWith = (options: Partial<GeminiOptions> = {}): Provider =>
  createGeminiProvider({
    network,
    apiKey: 'key_lab',
    baseUrl: `${lab.url}/google`,
    jwksUrl: `${lab.url}/google/.well-known/jwks.json`,
    ...options,
  })
const vertexWith = (options: Partial<VertexOptions> = {}): Provider =>
  createVertexProvider({
    network,
    token: async () => 'ya29.lab',
    project: 'our-project',
    baseUrl: `${lab.url}/google`,
    storageUrl: `${lab.url}/google`,
    ...options,
  })

beforeAll(async () => {
  lab = await createLab({ vendors: [createGoogleVendor({ redirectTo: (url) => url.replace(/^http:\/\/[^/]+/, 'https://media.example') })] })
  const real = createNetwork()
  const toLab: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
    elsewhere.push({ path: String(options.path), headers: { ...(options.headers as Record<string, string>) } })
    return dispatch({ ...options, origin: lab.url }, handler)
  }
  const guarded = new Agent().compose(toLab)
  network = {
    ...real,
    guarded,
    async close() {
      await Promise.all([real.close(), guarded.destroy()])
    },
  }
  gemini = geminiWith()
  vertex = vertexWith()
})
beforeEach(async () => {
  lab.clock.speed = 1_000
  lab.dials.reset()
  elsewhere.length = 0
  await mailbox?.close()
  mailbox = await createMailbox()
})
afterAll(async () => {
  await mailbox?.close()
  await lab?.close()
  await network?.close()
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

/** Answers with one and the same picture, whatever is asked for. */
const onePicture = () =>
  new Agent().compose(() => (_options, handler) => {
    const controller = { abort() {}, pause() {}, resume() {}, paused: false, aborted: false, reason: null } as never
    handler.onRequestStart?.(controller, {})
    handler.onResponseStart?.(controller, 200, { 'content-type': 'image/png' })
    handler.onResponseData?.(controller, PNG)
    handler.onResponseEnd?.(controller, {})
    return true
  })

let takes = 0
const order = (by: Provider, request: GenerateRequest, webhookUrl?: string): Promise<RemoteRef> =>
  by.start(request, orderContext(`tak_${++takes}`, webhookUrl === undefined ? {} : { webhookUrl }))
const works = () => lab.works.of('google')
const workOf = (ref: RemoteRef) => {
  const id = String(ref['interaction'] ?? String(ref['operation']).split('/operations/')[1])
  const work = works().get(id)
  if (work === undefined) throw new Error(`the lab has no work ${id}`)
  return work
}
const charged = (ref: RemoteRef): number => lab.book.of(workOf(ref).id)
const only = (outputs: TakeOutput[]): TakeOutput => {
  expect(outputs).toHaveLength(1)
  return outputs[0] as TakeOutput
}

describe('provider: gemini', () => {
  test('a clip as a file: fetched with the key, from another host without it, playable, charged as quoted', async () => {
    const request = clip('a lighthouse')
    const ref = await order(gemini, request)
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    expect(JSON.stringify(ref)).not.toContain('key_lab')
    expect(workOf(ref).prompt).toBe('a lighthouse')
    expect(workOf(ref).ordered).toEqual([{ kind: 'video', durationSeconds: 4, width: 1280, height: 720 }])
    const output = only((await delivered(gemini, ref)).outputs)
    expect(output.locator).not.toContain('key_lab')
    const bytes = await bytesOf(gemini, output)
    expect(await playable(bytes)).toMatchObject({ width: 1280, height: 720, durationSeconds: 4 })
    expect(elsewhere).toHaveLength(1)
    expect(JSON.stringify(elsewhere)).not.toMatch(/key_lab|x-goog-api-key/i)
    expect((await bytesOf(gemini, output, 1_000)).equals(bytes.subarray(1_000))).toBe(true)
    await expect(bytesOf(geminiWith({ apiKey: '' }), output)).rejects.toMatchObject({ code: 'file_not_found' })
    expect(gemini.quote(request)).toMatchObject({ amountMicroUsd: 280_000, basis: 'gemini:2026-11-11' })
    expect(charged(ref)).toBe(280_000)
  })

  test('a clip inside the answer: as long as said, the same bytes each time it is asked for', async () => {
    const inline = geminiWith({ delivery: 'inline' })
    const ref = await order(inline, clip('a fox', { width: 360, height: 640, durationSeconds: 3 }))
    const output = only((await delivered(inline, ref)).outputs)
    expect(output.locator).toMatch(/^inline:0:/)
    const bytes = await bytesOf(inline, output)
    expect(bytes).toHaveLength(output.sizeBytes ?? -1)
    expect(bytes.equals(Buffer.from(workOf(ref).outputs[0]?.bytes ?? []))).toBe(true)
    expect(await playable(bytes)).toMatchObject({ width: 360, height: 640 })
    expect(charged(ref)).toBe(inline.quote(clip('a fox', { width: 360, height: 640, durationSeconds: 3 })).amountMicroUsd)
  })

  test('the price follows the resolution', () => {
    const prices = [
      [640, 360],
      [1280, 720],
      [1080, 1920],
      [3840, 2160],
    ].map(([width, height]) => gemini.quote(clip('a', { width, height } as Partial<Video>)).amountMicroUsd)
    expect(prices).toEqual([93_336, 280_000, 420_000, 840_000])
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['[lab:refuse-input]', { state: 'failed' }, { class: 'refused_input', field: 'prompt', retry: 'never', charged: 'no' }],
    ['[lab:refuse-output]', { state: 'failed' }, { class: 'refused_output', retry: 'soften', charged: 'no' }],
    ['[lab:fail]', { state: 'failed' }, { class: 'transient', code: 'provider_failed', charged: 'no' }],
    ['[lab:fail=incomplete]', { state: 'failed' }, { class: 'transient', code: 'provider_failed' }],
    ['[lab:fail=requires_action]', { state: 'failed' }, { class: 'transient', retry: 'other_provider', charged: 'unknown' }],
    ['[lab:fail=requires_continuation]', { state: 'failed' }, { class: 'transient', retry: 'other_provider', charged: 'unknown' }],
    ['[lab:fail=budget_exceeded]', { state: 'failed' }, { class: 'billing', charged: 'unknown' }],
    ['[lab:fail=empty]', { state: 'failed' }, { class: 'transient', detail: expect.stringContaining('made no video'), charged: 'unknown' }],
    ['[lab:restart]', { state: 'lost' }, { class: 'lost', charged: 'unknown' }],
  ])('%s ends as what it is', async (marker, status, outcome) => {
    const ref = await order(gemini, clip(`${marker} a storm`))
    expect(await untilEnded(gemini, ref)).toMatchObject({ ...status, outcome })
  })

  test('what is not taken is told by kind, and nothing is charged', async () => {
    const before = lab.book.entries().length
    const refused = (promise: Promise<unknown>, expected: Record<string, unknown>) => expect(promise).rejects.toMatchObject(expected)
    await refused(order(geminiWith({ apiKey: 'key_invalid' }), clip('a')), { code: 'provider_key_invalid' })
    await refused(order(geminiWith({ apiKey: '' }), clip('a')), { code: 'provider_key_invalid' })
    await refused(order(geminiWith({ apiKey: 'key_broke' }), clip('a')), { code: 'provider_billing', retry: 'other_provider' })
    await refused(order(gemini, clip('[lab:throttle] a')), { code: 'provider_throttled', retryAfterMs: 1_000 })
    await refused(order(gemini, clip('[lab:throttle-bare] a')), { code: 'provider_throttled', retryAfterMs: undefined })
    await refused(order(gemini, clip('[lab:sunset] a')), { code: 'model_sunset', field: 'model' })
    await refused(order(gemini, clip('[lab:server-error] a')), { code: 'submit_unknown' })
    await refused(order(geminiWith({ baseUrl: 'http://127.0.0.1:1' }), clip('a')), { code: 'provider_unavailable' })
    expect(lab.book.entries()).toHaveLength(before)
  })

  test('what the vendor refuses although we would have taken it is told with its field', async () => {
    const longer = geminiWith({ models: geminiModels.map((model) => ({ ...model, durations: [60] })) })
    await expect(order(longer, clip('a', { durationSeconds: 60 }))).rejects.toMatchObject({
      code: 'provider_cannot',
      field: 'durationSeconds',
      message: expect.stringContaining('between 3s and 15s'),
    })
  })

  test.each<[string, GenerateRequest, string]>([
    ['unknown model', clip('a', { model: 'veo-9' }), 'model'],
    ['too long for the model', clip('a', { model: 'gemini-omni-1.1-flash', durationSeconds: 11 }), 'durationSeconds'],
    ['too short', clip('a', { durationSeconds: 2 }), 'durationSeconds'],
    ['an odd size', clip('a', { width: 1000, height: 1000 }), 'width'],
    ['speech', { kind: 'speech', text: 'a', voice: 'b', seed: 1 }, 'kind'],
  ])('refused before a cent is spent: %s', async (_, request, field) => {
    const before = works().list().length
    expect(() => gemini.quote(request)).toThrow(
      expect.objectContaining({ code: 'provider_cannot', field, fix: expect.stringMatching(/\w/) }),
    )
    await expect(order(gemini, request)).rejects.toMatchObject({ code: 'provider_cannot', field })
    expect(works().list()).toHaveLength(before)
  })

  test('a lost answer is a doubt, and the webhook brings the reference', async () => {
    const before = works().list().length
    await expect(order(gemini, clip('[lab:lost-reply] a parcel'), mailbox.url)).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(works().list()).toHaveLength(before + 1)
    expect(gemini.capabilities.reconcile).toBe('webhook')
    const [mail] = await mailbox.first(1)
    const hint = await gemini.webhook?.(mail?.headers ?? {}, mail?.rawBody ?? new Uint8Array())
    expect(hint?.ref).toEqual({ interaction: works().list()[0]?.id })
    await delivered(gemini, hint?.ref ?? {})
  })

  test('a question that is not answered is no end of the take', async () => {
    const ref = await order(gemini, clip('a calm sea'))
    lab.dials.set({ 'poll-error': 1 })
    await expect(gemini.status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
    lab.dials.reset()
    await expect(geminiWith({ apiKey: 'key_invalid' }).status(ref, { signal: never })).rejects.toMatchObject({
      code: 'provider_key_invalid',
    })
    await delivered(gemini, ref)
  })

  test('an address that has died is found again by asking', async () => {
    const output = only((await delivered(gemini, await order(gemini, clip('[lab:expiring-url] a clock')))).outputs)
    await expect(bytesOf(gemini, output)).rejects.toMatchObject({ code: 'file_not_found' })
    expect((await playable(await bytesOf(gemini, output))).durationSeconds).toBe(4)
  })

  test('a picture to begin with is read from a public address and sent along', async () => {
    const before = works().list().length
    await expect(order(gemini, clip('it moves', { imageUrl: 'https://10.0.0.1/a.png' }))).rejects.toMatchObject({
      code: 'address_refused',
      field: 'imageUrl',
    })
    expect(works().list()).toHaveLength(before)
    const pictures = onePicture()
    const ref = await order(
      geminiWith({ network: { ...network, guarded: pictures } }),
      clip('it moves', { imageUrl: 'https://pictures.example/a.png' }),
    )
    expect(workOf(ref)).toMatchObject({ prompt: expect.stringContaining('it moves'), data: { image: PNG.toString('base64') } })
    await pictures.destroy()
  })

  test('cancel tells the truth', async () => {
    lab.clock.speed = 10
    const ref = await order(gemini, clip('a long march'))
    expect(await gemini.cancel?.(ref)).toBe('stopped')
    expect(await gemini.status(ref, { signal: never })).toMatchObject({
      state: 'cancelled',
      outcome: { class: 'cancelled', charged: 'unknown' },
    })
    expect(await gemini.cancel?.(ref)).toBe('stopped')
    lab.clock.speed = 1_000
    const done = await order(gemini, clip('a short walk'))
    await delivered(gemini, done)
    expect(await gemini.cancel?.(done)).toBe('too_late')
    expect(await gemini.cancel?.({ interaction: 'v1_unknown' })).toBe('unknown')
  })

  describe('webhook', () => {
    async function mailFor(prompt: string, count = 1) {
      const ref = await order(gemini, clip(prompt), mailbox.url)
      return { ref, mails: await mailbox.first(count) }
    }

    test('names the interaction, and the take in what is echoed; a second delivery has the same key', async () => {
      const { ref, mails } = await mailFor('[lab:webhook-double] a bell', 2)
      const hints = await Promise.all(mails.map(({ headers, rawBody }) => gemini.webhook?.(headers, rawBody)))
      expect(hints[0]).toMatchObject({ ref })
      expect(hints[1]).toEqual(hints[0])
      expect(JSON.parse(String(mails[0]?.rawBody))).toMatchObject({
        type: 'interaction.completed',
        user_metadata: { take_id: `tak_${takes}` },
      })
    })

    test('one that comes before the answer to the order has the same reference', async () => {
      const { ref, mails } = await mailFor('[lab:webhook-early] a bell')
      expect(await gemini.webhook?.(mails[0]?.headers ?? {}, mails[0]?.rawBody ?? new Uint8Array())).toMatchObject({ ref })
    })

    test('one of yesterday, a tampered one and one of another signer are refused', async () => {
      const { mails } = await mailFor('[lab:webhook-stale] a bell', 2)
      const [stale, fresh] = mails
      if (stale === undefined || fresh === undefined) throw new Error('no mail')
      const refused = (headers: typeof fresh.headers, body: Uint8Array, by = gemini) =>
        expect(by.webhook?.(headers, body)).rejects.toMatchObject({ code: 'webhook_invalid' })
      await refused(stale.headers, stale.rawBody)
      const token = String(fresh.headers['webhook-signature'])
      const [head = '', payload = '', signature = ''] = token.split('.')
      await refused(fresh.headers, Buffer.from(String(fresh.rawBody).replace(/"v1_[^"]+"/, '"v1_another"')))
      await refused(fresh.headers, Buffer.from('not JSON'))
      await refused({ ...fresh.headers, 'webhook-signature': undefined }, fresh.rawBody)
      await refused({ ...fresh.headers, 'webhook-signature': `${head}.${payload}.${signature.slice(0, -8)}AAAAAAAA` }, fresh.rawBody)
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
      const again = (header: unknown, more: object, sign: (text: string) => string): string => {
        const text = [header, { ...claims, ...more }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
        return `${text}.${sign(text)}`
      }
      const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const ours = (text: string) => sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')
      await refused({ ...fresh.headers, 'webhook-signature': again({ alg: 'RS256', kid }, {}, ours) }, fresh.rawBody)
      await refused({ ...fresh.headers, 'webhook-signature': again({ alg: 'none', kid }, {}, () => '') }, fresh.rawBody)
      await refused(fresh.headers, fresh.rawBody, geminiWith({ webhookAudience: 'https://other.example' }))
      await refused(fresh.headers, fresh.rawBody, geminiWith({ now: () => new Date(Date.now() + 301_000) }))
      expect(await geminiWith({ webhookAudience: mailbox.url }).webhook?.(fresh.headers, fresh.rawBody)).toBeDefined()
    })
  })
})

describe('provider: vertex', () => {
  test('a clip inside the answer: seed, length and size reach Veo; charged as quoted', async () => {
    const request = clip('a lighthouse', { width: 720, height: 1280 })
    const ref = await order(vertex, request)
    expect(JSON.stringify(ref)).not.toContain('ya29')
    expect(workOf(ref).ordered).toEqual([{ kind: 'video', durationSeconds: 4, width: 720, height: 1280, sound: true, seed: 7 }])
    const output = only((await delivered(vertex, ref)).outputs)
    const bytes = await bytesOf(vertex, output)
    expect(bytes).toHaveLength(output.sizeBytes ?? -1)
    expect(bytes.equals(Buffer.from(workOf(ref).outputs[0]?.bytes ?? []))).toBe(true)
    expect(await playable(bytes)).toMatchObject({ width: 720, height: 1280, durationSeconds: 4 })
    expect(vertex.quote(request)).toMatchObject({ amountMicroUsd: 1_600_000, basis: 'vertex:2026-11-22' })
    expect(charged(ref)).toBe(1_600_000)
  })

  test('a clip in our bucket: fetched with the token, resumed where it broke', async () => {
    const bucket = vertexWith({ storageUri: 'gs://our-bucket/takes/' })
    const ref = await order(bucket, clip('[lab:truncated-body] a bridge', { model: 'veo-3.1-fast-generate-001' }))
    const output = only((await delivered(bucket, ref)).outputs)
    expect(output.locator).toMatch(/^gs:\/\/our-bucket\/takes\//)
    await expect(bytesOf(vertexWith({ token: async () => 'invalid' }), output)).rejects.toThrow()
    await expect(bytesOf(bucket, output)).rejects.toThrow()
    const { stream, fromByte, sizeBytes } = await bucket.fetch(output, { signal: never, fromByte: 5_000 })
    const pieces: Uint8Array[] = []
    for await (const piece of stream) pieces.push(piece)
    const whole = Buffer.from(workOf(ref).outputs[0]?.bytes ?? [])
    expect(fromByte).toBe(5_000)
    expect(sizeBytes).toBe(whole.length)
    expect(Buffer.concat(pieces).equals(whole.subarray(5_000))).toBe(true)
  })

  test.each<[string, string, Record<string, unknown>]>([
    [
      '[lab:refuse-output]',
      'failed',
      { class: 'refused_output', retry: 'soften', charged: 'no', detail: expect.stringContaining('58061214') },
    ],
    ['[lab:fail]', 'failed', { class: 'transient', code: 'provider_failed', charged: 'no' }],
    ['[lab:fail=8]', 'failed', { class: 'throttled', retry: 'reseed', charged: 'no' }],
    ['[lab:restart]', 'lost', { class: 'lost', charged: 'unknown' }],
  ])('%s: done is not yet success', async (marker, state, outcome) => {
    const ref = await order(vertex, clip(`${marker} a storm`))
    const id = String(ref['operation']).split('/operations/')[1] ?? ''
    expect(await untilEnded(vertex, ref)).toMatchObject({ state, outcome })
    expect(lab.book.of(id)).toBe(0)
  })

  test('what is not taken is told by kind, and nothing is charged', async () => {
    const before = lab.book.entries().length
    const refused = (promise: Promise<unknown>, expected: Record<string, unknown>) => expect(promise).rejects.toMatchObject(expected)
    await refused(order(vertexWith({ token: async () => 'invalid' }), clip('a')), { code: 'provider_key_invalid' })
    await refused(order(vertexWith({ token: async () => 'broke' }), clip('a')), { code: 'provider_billing' })
    await refused(order(vertexWith({ token: () => Promise.reject(new Error('no metadata server')) }), clip('a')), {
      code: 'provider_unavailable',
    })
    await refused(order(vertex, clip('[lab:refuse-input] b')), { code: 'input_refused', field: 'prompt' })
    await refused(order(vertex, clip('[lab:throttle] b')), { code: 'provider_throttled', retryAfterMs: 1_000 })
    await refused(order(vertex, clip('[lab:sunset] b')), { code: 'model_sunset' })
    await refused(order(vertex, clip('[lab:server-error] b')), { code: 'submit_unknown' })
    await refused(order(vertex, clip('a', { model: 'veo-3.0-generate-001' })), {
      code: 'model_sunset',
      fix: expect.stringContaining('veo-3.1'),
    })
    await refused(order(vertex, clip('a', { durationSeconds: 5 })), { code: 'provider_cannot', field: 'durationSeconds' })
    await refused(order(vertex, clip('a', { width: 640, height: 360 })), { code: 'provider_cannot', field: 'width' })
    expect(lab.book.entries()).toHaveLength(before)
    const count = works().list().length
    await refused(order(vertex, clip('[lab:lost-reply] b')), { code: 'submit_unknown' })
    expect(works().list()).toHaveLength(count + 1)
    expect(vertex.reconcile ?? vertex.cancel ?? vertex.webhook).toBeUndefined()
  })

  test('a question that is not answered is no end of the take', async () => {
    const ref = await order(vertex, clip('a calm sea'))
    lab.dials.set({ 'poll-error': 1 })
    await expect(vertex.status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
    lab.dials.reset()
    await delivered(vertex, ref)
  })

  test('a picture to begin with is read from a public address and sent along; others are refused before the order', async () => {
    const before = works().list().length
    for (const imageUrl of ['http://127.0.0.1/a.png', 'https://10.0.0.1/a.png'])
      await expect(order(vertex, clip('it moves', { imageUrl }))).rejects.toMatchObject({ code: 'address_refused', field: 'imageUrl' })
    await expect(order(vertex, clip('it moves', { imageUrl: 'https://pictures.example/none.png' }))).rejects.toMatchObject({
      code: 'provider_cannot',
      field: 'imageUrl',
    })
    expect(works().list()).toHaveLength(before)

    const pictures = onePicture()
    const ref = await order(
      vertexWith({ network: { ...network, guarded: pictures } }),
      clip('it moves', { imageUrl: 'https://pictures.example/a.png' }),
    )
    expect(workOf(ref).data['image']).toBe(PNG.toString('base64'))
    await pictures.destroy()
  })
})
