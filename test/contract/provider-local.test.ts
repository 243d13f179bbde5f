import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GenerateRequest, Scene } from '../../src/domain/generate.ts'
import { createLocalProvider } from '../../src/drivers/provider/local/provider.ts'
import { locateFfmpeg } from '../../src/media/ffmpeg/locate.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { Provider, TakeStatus } from '../../src/ports/provider.ts'
import { orderContext } from '../../src/testing/order-context.ts'
import { providerContract } from '../../src/testing/provider-contract.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
const { ffmpegPath } = await locateFfmpeg()
const never = new AbortController().signal
const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'local-provider-'))

const scene: Scene = { layout: 'statement', headline: 'Solar passes coal', lines: [], figures: [], index: 0, count: 2, hue: 255 }
const picture = { width: 320, height: 180, fps: 10, seed: 5 }
const clip: GenerateRequest = { kind: 'video', prompt: '', durationSeconds: 1, ...picture, scene }
const speech: GenerateRequest = { kind: 'speech', text: 'Solar passes coal. It is a record.', voice: 'rms', seed: 5 }
const long: GenerateRequest = { kind: 'video', prompt: 'Very long', durationSeconds: 120, width: 640, height: 360, fps: 30, seed: 5 }

providerContract({
  name: 'local',
  make: async () => {
    const folder = await newFolder()
    const provider = createLocalProvider({ folder, ffmpegPath, log, workers: 1 })
    return {
      provider,
      close: async () => {
        await provider.close?.()
        // Whatever the suite did, nothing is left.
        expect(await readdir(folder)).toEqual([])
        await rm(folder, { recursive: true })
      },
    }
  },
  requests: {
    small: [
      speech,
      { kind: 'music', prompt: 'calm', durationSeconds: 3, seed: 5 },
      { kind: 'sound', prompt: 'rain on a roof', durationSeconds: 1, seed: 5 },
      clip,
      { kind: 'video', prompt: 'A harbour at dawn', durationSeconds: 1, ...picture },
      { kind: 'keyframes', scenes: [scene, { ...scene, layout: 'closing', index: 1 }], width: 320, height: 180, seed: 5 },
    ],
    long,
    refused: [
      { request: { ...speech, text: 'Привет, мир' }, code: 'script_not_speakable' },
      { request: { ...speech, text: '你好' }, code: 'script_not_speakable' },
      { request: { ...speech, text: '😀 !' }, code: 'script_not_speakable' },
      { request: { ...speech, voice: 'nobody' }, code: 'provider_cannot' },
      { request: { ...clip, width: 321 }, code: 'provider_cannot' },
      { request: { ...clip, durationSeconds: 0 }, code: 'provider_cannot' },
      { request: { ...long, prompt: '港の夜明け' }, code: 'provider_cannot' },
      { request: { kind: 'music', prompt: 'calm', durationSeconds: 100_000, seed: 1 }, code: 'provider_cannot' },
    ],
    unknown: { process: 'another', takeId: 'tak_00000000000000000000000000' },
  },
})

