import type { Cue } from '../../../../domain/take.ts'
import { sentencesOf } from '../../../../domain/words/sentences.ts'
import { SENTENCE_GAP_SECONDS } from '../plan/speaking-time.ts'
import { cuesOf } from './cues.ts'
import type { Flite, Utterance } from './flite.ts'
import { hasWords, sayable } from './sayable.ts'

export interface Narration {
  samples: Float32Array
  sampleRate: number
  cues: Cue[]
}

/** Silence kept around the whole, so that no edge clicks. */
const EDGE_SECONDS = 0.03
/** Speech is brought to this level of its voiced parts, in dBFS, and never above the peak. */
const LEVEL_DBFS = -17
const PEAK = 0.79

/**
 * Speaks a text sentence by sentence. Each sentence is trimmed to what is heard of it, so where it begins and ends is a fact
 * of the sound. A long one has several cues.
 */
export async function narrate(
  flite: Flite,
  text: string,
  voice: string,
  watch: { signal: AbortSignal; progress: (fraction: number) => void },
): Promise<Narration> {
  const sentences = sentencesOf(text).filter(hasWords)
  const parts: Float32Array[] = []
  const cues: Cue[] = []
  let sampleRate = 16_000
  let cursor = 0
  const add = (part: Float32Array): void => {
    parts.push(part)
    cursor += part.length
  }
  for (const [index, sentence] of sentences.entries()) {
    watch.signal.throwIfAborted()
    const utterance = await flite.speak(sayable(sentence), voice)
    sampleRate = utterance.sampleRate
    const heard = heardRange(utterance)
    const samples = levelled(utterance.samples.subarray(heard.from, heard.to), sampleRate)
    add(new Float32Array(Math.round((index === 0 ? EDGE_SECONDS : SENTENCE_GAP_SECONDS) * sampleRate)))
    const startSeconds = cursor / sampleRate
    const seconds = { startSeconds: heard.from / sampleRate, endSeconds: heard.to / sampleRate }
    cues.push(...cuesOf(sentence, utterance.phones, seconds, startSeconds))
    add(samples)
    watch.progress((index + 1) / sentences.length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  add(new Float32Array(Math.round(EDGE_SECONDS * sampleRate)))
  return { samples: joined(parts, cursor), sampleRate, cues }
}

/** From the first to the last 10 ms whose level is above -46 dBFS, with 20 ms before and 40 ms after. In samples. */
function heardRange({ samples, sampleRate }: Utterance): { from: number; to: number } {
  const block = Math.round(sampleRate / 100)
  const loud = (start: number): boolean => {
    let sum = 0
    for (let i = start; i < start + block; i++) sum += ((samples[i] ?? 0) / 32768) ** 2
    return Math.sqrt(sum / block) > 0.005
  }
  let from = 0
  while (from < samples.length && !loud(from)) from += block
  let to = Math.max(from, samples.length - block)
  while (to > from && !loud(to)) to -= block
  return { from: Math.max(0, from - 2 * block), to: Math.min(samples.length, to + 4 * block) }
}

function levelled(samples: Int16Array, sampleRate: number): Float32Array {
  const out = Float32Array.from(samples, (sample) => sample / 32768)
  const voiced = out.filter((sample) => Math.abs(sample) > 0.01)
  const rms = Math.sqrt(voiced.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, voiced.length))
  const peak = out.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-6)
  const gain = Math.min(10 ** (LEVEL_DBFS / 20) / Math.max(rms, 1e-4), PEAK / peak)
  const fade = Math.round(0.008 * sampleRate)
  for (let i = 0; i < out.length; i++) {
    const edge = Math.min(1, i / fade, (out.length - 1 - i) / fade)
    out[i] = (out[i] as number) * gain * edge
  }
  return out
}

function joined(parts: Float32Array[], length: number): Float32Array {
  const out = new Float32Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
