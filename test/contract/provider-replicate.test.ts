import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { TakeId } from '../../src/domain/ids.ts'
import type { RemoteRef, TakeOutput } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createReplicateProvider, type ReplicateOptions } from '../../src/drivers/provider/replicate/provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { replicate } from '../../src/lab/vendors/replicate.ts'
import type { Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { createMailbox, type Mail, type Mailbox } from '../helpers/mailbox.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let provider: Provider
let mailbox: Mailbox

const withOptions = (options: Partial<ReplicateOptions>): Provider =>
  createReplicateProvider({ network, apiKey: 'r8_lab', baseUrl: `${lab.url}/replicate`, settleMs: 0, ...options })

beforeAll(async () => {
  lab = await createLab({ vendors: [replicate] })
  provider = withOptions({})
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
let seeds = 0
const clip = (prompt: string, more: Partial<Video> = {}): Video => ({
  kind: 'video',
  prompt,
  durationSeconds: 2,
  width: 1280,
  height: 720,
  fps: 24,
  seed: ++seeds,
  ...more,
})

let takes = 0
const nextId = (): TakeId => `tak_${String(++takes).padStart(4, '0')}` as TakeId
const order = (request: GenerateRequest, by = provider, webhookUrl?: string): Promise<RemoteRef> =>
  by.start(request, orderContext(nextId(), webhookUrl === undefined ? {} : { webhookUrl }))
const idOf = (ref: RemoteRef): string => String(ref['id'])
const charged = (ref: RemoteRef): number => lab.book.of(idOf(ref))
const works = () => lab.works.of('replicate')
const only = (outputs: TakeOutput[]): TakeOutput => {
  expect(outputs).toHaveLength(1)
  return outputs[0] as TakeOutput
}

describe('provider: replicate', () => {
  test('a clip: ordered, asked for, downloaded, playable, and charged as quoted', async () => {
    const request = clip('a lighthouse')
    const ref = await order(request)
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    expect(JSON.stringify(ref)).not.toContain('r8_lab')
    const { outputs, charge } = await delivered(provider, ref)
    const output = only(outputs)
    expect(output).toMatchObject({ role: 'media', mimeType: 'video/mp4' })
    const bytes = await bytesOf(provider, output)
    expect(await playable(bytes)).toMatchObject({ width: 1280, height: 720, durationSeconds: 2 })
    expect((await bytesOf(provider, output, 100)).equals(bytes.subarray(100))).toBe(true)
    expect(provider.quote(request)).toMatchObject({ amountMicroUsd: 50_000, basis: 'replicate:2026-11-23' })
    expect(charge).toEqual({ amountMicroUsd: 50_000, basis: 'price-list' })
    expect(charged(ref)).toBe(50_000)
    expect(works().get(idOf(ref))?.ordered[0]).toMatchObject({ seed: request.seed })
  })

  test('each model is written in its own words, and costs what it was quoted at', async () => {
    const orders: GenerateRequest[] = [
      clip('tall', { width: 1080, height: 1920 }),
      clip('from a picture', { imageUrl: 'https://example.com/a.png' }),
      clip('lite', { model: 'bytedance/seedance-1-lite', width: 720, height: 1280 }),
      clip('veo', { model: 'google/veo-3.1-fast', durationSeconds: 4 }),
      { kind: 'music', prompt: 'slow strings', durationSeconds: 3, seed: 4 },
      { kind: 'sound', prompt: 'a door', durationSeconds: 2, seed: 4 },
      { kind: 'speech', text: 'Good morning to all.', voice: 'Deep_Voice_Man', seed: 4 },
    ]
    for (const request of orders) {
      const ref = await order(request)
      const { outputs } = await delivered(provider, ref)
      const seen = await playable(await bytesOf(provider, only(outputs)))
      expect(charged(ref), JSON.stringify(request)).toBe(provider.quote(request).amountMicroUsd)
      if (request.kind === 'video') expect(seen).toMatchObject({ width: request.width, height: request.height })
      if ('durationSeconds' in request) expect(seen.durationSeconds).toBeCloseTo(request.durationSeconds, 0)
    }
  })

  test('an output may be a string, a list or an object', async () => {
    for (const shape of ['string', 'array', 'object']) {
      const { outputs } = await delivered(provider, await order(clip(`shaped [lab:output=${shape}]`)))
      expect(await playable(await bytesOf(provider, only(outputs))), shape).toMatchObject({ durationSeconds: 2 })
    }
  })

  test('queued and running are told, with the progress that its logs show', async () => {
    lab.clock.speed = 1
    const ref = await order(clip('a slow one'))
    expect(await provider.status(ref, { signal: never })).toEqual({ state: 'queued' })
    lab.clock.speed = 1_000
    await delivered(provider, ref)
    const still = await order(clip('a still one [lab:zombie]'))
    await expect.poll(() => provider.status(still, { signal: never })).toEqual({ state: 'running', progress: 0.4 })
    works().cancel(idOf(still))
  })

  test('what it would not make is refused before anything is sent, with field and fix', async () => {
    const before = lab.works.all().length
    const refused: [GenerateRequest, string][] = [
      [clip('x', { model: 'google/veo-9' }), 'model'],
      [clip('x', { durationSeconds: 2.5 }), 'durationSeconds'],
      [clip('x', { model: 'google/veo-3.1-fast', durationSeconds: 5 }), 'durationSeconds'],
      [clip('x', { width: 640, height: 360 }), 'width'],
      [{ kind: 'speech', text: 'hello', voice: 'Draft', seed: 1 }, 'voice'],
      [{ kind: 'speech', text: 'x'.repeat(10_001), voice: 'Wise_Woman', seed: 1 }, 'text'],
      [{ kind: 'keyframes', scenes: [], width: 1280, height: 720, seed: 1 }, 'kind'],
    ]
    for (const [request, field] of refused) {
      const problem = expect.objectContaining({ code: 'provider_cannot', field, fix: expect.stringMatching(/\w/) })
      expect(() => provider.quote(request), field).toThrow(problem)
      await expect(order(request)).rejects.toEqual(problem)
    }
    expect(lab.works.all()).toHaveLength(before)
  })

  test('an order is refused in its own words: token, credit, model, limits whose delay stands in the text', async () => {
    await expect(order(clip('x'), withOptions({ apiKey: 'invalid' }))).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(order(clip('x'), withOptions({ apiKey: 'broke' }))).rejects.toMatchObject({ code: 'provider_billing' })
    await expect(order(clip('[lab:sunset]'))).rejects.toMatchObject({ code: 'model_sunset', field: 'model' })
    await expect(order(clip('wait [lab:throttle]'))).rejects.toMatchObject({ code: 'provider_throttled', retryAfterMs: 1_000 })
    await expect(order(clip('wait [lab:throttle-bare]'))).rejects.toMatchObject({ code: 'provider_throttled', retryAfterMs: 30_000 })
    await delivered(provider, await order(clip('wait [lab:throttle]')))
  })

  test('every doubt about an order is submit_unknown, and it is not sent again', async () => {
    const before = lab.works.all().length
    await expect(order(clip('half way [lab:server-error]'))).rejects.toMatchObject({ code: 'submit_unknown' })
    await expect(order(clip('cut [lab:reset-before]'))).rejects.toMatchObject({ code: 'submit_unknown' })
    await expect(order(clip('lost [lab:lost-reply]'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(lab.works.all()).toHaveLength(before + 1)
    const nobody = withOptions({ baseUrl: 'http://127.0.0.1:1' })
    await expect(order(clip('x'), nobody)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test('failures by their words: a refusal of the input, of the output, or none', async () => {
    const cases: [string, Record<string, unknown>][] = [
      ['[lab:refuse-input]', { class: 'refused_input', code: 'input_refused', field: 'prompt', retry: 'soften' }],
      ['[lab:refuse-output]', { class: 'refused_output', code: 'output_refused', retry: 'soften' }],
      [
        '[lab:fail=The input or output was flagged as sensitive. Please try again with different inputs. (E005)]',
        { class: 'refused_output' },
      ],
      ['[lab:fail=NSFW content detected]', { class: 'refused_output' }],
      ['[lab:fail]', { class: 'transient', code: 'provider_failed', charged: 'unknown' }],
      ['[lab:fail=Director error: unexpected error (E4875)]', { class: 'transient' }],
    ]
    for (const [marker, outcome] of cases)
      expect(await untilEnded(provider, await order(clip(`x ${marker}`))), marker).toMatchObject({ state: 'failed', outcome })
  })

  test('words of refusals can be added', async () => {
    const ref = await order(clip('x [lab:fail=The fairies declined]'))
    expect(await untilEnded(provider, ref)).toMatchObject({ outcome: { class: 'transient' } })
    expect(await untilEnded(withOptions({ refusals: [/fairies/] }), ref)).toMatchObject({ outcome: { class: 'refused_output' } })
  })

  test('an hour after the end the output is gone: expired, and paid', async () => {
    const ref = await order(clip('nobody came'))
    const output = only((await delivered(provider, ref)).outputs)
    lab.clock.advance(3_599)
    await delivered(provider, ref)
    lab.clock.advance(2)
    await expect(provider.fetch(output, { signal: never })).rejects.toMatchObject({ code: 'file_not_found' })
    expect(await provider.status(ref, { signal: never })).toMatchObject({
      state: 'expired',
      outcome: { class: 'expired', charged: 'yes', amountMicroUsd: 50_000 },
    })
    lab.clock.advance(-3_601)
  })

  test('an address that has died is refreshed by asking again; a broken download goes on where it broke', async () => {
    const ref = await order(clip('short lived [lab:expiring-url]'))
    // The fault strikes the first address that is ever given.
    const first = only((await delivered(provider, ref)).outputs)
    await expect(provider.fetch(first, { signal: never })).rejects.toMatchObject({ code: 'file_not_found' })
    expect(await playable(await bytesOf(provider, only((await delivered(provider, ref)).outputs)))).toMatchObject({ durationSeconds: 2 })

    const broken = only((await delivered(provider, await order(clip('broken [lab:truncated-body]')))).outputs)
    const { stream, sizeBytes } = await provider.fetch(broken, { signal: never })
    const head: Uint8Array[] = []
    await expect(
      (async () => {
        for await (const piece of stream) head.push(piece)
      })(),
    ).rejects.toThrow()
    const begun = Buffer.concat(head)
    const whole = Buffer.concat([begun, await bytesOf(provider, broken, begun.length)])
    expect(whole.length).toBe(sizeBytes)
    expect(await playable(whole)).toMatchObject({ durationSeconds: 2 })
  })

  test('a fault of the way to the status is thrown; what Replicate no longer knows is lost', async () => {
    const ref = await order(clip('a boat'))
    await delivered(provider, ref)
    lab.dials.set({ 'poll-error': 1 })
    await expect(provider.status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
    lab.dials.reset()
    await delivered(provider, ref)
    const forgotten = await order(clip('forgotten [lab:restart]'))
    expect(await untilEnded(provider, forgotten)).toMatchObject({ state: 'lost', outcome: { class: 'lost', charged: 'unknown' } })
  })

  describe('cancel', () => {
    const cancel = (ref: RemoteRef) => (provider.cancel as NonNullable<Provider['cancel']>)(ref)

    test('before the start: aborted, and not charged', async () => {
      lab.clock.speed = 1
      const ref = await order(clip('never begun'))
      expect(await cancel(ref)).toBe('stopped')
      expect(await provider.status(ref, { signal: never })).toMatchObject({
        state: 'cancelled',
        outcome: { class: 'cancelled', charged: 'no', detail: expect.stringContaining('aborted') },
      })
      expect(charged(ref)).toBe(0)
    })

    test('after the start: canceled, and charged for its time', async () => {
      const ref = await order(clip('stuck [lab:zombie]'))
      await expect.poll(() => provider.status(ref, { signal: never })).toMatchObject({ state: 'running', progress: 0.4 })
      expect(await cancel(ref)).toBe('stopped')
      expect(await provider.status(ref, { signal: never })).toMatchObject({ state: 'cancelled', outcome: { charged: 'unknown' } })
      expect(charged(ref)).toBe(20_000)
    })

    test('what is done is too late, and stays; what is not known cannot be said', async () => {
      const ref = await order(clip('done'))
      await delivered(provider, ref)
      expect(await cancel(ref)).toBe('too_late')
      await delivered(provider, ref)
      expect(await cancel({ id: 'nobody' })).toBe('unknown')
    })
  })

  describe('reconcile', () => {
    const search = (takeId: TakeId, request: GenerateRequest, { orderedAt = new Date(), by = provider } = {}) =>
      (by.reconcile as NonNullable<Provider['reconcile']>)({ takeId, request, orderedAt }, { signal: never })
    const loseReply = async (request: GenerateRequest, webhookUrl?: string): Promise<TakeId> => {
      const takeId = nextId()
      const context = orderContext(takeId, webhookUrl === undefined ? {} : { webhookUrl: `${webhookUrl}/${takeId}` })
      await expect(provider.start(request, context)).rejects.toMatchObject({ code: 'submit_unknown' })
      return takeId
    }

    test('an order whose answer was lost is found by its input, and followed as if the answer had come', async () => {
      const request = clip('lost by input [lab:lost-reply]')
      const found = await search(await loseReply(request), request)
      expect(found).toMatchObject({ model: 'bytedance/seedance-1-pro-fast', amountMicroUsd: 50_000, mimeType: 'video/mp4' })
      await delivered(provider, found as RemoteRef)
    })

    test('two that look alike are told apart by the address of the webhook, and not at all without', async () => {
      const alike = clip('twins [lab:lost-reply=9]')
      const [one, two] = [await loseReply(alike, mailbox.url), await loseReply(alike, mailbox.url)]
      const found = [(await search(one, alike)) as RemoteRef, (await search(two, alike)) as RemoteRef]
      expect(new Set(found.map(idOf)).size).toBe(2)
      const [first] = found
      expect(works().get(idOf(first as RemoteRef))?.data['ordered']).toMatchObject({ webhook: `${mailbox.url}/${one}` })

      const same = clip('twins without [lab:lost-reply=9]')
      const third = await loseReply(same)
      await loseReply(same)
      expect(await search(third, same)).toBe('unknown')
    })

    test('absent once the list reaches back far enough; before that one cannot know', async () => {
      const request = clip('never sent')
      expect(await search(nextId(), request)).toBe('absent')
      const young = withOptions({ settleMs: 30_000 })
      expect(await search(nextId(), request, { by: young })).toBe('unknown')
      expect(await search(nextId(), request, { by: young, orderedAt: new Date(Date.now() - 31_000) })).toBe('absent')
    })

    test('an older order with the same input is not taken for it', async () => {
      const request = clip('older')
      await delivered(provider, await order(request))
      const later = new Date(Date.now() + 61_000)
      expect(await search(nextId(), request, { orderedAt: later, by: withOptions({ now: () => later }) })).toBe('absent')
    })

    test('what is on a later page is found as well', async () => {
      const request = clip('far back [lab:lost-reply] [lab:zombie]')
      const takeId = await loseReply(request)
      for (let others = 0; others < 101; others++) await order(clip('[lab:zombie]'))
      expect(await search(takeId, request)).toMatchObject({ amountMicroUsd: 50_000 })
    })

    test('one that might be it, and whose input is gone, leaves a doubt', async () => {
      const { app, by } = await scripted((host) => {
        host.get('/predictions', () => ({
          next: null,
          results: [
            { id: 'a', status: 'succeeded', model: 'bytedance/seedance-1-pro-fast', input: {}, data_removed: true, created_at: new Date() },
          ],
        }))
      })
      expect(await search(nextId(), clip('x'), { by })).toBe('unknown')
      await app.close()
    })
  })

  describe('webhooks', () => {
    const hear = ({ headers, rawBody }: Pick<Mail, 'headers' | 'rawBody'>, by = provider) =>
      (by.webhook as NonNullable<Provider['webhook']>)(headers, rawBody)
    const refused = { code: 'webhook_invalid' }

    test('a true one names the prediction; twice the same key; forged and stale ones before it are not believed', async () => {
      const ref = await order(clip('told [lab:webhook-forged] [lab:webhook-stale] [lab:webhook-double]'), provider, mailbox.url)
      const [forged, stale, once, twice] = (await mailbox.first(4)) as [Mail, Mail, Mail, Mail]
      await expect(hear(forged)).rejects.toMatchObject(refused)
      await expect(hear(stale)).rejects.toMatchObject(refused)
      const hint = await hear(once)
      expect(hint.ref).toEqual({ id: idOf(ref) })
      expect((await hear(twice)).dedupeKey).toBe(hint.dedupeKey)
      await delivered(provider, hint.ref)
    })

    test('one that comes before the answer to the order names the same prediction', async () => {
      const ordering = order(clip('early [lab:webhook-early]'), provider, mailbox.url)
      const [mail] = (await mailbox.first(1)) as [Mail]
      const { ref } = await hear(mail)
      expect(ref['id']).toBe(idOf(await ordering))
    })

    test('one of the start that comes after the end changes nothing: it only says that it is time to ask', async () => {
      const ref = await order(clip('out of order [lab:webhook-disorder]'), provider, mailbox.url)
      const [end, start] = (await mailbox.first(2)) as [Mail, Mail]
      expect(JSON.parse(String(end.rawBody)).status).toBe('succeeded')
      expect(JSON.parse(String(start.rawBody)).status).toBe('processing')
      const hint = await hear(start)
      expect(hint.ref).toEqual({ id: idOf(ref) })
      expect(hint.dedupeKey).not.toBe((await hear(end)).dedupeKey)
      await delivered(provider, hint.ref)
    })

    test('one changed byte or no signature: not believed; the window of 300 seconds is ours', async () => {
      await order(clip('signed'), provider, mailbox.url)
      const [mail] = (await mailbox.first(1)) as [Mail]
      await hear(mail)
      await expect(hear({ ...mail, rawBody: Buffer.concat([mail.rawBody, Buffer.from(' ')]) })).rejects.toMatchObject(refused)
      await expect(hear({ ...mail, headers: { ...mail.headers, 'webhook-signature': undefined } })).rejects.toMatchObject(refused)
      const at = Number(mail.headers['webhook-timestamp'])
      const later = (seconds: number) => withOptions({ now: () => new Date((at + seconds) * 1000) })
      await hear(mail, later(299))
      await expect(hear(mail, later(301))).rejects.toMatchObject(refused)
      await expect(hear(mail, later(-301))).rejects.toMatchObject(refused)
    })

    test('a secret that was set is used, and Replicate is not asked', async () => {
      const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
      const by = withOptions({ webhookSecret, baseUrl: 'http://127.0.0.1:1' })
      const rawBody = Buffer.from(JSON.stringify({ id: 'p1', status: 'succeeded' }))
      expect(await hear({ headers: signedBy(webhookSecret, rawBody), rawBody }, by)).toEqual({ dedupeKey: 'msg_1', ref: { id: 'p1' } })
      const nothing = Buffer.from('{}')
      await expect(hear({ headers: signedBy(webhookSecret, nothing), rawBody: nothing }, by)).rejects.toMatchObject(refused)
    })

    test('a secret that has changed is asked for again, at most once a minute', async () => {
      const [old, fresh] = [randomBytes(24), randomBytes(24)].map((bytes) => `whsec_${bytes.toString('base64')}`) as [string, string]
      let current = old
      let asked = 0
      let nowMs = Date.now()
      const { app, by } = await scripted(
        (host) => {
          host.get('/webhooks/default/secret', () => {
            asked++
            return { key: current }
          })
        },
        { now: () => new Date(nowMs) },
      )
      const rawBody = Buffer.from(JSON.stringify({ id: 'p1', status: 'succeeded' }))
      const mail = (secret: string) => ({ headers: signedBy(secret, rawBody), rawBody })
      await hear(mail(old), by)
      await expect(hear(mail(fresh), by)).rejects.toMatchObject(refused)
      expect(asked).toBe(1)
      current = fresh
      nowMs += 61_000
      await hear(mail(fresh), by)
      await hear(mail(fresh), by)
      expect(asked).toBe(2)
      await app.close()
    })
  })
})

function signedBy(secret: string, rawBody: Buffer): Record<string, string> {
  const now = new Date()
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', now, rawBody.toString()),
  }
}

/** A Replicate that answers what the test says. */
async function scripted(routes: (app: FastifyInstance) => void, options: Partial<ReplicateOptions> = {}) {
  const app = Fastify()
  routes(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, by: withOptions({ baseUrl: app.listeningOrigin, ...options }) }
}
