import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compose, MUSIC_SAMPLE_RATE } from '../../src/drivers/provider/local/music/compose.ts'
import { createLocalPlanner } from '../../src/drivers/provider/local/plan/planner.ts'
import { spokenSeconds } from '../../src/drivers/provider/local/plan/speaking-time.ts'
import { SOUND_SAMPLE_RATE, soundEffect, soundFor, soundNames } from '../../src/drivers/provider/local/sound/effects.ts'
import { type Flite, loadFlite } from '../../src/drivers/provider/local/speech/flite.ts'
import { type Narration, narrate } from '../../src/drivers/provider/local/speech/narrate.ts'
import { voices } from '../../src/drivers/provider/local/voices.ts'
import { wavFile } from '../../src/drivers/provider/local/wav.ts'
import { media, unaborted, workFolder } from './helpers/masters.ts'

const watch = { signal: unaborted, progress: () => {} }
const root = new URL('../../examples/', import.meta.url)
let work: Awaited<ReturnType<typeof workFolder>>
beforeAll(async () => {
  work = await workFolder('local-sound')
})
afterAll(() => work.remove())

/** Level of a stretch in dBFS. */
function level(samples: Float32Array, fromSeconds: number, toSeconds: number, sampleRate: number): number {
  const part = samples.subarray(Math.max(0, Math.round(fromSeconds * sampleRate)), Math.round(toSeconds * sampleRate))
  const power = part.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, part.length)
  return 10 * Math.log10(power + 1e-12)
}

async function loudness(
  name: string,
  channels: Float32Array[],
  sampleRate: number,
): Promise<{ integratedLufs: number | null; truePeakDbtp: number | null; durationSeconds: number }> {
  const input = work.path(`${name}.wav`)
  await writeFile(input, wavFile(channels, sampleRate))
  return media.decodeAudio({ input, pcmPath: work.path(`${name}.pcm`), signal: unaborted })
}

describe('speech', () => {
  let flite: Flite
  let spoken: Narration
  const text =
    'Solar passed coal in April. “It is a record — nobody expected it,” said Dr. Smith. The cables cost $4.2 billion, about 45 % of the sum.'
  beforeAll(async () => {
    flite = await loadFlite()
    spoken = await narrate(flite, text, 'rms', watch)
  })

  test('has a cue per sentence, with the text as it was written, in order and inside the sound', () => {
    expect(spoken.cues.map((cue) => cue.text)).toEqual([
      'Solar passed coal in April.',
      '“It is a record — nobody expected it,” said Dr. Smith.',
      'The cables cost $4.2 billion, about 45 % of the sum.',
    ])
    let before = 0
    for (const { startSeconds, endSeconds } of spoken.cues) {
      expect(startSeconds).toBeGreaterThan(before)
      expect(endSeconds).toBeGreaterThan(startSeconds)
      before = endSeconds
    }
    expect(before).toBeLessThanOrEqual(spoken.samples.length / spoken.sampleRate)
  })

  test('is heard within 60 ms of each cue, and is silent between them', () => {
    const { samples, sampleRate, cues } = spoken
    cues.forEach(({ startSeconds, endSeconds }, n) => {
      expect(level(samples, startSeconds, startSeconds + 0.06, sampleRate), `cue ${n} begins`).toBeGreaterThan(-50)
      expect(level(samples, endSeconds - 0.1, endSeconds, sampleRate), `cue ${n} is heard to its end`).toBeGreaterThan(-60)
      const next = cues[n + 1]
      if (next !== undefined)
        expect(level(samples, endSeconds + 0.01, next.startSeconds - 0.01, sampleRate), `after cue ${n}`).toBeLessThan(-70)
    })
  })

  test('the pieces of a long sentence begin where the voice breathes', async () => {
    const long =
      'When the storm had passed over the northern islands, the keeper of the lighthouse climbed the stairs, and he saw the ship.'
    const { samples, sampleRate, cues } = await narrate(flite, long, 'rms', watch)
    expect(cues.map((cue) => cue.text)).toEqual([
      'When the storm had passed over the northern islands,',
      'the keeper of the lighthouse climbed the stairs, and he saw the ship.',
    ])
    const joint = cues[1]?.startSeconds ?? 0
    expect(cues[0]?.endSeconds).toBe(joint)
    // A pause just before, the voice just after.
    expect(level(samples, joint - 0.1, joint - 0.02, sampleRate)).toBeLessThan(level(samples, joint + 0.02, joint + 0.1, sampleRate) - 10)
  })

  test('is at a sensible level and does not clip', async () => {
    const { integratedLufs, truePeakDbtp, durationSeconds } = await loudness('speech', [spoken.samples], spoken.sampleRate)
    expect(integratedLufs).toBeGreaterThan(-24)
    expect(integratedLufs).toBeLessThan(-15)
    expect(truePeakDbtp).toBeLessThan(-1)
    expect(durationSeconds).toBeCloseTo(spoken.samples.length / spoken.sampleRate, 2)
  })

  test.each(voices.map(({ id }) => id))('voice %s speaks', async (voice) => {
    const { samples, sampleRate, cues } = await narrate(flite, 'Hello there.', voice, watch)
    expect(level(samples, cues[0]?.startSeconds ?? 0, cues[0]?.endSeconds ?? 0, sampleRate)).toBeGreaterThan(-30)
  })

  test('the planner’s estimate of spoken time holds: 0.9 s for a sentence, 5 % for a text', async () => {
    let estimated = 0
    let measured = 0
    for (const name of ['solar-passes-coal', 'why-the-sea-has-tides']) {
      const { scenes } = createLocalPlanner().plan({
        text: await readFile(new URL(`${name}.txt`, root), 'utf8'),
        durationSeconds: 30,
        seed: 7,
      })
      for (const { narration } of scenes) {
        const { samples, sampleRate } = await narrate(flite, narration, 'rms', watch)
        const seconds = samples.length / sampleRate
        expect(Math.abs(spokenSeconds(narration) - seconds), narration).toBeLessThan(0.9)
        estimated += spokenSeconds(narration)
        measured += seconds
      }
    }
    expect(Math.abs(estimated / measured - 1)).toBeLessThan(0.05)
  })

  test('stops between two sentences when told to', async () => {
    const stop = new AbortController()
    const spoke: number[] = []
    const speaking = narrate(flite, 'One. Two. Three. Four.', 'rms', {
      signal: stop.signal,
      progress: (fraction) => {
        spoke.push(fraction)
        stop.abort()
      },
    })
    await expect(speaking).rejects.toThrow()
    expect(spoke).toEqual([0.25])
  })
})

