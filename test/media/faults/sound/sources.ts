import { compose, MUSIC_SAMPLE_RATE } from '../../../../src/drivers/provider/local/music/compose.ts'
import { hashOf, randomFrom } from '../../../../src/drivers/provider/local/random.ts'
import { SOUND_SAMPLE_RATE, soundEffect } from '../../../../src/drivers/provider/local/sound/effects.ts'
import { type Flite, loadFlite } from '../../../../src/drivers/provider/local/speech/flite.ts'
import { narrate } from '../../../../src/drivers/provider/local/speech/narrate.ts'

/** Samples from -1 to 1, one array a channel, all of the same length. */
export interface Sound {
  channels: Float32Array[]
  sampleRate: number
}

const RATE = 48_000
const watch = { signal: new AbortController().signal, progress: () => {} }

const texts = [
  'Peter packed a big bag of butter, but Kate took it back to the top.',
  'The tide comes in twice a day. The moon pulls the water, and the shore waits for it.',
  'Solar passed coal in April. Nobody had expected that it would come so soon.',
  'Every morning the baker opens the shop at six, and the street smells of bread.',
  'A small river runs behind the house. In summer it is only a line of stones.',
  'Two tired dogs slept by the door. Nobody wanted to wake them.',
  'The old clock stopped at ten past four. Since then nobody has touched it.',
  'Keep the paper dry, cut it in two, and put both parts back into the box.',
  'Ships pass the light at night. Their crews count the seconds between two flashes.',
  'When the rain had stopped, the children ran out to look for the rainbow.',
]

/** The built-in voices, mono, as they come (16 kHz) or brought to 48 kHz; which texts they say depends on the seed. */
export async function voices(seed: number, count: number): Promise<Sound[]> {
  const flite = await loadFlite()
  const sounds: Sound[] = []
  for (let n = 0; n < count; n++) sounds.push(await voice(flite, seed + n, ['rms', 'slt', 'awb', 'kal16'][n % 4] ?? 'rms'))
  return sounds
}

async function voice(flite: Flite, n: number, name: string): Promise<Sound> {
  const { samples, sampleRate } = await narrate(flite, texts[n % texts.length] ?? '', name, watch)
  return n % 2 === 0 ? { channels: [samples], sampleRate } : { channels: [threeTimes(samples)], sampleRate: RATE }
}

/** Music of each mood, stereo. */
export function music(seed: number, durationSeconds: number): Promise<Sound[]> {
  const moods = ['calm', 'bright', 'serious', 'hopeful', 'tense']
  return Promise.all(
    moods.map(async (prompt, n) => {
      const { left, right } = await compose({ prompt, durationSeconds, seed: seed + n }, watch)
      return { channels: [left, right], sampleRate: MUSIC_SAMPLE_RATE }
    }),
  )
}

/** Every effect there is, stereo. */
export function effects(seed: number, durationSeconds: number): { name: string; sound: Sound }[] {
  const names = ['rain', 'thunder', 'waves', 'wind', 'fire', 'water', 'whoosh', 'engine', 'alarm', 'beep', 'click', 'bell', 'chime']
  return names.map((name) => {
    const { left, right } = soundEffect({ prompt: name, durationSeconds, seed })
    return { name, sound: { channels: [left, right], sampleRate: SOUND_SAMPLE_RATE } }
  })
}

