import { compose, MUSIC_SAMPLE_RATE } from '../../../../src/drivers/provider/local/music/compose.ts'
import { type Flite, loadFlite } from '../../../../src/drivers/provider/local/speech/flite.ts'
import { narrate } from '../../../../src/drivers/provider/local/speech/narrate.ts'

/** All voices of the package have this rate. */
export const VOICE_RATE = 16_000
const watch = { signal: new AbortController().signal, progress: () => {} }
let flite: Promise<Flite> | undefined

/** One sentence as the built-in voice says it, without the silence around it. 16 kHz, -1 to 1. */
async function say(sentence: string, voice: string): Promise<Float32Array> {
  flite ??= loadFlite()
  const { samples, sampleRate } = await narrate(await flite, sentence, voice, watch)
  if (sampleRate !== VOICE_RATE) throw new Error(`${voice} speaks at ${sampleRate} Hz`)
  return samples
}

export interface SaidSentence {
  startSeconds: number
  endSeconds: number
}

/** Sentences one after the other. @param pauseSeconds between two of them */
export async function sayAll(
  sentences: readonly string[],
  voice: string,
  pauseSeconds = 0.22,
): Promise<{ samples: Float32Array; places: SaidSentence[] }> {
  const parts: Float32Array[] = []
  const places: SaidSentence[] = []
  let length = 0
  const add = (part: Float32Array): void => {
    parts.push(part)
    length += part.length
  }
  for (const [n, sentence] of sentences.entries()) {
    if (n > 0) add(new Float32Array(Math.round(pauseSeconds * VOICE_RATE)))
    const startSeconds = length / VOICE_RATE
    add(await say(sentence, voice))
    places.push({ startSeconds, endSeconds: length / VOICE_RATE })
  }
  const samples = new Float32Array(length)
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    at += part.length
  }
  return { samples, places }
}

/** The built-in music under a voice. @param levelDb of the music's power against the voice's */
export async function overMusic(voice: Float32Array, levelDb: number): Promise<Float32Array> {
  const { left } = await compose({ prompt: 'calm', durationSeconds: voice.length / VOICE_RATE + 1, seed: 3 }, watch)
  const step = MUSIC_SAMPLE_RATE / VOICE_RATE
  const music = Float32Array.from(voice, (_, n) => left[Math.round(n * step)] ?? 0)
  const gain = 0.7 * 10 ** (levelDb / 20) * Math.sqrt(powerOf(voice) / powerOf(music))
  return voice.map((sample, n) => 0.7 * sample + gain * (music[n] as number))
}

const powerOf = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
