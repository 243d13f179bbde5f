import { hashOf, pick, randomFrom } from '../random.ts'
import { type Mix, play, pulse, reverberate, waveTable } from './instruments.ts'
import { type Mood, moodOf } from './mood.ts'

export const MUSIC_SAMPLE_RATE = 48_000

/** Level of the finished bed, in dBFS RMS: quiet enough to stand under a voice. */
const LEVEL_DBFS = -19
const PEAK = 0.85

/**
 * A quiet bed of exactly `durationSeconds`: pads on a chord progression, a plucked figure, a soft bass. Key, progression
 * and figures come from the seed; tempo and colour from the mood of the prompt. It ends on the home chord.
 */
export async function compose(
  order: { prompt: string; durationSeconds: number; seed: number },
  watch: { signal: AbortSignal; progress: (fraction: number) => void },
): Promise<{ left: Float32Array; right: Float32Array }> {
  const mood = moodOf(order.prompt)
  const random = randomFrom(order.seed ^ hashOf(mood.name))
  const length = Math.round(order.durationSeconds * MUSIC_SAMPLE_RATE)
  const blank = (): Float32Array => new Float32Array(length)
  const mix: Mix = { sampleRate: MUSIC_SAMPLE_RATE, left: blank(), right: blank(), send: blank() }

  const score = scoreOf(mood, order.durationSeconds, random)
  for (const [index, bar] of score.entries()) {
    watch.signal.throwIfAborted()
    playBar(mix, mood, bar)
    watch.progress((0.8 * (index + 1)) / score.length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const wetLeft = reverberate(mix.send, MUSIC_SAMPLE_RATE, 0)
  const wetRight = reverberate(mix.send, MUSIC_SAMPLE_RATE, 23)
  for (let i = 0; i < length; i++) {
    mix.left[i] = (mix.left[i] as number) + (wetLeft[i] as number)
    mix.right[i] = (mix.right[i] as number) + (wetRight[i] as number)
  }
  watch.progress(0.95)
  return finished(mix)
}

interface Bar {
  index: number
  startSeconds: number
  beatSeconds: number
  beats: number
  /** MIDI notes. */
  chord: number[]
  /** Notes of the plucked figure per eighth; `null` rests. */
  figure: (number | null)[]
  last: boolean
  /** 0 to 1: how full the arrangement is here. */
  fullness: number
}

function scoreOf(mood: Mood, durationSeconds: number, random: () => number): Bar[] {
  const root = mood.root + Math.floor(random() * 5) - 2
  const progression = pick(mood.progressions, random)
  const shape = pick(figures, random)
  const answer = pick(figures, random)
  const beats = 4
  // The tempo bends a little so that the piece ends with a bar.
  const wished = (beats * 60) / mood.beatsPerMinute
  const bars = Math.max(1, Math.round(durationSeconds / wished))
  const beatSeconds = durationSeconds / bars / beats
  return Array.from({ length: bars }, (_, index) => {
    const last = index === bars - 1
    const chord = (last ? progression[0] : progression[index % progression.length]) as readonly number[]
    const steps = index % 4 === 3 ? answer : shape
    return {
      index,
      startSeconds: index * beats * beatSeconds,
      beatSeconds,
      beats,
      chord: chord.map((note) => root + note),
      figure: steps.map((step) =>
        step === null ? null : root + 12 + (chord[step % chord.length] as number) + 12 * Math.floor(step / chord.length),
      ),
      last,
      fullness: last ? 0.4 : Math.min(1, 0.35 + 0.25 * index),
    }
  })
}

/** Steps of the chord per eighth note. */
const figures: readonly (number | null)[][] = [
  [0, null, 2, null, 3, null, 2, null],
  [0, 2, 3, null, 2, null, 1, null],
  [null, 2, null, 3, null, 4, null, 2],
  [0, null, null, 3, null, 2, null, null],
  [3, 2, 1, null, 2, null, 0, null],
  [0, 1, 2, 3, 4, 3, 2, null],
]

const bassTable = waveTable([1, 0.28, 0.06])
const pluckTable = waveTable([1, 0.32, 0.1, 0.05])

function playBar(mix: Mix, mood: Mood, bar: Bar): void {
  const barSeconds = bar.beats * bar.beatSeconds
  const pad = waveTable([1, 0.5, 0.3, 0.18, 0.1, 0.06].map((level, n) => (n === 0 ? level : level * mood.brightness)))
  const voices = bar.chord.map((note) => (note < mood.root + 10 ? note + 12 : note))
  for (const [n, midi] of voices.entries()) {
    for (const side of [-1, 1]) {
      play(mix, pad, {
        startSeconds: bar.startSeconds,
        holdSeconds: barSeconds * (bar.last ? 0.7 : 0.98),
        attackSeconds: bar.index === 0 ? 0.25 : 0.5 * bar.beatSeconds * 2,
        releaseSeconds: 1.1,
        decayPerSecond: 0.05,
        midi: midi + side * (0.045 + 0.012 * n),
        gain: 0.052 * mood.parts.pad,
        pan: side * 0.75,
        wet: 0.45,
      })
    }
  }
  const eighth = bar.beatSeconds / 2
  for (const [n, midi] of (bar.last ? bar.figure.slice(0, 1) : bar.figure).entries()) {
    if (midi === null) continue
    const accent = n % 4 === 0 ? 1 : 0.72
    play(mix, pluckTable, {
      startSeconds: bar.startSeconds + n * eighth,
      holdSeconds: 0.9,
      attackSeconds: 0.006,
      releaseSeconds: 0.5,
      decayPerSecond: 4.2,
      midi,
      gain: 0.15 * accent * mood.parts.pluck * bar.fullness,
      pan: n % 2 === 0 ? -0.35 : 0.35,
      wet: 0.6,
    })
  }
  const low = (bar.chord[0] as number) - 12
  const bassNotes = bar.last ? [0] : bar.index === 0 ? [0] : [0, 2.5]
  for (const beat of bassNotes) {
    play(mix, bassTable, {
      startSeconds: bar.startSeconds + beat * bar.beatSeconds,
      holdSeconds: bar.beatSeconds * (beat === 0 ? 2.2 : 1.2),
      attackSeconds: 0.03,
      releaseSeconds: 0.35,
      decayPerSecond: 0.7,
      midi: low < 33 ? low + 12 : low,
      gain: 0.2 * mood.parts.bass * Math.max(0.5, bar.fullness),
      pan: 0,
      wet: 0.05,
    })
  }
  if (mood.parts.pulse > 0 && bar.index > 0 && !bar.last) {
    for (let beat = 0; beat < bar.beats; beat += 2)
      pulse(mix, bar.startSeconds + beat * bar.beatSeconds, 0.24 * mood.parts.pulse * bar.fullness)
  }
}

/** Fades, brings to level, and rounds off what would clip. */
function finished({ left, right, sampleRate }: Mix): { left: Float32Array; right: Float32Array } {
  let sum = 0
  for (let i = 0; i < left.length; i++) sum += (left[i] as number) ** 2 + (right[i] as number) ** 2
  const rms = Math.sqrt(sum / Math.max(1, 2 * left.length))
  const gain = 10 ** (LEVEL_DBFS / 20) / Math.max(rms, 1e-6)
  const seconds = left.length / sampleRate
  const fadeIn = Math.min(0.15, seconds / 8) * sampleRate
  const fadeOut = Math.min(2.2, seconds / 4) * sampleRate
  for (const channel of [left, right]) {
    for (let i = 0; i < channel.length; i++) {
      const edge = Math.min(1, i / fadeIn, (channel.length - 1 - i) / fadeOut)
      channel[i] = PEAK * Math.tanh(((channel[i] as number) * gain) / PEAK) * edge * edge * (3 - 2 * edge)
    }
  }
  return { left, right }
}
