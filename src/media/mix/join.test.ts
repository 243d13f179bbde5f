import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { joinPcm } from './join.ts'

const RATE = 48_000
const signal = new AbortController().signal
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-join-'))
  await writeFile(join(folder, 'low.pcm'), level(1_000, 3))
  await writeFile(join(folder, 'high.pcm'), level(4_000, 2))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function level(value: number, seconds: number): Uint8Array {
  return new Uint8Array(new Int16Array(seconds * RATE * 2).fill(value).buffer)
}

async function joined(
  parts: { name: string; from: number; to: number; gainDb?: number }[],
): Promise<{ at: (seconds: number) => number; durationSeconds: number }> {
  const pcmPath = join(folder, 'joined.pcm')
  const { durationSeconds } = await joinPcm({
    parts: parts.map(({ name, from, to, gainDb = 0 }) => ({
      pcmPath: join(folder, `${name}.pcm`),
      startSeconds: from,
      endSeconds: to,
      gainDb,
    })),
    pcmPath,
    signal,
  })
  const bytes = await readFile(pcmPath)
  expect(bytes.length).toBe(Math.round(durationSeconds * RATE) * 4)
  const pcm = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  return { durationSeconds, at: (seconds) => pcm[Math.round(seconds * RATE) * 2] ?? Number.NaN }
}

it('puts a part of one recording into the middle of another, each joint costing its fade', async () => {
  const { at, durationSeconds } = await joined([
    { name: 'low', from: 0, to: 1 },
    { name: 'high', from: 0.5, to: 1.5 },
    { name: 'low', from: 2, to: 3 },
  ])
  expect(durationSeconds).toBeCloseTo(3 - 2 * 0.01, 6)
  expect([at(0.5), at(1.5), at(2.5)]).toEqual([1_000, 4_000, 1_000])
  // Half way through the fade both are heard at half their level.
  expect(at(0.995)).toBeCloseTo(2_500, -1)
})

it('brings a part to its level, and never beyond full scale', async () => {
  const { at } = await joined([
    { name: 'high', from: 0, to: 1, gainDb: -6.0206 },
    { name: 'high', from: 0, to: 1, gainDb: 60 },
  ])
  expect(at(0.5)).toBe(2_000)
  expect(at(1.5)).toBe(32_767)
})

it('takes what there is of a part that is said to be longer', async () => {
  expect((await joined([{ name: 'high', from: 1, to: 99 }])).durationSeconds).toBe(1)
})
