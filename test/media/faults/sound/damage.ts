import type { TimeRange } from '../../../../src/domain/verdict.ts'
import { randomFrom } from '../../../../src/drivers/provider/local/random.ts'
import type { Sound } from './sources.ts'

/** Each gives a new sound; levels are in dB against the level of the sound itself (`levelOf`) unless they say dBFS. */

const amplitude = (db: number): number => 10 ** (db / 20)

function changed(sound: Sound, change: (sample: number, index: number, channel: number) => number): Sound {
  return { ...sound, channels: sound.channels.map((samples, channel) => samples.map((sample, index) => change(sample, index, channel))) }
}

/** Root mean square of what is heard: of the samples whose 20 ms are within 30 dB of the loudest 20 ms. Full scale is 1. */
function levelOf({ channels, sampleRate }: Sound): number {
  const window = Math.round(0.02 * sampleRate)
  const powers: number[] = []
  for (const samples of channels)
    for (let from = 0; from + window <= samples.length; from += window) {
      let power = 0
      for (let n = from; n < from + window; n++) power += (samples[n] ?? 0) ** 2 / window
      powers.push(power)
    }
  const loudest = powers.reduce((most, power) => Math.max(most, power), 1e-12)
  const heard = powers.filter((power) => power > loudest * 1e-3)
  return Math.sqrt(heard.reduce((sum, power) => sum + power, 0) / heard.length)
}

export function gain(sound: Sound, db: number): Sound {
  return changed(sound, (sample) => sample * amplitude(db))
}

/** The highest sample at this level. */
export function peakAt(sound: Sound, dbfs: number): Sound {
  const peak = sound.channels.reduce((most, samples) => samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), most), 1e-9)
  return changed(sound, (sample) => (sample * amplitude(dbfs)) / peak)
}

/** So much too loud that its peaks are cut off at full scale. */
export function clipped(sound: Sound, overDb: number): Sound {
  return changed(peakAt(sound, overDb), (sample) => Math.max(-1, Math.min(1, sample)))
}

/** Loud, but rounded off instead of cut off: nothing comes to full scale. */
export function limited(sound: Sound, overDb: number): Sound {
  return changed(peakAt(sound, overDb), (sample) => 0.97 * Math.tanh(sample))
}

/** White noise, or with `pink` a fall of 3 dB an octave (Kellet's filter), the same on no two channels. */
export function hissing(sound: Sound, db: number, seed: number, pink = false): Sound {
  const level = levelOf(sound) * amplitude(db)
  const noises = sound.channels.map((samples, channel) => {
    const random = randomFrom(seed * 7 + channel)
    const rows = [0, 0, 0]
    const noise = samples.map(() => {
      const white = random() * 2 - 1
      if (!pink) return white
      rows[0] = 0.99765 * (rows[0] ?? 0) + white * 0.099046
      rows[1] = 0.963 * (rows[1] ?? 0) + white * 0.2965164
      rows[2] = 0.57 * (rows[2] ?? 0) + white * 1.0526913
      return (rows[0] ?? 0) + (rows[1] ?? 0) + (rows[2] ?? 0) + white * 0.1848
    })
    const power = noise.reduce((sum, value) => sum + value * value, 0) / noise.length
    return noise.map((value) => (value * level) / Math.sqrt(power))
  })
  return changed(sound, (sample, index, channel) => sample + (noises[channel]?.[index] ?? 0))
}

/** Mains hum: the tone and its harmonics, as a coil gives them or, mostly twice the tone, a rectifier. */
export function humming(sound: Sound, hertz: 50 | 60, db: number, from: 'coil' | 'rectifier' = 'coil'): Sound {
  const parts = Object.entries(from === 'coil' ? { 1: 1, 2: 0.7, 3: 0.4, 5: 0.15 } : { 1: 0.15, 2: 1, 3: 0.1, 4: 0.4 }).map(
    ([times, level]) => [Number(times), level] as const,
  )
  const power = parts.reduce((sum, [, level]) => sum + level ** 2 / 2, 0)
  const scale = (levelOf(sound) * amplitude(db)) / Math.sqrt(power)
  return changed(sound, (sample, index) => {
    const phase = (2 * Math.PI * hertz * index) / sound.sampleRate
    return sample + scale * parts.reduce((sum, [times, level]) => sum + level * Math.sin(times * phase + times), 0)
  })
}

/** Nothing in this range, on one channel or on all. */
export function without(sound: Sound, range: TimeRange, only?: number): Sound {
  const from = Math.round(range.startSeconds * sound.sampleRate)
  const to = Math.round(range.endSeconds * sound.sampleRate)
  return changed(sound, (sample, index, channel) => (index >= from && index < to && (only === undefined || only === channel) ? 0 : sample))
}

/** Time in which nothing is said is put in. */
export function paused(sound: Sound, atSeconds: number, seconds: number): Sound {
  const at = Math.round(atSeconds * sound.sampleRate)
  const gap = Math.round(seconds * sound.sampleRate)
  const channels = sound.channels.map((samples) => {
    const longer = new Float32Array(samples.length + gap)
    longer.set(samples.subarray(0, at))
    longer.set(samples.subarray(at), at + gap)
    return longer
  })
  return { ...sound, channels }
}

/** @param share of full scale */
export function offset(sound: Sound, share: number): Sound {
  return changed(sound, (sample) => sample + share)
}

export function stereo(sound: Sound): Sound {
  const [left = new Float32Array(), right = left.slice()] = sound.channels
  return { ...sound, channels: [left, right] }
}

