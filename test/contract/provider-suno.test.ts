import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SluiceError } from '../../src/domain/errors.ts'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { RemoteRef, TakeOutput } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createSunoProvider, type SunoOptions } from '../../src/drivers/provider/suno/provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { suno } from '../../src/lab/vendors/suno.ts'
import type { Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { eventually } from '../helpers/eventually.ts'
import { createMailbox, type Mailbox } from '../helpers/mailbox.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const KEY = 'key_lab'
const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let mailbox: Mailbox
let selfHosted: Provider
let reseller: Provider

const make = (shape: SunoOptions['shape'], options: Partial<SunoOptions> = {}) =>
  createSunoProvider({ network, shape, baseUrl: `${lab.url}/suno`, ...(shape === 'reseller' && { apiKey: KEY }), ...options })

beforeAll(async () => {
  lab = await createLab({ vendors: [suno] })
  mailbox = await createMailbox()
  selfHosted = make('self-hosted')
  reseller = make('reseller')
})
beforeEach(() => {
  lab.clock.speed = 1_000
  lab.dials.reset()
})
afterAll(async () => {
  await lab?.close()
  await mailbox?.close()
  await network.close()
})

type Music = Extract<GenerateRequest, { kind: 'music' }>
const music = (prompt: string, more: Partial<Music> = {}): Music => ({ kind: 'music', prompt, durationSeconds: 60, seed: 5, ...more })

let takes = 0
const context = (webhookUrl?: string) => orderContext(`tak_${++takes}`, webhookUrl === undefined ? {} : { webhookUrl })
const order = (by: Provider, prompt: string, more: Partial<Music> = {}): Promise<RemoteRef> => by.start(music(prompt, more), context())
const works = () => lab.works.of('suno')
const newest = () => {
  const [work] = works().list()
  if (!work) throw new Error('nothing was ordered')
  return work
}
const body = () => newest().data['body'] as Record<string, unknown>
const total = () => lab.book.totals()['suno'] ?? 0
const ask = (by: Provider, ref: RemoteRef) => by.status(ref, { signal: never })

describe.each(['self-hosted', 'reseller'] as const)('provider: suno, %s', (shape) => {
  const provider = () => (shape === 'reseller' ? reseller : selfHosted)

  test('a song: ordered once, asked for, downloaded, playable, charged as quoted', async () => {
    const before = total()
    const ref = await order(provider(), 'slow piano in the rain')
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    expect(JSON.stringify(ref)).not.toContain(KEY)
    const { outputs } = await delivered(provider(), ref)
    expect(outputs).toMatchObject([{ role: 'media', mimeType: 'audio/mpeg' }])
    expect((await playable(await bytesOf(provider(), outputs[0] as TakeOutput))).streams).toEqual(['audio'])
    expect(total() - before).toBe(provider().quote(music('x')).amountMicroUsd)
    expect(provider().quote(music('x')).basis).toBe('suno:2026-11-22')
  })

  test('says before all else that there is no official API, and what is not in our hands', () => {
    const { caution } = provider().capabilities
    expect(caution).toMatch(/no official public API/)
    expect(caution).toMatch(/length|long/)
    expect(caution).toMatch(/without voices/)
    expect(make(shape, { instrumental: false }).capabilities.caution).not.toMatch(/without voices/)
  })

  test('asking again for a fresh address gives the same song', async () => {
    const ref = await order(provider(), '[lab:expiring-url] a waltz')
    const { outputs: dead } = await delivered(provider(), ref)
    await expect(bytesOf(provider(), dead[0] as TakeOutput)).rejects.toMatchObject({ code: 'file_not_found' })
    const { outputs: fresh } = await delivered(provider(), ref)
    const bytes = await bytesOf(provider(), fresh[0] as TakeOutput)
    expect(bytes).toEqual(Buffer.from(newest().outputs[0]?.bytes as Uint8Array))
    expect(await bytesOf(provider(), fresh[0] as TakeOutput, 500)).toEqual(bytes.subarray(500))
  })

  test('one of the two songs in error: the other is the take', async () => {
    for (const marker of ['partial-result', 'partial-result=first']) {
      const ref = await order(provider(), `[lab:${marker}] a duet`)
      const { outputs } = await delivered(provider(), ref)
      expect(outputs).toHaveLength(1)
      expect(await bytesOf(provider(), outputs[0] as TakeOutput)).toEqual(Buffer.from(newest().outputs[0]?.bytes as Uint8Array))
    }
  })

  test('while songs are made none of their addresses is taken', async () => {
    lab.clock.speed = 20
    const ref = await order(provider(), 'a long song')
    const seen = new Set<string>()
    while (newest().endedAt === null) {
      const status = await ask(provider(), ref)
      seen.add(status.state)
      if (newest().progress > 0.6) lab.clock.speed = 1_000
    }
    expect([...seen].filter((state) => state !== 'succeeded')).toEqual(['queued', 'running'])
    expect((await untilEnded(provider(), ref)).state).toBe('succeeded')
  })

  test('a lost answer leaves a doubt and the charge, an address nobody is at does not', async () => {
    const before = total()
    await expect(order(provider(), `[lab:lost-reply] a ballad by ${shape}`)).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(total()).toBeGreaterThan(before)
    const nobody = make(shape, { baseUrl: 'http://127.0.0.1:9' })
    await expect(order(nobody, 'a ballad')).rejects.toMatchObject({ code: 'provider_unavailable' })
    await expect(order(provider(), `[lab:server-error] a ballad by ${shape}`)).rejects.toMatchObject({ code: 'submit_unknown' })
  })

  test.each<[string, Partial<SluiceError>]>([
    ['throttle', { code: 'provider_throttled', retryAfterMs: 1_000 }],
    ['throttle-bare', { code: 'provider_throttled', retryAfterMs: undefined as never }],
    ['sunset', { code: 'model_sunset', field: 'model' }],
  ])('an order refused by %s says so, and nothing was charged', async (marker, error) => {
    const before = total()
    await expect(order(provider(), `[lab:${marker}] a march by ${shape}`)).rejects.toMatchObject(error)
    expect(total()).toBe(before)
  })

  test('what is forgotten is lost; trouble on the way is not an end', async () => {
    const ref = await order(provider(), 'a ghost')
    works().delete(newest().id)
    expect(await ask(provider(), ref)).toMatchObject({ state: 'lost', outcome: { class: 'lost', charged: 'unknown' } })
    lab.dials.set({ 'poll-error': 1 })
    await expect(ask(provider(), ref)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test.each<[string, GenerateRequest, string]>([
    ['an unknown model', music('x', { model: 'sora-2' }), 'model'],
    ['too long a song', music('x', { durationSeconds: 481 }), 'durationSeconds'],
    ['no length', music('x', { durationSeconds: 0 }), 'durationSeconds'],
    ['an empty prompt', music(' '), 'prompt'],
    ['speech', { kind: 'speech', text: 'x', voice: 'x', seed: 1 }, 'kind'],
  ])('refuses %s before anything is sent', async (_, request, field) => {
    const before = works().list().length
    const refused = { code: 'provider_cannot', field, fix: expect.stringMatching(/\w/) }
    expect(() => provider().quote(request)).toThrow(expect.objectContaining(refused))
    await expect(provider().start(request, context())).rejects.toMatchObject(refused)
    expect(works().list().length).toBe(before)
  })
})

describe('provider: suno, self-hosted', () => {
  test('keeps the ids of both clips, and sends what was asked for', async () => {
    const ref = await order(selfHosted, 'a rondo', { model: 'chirp-v4' })
    expect(ref).toEqual({ clips: newest().data['songs'] })
    expect(ref['clips']).toHaveLength(2)
    expect(body()).toMatchObject({ prompt: 'a rondo', make_instrumental: true, model: 'chirp-v4', wait_audio: false })
    await order(make('self-hosted', { instrumental: false }), 'a song')
    expect(body()).toMatchObject({ make_instrumental: false })
  })

  test('no credits, a refused prompt, a song held back and one that failed are told apart', async () => {
    await expect(order(selfHosted, '[lab:refuse-input=402] x')).rejects.toMatchObject({ code: 'provider_billing' })
    await expect(order(selfHosted, '[lab:refuse-input] x')).rejects.toMatchObject({ code: 'input_refused', field: 'prompt' })
    expect(await untilEnded(selfHosted, await order(selfHosted, '[lab:refuse-output] x'))).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_input', retry: 'soften', charged: 'unknown' },
    })
    expect(await untilEnded(selfHosted, await order(selfHosted, '[lab:fail] x'))).toMatchObject({
      state: 'failed',
      outcome: { class: 'transient', code: 'provider_failed', charged: 'unknown' },
    })
  })

  test('a lost order is found by its prompt and time, is absent or is not guessed at', async () => {
    const lose = async (prompt: string) => {
      const { takeId } = context()
      const intent = { takeId, request: music(prompt), orderedAt: new Date() }
      await expect(order(selfHosted, prompt)).rejects.toMatchObject({ code: 'submit_unknown' })
      return intent
    }
    const found = await lose('[lab:lost-reply] the lost song')
    const clips = newest().data['songs']
    for (let n = 0; n < 15; n++) await order(selfHosted, `[lab:fail] later ${n}`)
    expect(await selfHosted.reconcile?.(found, { signal: never })).toEqual({ clips })
    expect((await delivered(selfHosted, { clips })).outputs).toHaveLength(1)

    const absent = await lose('[lab:server-error] never taken')
    expect(await selfHosted.reconcile?.(absent, { signal: never })).toBe('absent')

    const twins = await lose('[lab:lost-reply=2] twins')
    await lose('[lab:lost-reply=2] twins')
    expect(await selfHosted.reconcile?.(twins, { signal: never })).toBe('unknown')

    const long = { ...found, orderedAt: new Date(Date.now() + 3_600_000) }
    expect(await selfHosted.reconcile?.(long, { signal: never })).toBe('absent')
  })

  test('has no webhooks', () => {
    expect(selfHosted.webhook).toBeUndefined()
    expect(selfHosted.capabilities).toMatchObject({ reconcile: 'list' })
    expect(selfHosted.capabilities.webhook).toBeUndefined()
  })
})

describe('provider: suno, reseller', () => {
  test('HTTP says 200 to a wrong key, an empty account and a bad request; the code is believed', async () => {
    const before = total()
    await expect(order(make('reseller', { apiKey: 'invalid' }), 'x')).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(order(make('reseller', { apiKey: 'broke' }), 'x')).rejects.toMatchObject({ code: 'provider_billing' })
    await expect(order(reseller, '[lab:server-error=455] x')).rejects.toMatchObject({ code: 'provider_unavailable' })
    await expect(ask(make('reseller', { apiKey: 'invalid' }), { id: 'x' })).rejects.toMatchObject({ code: 'provider_key_invalid' })
    expect(total()).toBe(before)
    const refused = expect.objectContaining({ code: 'provider_cannot', field: 'prompt' })
    expect(() => reseller.quote(music('x'.repeat(501)))).toThrow(refused)
  })

  test('trouble with our address is not the end: it is asked for until the songs are there', async () => {
    lab.clock.speed = 50
    const ref = await order(reseller, 'a march')
    expect(body()['callBackUrl']).toMatch(/\.invalid\//)
    expect(body()).toMatchObject({ customMode: false, instrumental: true, model: 'V4_5' })
    const running = await eventually(
      () => ask(reseller, ref),
      ({ state }) => state !== 'queued',
      5_000,
    )
    expect(running).toEqual({ state: 'running', progress: null })
    lab.clock.speed = 1_000
    expect((await untilEnded(reseller, ref)).state).toBe('succeeded')
    expect(lab.webhooks.deliveries).toEqual([])
  })

  test('the first of two songs is not the end of the task', async () => {
    const ref = await reseller.start(music('[lab:zombie] a fugue'), context(mailbox.url))
    await eventually(
      () => ask(reseller, ref),
      ({ state }) => state === 'running',
      5_000,
    )
    const record = await fetch(`${lab.url}/suno/api/v1/generate/record-info?taskId=${ref['id']}`, {
      headers: { authorization: `Bearer ${KEY}` },
    })
    expect(await record.json()).toMatchObject({
      code: 200,
      data: { status: 'FIRST_SUCCESS', response: { sunoData: [{ audioUrl: expect.stringMatching(/^http/) }, { audioUrl: '' }] } },
    })
    expect(await ask(reseller, ref)).toEqual({ state: 'running', progress: null })
  })

  test.each([
    ['refuse-input', { class: 'refused_input', code: 'input_refused', field: 'prompt', retry: 'soften', charged: 'unknown' }, 60_000],
    ['refuse-output', { class: 'refused_input', code: 'input_refused', charged: 'unknown' }, 60_000],
    ['fail', { class: 'transient', code: 'provider_failed', retry: 'reseed', charged: 'unknown' }, 60_000],
    ['fail=CREATE_TASK_FAILED', { class: 'transient', charged: 'unknown' }, 60_000],
    ['fail=531', { class: 'transient', retry: 'reseed', charged: 'no' }, 0],
  ])('a task that ends by %s has its own outcome', async (marker, outcome, charged) => {
    const ref = await order(reseller, `[lab:${marker}] a storm`)
    expect(await untilEnded(reseller, ref)).toMatchObject({ state: 'failed', outcome })
    expect(lab.book.of(String(ref['id']))).toBe(charged)
  })

  test('callbacks name the task they are about, each kind once, and tell of a lost answer', async () => {
    const from = mailbox.mails.length
    const address = `${mailbox.url}/hooks/suno/tak/token`
    await expect(reseller.start(music('[lab:lost-reply] a parade'), context(address))).rejects.toMatchObject({ code: 'submit_unknown' })
    const ref = { id: newest().id }
    const mails = (await mailbox.first(from + 3)).slice(from)
    expect(mails.map(({ path }) => path)).toEqual(Array(3).fill('/hooks/suno/tak/token'))
    const hints = await Promise.all(mails.map(({ headers, rawBody }) => reseller.webhook?.(headers, rawBody)))
    expect(hints.map((hint) => hint?.ref)).toEqual([ref, ref, ref])
    expect(new Set(hints.map((hint) => hint?.dedupeKey)).size).toBe(3)
    expect(reseller.capabilities).toMatchObject({ webhook: 'per-order', reconcile: 'webhook' })
    expect((await delivered(reseller, ref)).outputs).toHaveLength(1)
  })

  test('a callback that names no task is not believed', async () => {
    for (const text of ['', '[]', '{"code":200}', '{"code":200,"data":{"callbackType":"complete","task_id":""}}'])
      await expect(reseller.webhook?.({}, Buffer.from(text)), text).rejects.toMatchObject({ code: 'webhook_invalid' })
  })
})