describe('provider: local, in one process', () => {
  let folder: string
  let provider: Provider
  beforeAll(async () => {
    folder = await newFolder()
    provider = createLocalProvider({ folder, ffmpegPath, log, workers: 1 })
  })
  afterAll(async () => {
    await provider.close?.()
    await rm(folder, { recursive: true, force: true })
  })

  /** Orders, and hears of every change. */
  async function order(
    takeId: string,
    request: GenerateRequest,
    rank = 0,
  ): Promise<{ until: (states: TakeStatus['state'][]) => Promise<TakeStatus>; ref: Awaited<ReturnType<Provider['start']>> }> {
    let wake = (): void => {}
    const ref = await provider.start(request, orderContext(takeId, { rank, hint: () => wake() }))
    const until = async (states: TakeStatus['state'][]): Promise<TakeStatus> => {
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve
        })
        const status = await provider.status(ref, { signal: never })
        if (states.includes(status.state)) return status
        await woken
      }
    }
    return { ref, until }
  }

  test('is free, knows its voices as drafts, and gives no order to a network', () => {
    expect(provider.quote(speech)).toMatchObject({ amountMicroUsd: 0, basis: 'local:free' })
    expect(provider.capabilities).toMatchObject({ scenes: true, seed: true, volatile: true })
    expect(provider.capabilities.voices?.[0]?.id).toBe('rms')
    for (const { label } of provider.capabilities.voices ?? []) expect(label).toContain('draft voice')
  })

  test('says which sound it will make, and that it is a chime when the words mean nothing to it', () => {
    const sound = (prompt: string): string => provider.quote({ kind: 'sound', prompt, durationSeconds: 1, seed: 1 }).basis
    expect(sound('heavy rain in the evening')).toContain('sound: rain')
    expect(sound('qwertz')).toMatch(/sound: chime, as none of rain.*was asked for/)
  })

  test('names the words it cannot say and how to mend it', () => {
    expect(() => provider.quote({ ...speech, text: 'The word мир means peace.' } as GenerateRequest)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('мир'),
        field: 'text',
        fix: expect.stringContaining('Latin letters'),
        facts: { words: ['мир'] },
      }),
    )
    expect(provider.quote({ ...speech, text: 'Zürich, Łódź, naïve café, 5 µm' } as GenerateRequest).amountMicroUsd).toBe(0)
  })

  test('the lower rank goes first, and a sound never waits behind pictures', async () => {
    // Ranks that nobody waits for: those have threads of their own.
    const blocking = await order('blocking', long, 50)
    await blocking.until(['running'])
    const ended: string[] = []
    const later = await order('later', clip, 59)
    const sooner = await order('sooner', clip, 51)
    const spoken = await order('spoken', speech, 70)
    await spoken.until(['succeeded'])
    expect((await provider.status(blocking.ref, { signal: never })).state).toBe('running')
    expect((await provider.status(sooner.ref, { signal: never })).state).toBe('queued')
    await provider.cancel?.(blocking.ref)
    await Promise.all([
      later.until(['succeeded']).then(() => ended.push('later')),
      sooner.until(['succeeded']).then(() => ended.push('sooner')),
    ])
    expect(ended).toEqual(['sooner', 'later'])
  })

  test('a download that is called off before it begins fails for its reader alone', async () => {
    const take = await order('calledoff', speech)
    const status = await take.until(['succeeded'])
    const [output] = status.state === 'succeeded' ? status.outputs : []
    if (!output) throw new Error('nothing was made')
    const { stream } = await provider.fetch(output, { signal: AbortSignal.abort('cancelled') })
    // An error nobody listens for would end the process here.
    await new Promise((resolve) => setImmediate(resolve))
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toBe('cancelled')
  })

  test('the same take ordered twice is made once', async () => {
    const one = await order('twice', clip)
    const two = await order('twice', clip)
    expect(two.ref).toEqual(one.ref)
    await one.until(['succeeded'])
    const [own = ''] = await readdir(folder)
    expect(await readdir(join(folder, own, 'twice'))).toEqual(['clip.mp4'])
  })

  test('shows a picture of the work while it draws', async () => {
    const { until } = await order('seen', { ...clip, durationSeconds: 4 } as GenerateRequest)
    const status = await until(['succeeded'])
    if (status.state !== 'succeeded' || status.preview === undefined) throw new Error('no preview')
    expect(status.preview).toMatchObject({ mimeType: 'image/jpeg', alt: 'Solar passes coal' })
    expect([...status.preview.bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
    expect(status.preview.seq).toBeGreaterThanOrEqual(2)
  })

  test('a take that is queued can be cancelled, and one in the making is given up between two frames with its files', async () => {
    const running = await order('running', long)
    await running.until(['running'])
    const waiting = await order('waiting', long, 1)
    expect(await provider.cancel?.(waiting.ref)).toBe('stopped')
    expect((await provider.status(waiting.ref, { signal: never })).state).toBe('cancelled')
    expect(await provider.cancel?.(running.ref)).toBe('stopped')
    await provider.release?.(running.ref)
    await provider.release?.(waiting.ref)
    const [own = ''] = await readdir(folder)
    expect((await readdir(join(folder, own))).filter((name) => name === 'running' || name === 'waiting')).toEqual([])
  })

  test('a missing FFmpeg fails the clip with the reason, and sounds are made all the same', async () => {
    const place = await newFolder()
    const without = createLocalProvider({ folder: place, ffmpegPath: '/nowhere/ffmpeg', log, workers: 1 })
    try {
      const make = async (takeId: string, request: GenerateRequest): Promise<TakeStatus> => {
        let wake = (): void => {}
        const ref = await without.start(request, orderContext(takeId, { hint: () => wake() }))
        for (;;) {
          const woken = new Promise<void>((resolve) => {
            wake = resolve
          })
          const status = await without.status(ref, { signal: never })
          if (status.state !== 'queued' && status.state !== 'running') return status
          await woken
        }
      }
      expect(await make('clip', clip)).toMatchObject({
        state: 'failed',
        outcome: { detail: expect.stringContaining('/nowhere/ffmpeg'), charged: 'no' },
      })
      expect((await make('speech', speech)).state).toBe('succeeded')
    } finally {
      await without.close?.()
      await rm(place, { recursive: true, force: true })
    }
  })

  test('closing ends what is being made as lost', async () => {
    const place = await newFolder()
    const closing = createLocalProvider({ folder: place, ffmpegPath, log, workers: 1 })
    const ref = await closing.start(long, orderContext('closing'))
    await closing.close?.()
    expect(await closing.status(ref, { signal: never })).toMatchObject({
      state: 'lost',
      outcome: { class: 'lost', charged: 'no', retry: 'same' },
    })
    expect(await readdir(place)).toEqual([])
    await rm(place, { recursive: true })
  })
})

test('a killed process leaves only what the next creation removes; a living one keeps its takes', async () => {
  const folder = await newFolder()
  const child = spawn(process.execPath, [fileURLToPath(new URL('./provider-local-maker.ts', import.meta.url)), folder, ffmpegPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const other = createLocalProvider({ folder, ffmpegPath, log, workers: 1 })
  expect(await readdir(folder), 'the living process and this one').toHaveLength(2)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await other.close?.()
  expect(await readdir(folder), 'what the killed one left').toHaveLength(1)
  const next = createLocalProvider({ folder, ffmpegPath, log, workers: 1 })
  expect(await readdir(folder)).toHaveLength(1)
  await next.close?.()
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})
