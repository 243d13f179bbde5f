import { createHmac } from 'node:crypto'
import { MockAgent } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SluiceError } from '../../src/domain/errors.ts'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { TakeId } from '../../src/domain/ids.ts'
import type { Cue, RemoteRef, TakeOutput } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import type { Answer } from '../../src/drivers/http/vendor-api.ts'
import { cuesOf } from '../../src/drivers/provider/elevenlabs/cues.ts'
import { refusalOf } from '../../src/drivers/provider/elevenlabs/errors.ts'
import { createElevenLabsProvider, type ElevenLabsOptions } from '../../src/drivers/provider/elevenlabs/provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { createFfmpegMaker } from '../../src/lab/media/ffmpeg-maker.ts'
import { ELEVENLABS_LAB_SECRET, elevenlabs } from '../../src/lab/vendors/elevenlabs.ts'
import type { Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { createMailbox, type Mailbox } from '../helpers/mailbox.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const KEY = 'key_lab'
const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let mailbox: Mailbox
let provider: Provider

const make = (options: Partial<ElevenLabsOptions> = {}) =>
  createElevenLabsProvider({ network, apiKey: KEY, baseUrl: `${lab.url}/elevenlabs`, ...options })

beforeAll(async () => {
  lab = await createLab({ vendors: [elevenlabs] })
  mailbox = await createMailbox()
  provider = make()
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

type Of<Kind extends GenerateRequest['kind']> = Partial<Extract<GenerateRequest, { kind: Kind }>>
const speech = (text: string, more: Of<'speech'> = {}): GenerateRequest => ({ kind: 'speech', text, voice: 'default', seed: 5, ...more })
const music = (prompt: string, more: Of<'music'> = {}): GenerateRequest => ({ kind: 'music', prompt, durationSeconds: 4, seed: 5, ...more })
const sound = (prompt: string, more: Of<'sound'> = {}): GenerateRequest => ({
  kind: 'sound',
  prompt,
  durationSeconds: 1.5,
  seed: 5,
  ...more,
})
const video = (prompt: string, more: Of<'video'> = {}): GenerateRequest => ({
  kind: 'video',
  prompt,
  durationSeconds: 4,
  width: 1280,
  height: 720,
  fps: 24,
  seed: 7,
  ...more,
})

let takes = 0
const context = () => orderContext(`tak_${++takes}`)
const order = (request: GenerateRequest, by = provider): Promise<RemoteRef> => by.start(request, context())
const works = () => lab.works.of('elevenlabs')
const newest = () => {
  const [work] = works().list()
  if (!work) throw new Error('nothing was ordered')
  return work
}
const total = () => lab.book.totals()['elevenlabs'] ?? 0

/** An order answered with what it made: the bytes kept, and how the reference tells of them. */
async function madeAtOnce(request: GenerateRequest) {
  const given = context()
  const ref = await provider.start(request, given)
  const status = await provider.status(JSON.parse(JSON.stringify(ref)), { signal: never })
  if (status.state !== 'succeeded') throw new Error(JSON.stringify(status))
  return { ref, outputs: status.outputs, kept: given.kept }
}

describe('provider: elevenlabs', () => {
  test('speech comes with the order: the sound and when each sentence is heard, charged as quoted', async () => {
    const text = 'Good morning. The tide is rising, and the boats are going out!'
    const before = total()
    const { ref, outputs, kept } = await madeAtOnce(speech(text))
    expect(JSON.stringify(ref)).not.toContain(KEY)
    expect(outputs.map(({ role, mimeType }) => [role, mimeType])).toEqual([
      ['media', 'audio/mpeg'],
      ['timings', 'application/json'],
    ])
    expect(outputs).toEqual(kept.map(({ bytes: _, ...output }) => output))
    const heard = await playable(kept[0]?.bytes as Uint8Array)
    expect(heard.streams).toEqual(['audio'])
    const cues = JSON.parse(Buffer.from(kept[1]?.bytes as Uint8Array).toString()) as Cue[]
    expect(cues.map((cue) => cue.text)).toEqual(['Good morning.', 'The tide is rising, and the boats are going out!'])
    expect(cues[0]?.startSeconds).toBe(0)
    expect(cues[1]?.startSeconds).toBeGreaterThan(cues[0]?.startSeconds as number)
    expect(Math.abs((cues[1]?.endSeconds as number) - heard.durationSeconds)).toBeLessThan(0.3)
    expect(total() - before).toBe(text.length * 100)
    expect(provider.quote(speech(text))).toMatchObject({ amountMicroUsd: text.length * 100, basis: 'elevenlabs:2026-06-01' })
  })

  test('what is asked for reaches ElevenLabs: voice, model, text', async () => {
    await order(speech('Hello there.', { voice: '21m00Tcm4TlvDq8ikWAM', model: 'eleven_flash_v2_5' }))
    expect(newest().ordered).toMatchObject([{ kind: 'speech', text: 'Hello there.', voice: '21m00Tcm4TlvDq8ikWAM', sampleRate: 44_100 }])
    expect(newest().amountMicroUsd).toBe('Hello there.'.length * 50)
  })

  test('music and sounds stream with the order, as long as asked, charged as quoted', async () => {
    for (const request of [music('slow piano'), sound('rain on a roof')]) {
      const before = total()
      const { outputs, kept } = await madeAtOnce(request)
      expect(outputs).toMatchObject([{ role: 'media', mimeType: 'audio/mpeg' }])
      const { durationSeconds, streams } = await playable(kept[0]?.bytes as Uint8Array)
      expect(streams).toEqual(['audio'])
      expect(durationSeconds).toBeCloseTo('durationSeconds' in request ? request.durationSeconds : 0, 0)
      expect(total() - before).toBe(provider.quote(request).amountMicroUsd)
    }
  })

  test('a video is a job: ordered, asked for, downloaded, playable, charged as quoted', async () => {
    const request = video('a lighthouse', { width: 720, height: 1280 })
    const ref = await order(request)
    expect(ref).toEqual({ id: newest().id })
    const { outputs } = await delivered(provider, ref)
    expect(outputs).toMatchObject([{ role: 'media', mimeType: 'video/mp4' }])
    expect(await playable(await bytesOf(provider, outputs[0] as TakeOutput))).toMatchObject({
      width: 720,
      height: 1280,
      durationSeconds: 4,
    })
    expect(newest().ordered).toMatchObject([{ durationSeconds: 4, seed: 7 }])
    expect(lab.book.of(String(ref['id']))).toBe(provider.quote(request).amountMicroUsd)
  })

  test('a picture to begin with is read from a public address and sent along; others are refused before the order', async () => {
    const { bytes } = await createFfmpegMaker().make({ kind: 'image', width: 64, height: 36, format: 'png' })
    const before = works().list().length
    for (const imageUrl of ['http://example.com/a.png', 'https://10.0.0.1/a.png'])
      expect(() => provider.quote(video('it moves', { imageUrl }))).toThrow(
        expect.objectContaining({ code: 'address_refused', field: 'imageUrl' }),
      )
    const pictures = new MockAgent()
    pictures.disableNetConnect()
    const site = pictures.get('https://pictures.example')
    site.intercept({ path: '/a.png' }).reply(200, Buffer.from(bytes))
    site.intercept({ path: '/a.html' }).reply(200, '<html>')
    site.intercept({ path: '/b.png' }).replyWithError(new Error('cut'))
    site.intercept({ path: '/c.png' }).reply(404)
    site.intercept({ path: '/d.png' }).reply(200, Buffer.concat([Buffer.from(bytes), Buffer.alloc(13 * 2 ** 20)]))
    const by = make({ network: { ...network, guarded: pictures } })
    for (const name of ['a.html', 'b.png', 'c.png', 'd.png'])
      await expect(order(video('it moves', { imageUrl: `https://pictures.example/${name}` }), by), name).rejects.toMatchObject({
        code: 'provider_cannot',
        field: 'imageUrl',
      })
    expect(works().list()).toHaveLength(before)
    await order(video('it moves', { imageUrl: 'https://pictures.example/a.png' }), by)
    expect(newest().data['start_frame']).toEqual({
      type: 'inline_base64',
      content_base64: Buffer.from(bytes).toString('base64'),
      mime_type: 'image/png',
    })
    await pictures.close()
  })

  test('an unfinished job says when to ask again; a zombie only stays unfinished', async () => {
    lab.clock.speed = 1
    const ref = await order(video('a slow train'))
    expect(await provider.status(ref, { signal: never })).toEqual({ state: 'queued', retryAfterMs: 3_000 })
    lab.clock.speed = 1_000
    const stuck = await order(video('[lab:zombie] a slow train'))
    for (let asked = 0; asked < 20; asked++) {
      const status = await provider.status(stuck, { signal: never })
      expect(['queued', 'running']).toContain(status.state)
      if (status.state === 'running') expect(status.progress).toBeNull()
    }
  })

  test.each([
    ['model_error', { class: 'transient', code: 'provider_failed', retry: 'reseed', charged: 'no' }],
    ['timeout', { class: 'transient', code: 'provider_failed', charged: 'no' }],
    ['moderated', { class: 'refused_output', code: 'output_refused', retry: 'soften', charged: 'no' }],
    ['invalid_parameters', { class: 'refused_input', code: 'provider_cannot', retry: 'never', charged: 'no' }],
    ['dependency_failed', { class: 'transient', retry: 'other_provider', charged: 'no' }],
    ['charging_failed', { class: 'billing', code: 'provider_billing', retry: 'other_provider', charged: 'no' }],
  ])('a job that failed as %s has its own outcome and costs nothing', async (reason, outcome) => {
    const ref = await order(video(`[lab:fail=${reason}] a storm`))
    expect(await untilEnded(provider, ref)).toMatchObject({ state: 'failed', outcome })
    expect(lab.book.of(String(ref['id']))).toBe(0)
  })

  test.each<[string, Partial<SluiceError>]>([
    ['refuse-input', { code: 'input_refused', field: 'prompt', fix: expect.stringContaining('something calm') }],
    ['refuse-input=quota_exceeded', { code: 'provider_billing' }],
    ['refuse-input=insufficient_credits', { code: 'provider_billing' }],
    ['refuse-input=max_character_limit_exceeded', { code: 'provider_cannot', field: 'text' }],
    ['sunset', { code: 'model_sunset', field: 'model' }],
    ['throttle', { code: 'provider_throttled', retryAfterMs: 1_000 }],
    ['throttle-bare', { code: 'provider_throttled', retryAfterMs: undefined as never }],
  ])('an order refused by %s says so, and nothing was charged', async (marker, error) => {
    const before = total()
    for (const request of [music(`[lab:${marker}] a march`), video(`[lab:${marker}] a market`)])
      await expect(order(request), request.kind).rejects.toMatchObject(error)
    expect(total()).toBe(before)
  })

  test('refused speech names the text, an unknown voice the voice', async () => {
    await expect(order(speech('[lab:refuse-input] Hello.'))).rejects.toMatchObject({ code: 'input_refused', field: 'text' })
    await expect(order(speech('[lab:refuse-input=voice_not_found] Hello.'))).rejects.toMatchObject({
      code: 'provider_cannot',
      field: 'voice',
    })
  })

  test('a wrong key and an empty account are told apart, though both come under 401', async () => {
    for (const request of [speech('Hello.'), music('a march'), video('a market')]) {
      await expect(order(request, make({ apiKey: 'invalid' }))).rejects.toMatchObject({ code: 'provider_key_invalid' })
      await expect(order(request, make({ apiKey: 'broke' }))).rejects.toMatchObject({ code: 'provider_billing' })
    }
    await expect(make({ apiKey: 'invalid' }).status({ id: 'x' }, { signal: never })).rejects.toMatchObject({ code: 'provider_key_invalid' })
  })

  test('an answer that breaks off, never comes or is an error leaves a doubt, and the charge', async () => {
    for (const request of [
      speech('[lab:truncated-body] A sentence that is cut.'),
      music('[lab:truncated-body] a march'),
      sound('[lab:lost-reply] a door'),
      music('[lab:wrong-type] a march'),
      music('[lab:restart] a march'),
      speech('[lab:lost-reply] Nobody hears this.'),
      video('[lab:lost-reply] a ship'),
    ]) {
      const before = total()
      await expect(order(request), JSON.stringify(request)).rejects.toMatchObject({ code: 'submit_unknown' })
      expect(total()).toBeGreaterThan(before)
    }
    await expect(order(sound('[lab:server-error] a door'))).rejects.toMatchObject({ code: 'submit_unknown' })
    const nobody = make({ baseUrl: 'http://127.0.0.1:9' })
    await expect(order(sound('a door'), nobody)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test.each<[string, number, unknown, Partial<SluiceError>]>([
    [
      'the list of what does not pass',
      422,
      { detail: [{ loc: ['body', 'music_length_ms'], msg: 'too long', type: 'less_than_equal' }] },
      { code: 'provider_cannot', field: 'durationSeconds', message: expect.stringContaining('too long') },
    ],
    [
      'the newer body',
      400,
      { detail: { type: 'validation_error', code: 'invalid_parameters', message: 'no', param: 'body.aspect_ratio', request_id: 'r' } },
      { code: 'provider_cannot', field: 'width' },
    ],
    ['the older body', 401, { detail: { status: 'quota_exceeded', message: 'no credits' } }, { code: 'provider_billing' }],
    ['a key without the right', 401, { detail: { status: 'missing_permissions', message: 'no' } }, { code: 'provider_key_invalid' }],
    ['an empty account under 429', 429, { detail: { status: 'quota_exceeded', message: 'no' } }, { code: 'provider_billing' }],
    ['an older word under another status', 400, { detail: { status: 'system_busy', message: 'no' } }, { code: 'provider_throttled' }],
    ['a conflict', 409, { detail: 'conflict' }, { code: 'provider_throttled' }],
    ['a model that has ended', 410, { detail: { code: 'gone', message: 'no' } }, { code: 'model_sunset', field: 'model' }],
    ['no JSON at all', 400, 'plain words', { code: 'provider_cannot', message: 'ElevenLabs: plain words' }],
    ['nothing', 404, '', { code: 'provider_cannot' }],
  ])('reads %s', async (_, status, body, error) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = { status, headers: {}, text: async () => text } as unknown as Answer
    expect(await refusalOf(answer, 'music')).toMatchObject(error)
  })

  test('storage that fails after the order was paid is no reason to order again', async () => {
    const failing = { ...context(), keep: () => Promise.reject(new Error('disk full')) }
    await expect(provider.start(sound('a door'), failing)).rejects.toMatchObject({
      code: 'submit_unknown',
      message: expect.stringContaining('disk full'),
    })
  })

  describe('a lost answer to speech', () => {
    const lose = async (text: string) => {
      const given = context()
      const intent = { takeId: given.takeId, request: speech(text), orderedAt: new Date() }
      await expect(provider.start(intent.request, given)).rejects.toMatchObject({ code: 'submit_unknown' })
      return intent
    }

    test('is found in the history, with its sound and the times of its sentences', async () => {
      for (const marker of ['lost-reply', 'truncated-body']) {
        const intent = await lose(`[lab:${marker}] It was said. Nobody heard it.`)
        const made = newest().outputs[0]
        await order(speech('Something else.'))
        const ref = (await provider.reconcile?.(intent, { signal: never })) as RemoteRef
        expect(ref).toEqual({ history: made?.id })
        const { outputs } = await delivered(provider, ref)
        expect(outputs.map(({ role }) => role)).toEqual(['media', 'timings'])
        expect(await bytesOf(provider, outputs[0] as TakeOutput)).toEqual(Buffer.from(made?.bytes as Uint8Array))
        const cues = JSON.parse((await bytesOf(provider, outputs[1] as TakeOutput)).toString()) as Cue[]
        expect(cues.map(({ text }) => text)).toEqual(['It was said.', 'Nobody heard it.'])
      }
    })

    test('is not guessed at: said twice, said before, or not kept', async () => {
      const intent = await lose('[lab:lost-reply=2] Twice.')
      expect(await provider.reconcile?.({ ...intent, orderedAt: new Date(Date.now() + 3_600_000) }, { signal: never })).toBe('unknown')
      await lose('[lab:lost-reply=2] Twice.')
      expect(await provider.reconcile?.(intent, { signal: never })).toBe('unknown')
      expect(await provider.reconcile?.(await lose('[lab:server-error] Never said.'), { signal: never })).toBe('unknown')
      expect(await provider.status({ history: 'gone' }, { signal: never })).toMatchObject({
        state: 'lost',
        outcome: { charged: 'unknown' },
      })
    })
  })

  describe('a lost answer to a video', () => {
    const lostOrder = async (by: Provider, prompt: string) => {
      const given = context()
      const request = video(prompt, { model: 'veo-3.1-generate-001' })
      const orderedAt = new Date()
      await expect(by.start(request, given)).rejects.toMatchObject({ code: 'submit_unknown' })
      return { takeId: given.takeId, request, orderedAt }
    }

    test('is found in the list by the only user of the account, between orders that are known', async () => {
      const sole = make({ soleUser: true })
      const model = 'veo-3.1-generate-001'
      await order(video('one before', { model }), sole)
      const intent = await lostOrder(sole, '[lab:lost-reply] the lost one')
      const { id } = newest()
      await order(video('one after', { model }), sole)
      expect(await sole.reconcile?.(intent, { signal: never })).toEqual({ id })
      expect((await delivered(sole, { id })).outputs).toHaveLength(1)
    })

    test('is not guessed at: two candidates, or other users of the account', async () => {
      const sole = make({ soleUser: true })
      const first = await lostOrder(sole, '[lab:lost-reply] twin one')
      await lostOrder(sole, '[lab:lost-reply] twin two')
      expect(await sole.reconcile?.(first, { signal: never })).toBe('unknown')
      const intent = await lostOrder(provider, '[lab:lost-reply] of many users')
      expect(await provider.reconcile?.(intent, { signal: never })).toBe('unknown')
    })

    test('is absent when nothing is new since the mark, and unknown without one', async () => {
      const intent = await lostOrder(provider, '[lab:server-error] never taken')
      expect(await provider.reconcile?.(intent, { signal: never })).toBe('absent')
      const afterCrash = { ...intent, takeId: 'tak_other' as TakeId }
      expect(await provider.reconcile?.(afterCrash, { signal: never })).toBe('unknown')
      const unused = { ...afterCrash, request: video('x', { model: 'bytedance-seedance-v2-mini' }) }
      expect(await provider.reconcile?.(unused, { signal: never })).toBe('absent')
    })

    test('is looked for over several pages', async () => {
      const sole = make({ soleUser: true })
      const intent = await lostOrder(sole, '[lab:lost-reply] far back')
      const { id } = newest()
      for (let n = 0; n < 60; n++) await order(video(`[lab:fail] one of many ${n}`, { model: 'veo-3.1-generate-001' }), sole)
      expect(await sole.reconcile?.(intent, { signal: never })).toEqual({ id })
    })
  })

  test('an address that has died is replaced by asking again; a broken download goes on where it broke', async () => {
    const { outputs: dead } = await delivered(provider, await order(video('[lab:expiring-url] a clock')))
    await expect(bytesOf(provider, dead[0] as TakeOutput)).rejects.toMatchObject({ code: 'file_not_found' })
    const ref = { id: newest().id }
    const { outputs: fresh } = await delivered(provider, ref)
    expect(fresh[0]?.locator).not.toBe(dead[0]?.locator)
    const whole = await bytesOf(provider, fresh[0] as TakeOutput)
    expect(await playable(whole)).toMatchObject({ width: 1280 })
    expect(await bytesOf(provider, fresh[0] as TakeOutput, 1_000)).toEqual(whole.subarray(1_000))

    lab.clock.advance(3_700)
    await expect(bytesOf(provider, fresh[0] as TakeOutput)).rejects.toMatchObject({ code: 'file_not_found' })
  })

  test('a job the vendor has forgotten is lost; trouble on the way is not an end', async () => {
    const ref = await order(video('a ghost'))
    works().delete(String(ref['id']))
    expect(await provider.status(ref, { signal: never })).toMatchObject({ state: 'lost', outcome: { class: 'lost', charged: 'unknown' } })
    const other = await order(video('a guest'))
    lab.dials.set({ 'poll-error': 1 })
    await expect(provider.status(other, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test.each<[string, GenerateRequest, string]>([
    ['an unknown model', video('x', { model: 'sora-2' }), 'model'],
    ['a model of another kind', music('x', { model: 'eleven_v3' }), 'model'],
    ['a length', video('x', { durationSeconds: 5 }), 'durationSeconds'],
    ['a fraction of a second', video('x', { durationSeconds: 4.5, model: 'bytedance-seedance-v2' }), 'durationSeconds'],
    ['too long music', music('x', { durationSeconds: 601 }), 'durationSeconds'],
    ['too short a sound', sound('x', { durationSeconds: 0.4 }), 'durationSeconds'],
    ['a size', video('x', { width: 1000, height: 1000 }), 'width'],
    ['a size of another model', video('x', { width: 1920, height: 1080, model: 'bytedance-seedance-v2-fast' }), 'width'],
    ['a picture', video('x', { imageUrl: 'https://example.com/a.png', model: 'bytedance-seedance-v2.5' }), 'imageUrl'],
    ['no address of a picture', video('x', { imageUrl: 'a.png' }), 'imageUrl'],
    ['a seed', video('x', { seed: -1 }), 'seed'],
    ['a voice that cannot be one', speech('x', { voice: '../models' }), 'voice'],
    ['too much text', speech('x'.repeat(10_001)), 'text'],
    ['an empty prompt', music(' '), 'prompt'],
    ['keyframes', { kind: 'keyframes', scenes: [], width: 64, height: 64, seed: 1 }, 'kind'],
  ])('refuses %s before anything is sent', async (_, request, field) => {
    const before = works().list().length
    const refused = { code: 'provider_cannot', field, fix: expect.stringMatching(/\w/) }
    expect(() => provider.quote(request)).toThrow(expect.objectContaining(refused))
    await expect(order(request)).rejects.toMatchObject(refused)
    expect(works().list().length).toBe(before)
  })

  test('speech without a word is not speakable', () => {
    expect(() => provider.quote(speech('... !'))).toThrow(expect.objectContaining({ code: 'script_not_speakable', field: 'text' }))
  })

  describe('webhooks of the workspace', () => {
    const told = async (marker = '') => {
      lab.webhooks.setTarget('elevenlabs', mailbox.url)
      const from = mailbox.mails.length
      const ref = await order(video(`${marker} a parade`), make({ webhookSecret: ELEVENLABS_LAB_SECRET }))
      return { ref, mails: async (count: number) => (await mailbox.first(from + count)).slice(from) }
    }
    const withSecret = (options: Partial<ElevenLabsOptions> = {}) => make({ webhookSecret: ELEVENLABS_LAB_SECRET, ...options })
    const invalid = { code: 'webhook_invalid' }

    test('name the job, the same way for each delivery', async () => {
      const { ref, mails } = await told('[lab:webhook-double]')
      const hints = await Promise.all((await mails(2)).map(({ headers, rawBody }) => withSecret().webhook?.(headers, rawBody)))
      expect(hints[0]).toEqual({ dedupeKey: expect.stringContaining(String(ref['id'])), ref })
      expect(hints[1]).toEqual(hints[0])
    })

    test('are not believed when changed, stale, signed by another or not signed', async () => {
      const [mail] = await (await told()).mails(1)
      const { headers, rawBody } = mail as NonNullable<typeof mail>
      const by = withSecret()
      await expect(by.webhook?.(headers, Buffer.concat([rawBody, Buffer.from(' ')]))).rejects.toMatchObject(invalid)
      await expect(make({ webhookSecret: 'another' }).webhook?.(headers, rawBody)).rejects.toMatchObject(invalid)
      await expect(by.webhook?.({}, rawBody)).rejects.toMatchObject(invalid)
      await expect(by.webhook?.({ 'elevenlabs-signature': 't=1,v0=zz' }, rawBody)).rejects.toMatchObject(invalid)
      const minutes = (count: number) => withSecret({ now: () => Date.now() + count * 60_000 })
      await expect(minutes(31).webhook?.(headers, rawBody)).rejects.toMatchObject(invalid)
      await expect(minutes(-31).webhook?.(headers, rawBody)).rejects.toMatchObject(invalid)
      await expect(minutes(29).webhook?.(headers, rawBody)).resolves.toBeTruthy()
      const signature = createHmac('sha256', ELEVENLABS_LAB_SECRET)
        .update(`${Math.floor(Date.now() / 1000)}.[]`)
        .digest('hex')
      await expect(
        by.webhook?.({ 'elevenlabs-signature': `t=${Math.floor(Date.now() / 1000)},v0=${signature}` }, Buffer.from('[]')),
      ).rejects.toMatchObject(invalid)
    })

    test('forged and stale ones come before the true one', async () => {
      const { mails } = await told('[lab:webhook-forged] [lab:webhook-stale]')
      const [forged, stale, real] = await mails(3)
      const by = withSecret()
      for (const mail of [forged, stale])
        await expect(by.webhook?.(mail?.headers ?? {}, mail?.rawBody as Buffer)).rejects.toMatchObject(invalid)
      await expect(by.webhook?.(real?.headers ?? {}, real?.rawBody as Buffer)).resolves.toBeTruthy()
    })

    test('are asked for only where a secret is set', () => {
      expect(provider.capabilities.webhook).toBeUndefined()
      expect(provider.webhook).toBeUndefined()
      expect(withSecret().capabilities.webhook).toBe('per-account')
    })
  })
})

describe('cues of ElevenLabs', () => {
  /** A tenth of a second for each character. */
  const timed = (text: string) => {
    const characters = [...text]
    return {
      characters,
      character_start_times_seconds: characters.map((_, n) => n / 10),
      character_end_times_seconds: characters.map((_, n) => (n + 1) / 10),
    }
  }

  test('one for each sentence, from its first character to its last', () => {
    expect(cuesOf(timed('One two.  Three?'))).toEqual([
      { startSeconds: 0, endSeconds: 0.8, text: 'One two.' },
      { startSeconds: 1, endSeconds: 1.6, text: 'Three?' },
    ])
  })

  test('a long sentence is broken after a comma where one is near, and loses no word', () => {
    const text =
      'When the ferry had left the harbour in the early morning, the gulls came back to the pier and the market women set up their stalls.'
    const cues = cuesOf(timed(text))
    expect(cues.map((cue) => cue.text).join(' ')).toBe(text)
    expect(cues[0]?.text).toBe('When the ferry had left the harbour in the early morning,')
    for (const cue of cues) expect(cue.text.length).toBeLessThanOrEqual(84)
  })

  test('times that are missing leave words out rather than inventing them', () => {
    const alignment = timed('One two')
    expect(cuesOf({ ...alignment, character_end_times_seconds: [0.1, 0.2, 0.3] })).toEqual([
      { startSeconds: 0, endSeconds: 0.3, text: 'One' },
    ])
    expect(cuesOf({ characters: [], character_start_times_seconds: [], character_end_times_seconds: [] })).toEqual([])
  })
})
