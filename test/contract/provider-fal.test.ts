import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import Fastify from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { RemoteRef, TakeOutput } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createFalProvider } from '../../src/drivers/provider/fal/provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { fal } from '../../src/lab/vendors/fal.ts'
import type { Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { createMailbox, type Mailbox } from '../helpers/mailbox.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let provider: Provider
let mailbox: Mailbox

function withKey(apiKey: string, now?: () => Date): Provider {
  const baseUrl = `${lab.url}/fal`
  return createFalProvider({ network, apiKey, baseUrl, jwksUrl: `${baseUrl}/.well-known/jwks.json`, ...(now && { now }) })
}

beforeAll(async () => {
  lab = await createLab({ vendors: [fal] })
  provider = withKey('key_lab')
})
beforeEach(async () => {
  lab.clock.speed = 1_000
  lab.dials.reset()
  await mailbox?.close()
  mailbox = await createMailbox()
})
afterAll(async () => {
  await mailbox?.close()
  await lab?.close()
  await network.close()
})

type Video = Extract<GenerateRequest, { kind: 'video' }>
const clip = (prompt: string, more: Partial<Video> = {}): Video => ({
  kind: 'video',
  prompt,
  durationSeconds: 2,
  width: 1280,
  height: 720,
  fps: 24,
  seed: 7,
  ...more,
})

let takes = 0
const order = (request: GenerateRequest, by = provider, webhookUrl?: string): Promise<RemoteRef> =>
  by.start(request, orderContext(`tak_${++takes}`, webhookUrl === undefined ? {} : { webhookUrl }))
const idOf = (ref: RemoteRef): string => String(ref['requestId'])
const charged = (ref: RemoteRef): number => lab.book.of(idOf(ref))
const works = () => lab.works.of('fal')
const only = (outputs: TakeOutput[]): TakeOutput => {
  expect(outputs).toHaveLength(1)
  return outputs[0] as TakeOutput
}

describe('provider: fal', () => {
  test('a clip: ordered, asked for, downloaded, playable, and charged as quoted', async () => {
    const request = clip('a lighthouse')
    const ref = await order(request)
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    expect(JSON.stringify(ref)).not.toContain('key_lab')
    const { outputs, charge } = await delivered(provider, ref)
    const output = only(outputs)
    const bytes = await bytesOf(provider, output)
    expect(output).toMatchObject({ role: 'media', mimeType: 'video/mp4', sizeBytes: bytes.length })
    expect(await playable(bytes)).toMatchObject({ width: 1280, height: 720, durationSeconds: 2 })
    expect((await bytesOf(provider, output, 100)).equals(bytes.subarray(100))).toBe(true)
    expect(provider.quote(request)).toMatchObject({ amountMicroUsd: 43_200, basis: 'fal:2026-11-23' })
    expect(charge).toEqual({ amountMicroUsd: 43_200, basis: 'price-list' })
    expect(charged(ref)).toBe(43_200)
  })

  test('addresses are kept as fal returned them: without the subpath of the endpoint', async () => {
    const ref = await order(clip('a mill'))
    const request = `${lab.url}/fal/fal-ai/bytedance/requests/${idOf(ref)}`
    expect(ref).toMatchObject({ statusUrl: `${request}/status`, responseUrl: request, cancelUrl: `${request}/cancel` })
  })

  test('each model is written in its own words, and costs what it was quoted at', async () => {
    const orders: GenerateRequest[] = [
      clip('tall', { width: 1080, height: 1920 }),
      clip('from a picture', { imageUrl: 'https://example.com/a.png' }),
      clip('kling', { model: 'fal-ai/kling-video/v2.5-turbo/pro/text-to-video', durationSeconds: 5, width: 1080, height: 1080 }),
      clip('veo', { model: 'fal-ai/veo3.1/fast', durationSeconds: 4 }),
      clip('veo from a picture', { model: 'fal-ai/veo3.1/fast', durationSeconds: 4, imageUrl: 'https://example.com/a.png' }),
      clip('seedance 2', { model: 'bytedance/seedance-2.0/fast/text-to-video', durationSeconds: 4, width: 720, height: 1280 }),
      { kind: 'music', prompt: 'slow strings', durationSeconds: 3, seed: 4 },
      { kind: 'sound', prompt: 'a door', durationSeconds: 1.5, seed: 4 },
      { kind: 'speech', text: 'Good morning to all.', voice: 'am_adam', seed: 4 },
    ]
    for (const request of orders) {
      const ref = await order(request)
      const { outputs } = await delivered(provider, ref)
      const seen = await playable(await bytesOf(provider, only(outputs)))
      const { amountMicroUsd } = provider.quote(request)
      expect(charged(ref), JSON.stringify(request)).toBe(amountMicroUsd)
      if (request.kind === 'video') expect(seen).toMatchObject({ width: request.width, height: request.height })
      if ('durationSeconds' in request) expect(seen.durationSeconds).toBeCloseTo(request.durationSeconds, 0)
      const seed = works().get(idOf(ref))?.ordered[0]
      if (request.kind === 'music') expect(seed).toMatchObject({ seed: 4 })
    }
  })

  test('queued and running are told, without a progress that fal does not tell', async () => {
    lab.clock.speed = 1
    const ref = await order(clip('a slow one'))
    expect(await provider.status(ref, { signal: never })).toEqual({ state: 'queued' })
    lab.clock.speed = 1_000
    await untilEnded(provider, ref)
    const other = await order(clip('a still one [lab:zombie]'))
    await expect.poll(() => provider.status(other, { signal: never })).toEqual({ state: 'running', progress: null })
    works().cancel(idOf(other))
  })

  test('what it would not make is refused before anything is sent, with field and fix', async () => {
    const before = lab.works.all().length
    const refused: [GenerateRequest, string][] = [
      [clip('x', { model: 'fal-ai/veo9' }), 'model'],
      [clip('x', { durationSeconds: 2.5 }), 'durationSeconds'],
      [clip('x', { durationSeconds: 13 }), 'durationSeconds'],
      [clip('x', { model: 'fal-ai/veo3.1/fast', durationSeconds: 5 }), 'durationSeconds'],
      [clip('x', { width: 640, height: 360 }), 'width'],
      [{ kind: 'speech', text: 'hello', voice: 'Draft', seed: 1 }, 'voice'],
      [{ kind: 'music', prompt: 'x', durationSeconds: 600, seed: 1 }, 'durationSeconds'],
      [{ kind: 'keyframes', scenes: [], width: 1280, height: 720, seed: 1 }, 'kind'],
    ]
    for (const [request, field] of refused) {
      const problem = expect.objectContaining({ code: 'provider_cannot', field, fix: expect.stringMatching(/\w/) })
      expect(() => provider.quote(request), field).toThrow(problem)
      await expect(order(request)).rejects.toEqual(problem)
    }
    expect(lab.works.all()).toHaveLength(before)
  })

  test('an order is refused in its own words: key, balance, model, limits', async () => {
    await expect(order(clip('x'), withKey('key_invalid'))).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(order(clip('x'), withKey('key_broke'))).rejects.toMatchObject({ code: 'provider_billing' })
    await expect(order(clip('[lab:sunset]'))).rejects.toMatchObject({ code: 'model_sunset', field: 'model' })
    await expect(order(clip('wait [lab:throttle]'))).rejects.toMatchObject({ code: 'provider_throttled', retryAfterMs: 1_000 })
    const bare = await order(clip('wait [lab:throttle-bare]')).catch((error: unknown) => error)
    expect(bare).toMatchObject({ code: 'provider_throttled', retryAfterMs: undefined })
    // The same order again: it was the way that failed, once.
    await delivered(provider, await order(clip('wait [lab:throttle]')))
  })

  test('every doubt about an order is submit_unknown, and it is not sent again', async () => {
    const before = lab.works.all().length
    await expect(order(clip('half way [lab:server-error]'))).rejects.toMatchObject({ code: 'submit_unknown' })
    await expect(order(clip('cut [lab:reset-before]'))).rejects.toMatchObject({ code: 'submit_unknown' })
    await expect(order(clip('lost [lab:lost-reply]'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(lab.works.all()).toHaveLength(before + 1)
    const nobody = createFalProvider({ network, apiKey: 'k', baseUrl: 'http://127.0.0.1:1' })
    await expect(order(clip('x'), nobody)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test('an order whose answer was lost is found by its webhook', async () => {
    await expect(order(clip('lost again [lab:lost-reply]'), provider, `${mailbox.url}/takes/1`)).rejects.toMatchObject({
      code: 'submit_unknown',
    })
    const [mail] = await mailbox.first(1)
    const { ref } = await (provider.webhook as NonNullable<Provider['webhook']>)(mail?.headers ?? {}, mail?.rawBody ?? Buffer.alloc(0))
    const { outputs } = await delivered(provider, ref)
    expect(await playable(await bytesOf(provider, only(outputs)))).toMatchObject({ durationSeconds: 2 })
    expect(mail?.path).toBe('/takes/1')
  })

  test('a refusal comes as COMPLETED with a 422 result: of the input, or of what was made', async () => {
    const input = await untilEnded(provider, await order(clip('bad [lab:refuse-input]')))
    expect(input).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_input', code: 'input_refused', field: 'prompt', retry: 'soften', charged: 'unknown' },
    })
    const output = await untilEnded(provider, await order(clip('bad [lab:refuse-output]')))
    expect(output).toMatchObject({ state: 'failed', outcome: { class: 'refused_output', code: 'output_refused', retry: 'soften' } })
  })

  test('a stored 5xx is the end of the request, charged to nobody', async () => {
    for (const failure of ['request_timeout', 'runner_disconnected', 'internal_error', 'internal_server_error']) {
      const ref = await order(clip(`breaks [lab:fail=${failure}]`))
      expect(await untilEnded(provider, ref), failure).toMatchObject({
        state: 'failed',
        outcome: { class: 'transient', code: 'provider_failed', charged: 'no' },
      })
      expect(charged(ref)).toBe(0)
    }
  })

  test('failures of a model that come with 422 keep their kind', async () => {
    const cases = {
      no_media_generated: { class: 'transient', charged: 'unknown' },
      downstream_service_error: { class: 'transient', charged: 'no' },
      image_too_small: { class: 'refused_input', field: 'imageUrl' },
      something_new: { class: 'refused_input', code: 'provider_cannot' },
    }
    for (const [failure, outcome] of Object.entries(cases)) {
      const ref = await order(clip(`breaks [lab:fail=${failure}]`))
      expect(await untilEnded(provider, ref), failure).toMatchObject({ state: 'failed', outcome })
    }
  })

  test('a 5xx of the way there is thrown, and the take is asked for again', async () => {
    const ref = await order(clip('a boat'))
    await delivered(provider, ref)
    lab.dials.set({ 'poll-error': 1 })
    await expect(provider.status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
    lab.dials.reset()
    await delivered(provider, ref)
  })

  test('a live 5xx at the result is not taken for the end', async () => {
    // COMPLETED, and then a gateway's own words: nothing says that they are the request's.
    let fault: (() => { code: number; headers?: Record<string, string>; body: string }) | undefined
    const app = Fastify()
    let told: Record<string, unknown> = {}
    app.get('/fal-ai/x/requests/1/status', () => ({ status: 'COMPLETED', ...told }))
    app.get('/fal-ai/x/requests/1', (_request, reply) => {
      const { code, headers = {}, body } = fault?.() ?? { code: 200, body: '{"video":{"url":"https://v3.fal.media/a.mp4"}}' }
      return reply.code(code).headers(headers).type('application/json').send(body)
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const baseUrl = app.listeningOrigin
    const url = `${baseUrl}/fal-ai/x/requests/1`
    const ref = { requestId: '1', statusUrl: `${url}/status`, responseUrl: url, cancelUrl: `${url}/cancel` }
    const there = createFalProvider({ network, apiKey: 'k', baseUrl })
    fault = () => ({ code: 502, body: '<html>Bad gateway</html>' })
    await expect(there.status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
    told = { error: 'The runner went away.', error_type: 'runner_disconnected' }
    expect(await there.status(ref, { signal: never })).toMatchObject({ state: 'failed', outcome: { code: 'provider_failed' } })
    told = {}
    fault = () => ({ code: 504, headers: { 'X-Fal-Error-Type': 'request_timeout', 'x-fal-request-timeout-type': 'user' }, body: '{}' })
    expect(await there.status(ref, { signal: never })).toMatchObject({ state: 'failed', outcome: { retry: 'never', charged: 'no' } })
    fault = () => ({ code: 400, body: '{"detail":"Request is still in progress"}' })
    expect(await there.status(ref, { signal: never })).toEqual({ state: 'running', progress: null })
    fault = () => ({ code: 200, body: '{}' })
    expect(await there.status(ref, { signal: never })).toMatchObject({ state: 'failed', outcome: { code: 'provider_failed' } })
    fault = undefined
    expect(await there.status(ref, { signal: never })).toMatchObject({
      state: 'succeeded',
      outputs: [{ locator: 'https://v3.fal.media/a.mp4', mimeType: 'video/mp4' }],
    })
    await app.close()
  })

  test('what fal no longer knows is lost', async () => {
    const ref = await order(clip('forgotten [lab:restart]'))
    expect(await untilEnded(provider, ref)).toMatchObject({ state: 'lost', outcome: { class: 'lost', charged: 'unknown' } })
    expect(await provider.status({ requestId: 'nobody' }, { signal: never })).toMatchObject({ state: 'lost' })
  })

  test('an address that has died is refreshed by asking again; a broken download goes on where it broke', async () => {
    const ref = await order(clip('short lived [lab:expiring-url]'))
    const first = only((await delivered(provider, ref)).outputs)
    await expect(provider.fetch(first, { signal: never })).rejects.toMatchObject({ code: 'file_not_found' })
    expect(await playable(await bytesOf(provider, only((await delivered(provider, ref)).outputs)))).toMatchObject({ durationSeconds: 2 })

    const broken = only((await delivered(provider, await order(clip('broken [lab:truncated-body]')))).outputs)
    const { stream } = await provider.fetch(broken, { signal: never })
    const head: Uint8Array[] = []
    await expect(
      (async () => {
        for await (const piece of stream) head.push(piece)
      })(),
    ).rejects.toThrow()
    const begun = Buffer.concat(head)
    const whole = Buffer.concat([begun, await bytesOf(provider, broken, begun.length)])
    expect(whole.length).toBe(broken.sizeBytes)
    expect(await playable(whole)).toMatchObject({ durationSeconds: 2 })
  })

  describe('cancel', () => {
    const cancel = (ref: RemoteRef) => (provider.cancel as NonNullable<Provider['cancel']>)(ref)

    test('in the queue or early on: stopped, and not charged', async () => {
      lab.clock.speed = 1
      const queued = await order(clip('never begun'))
      expect(await cancel(queued)).toBe('stopped')
      lab.clock.speed = 1_000
      const running = await order(clip('stuck [lab:zombie]'))
      await expect.poll(() => provider.status(running, { signal: never })).toMatchObject({ state: 'running' })
      expect(await cancel(running)).toBe('stopped')
      for (const ref of [queued, running]) {
        expect(await provider.status(ref, { signal: never })).toMatchObject({ state: 'cancelled', outcome: { class: 'cancelled' } })
        expect(charged(ref)).toBe(0)
      }
    })

    test('a wish that is taken and not followed is not called a stop', async () => {
      lab.clock.speed = 50
      const ref = await order(clip('nearly done'))
      await expect.poll(() => works().get(idOf(ref))?.progress ?? 0, { interval: 1 }).toBeGreaterThan(0.5)
      // From here on it takes as long as this test likes.
      lab.clock.speed = 0.001
      expect(await cancel(ref)).toBe('unknown')
      lab.clock.speed = 1_000
      await delivered(provider, ref)
      expect(charged(ref)).toBe(43_200)
    })

    test('what is done is too late, and stays', async () => {
      const ref = await order(clip('done'))
      await delivered(provider, ref)
      expect(await cancel(ref)).toBe('too_late')
      await delivered(provider, ref)
      expect(await cancel({ requestId: 'nobody' })).toBe('unknown')
    })
  })

  describe('webhooks', () => {
    const hear = (mail: { headers: Record<string, string | undefined>; rawBody: Uint8Array }, by = provider) =>
      (by.webhook as NonNullable<Provider['webhook']>)(mail.headers, mail.rawBody)
    const refused = { code: 'webhook_invalid' }

    test('a true one names the request; twice the same key; forged and stale ones before it are not believed', async () => {
      const ref = await order(clip('told [lab:webhook-forged] [lab:webhook-stale] [lab:webhook-double]'), provider, mailbox.url)
      const [forged, stale, once, twice] = (await mailbox.first(4)) as [never, never, never, never]
      await expect(hear(forged)).rejects.toMatchObject(refused)
      await expect(hear(stale)).rejects.toMatchObject(refused)
      const hint = await hear(once)
      expect(hint.ref).toMatchObject({ requestId: idOf(ref) })
      expect((await hear(twice)).dedupeKey).toBe(hint.dedupeKey)
      await delivered(provider, hint.ref)
    })

    test('one that comes before the answer to the order names the same request', async () => {
      const ordering = order(clip('early [lab:webhook-early]'), provider, mailbox.url)
      const [mail] = (await mailbox.first(1)) as [never]
      const { ref } = await hear(mail)
      expect(ref['requestId']).toBe(idOf(await ordering))
    })

    test('a failure is told as well, as ERROR; what happened is asked for', async () => {
      await order(clip('fails [lab:fail=runner_disconnected]'), provider, mailbox.url)
      const [mail] = (await mailbox.first(1)) as [never]
      const { ref } = await hear(mail)
      expect(await provider.status(ref, { signal: never })).toMatchObject({ state: 'failed' })
    })

    test('one changed byte, another id, another time, a missing header: not believed', async () => {
      await order(clip('signed'), provider, mailbox.url)
      const [mail] = await mailbox.first(1)
      const { headers = {}, rawBody = Buffer.alloc(0) } = mail ?? {}
      await hear({ headers, rawBody })
      const at = Number(headers['x-fal-webhook-timestamp'])
      await expect(hear({ headers, rawBody: Buffer.concat([rawBody, Buffer.from(' ')]) })).rejects.toMatchObject(refused)
      for (const changed of [
        { 'x-fal-webhook-request-id': 'another' },
        { 'x-fal-webhook-user-id': 'another' },
        { 'x-fal-webhook-timestamp': String(at + 1) },
        { 'x-fal-webhook-timestamp': 'soon' },
        { 'x-fal-webhook-signature': 'ab' },
        { 'x-fal-webhook-signature': undefined },
      ])
        await expect(hear({ headers: { ...headers, ...changed }, rawBody }), JSON.stringify(changed)).rejects.toMatchObject(refused)
      const later = (seconds: number) => withKey('key_lab', () => new Date((at + seconds) * 1000))
      await hear({ headers, rawBody }, later(299))
      await expect(hear({ headers, rawBody }, later(301))).rejects.toMatchObject(refused)
      await expect(hear({ headers, rawBody }, later(-301))).rejects.toMatchObject(refused)
    })

    test('a new key of fal is looked for once the old ones do not match', async () => {
      const fresh = withKey('key_lab')
      await order(clip('before'), fresh, mailbox.url)
      const [before] = (await mailbox.first(1)) as [never]
      await hear(before, fresh)
      await fetch(`${lab.url}/fal/lab/rotate-keys`, { method: 'POST' })
      await order(clip('after'), fresh, mailbox.url)
      const [, after] = (await mailbox.first(2)) as [never, never]
      await hear(after, fresh)
      await hear(before, fresh)
    })

    test('where the two ids of a request differ, the take is found by the one of the order', async () => {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519')
      const { x } = publicKey.export({ format: 'jwk' })
      const app = Fastify()
      // fal's documentation promises no more than `x`.
      app.get('/jwks', () => ({ keys: [{ x }] }))
      await app.listen({ host: '127.0.0.1', port: 0 })
      const there = createFalProvider({ network, apiKey: 'k', jwksUrl: `${app.listeningOrigin}/jwks` })
      const rawBody = Buffer.from(JSON.stringify({ request_id: 'run-2', gateway_request_id: 'order-1', status: 'OK', payload: {} }))
      const time = String(Math.floor(Date.now() / 1000))
      const signed = ['run-2', 'me', time, createHash('sha256').update(rawBody).digest('hex')].join('\n')
      const headers = {
        'x-fal-webhook-request-id': 'run-2',
        'x-fal-webhook-user-id': 'me',
        'x-fal-webhook-timestamp': time,
        'x-fal-webhook-signature': sign(null, Buffer.from(signed), privateKey).toString('hex'),
      }
      expect(await hear({ headers, rawBody }, there)).toEqual({ dedupeKey: 'run-2', ref: { requestId: 'order-1', otherId: 'run-2' } })
      await app.close()
    })
  })
})
