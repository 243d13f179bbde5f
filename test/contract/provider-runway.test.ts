import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { RemoteRef } from '../../src/domain/take.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createRunwayProvider } from '../../src/drivers/provider/runway/provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { runway } from '../../src/lab/vendors/runway.ts'
import type { Provider } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { bytesOf, delivered, playable, untilEnded } from '../helpers/takes.ts'

const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let provider: Provider

const withKey = (apiKey: string) => createRunwayProvider({ network, apiKey, baseUrl: `${lab.url}/runway` })

beforeAll(async () => {
  lab = await createLab({ vendors: [runway] })
  provider = withKey('key_lab')
})
beforeEach(() => {
  lab.clock.speed = 1_000
  lab.dials.reset()
})
afterAll(async () => {
  await lab?.close()
  await network.close()
})

const clip = (prompt: string, more: Partial<Extract<GenerateRequest, { kind: 'video' }>> = {}): GenerateRequest => ({
  kind: 'video',
  model: 'gen4.5',
  prompt,
  durationSeconds: 2,
  width: 1280,
  height: 720,
  fps: 24,
  seed: 7,
  ...more,
})

let takes = 0
const order = (request: GenerateRequest, by = provider): Promise<RemoteRef> => by.start(request, orderContext(`tak_${++takes}`))
const taskId = (ref: RemoteRef): string => String(ref['id'])
const charged = (ref: RemoteRef): number => lab.book.of(taskId(ref))
const works = () => lab.works.of('runway')

