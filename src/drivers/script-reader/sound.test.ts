import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pausesOf, speechBetween } from './pauses.ts'
import { readMono, SAMPLE_RATE } from './sound.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-sound-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** 48 kHz stereo from a function of time. */
async function recorded(seconds: number, left: (at: number) => number, right = left): Promise<Float32Array> {
  const frames = Math.round(seconds * 48_000)
  const bytes = Buffer.alloc(frames * 4)
  for (let n = 0; n < frames; n++) {
    bytes.writeInt16LE(Math.round(32_000 * left(n / 48_000)), n * 4)
    bytes.writeInt16LE(Math.round(32_000 * right(n / 48_000)), n * 4 + 2)
  }
  const pcmPath = join(folder, 'sound.pcm')
  await writeFile(pcmPath, bytes)
  return readMono({ pcmPath, durationSeconds: seconds }, new AbortController().signal)
}

const tone =
  (hertz: number, level = 0.5) =>
  (at: number) =>
    level * Math.sin(2 * Math.PI * hertz * at)
const levelOf = (samples: Float32Array) =>
  Math.sqrt(samples.subarray(1_000, -1_000).reduce((sum, s) => sum + s * s, 0) / (samples.length - 2_000))

test('the whole recording becomes 16 kHz mono: what is heard stays, what 16 kHz cannot hold goes', async () => {
  const low = await recorded(3.3, tone(1_000))
  expect(low.length).toBe(Math.round(3.3 * SAMPLE_RATE))
  expect(levelOf(low)).toBeCloseTo((0.5 * 32_000) / 32_768 / Math.SQRT2, 2)
  expect(levelOf(await recorded(1, tone(11_000)))).toBeLessThan(0.002)
  expect(levelOf(await recorded(1, tone(1_000), () => 0))).toBeCloseTo((0.25 * 32_000) / 32_768 / Math.SQRT2, 2)
  expect(await recorded(0, () => 0)).toHaveLength(0)
})

test('samples stay in their place', async () => {
  const clicks = await recorded(2, (at) => (Math.abs(at - 1.5) < 0.0005 ? 0.9 : 0))
  const loudest = clicks.reduce((best, sample, n) => (Math.abs(sample) > Math.abs(clicks[best] ?? 0) ? n : best), 0)
  expect(loudest / SAMPLE_RATE).toBeCloseTo(1.5, 2)
})

test('pauses are where it is quiet for a while, in a clean recording and above noise', async () => {
  const spoken = (at: number) => (at > 0.5 && at < 1 ? 1 : at > 1.3 && at < 1.34 ? 0 : at > 2 && at < 2.4 ? 0 : 1)
  for (const noise of [0, 0.004]) {
    const samples = await recorded(3, (at) => spoken(at) * tone(300)(at) + noise * Math.sin(at * 1e5))
    const quiet = samples.map((sample, n) => (n / SAMPLE_RATE > 0.55 && n / SAMPLE_RATE < 0.8 ? sample * 0.001 : sample))
    const pauses = pausesOf(quiet)
    expect(pauses.map(({ startSeconds }) => startSeconds.toFixed(1))).toEqual(['0.6', '2.0'])
    const speech = speechBetween(pauses, 3)
    expect(speech).toHaveLength(3)
    expect(speech[0]?.startSeconds).toBe(0)
    expect(speech.at(-1)?.endSeconds).toBe(3)
  }
  expect(pausesOf(new Float32Array(SAMPLE_RATE))).toEqual([{ startSeconds: 0, endSeconds: 1 }])
})
