/** Sound being written: dry left and right, and what goes to the reverb. All the same length. */
export interface Mix {
  sampleRate: number
  left: Float32Array
  right: Float32Array
  send: Float32Array
}

const TABLE_SIZE = 2048

/** One period of a tone whose n-th harmonic has the level `harmonics[n - 1]`, scaled to a peak of 1. */
export function waveTable(harmonics: readonly number[]): Float32Array {
  const table = new Float32Array(TABLE_SIZE + 1)
  harmonics.forEach((level, n) => {
    for (let i = 0; i <= TABLE_SIZE; i++) table[i] = (table[i] as number) + level * Math.sin((2 * Math.PI * (n + 1) * i) / TABLE_SIZE)
  })
  const peak = table.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9)
  return table.map((value) => value / peak)
}

export interface Note {
  startSeconds: number
  /** Until the release begins. */
  holdSeconds: number
  attackSeconds: number
  releaseSeconds: number
  /** Exponential fall while held; 0 keeps the level. */
  decayPerSecond: number
  midi: number
  gain: number
  /** -1 left to 1 right. */
  pan: number
  /** Share sent to the reverb. */
  wet: number
}

/** Adds a note played with a wave table. */
export function play(mix: Mix, table: Float32Array, note: Note): void {
  const { sampleRate, left, right, send } = mix
  const first = Math.floor(note.startSeconds * sampleRate)
  const attack = Math.max(1, note.attackSeconds * sampleRate)
  const hold = Math.max(attack, note.holdSeconds * sampleRate)
  const release = Math.max(1, note.releaseSeconds * sampleRate)
  const count = Math.min(Math.floor(hold + release), left.length - first)
  const step = (frequencyOf(note.midi) * TABLE_SIZE) / sampleRate
  const fall = Math.exp(-note.decayPerSecond / sampleRate)
  const gainLeft = note.gain * Math.cos(((note.pan + 1) * Math.PI) / 4)
  const gainRight = note.gain * Math.sin(((note.pan + 1) * Math.PI) / 4)
  let phase = (note.midi * 997) % TABLE_SIZE
  let level = 1
  for (let n = 0; n < count; n++) {
    const whole = phase | 0
    const a = table[whole] as number
    const sample = a + ((table[whole + 1] as number) - a) * (phase - whole)
    phase += step
    if (phase >= TABLE_SIZE) phase -= TABLE_SIZE
    level *= fall
    let envelope = level
    if (n < attack) envelope *= smooth(n / attack)
    else if (n > hold) envelope *= smooth(1 - (n - hold) / release)
    const value = sample * envelope
    const i = first + n
    left[i] = (left[i] as number) + value * gainLeft
    right[i] = (right[i] as number) + value * gainRight
    send[i] = (send[i] as number) + value * note.gain * note.wet
  }
}

/** A soft low beat, more felt than heard. */
export function pulse(mix: Mix, startSeconds: number, gain: number): void {
  const { sampleRate, left, right } = mix
  const first = Math.floor(startSeconds * sampleRate)
  const count = Math.min(Math.floor(0.32 * sampleRate), left.length - first)
  let phase = 0
  for (let n = 0; n < count; n++) {
    const seconds = n / sampleRate
    phase += (2 * Math.PI * (46 + 60 * Math.exp(-seconds * 34))) / sampleRate
    const value = Math.sin(phase) * Math.exp(-seconds * 12) * Math.min(1, n / 120) * gain
    left[first + n] = (left[first + n] as number) + value
    right[first + n] = (right[first + n] as number) + value
  }
}

/** Schroeder's reverberator: four damped combs in parallel, two all-passes in series, a little longer on the right. */
export function reverberate(send: Float32Array, sampleRate: number, spreadSamples: number): Float32Array {
  const out = new Float32Array(send.length)
  const scale = sampleRate / 44_100
  for (const base of [1557, 1617, 1491, 1422]) {
    const line = new Float32Array(Math.round(base * scale) + spreadSamples)
    let at = 0
    let damped = 0
    for (let i = 0; i < send.length; i++) {
      const echo = line[at] as number
      damped = echo * 0.62 + damped * 0.38
      line[at] = (send[i] as number) + damped * 0.84
      out[i] = (out[i] as number) + echo * 0.25
      if (++at === line.length) at = 0
    }
  }
  for (const base of [225, 556]) {
    const line = new Float32Array(Math.round(base * scale) + spreadSamples)
    let at = 0
    for (let i = 0; i < out.length; i++) {
      const echo = line[at] as number
      const value = out[i] as number
      line[at] = value + echo * 0.5
      out[i] = echo - value * 0.5
      if (++at === line.length) at = 0
    }
  }
  return out
}

const frequencyOf = (midi: number): number => 440 * 2 ** ((midi - 69) / 12)
const smooth = (x: number): number => (x <= 0 ? 0 : x >= 1 ? 1 : x * x * (3 - 2 * x))