describe('provider: runway', () => {
  test('a clip: ordered, asked for, downloaded, playable, and charged as quoted and as Runway says', async () => {
    const request = clip('a lighthouse')
    const ref = await order(request)
    expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
    expect(JSON.stringify(ref)).not.toContain('key_lab')
    const { outputs, charge } = await delivered(provider, ref)
    expect(await playable(await bytesOf(provider, outputs[0] as never))).toMatchObject({ width: 1280, height: 720, durationSeconds: 2 })
    expect(provider.quote(request)).toMatchObject({ amountMicroUsd: 240_000, basis: 'runway:2026-11-22' })
    expect(charge).toEqual({ amountMicroUsd: 240_000, basis: 'vendor' })
    expect(charged(ref)).toBe(240_000)
  })

  test('a clip that starts from a picture, speech and a sound take their own endpoints', async () => {
    const { outputs: fromPicture } = await delivered(
      provider,
      await order(clip('it moves', { model: 'gen4_turbo', imageUrl: 'https://example.com/a.png', width: 960, height: 960 })),
    )
    expect(await playable(await bytesOf(provider, fromPicture[0] as never))).toMatchObject({ width: 960, height: 960 })

    const speech = await order({ kind: 'speech', text: 'Good morning to all who listen.', voice: 'Maya', seed: 1 })
    const spoken = await delivered(provider, speech)
    expect(spoken.charge).toEqual({ amountMicroUsd: 10_000, basis: 'vendor' })
    expect(spoken.outputs).toMatchObject([{ role: 'media', mimeType: 'audio/mpeg' }])
    expect((await playable(await bytesOf(provider, spoken.outputs[0] as never))).streams).toEqual(['audio'])

    const sound = await order({ kind: 'sound', prompt: 'rain on a roof', durationSeconds: 2.5, seed: 1 })
    const heard = await delivered(provider, sound)
    expect((await playable(await bytesOf(provider, heard.outputs[0] as never))).durationSeconds).toBeCloseTo(2.5, 0)
  })

  test('what is asked for reaches Runway: seed, ratio, length, text', async () => {
    const ref = await order(clip('a red boat', { seed: 4_000_000_000, width: 720, height: 1280, durationSeconds: 5 }))
    expect(works().get(taskId(ref))?.ordered).toEqual([
      { kind: 'video', durationSeconds: 5, width: 720, height: 1280, sound: false, seed: 4_000_000_000 },
    ])
    expect(works().get(taskId(ref))?.prompt).toBe('a red boat')
  })

  test('progress is a fraction that does not go back; a zombie only stands still', async () => {
    const ref = await order(clip('[lab:zombie] a slow train'))
    const seen: number[] = []
    for (let asked = 0; asked < 8; asked++) {
      const status = await provider.status(ref, { signal: never })
      if (status.state === 'running' && status.progress !== null) seen.push(status.progress)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(seen.length).toBeGreaterThan(2)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(Math.max(...seen)).toBeLessThanOrEqual(1)
    expect(seen.at(-1)).toBeCloseTo(0.4)
  })

  test('THROTTLED is an order that was taken, waits and is made', async () => {
    lab.clock.speed = 10
    const ref = await order(clip('[lab:hold] a queue'))
    expect(await provider.status(ref, { signal: never })).toEqual({ state: 'throttled' })
    lab.clock.speed = 1_000
    expect((await untilEnded(provider, ref)).state).toBe('succeeded')
    expect(charged(ref)).toBe(240_000)
  })

  test.each<[string, Record<string, unknown>]>([
    ['SAFETY.INPUT.TEXT', { class: 'refused_input', retry: 'never', field: 'prompt', charged: 'yes', amountMicroUsd: 240_000 }],
    ['SAFETY.INPUT.IMAGE', { class: 'refused_input', field: 'imageUrl', charged: 'yes' }],
    ['INPUT_PREPROCESSING.SAFETY.TEXT', { class: 'refused_input', retry: 'never', field: 'prompt', charged: 'yes' }],
    ['SAFETY.OUTPUT.VIDEO', { class: 'refused_output', retry: 'soften', charged: 'no' }],
    ['INPUT_PREPROCESSING.INTERNAL', { class: 'transient', retry: 'same', charged: 'no' }],
    ['ASSET.INVALID', { class: 'refused_input', retry: 'never', field: 'imageUrl', charged: 'no' }],
    ['INTERNAL.BAD_OUTPUT.CODE01', { class: 'transient', retry: 'reseed', charged: 'no' }],
    ['THIRD_PARTY.UNAVAILABLE', { class: 'transient', code: 'provider_unavailable', retry: 'same', charged: 'no' }],
    ['INTERNAL', { class: 'transient', code: 'provider_failed', retry: 'same', charged: 'no' }],
    ['none', { class: 'transient', code: 'provider_failed', retry: 'same', charged: 'no' }],
    ['SOMETHING.NEW', { class: 'transient', code: 'provider_failed', charged: 'no' }],
  ])('failure %s has its own outcome, with what Runway charged', async (code, outcome) => {
    const ref = await order(clip(`[lab:fail=${code}] a storm`))
    const status = await untilEnded(provider, ref)
    expect(status).toMatchObject({ state: 'failed', outcome })
    if (code !== 'none') expect(JSON.stringify(status)).toContain(code)
    expect(charged(ref)).toBe(outcome['charged'] === 'yes' ? 240_000 : 0)
  })

  test('a prompt refused while it was made, and an output refused after it', async () => {
    expect(await untilEnded(provider, await order(clip('[lab:refuse-input] x')))).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_input', field: 'prompt', charged: 'yes' },
    })
    expect(await untilEnded(provider, await order(clip('[lab:refuse-output] x')))).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_output', retry: 'soften', charged: 'no' },
    })
  })

  test('what Runway does not take is told by kind, and nothing is charged', async () => {
    const before = lab.book.entries().length
    const refused = async (promise: Promise<unknown>, expected: Record<string, unknown>) => expect(promise).rejects.toMatchObject(expected)
    await refused(order(clip('a'), withKey('key_invalid')), { code: 'provider_key_invalid' })
    await refused(order(clip('a'), withKey('key_broke')), { code: 'provider_billing', retry: 'other_provider' })
    await refused(order(clip('[lab:throttle] a')), { code: 'provider_throttled', retryAfterMs: 1_000 })
    await refused(order(clip('[lab:throttle-bare] a')), { code: 'provider_throttled', retryAfterMs: undefined })
    await refused(order(clip('[lab:sunset] a')), { code: 'model_sunset', field: 'model' })
    await refused(order(clip('[lab:server-error] a')), { code: 'submit_unknown' })
    await refused(order(clip('a', { imageUrl: 'ftp://example.com/a.png' })), { code: 'provider_cannot', field: 'imageUrl' })
    expect(lab.book.entries()).toHaveLength(before)
  })

  test('nobody there: certainly not taken', async () => {
    const nobody = createRunwayProvider({ network, apiKey: 'key', baseUrl: 'http://127.0.0.1:1' })
    await expect(order(clip('a'), nobody)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test('a lost answer is a doubt, and cannot be resolved: Runway has no list', async () => {
    const before = works().list().length
    await expect(order(clip('[lab:lost-reply] a parcel'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(works().list()).toHaveLength(before + 1)
    await expect(order(clip('[lab:reset-before] a parcel'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(works().list()).toHaveLength(before + 1)
    expect(provider.reconcile).toBeUndefined()
    expect(provider.capabilities.reconcile).toBeUndefined()
    expect(provider.webhook).toBeUndefined()
  })

  test('a question that is not answered is no end of the take', async () => {
    const ref = await order(clip('a calm sea'))
    lab.dials.set({ 'poll-error': 1 })
    await expect(provider.status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_unavailable' })
    lab.dials.reset()
    await expect(withKey('key_invalid').status(ref, { signal: never })).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await delivered(provider, ref)
  })

  test('an address that has died is replaced by asking again, also days later', async () => {
    const ref = await order(clip('[lab:expiring-url] a clock'))
    const dead = await delivered(provider, ref)
    await expect(bytesOf(provider, dead.outputs[0] as never)).rejects.toMatchObject({ code: 'file_not_found' })
    const fresh = await delivered(provider, ref)
    expect((await playable(await bytesOf(provider, fresh.outputs[0] as never))).durationSeconds).toBe(2)
    lab.clock.advance(3 * 86_400)
    await expect(bytesOf(provider, fresh.outputs[0] as never)).rejects.toMatchObject({ code: 'file_not_found' })
    const later = await delivered(provider, ref)
    expect(await bytesOf(provider, later.outputs[0] as never)).not.toHaveLength(0)
    expect(charged(ref)).toBe(240_000)
  })

  test('a download that broke is taken up where it broke', async () => {
    const { outputs } = await delivered(provider, await order(clip('[lab:truncated-body] a bridge')))
    const output = outputs[0] as never
    const got: Uint8Array[] = []
    await expect(
      (async () => {
        for await (const piece of (await provider.fetch(output, { signal: never })).stream) got.push(piece)
      })(),
    ).rejects.toThrow()
    const part = Buffer.concat(got)
    expect(part.length).toBeGreaterThan(0)
    const rest = await provider.fetch(output, { signal: never, fromByte: part.length })
    expect(rest.fromByte).toBe(part.length)
    const pieces: Uint8Array[] = [part]
    for await (const piece of rest.stream) pieces.push(piece)
    expect(Buffer.concat(pieces)).toHaveLength(rest.sizeBytes ?? -1)
    expect((await playable(Buffer.concat(pieces))).durationSeconds).toBe(2)
  })

  test('an order that somebody found by its id is followed with no more than that', async () => {
    const { id } = await order(clip('a foundling'))
    const { outputs, charge } = await delivered(provider, { id })
    expect(outputs).toMatchObject([{ role: 'media', mimeType: 'video/mp4' }])
    expect(charge).toEqual({ amountMicroUsd: 240_000, basis: 'vendor' })
  })

  test('who names no voice hears the first', async () => {
    const ref = await order({ kind: 'speech', text: 'Good night.', voice: 'default', seed: 1 })
    expect(works().get(taskId(ref))?.ordered).toMatchObject([{ kind: 'speech', voice: 'Maya' }])
  })

  describe('cancel', () => {
    test('a live task is stopped and refunded; that Runway then forgets it is its end', async () => {
      lab.clock.speed = 10
      const ref = await order(clip('a long march'))
      expect(await provider.cancel?.(ref)).toBe('stopped')
      expect(await provider.status(ref, { signal: never })).toMatchObject({
        state: 'cancelled',
        outcome: { class: 'cancelled', retry: 'never' },
      })
      expect(await provider.cancel?.(ref)).toBe('stopped')
      expect(charged(ref)).toBe(0)
    })

    test('a finished task is too late, and its output stays', async () => {
      const ref = await order(clip('a short walk'))
      await delivered(provider, ref)
      expect(await provider.cancel?.(ref)).toBe('too_late')
      const { outputs } = await delivered(provider, ref)
      expect(await bytesOf(provider, outputs[0] as never)).not.toHaveLength(0)
    })

    test('what somebody else deleted is lost, not cancelled', async () => {
      const ref = await order(clip('a vanishing'))
      await delivered(provider, ref)
      works().delete(taskId(ref))
      expect(await provider.status(ref, { signal: never })).toMatchObject({ state: 'lost', outcome: { class: 'lost', charged: 'unknown' } })
      expect(await provider.cancel?.(ref)).toBe('unknown')
    })
  })

  test.each<[string, GenerateRequest, string, string]>([
    ['unknown model', clip('a', { model: 'gen9' }), 'model', 'gen4.5'],
    ['fractions of seconds', clip('a', { durationSeconds: 2.5 }), 'durationSeconds', '2 to 10'],
    ['too long', clip('a', { durationSeconds: 11 }), 'durationSeconds', '2 to 10'],
    ['a length between those of the model', clip('a', { model: 'veo3.1', durationSeconds: 5 }), 'durationSeconds', '4, 6, 8'],
    ['unknown size', clip('a', { width: 1920, height: 1080 }), 'width', '1280x720'],
    ['a size for pictures only', clip('a', { width: 960, height: 960 }), 'width', '1280x720'],
    ['no picture', clip('a', { model: 'gen4_turbo' }), 'imageUrl', 'picture'],
    ['a long prompt', clip('a'.repeat(1001)), 'prompt', '1000'],
    ['an empty prompt', clip('  '), 'prompt', 'Write'],
    ['a large seed', clip('a', { seed: 2 ** 32 }), 'seed', 'smaller'],
    ['an unknown voice', { kind: 'speech', text: 'a', voice: 'Nobody', seed: 1 }, 'voice', 'Maya'],
    ['a long sound', { kind: 'sound', prompt: 'a', durationSeconds: 31, seed: 1 }, 'durationSeconds', '0.5 to 30'],
    ['music', { kind: 'music', prompt: 'a', durationSeconds: 5, seed: 1 }, 'kind', 'video, speech, sound'],
  ])('refused before a cent is spent: %s', async (_, request, field, fix) => {
    const before = works().list().length
    expect(() => provider.quote(request)).toThrow(
      expect.objectContaining({ code: 'provider_cannot', field, fix: expect.stringContaining(fix) }),
    )
    await expect(order(request)).rejects.toMatchObject({ code: 'provider_cannot', field })
    expect(works().list()).toHaveLength(before)
  })

  test('a model past its day is refused by name, and an added one is taken', () => {
    const [known] = provider.capabilities.models ?? []
    if (known === undefined) throw new Error('no models')
    const added = createRunwayProvider({
      network,
      apiKey: 'k',
      models: [
        { ...known, id: 'gen4_turbo', sunset: '2026-01-01' },
        { ...known, id: 'gen6' },
      ],
      now: () => new Date('2026-11-23T00:00:00Z'),
    })
    expect(() => added.quote(clip('a', { model: 'gen4_turbo' }))).toThrow(expect.objectContaining({ code: 'model_sunset', field: 'model' }))
    expect(added.quote(clip('a', { model: 'gen6' })).amountMicroUsd).toBe(240_000)
  })
})