/** Bursts of a voice without words, five a second, in breaths of a second: as short and as sudden as laughter. */
export function laughter(seed: number, durationSeconds: number): Sound {
  const random = randomFrom(seed ^ hashOf('laughter'))
  const samples = new Float32Array(Math.round(durationSeconds * RATE))
  for (let burst = 0.05; burst < durationSeconds - 0.3; burst += (burst + 0.2) % 1.6 < 0.2 ? 0.6 : 0.19 + 0.03 * random()) {
    const pitch = 180 + 120 * random()
    const from = Math.round(burst * RATE)
    for (let n = 0; n < 0.11 * RATE; n++) {
      const seconds = n / RATE
      const envelope = Math.min(1, seconds / 0.012) * Math.exp(-seconds * 28)
      const phase = 2 * Math.PI * pitch * (1 - seconds) * seconds
      const voiced = Math.sin(phase) + 0.6 * Math.sin(2 * phase) + 0.4 * Math.sin(3 * phase) + 0.3 * Math.sin(5 * phase)
      samples[from + n] = envelope * (0.2 * voiced + 0.15 * (random() * 2 - 1))
    }
  }
  return { channels: [samples], sampleRate: RATE }
}

/** Short notes with rests between them: each begins within 4 ms and ends within `releaseSeconds`. */
export function staccato(seed: number, durationSeconds: number, releaseSeconds: number): Sound {
  const random = randomFrom(seed ^ hashOf('staccato'))
  const length = Math.round(durationSeconds * RATE)
  const left = new Float32Array(length)
  const right = new Float32Array(length)
  for (let at = 0.05; at < durationSeconds - 0.4; at += 0.14 + 0.06 * Math.floor(random() * 3)) {
    const hertz = 220 * 2 ** (Math.floor(random() * 24) / 12)
    const holdSeconds = 0.07 + 0.03 * random()
    const pan = random()
    for (let n = 0; n < (holdSeconds + releaseSeconds) * RATE; n++) {
      const seconds = n / RATE
      const envelope = Math.min(1, seconds / 0.004, Math.max(0, (holdSeconds + releaseSeconds - seconds) / releaseSeconds))
      const phase = 2 * Math.PI * hertz * seconds
      const value = 0.25 * envelope * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.25 * Math.sin(3 * phase))
      const index = Math.round(at * RATE) + n
      left[index] = (left[index] ?? 0) + value * (1 - 0.6 * pan)
      right[index] = (right[index] ?? 0) + value * (0.4 + 0.6 * pan)
    }
  }
  return { channels: [left, right], sampleRate: RATE }
}

/** A voice over music, stereo at 48 kHz, as long as the voice with half a second before and after it. */
export function mixed(speech: Sound, bed: Sound, musicDb: number): Sound {
  const lead = RATE / 2
  const said =
    speech.sampleRate === RATE ? (speech.channels[0] ?? new Float32Array()) : threeTimes(speech.channels[0] ?? new Float32Array())
  const length = Math.min(said.length + 2 * lead, bed.channels[0]?.length ?? 0)
  const gain = 10 ** (musicDb / 20)
  const channels = bed.channels.map((channel) =>
    channel.slice(0, length).map((sample, n) => {
      const edge = Math.min(1, n / 2_400, (length - 1 - n) / (RATE / 2))
      return sample * gain * edge + (said[n - lead] ?? 0)
    }),
  )
  return { channels, sampleRate: RATE }
}

/** From 16 to 48 kHz by band-limited interpolation: a Hann-windowed sinc over 16 samples to either side. */
function threeTimes(samples: Float32Array): Float32Array {
  const REACH = 16
  const weight = (distance: number): number => {
    if (distance === 0) return 1
    const x = Math.PI * distance
    return (Math.sin(x) / x) * (0.5 + 0.5 * Math.cos(x / (REACH + 1)))
  }
  const phases = [0, 1 / 3, 2 / 3].map((shift) => Array.from({ length: 2 * REACH }, (_, k) => weight(k - REACH + 1 - shift)))
  const out = new Float32Array(3 * samples.length)
  for (let n = 0; n < samples.length; n++) {
    for (const [phase, weights] of phases.entries()) {
      let sum = 0
      for (let k = 0; k < 2 * REACH; k++) sum += (samples[n + k - REACH + 1] ?? 0) * (weights[k] ?? 0)
      out[3 * n + phase] = sum
    }
  }
  return out
}