export function inverted(sound: Sound): Sound {
  return changed(stereo(sound), (sample, _, channel) => (channel === 1 ? -sample : sample))
}

/** Both channels from each other: what differs is made this much louder than what is the same. */
export function widened(sound: Sound, sideDb: number): Sound {
  const [left = new Float32Array(), right = new Float32Array()] = sound.channels
  const side = amplitude(sideDb)
  const middle = (n: number) => ((left[n] ?? 0) + (right[n] ?? 0)) / 2
  const apart = (n: number) => (side * ((left[n] ?? 0) - (right[n] ?? 0))) / 2
  return { ...sound, channels: [left.map((_, n) => middle(n) + apart(n)), right.map((_, n) => middle(n) - apart(n))] }
}

/** The right channel comes later, as where two microphones stand apart. */
export function delayedRight(sound: Sound, seconds: number): Sound {
  const [left = new Float32Array()] = sound.channels
  const by = Math.round(seconds * sound.sampleRate)
  return { ...sound, channels: [left, left.map((_, n) => left[n - by] ?? 0)] }
}

/** On the left alone, then on the right, and so on, crossing over within 30 ms. */
export function pingPong(sound: Sound, seconds: number): Sound {
  return changed(stereo(sound), (sample, index, channel) => {
    const round = (index / sound.sampleRate + channel * seconds) % (2 * seconds)
    return sample * Math.max(0, Math.min(1, round / 0.03, (seconds + 0.03 - round) / 0.03))
  })
}

/** A few samples long, as a lost bit or a scratch leaves it. @param height in shares of full scale */
export function clicking(sound: Sound, atSeconds: number, height: number, samples: number): Sound {
  const start = Math.round(atSeconds * sound.sampleRate)
  return changed(sound, (sample, index) => {
    const into = index - start
    return into < 0 || into >= samples ? sample : sample + (into % 2 === 0 ? height : -height)
  })
}

/** A stretch is taken out and the ends are put together as they are, where that leaves the largest step within 20 ms. */
export function spliced(sound: Sound, atSeconds: number, outSeconds: number): { sound: Sound; atSeconds: number; step: number } {
  const [first = new Float32Array()] = sound.channels
  const out = Math.round(outSeconds * sound.sampleRate)
  const from = Math.round(atSeconds * sound.sampleRate)
  let best = { at: from, step: 0 }
  for (let at = from; at < from + 0.02 * sound.sampleRate; at++) {
    const step = Math.abs((first[at + out] ?? 0) - (first[at] ?? 0))
    if (step > best.step) best = { at, step }
  }
  const channels = sound.channels.map((samples) => {
    const shorter = new Float32Array(samples.length - out)
    shorter.set(samples.subarray(0, best.at))
    shorter.set(samples.subarray(best.at + out), best.at)
    return shorter
  })
  return { sound: { ...sound, channels }, atSeconds: best.at / sound.sampleRate, step: best.step }
}

export function cutAt(sound: Sound, seconds: number): Sound {
  return { ...sound, channels: sound.channels.map((samples) => samples.slice(0, Math.round(seconds * sound.sampleRate))) }
}

export function fadedOut(sound: Sound, seconds: number): Sound {
  const length = sound.channels[0]?.length ?? 0
  return changed(sound, (sample, index) => sample * Math.min(1, (length - 1 - index) / (seconds * sound.sampleRate)))
}

/** One behind the other. */
export function joined(first: Sound, ...others: Sound[]): Sound {
  const channels = first.channels.map((samples, channel) =>
    Float32Array.from([samples, ...others.map((other) => other.channels[channel] ?? [])].flatMap((part) => [...part])),
  )
  return { ...first, channels }
}

/** Louder and quieter by turns, over 50 ms. */
export function stepped(sound: Sound, db: number, seconds: number): Sound {
  return changed(sound, (sample, index) => {
    const time = index / sound.sampleRate
    const inside = (time % (2 * seconds)) - seconds
    const quiet = inside < 0 ? 0 : Math.min(1, inside / 0.05, (seconds - inside) / 0.05)
    return sample * amplitude(db * quiet)
  })
}

export function secondsOf(sound: Sound): number {
  return (sound.channels[0]?.length ?? 0) / sound.sampleRate
}

/** A random moment at which something is heard, and `laterSeconds` after it too: within 12 dB of the loudest 30 ms, half a second from the ends. */
export function heardMoment(sound: Sound, seed: number, laterSeconds = 0): number {
  const [first = new Float32Array()] = sound.channels
  const window = Math.round(0.03 * sound.sampleRate)
  const powers: number[] = []
  for (let from = 0; from + window <= first.length; from += window)
    powers.push(first.subarray(from, from + window).reduce((sum, sample) => sum + sample * sample, 0))
  const enough = Math.max(...powers) * amplitude(-12) ** 2
  const later = Math.round((laterSeconds * sound.sampleRate) / window)
  const edge = Math.ceil((0.5 * sound.sampleRate) / window)
  const heard = [...powers.keys()].filter(
    (n) => n >= edge && n + later < powers.length - edge && (powers[n] ?? 0) > enough && (powers[n + later] ?? 0) > enough,
  )
  const chosen = heard[Math.floor(randomFrom(seed)() * heard.length)]
  if (chosen === undefined) throw new Error('nothing is heard where the fault was to be')
  return ((chosen + 0.5) * window) / sound.sampleRate
}
