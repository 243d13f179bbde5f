import { hashOf, randomFrom } from '../random.ts'

export const SOUND_SAMPLE_RATE = 48_000

/** Writes mono samples for the whole length; level is set afterwards. */
type Effect = (length: number, random: () => number) => Float32Array

/** The first entry whose words are in the prompt is made. */
const effects: readonly { name: string; words: RegExp; make: Effect }[] = [
  {
    name: 'rain',
    words: /\brain|drizzle|shower|downpour/i,
    make: (n, r) =>
      sum(
        filtered(n, r, 900, 7000, () => 0.5),
        drops(n, r, 90),
      ),
  },
  { name: 'thunder', words: /thunder|explosion|boom|blast/i, make: thunder },
  {
    name: 'waves',
    words: /\bwaves?\b|\bsea\b|ocean|surf|beach|shore/i,
    make: (n, r) => filtered(n, r, 120, 2600, (t) => 0.18 + 0.82 * Math.sin(Math.PI * ((t / 6.5 + 0.15) % 1)) ** 3),
  },
  {
    name: 'wind',
    words: /wind|breeze|storm|gust|blizzard/i,
    make: (n, r) => filtered(n, r, 140, 900, (t) => 0.55 + 0.3 * Math.sin(t * 0.9) + 0.15 * Math.sin(t * 2.3 + 1)),
  },
  {
    name: 'fire',
    words: /fire|campfire|crackl|flame/i,
    make: (n, r) =>
      sum(
        filtered(n, r, 60, 420, () => 0.4),
        drops(n, r, 22),
      ),
  },
  {
    name: 'water',
    words: /water|river|stream|brook|waterfall|fountain/i,
    make: (n, r) =>
      sum(
        filtered(n, r, 380, 3200, (t) => 0.6 + 0.2 * Math.sin(t * 5)),
        drops(n, r, 30),
      ),
  },
  { name: 'whoosh', words: /whoosh|swoosh|swish|swipe|transition|fly ?by/i, make: whoosh },
  { name: 'engine', words: /engine|motor|car\b|truck|hum|drone|machine|machinery|generator|server|fan\b/i, make: engine },
  {
    name: 'alarm',
    words: /alarm|siren|alert|warning/i,
    make: (n) =>
      tones(
        n,
        0.8,
        (t) => (t < 0.4 ? 880 : 660),
        (t) => Math.min(1, t * 60, (0.8 - t) * 30) * 0.8,
      ),
  },
  {
    name: 'beep',
    words: /beep|bleep|signal|notification|ping|message|phone|ring/i,
    make: (n) =>
      tones(
        n,
        1,
        () => 1000,
        (t) => (t < 0.16 ? Math.min(1, t * 200, (0.16 - t) * 200) : 0),
      ),
  },
  { name: 'click', words: /click|tap|tick|clock|key(?:board|press)|typing|button|switch/i, make: clicks },
  { name: 'bell', words: /bell|gong|chime|ding|church/i, make: (n, r) => bell(n, 440 + 180 * r(), 2.6) },
]

/** Which sound a prompt gets. `known` is false when no word of it was understood and the neutral chime stands in. */
export function soundFor(prompt: string): { name: string; known: boolean } {
  const effect = effects.find(({ words }) => words.test(prompt))
  return effect === undefined ? { name: 'chime', known: false } : { name: effect.name, known: true }
}

/** Every sound there is, for messages. */
export const soundNames: readonly string[] = effects.map(({ name }) => name)

/** Stereo, exactly `durationSeconds` long, at -20 dBFS RMS unless its peaks would pass -3 dBFS. */
export function soundEffect(order: { prompt: string; durationSeconds: number; seed: number }): { left: Float32Array; right: Float32Array } {
  const length = Math.round(order.durationSeconds * SOUND_SAMPLE_RATE)
  const { name } = soundFor(order.prompt)
  const make = effects.find((effect) => effect.name === name)?.make ?? ((n, r) => bell(n, 587 + 60 * r(), 1.8))
  const side = (salt: number): Float32Array => make(length, randomFrom(order.seed ^ hashOf(name) ^ salt))
  // Tones are the same on both sides; noise is wider when it is not.
  const left = side(0)
  const right = /rain|waves|wind|fire|water|thunder/.test(name) ? side(0x51_1c_e0_02) : left.slice()
  let peak = 1e-9
  let power = 1e-12
  for (let i = 0; i < length; i++) {
    peak = Math.max(peak, Math.abs(left[i] as number), Math.abs(right[i] as number))
    power += ((left[i] as number) ** 2 + (right[i] as number) ** 2) / (2 * length)
  }
  const gain = Math.min(0.7 / peak, 0.1 / Math.sqrt(power))
  const edge = Math.min(0.02 * SOUND_SAMPLE_RATE, length / 4)
  for (const channel of [left, right]) {
    for (let i = 0; i < length; i++) channel[i] = (channel[i] as number) * gain * Math.min(1, i / (edge / 8), (length - 1 - i) / edge)
  }
  return { left, right }
}