describe('music', () => {
  test.each(['calm and quiet', 'bright', 'serious', 'hopeful', 'tense', 'words that mean nothing'])(
    '%s: exactly as long as ordered, quiet, without clipping, never silent',
    async (prompt) => {
      const { left, right } = await compose({ prompt, durationSeconds: 20.5, seed: 4 }, watch)
      expect(left.length).toBe(Math.round(20.5 * MUSIC_SAMPLE_RATE))
      expect(right.length).toBe(left.length)
      const { integratedLufs, truePeakDbtp } = await loudness(`music-${prompt.slice(0, 4)}`, [left, right], MUSIC_SAMPLE_RATE)
      expect(integratedLufs).toBeGreaterThan(-22)
      expect(integratedLufs).toBeLessThan(-14)
      expect(truePeakDbtp).toBeLessThan(-1)
      for (let second = 0; second < 18; second++)
        expect(level(left, second + 0.3, second + 1.3, MUSIC_SAMPLE_RATE), `second ${second}`).toBeGreaterThan(-45)
      // It ends by itself rather than being cut.
      expect(level(left, 20.3, 20.5, MUSIC_SAMPLE_RATE)).toBeLessThan(-45)
    },
  )

  test.each([0.5, 1, 2.7, 8])('%s seconds are possible', async (durationSeconds) => {
    const { left } = await compose({ prompt: 'calm', durationSeconds, seed: 1 }, watch)
    expect(left.length).toBe(Math.round(durationSeconds * MUSIC_SAMPLE_RATE))
    expect(level(left, 0, durationSeconds, MUSIC_SAMPLE_RATE)).toBeGreaterThan(-40)
  })

  test('another seed is another piece', async () => {
    const [one, two] = await Promise.all([1, 2].map((seed) => compose({ prompt: 'calm', durationSeconds: 4, seed }, watch)))
    expect(one?.left.some((sample, n) => Math.abs(sample - (two?.left[n] ?? 0)) > 0.05)).toBe(true)
  })
})

describe('sounds', () => {
  const words: Record<string, string> = {
    rain: 'rain on a tin roof',
    thunder: 'distant thunder',
    waves: 'waves on a beach',
    wind: 'a cold wind',
    fire: 'a camp fire',
    water: 'a small river',
    whoosh: 'whoosh',
    engine: 'an engine hum',
    alarm: 'an alarm',
    beep: 'a beep',
    click: 'a mouse click',
    bell: 'a church bell',
  }
  test('each has words that call for it', () => {
    for (const name of soundNames) expect(soundFor(words[name] ?? '')).toEqual({ name, known: true })
    expect(soundFor('the noise of a unicorn')).toEqual({ name: 'chime', known: false })
  })

  test.each([...Object.values(words), 'unicorn'])('%s: exactly as long as ordered, heard, not clipped', async (prompt) => {
    const { left, right } = soundEffect({ prompt, durationSeconds: 2, seed: 3 })
    expect([left.length, right.length]).toEqual([2 * SOUND_SAMPLE_RATE, 2 * SOUND_SAMPLE_RATE])
    expect(level(left, 0, 2, SOUND_SAMPLE_RATE)).toBeGreaterThan(-40)
    expect(level(left, 0, 2, SOUND_SAMPLE_RATE)).toBeLessThan(-15)
    expect(left.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)).toBeLessThanOrEqual(0.71)
  })
})
