import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Stem } from '../../ports/media-tool.ts'
import { openMixer, pcmBytes } from './mixer.ts'

const RATE = 48_000
const folder = await mkdtemp(join(tmpdir(), 'mix-'))
afterAll(() => rm(folder, { recursive: true }))

/** A file of one value, on both sides. */
async function steady(name: string, seconds: number, value: number): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, pcmBytes(new Int16Array(seconds * RATE * 2).fill(value)))
  return path
}
const loud = await steady('loud', 4, 10_000)
const stem = (more: Partial<Stem> = {}): Stem => ({ pcmPath: loud, role: 'own', startSeconds: 0, gainDb: 0, ...more })

async function mix(stems: Stem[], fromSeconds: number, seconds: number): Promise<Int16Array> {
  await using mixer = await openMixer(stems)
  return await mixer.read(Math.round(fromSeconds * RATE), Math.round(seconds * RATE))
}
const levelAt = async (stems: Stem[], seconds: number) => (await mix(stems, seconds, 0.001))[0] ?? Number.NaN
const db = (sample: number) => 20 * Math.log10(sample / 10_000)

describe('the mix', () => {
  it('places a stem exactly and is silent outside it', async () => {
    const pcm = await mix([stem({ startSeconds: 1 })], 0, 6)
    expect(pcm.findIndex((sample) => sample !== 0)).toBe(RATE * 2)
    expect(pcm.findLastIndex((sample) => sample !== 0)).toBe(RATE * 5 * 2 - 1)
    expect(await mix([stem()], -0.5, 0.5)).toEqual(new Int16Array(RATE))
  })

  it('passes a quiet stem through unchanged and adds up', async () => {
    expect(await levelAt([stem()], 1)).toBe(10_000)
    expect(await levelAt([stem({ gainDb: -20 }), stem({ gainDb: -20 })], 1)).toBe(2_000)
  })

  it('is the same whatever range is asked for', async () => {
    const stems = [
      stem({ role: 'music', duckUnder: [{ startSeconds: 1.123, endSeconds: 1.5 }], fadeOutEndSeconds: 3.7 }),
      stem({ gainDb: -7 }),
    ]
    await using mixer = await openMixer(stems)
    const whole = await mixer.read(0, 4 * RATE)
    const pieces = new Int16Array(whole.length)
    for (let at = 0; at < 4 * RATE; at += 997) {
      const count = Math.min(997, 4 * RATE - at)
      pieces.set(await mixer.read(at, count), at * 2)
    }
    expect(pieces).toEqual(whole)
  })

  it('lowers music under speech, without a jump', async () => {
    const music = [stem({ role: 'music', startSeconds: -2, duckUnder: [{ startSeconds: 0.5, endSeconds: 1 }] })]
    expect(db(await levelAt(music, 0.2))).toBeCloseTo(0, 1)
    expect(db(await levelAt(music, 0.375))).toBeCloseTo(-7, 0)
    expect(db(await levelAt(music, 0.75))).toBeCloseTo(-14, 1)
    expect(db(await levelAt(music, 1.5))).toBeCloseTo(0, 1)
    const pcm = await mix(music, 0, 1.9)
    const steps = Array.from(pcm.subarray(2), (sample, i) => Math.abs(sample - (pcm[i] ?? 0)))
    expect(Math.max(...steps.slice(0, 40_000))).toBeLessThan(5)
  })

  it('stays low in a short pause and comes back in a long one', async () => {
    const music = (pause: number) => [
      stem({
        role: 'music',
        startSeconds: -1,
        duckUnder: [
          { startSeconds: 1 + pause, endSeconds: 2.4 },
          { startSeconds: 0.2, endSeconds: 1 },
        ],
      }),
    ]
    expect(db(await levelAt(music(0.69), 1.45))).toBeCloseTo(-14, 1)
    expect(db(await levelAt(music(0.75), 1.47))).toBeCloseTo(0, 1)
  })

  it('lets music in and out', async () => {
    const music = [stem({ role: 'music', fadeOutEndSeconds: 3 })]
    expect(await levelAt(music, 0)).toBeLessThan(20)
    expect(await levelAt(music, 0.81)).toBe(10_000)
    expect(await levelAt(music, 2.99)).toBeLessThan(20)
    expect(await mix(music, 3, 0.5)).toEqual(new Int16Array(RATE))
  })

  it('never passes -1.5 dBFS and keeps the order of loudness', async () => {
    const peak = 32_768 * 10 ** (-1.5 / 20)
    let before = 0
    for (const gainDb of [0, 6, 9, 12, 15]) {
      const level = await levelAt([stem({ gainDb })], 1)
      expect(level).toBeGreaterThan(before)
      expect(level).toBeLessThanOrEqual(Math.ceil(peak))
      before = level
    }
  })

  it('says which sound is not there', async () => {
    await expect(openMixer([stem({ pcmPath: join(folder, 'none') })])).rejects.toMatchObject({ code: 'storage_unavailable' })
  })
})