/** Noise between two frequencies (one-pole filters) under a moving level. */
function filtered(length: number, random: () => number, lowHz: number, highHz: number, level: (seconds: number) => number): Float32Array {
  const out = new Float32Array(length)
  const high = 1 - Math.exp((-2 * Math.PI * highHz) / SOUND_SAMPLE_RATE)
  const low = 1 - Math.exp((-2 * Math.PI * lowHz) / SOUND_SAMPLE_RATE)
  let a = 0
  let b = 0
  let c = 0
  for (let i = 0; i < length; i++) {
    a += high * (random() * 2 - 1 - a)
    b += high * (a - b)
    c += low * (b - c)
    out[i] = (b - c) * level(i / SOUND_SAMPLE_RATE)
  }
  return out
}

/** Short random ticks, `perSecond` of them on average. */
function drops(length: number, random: () => number, perSecond: number): Float32Array {
  const out = new Float32Array(length)
  const count = Math.round((length / SOUND_SAMPLE_RATE) * perSecond)
  for (let k = 0; k < count; k++) {
    const at = Math.floor(random() * length)
    const hz = 1200 + 4000 * random()
    const gain = 0.05 + 0.3 * random() ** 3
    for (let i = 0; i < 500 && at + i < length; i++) {
      out[at + i] = (out[at + i] as number) + gain * Math.sin((2 * Math.PI * hz * i) / SOUND_SAMPLE_RATE) * Math.exp(-i / 90)
    }
  }
  return out
}

function thunder(length: number, random: () => number): Float32Array {
  const rumble = filtered(length, random, 28, 160, (t) => Math.exp(-t * 0.7) * (0.75 + 0.25 * Math.sin(t * 7)))
  const crack = filtered(length, random, 200, 3000, (t) => Math.exp(-t * 9))
  return sum(rumble, crack)
}

function whoosh(length: number, random: () => number): Float32Array {
  const out = new Float32Array(length)
  let low = 0
  let band = 0
  for (let i = 0; i < length; i++) {
    const x = i / length
    const swell = Math.sin(Math.PI * x) ** 2
    // A state-variable filter swept up and down (Chamberlin).
    const f = 2 * Math.sin((Math.PI * (250 + 3200 * swell)) / SOUND_SAMPLE_RATE)
    low += f * band
    band += f * (random() * 2 - 1 - low - 0.7 * band)
    out[i] = band * swell
  }
  return out
}

function engine(length: number, random: () => number): Float32Array {
  const base = 48 + 14 * random()
  const out = filtered(length, random, 60, 300, () => 0.35)
  for (let i = 0; i < length; i++) {
    const t = i / SOUND_SAMPLE_RATE
    const phase = 2 * Math.PI * base * t + 0.4 * Math.sin(t * 3.1)
    out[i] =
      (out[i] as number) +
      0.5 * Math.sin(phase) +
      0.28 * Math.sin(2 * phase + 0.4) +
      0.16 * Math.sin(3 * phase) +
      0.1 * Math.sin(5.02 * phase)
  }
  return out
}

/** A tone repeated every `period` seconds. */
function tones(length: number, period: number, hz: (t: number) => number, level: (t: number) => number): Float32Array {
  const out = new Float32Array(length)
  let phase = 0
  for (let i = 0; i < length; i++) {
    const t = (i / SOUND_SAMPLE_RATE) % period
    phase += (2 * Math.PI * hz(t)) / SOUND_SAMPLE_RATE
    out[i] = (Math.sin(phase) + 0.2 * Math.sin(2 * phase)) * level(t)
  }
  return out
}

function clicks(length: number, random: () => number): Float32Array {
  const out = new Float32Array(length)
  for (let at = 0.02 * SOUND_SAMPLE_RATE; at < length; at += SOUND_SAMPLE_RATE / 2) {
    const from = Math.floor(at)
    for (let i = 0; i < 1200 && from + i < length; i++) {
      out[from + i] =
        Math.exp(-i / 60) * (random() * 2 - 1) * 0.6 + Math.exp(-i / 160) * Math.sin((2 * Math.PI * 2100 * i) / SOUND_SAMPLE_RATE) * 0.5
    }
  }
  return out
}

/** Inharmonic partials of a struck bell, ringing out; struck again every four seconds. */
function bell(length: number, hz: number, ringSeconds: number): Float32Array {
  const partials = [
    [0.5, 0.35, 1],
    [1, 1, 1],
    [1.19, 0.4, 0.7],
    [2, 0.45, 0.55],
    [2.74, 0.22, 0.4],
    [3.76, 0.12, 0.3],
  ]
  const out = new Float32Array(length)
  const period = 4 * SOUND_SAMPLE_RATE
  for (let i = 0; i < length; i++) {
    const t = (i % period) / SOUND_SAMPLE_RATE
    let value = 0
    for (const [ratio = 1, gain = 1, ring = 1] of partials)
      value += gain * Math.sin(2 * Math.PI * hz * ratio * t) * Math.exp(-t / (ringSeconds * ring * 0.6))
    out[i] = value * Math.min(1, t * 300)
  }
  return out
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + (b[i] as number))
}
