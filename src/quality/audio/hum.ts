import { createLevelMeter, quantile } from './level.ts'
import { createWholeFinder, type SoundFinder } from './sound-finder.ts'
import { createWindows, dbfs } from './windows.ts'

/** The mean of a millisecond is a sample at 1 kHz: enough for 180 Hz. */
const STEP_SECONDS = 0.001
/** 300 ms: 50 Hz is told from 60 Hz, and it fits into a pause between two sentences. */
const FRAME_STEPS = 300
const HOP_STEPS = 75
const FEWEST_FRAMES = 3
/** A tone that is always there is as strong in the quietest tenth of the time as in half of it; a voice is not. In dB. */
const STEADY_DB = 3

const MAINS = [50, 60]
/** Near the tones, on none of them: what is as strong here is noise. */
const BESIDE_FUNDAMENTAL = 75
const BESIDE_HARMONICS = 135

/**
 * `hum`, in dB against the voice (the level that 95 of 100 windows of 20 ms stay below): the tone of the mains, 50 or 60 Hz,
 * with twice and three times its frequency. Each counts as strong as in the quietest tenth of the time, so that a voice does
 * not, and the harmonics, which a low voice may have too, only where they are steady (after Brandt and Bitzer, Automatic
 * Detection of Hum in Audio Signals, 2014).
 * @param threshold more is a fault
 */
export function createHum(threshold: number): SoundFinder {
  const meter = createLevelMeter()
  const samples: number[] = []
  const steps = createWindows(STEP_SECONDS, ({ mean }) => samples.push((mean[0] + mean[1]) / 2))
  let mains = 0

  return createWholeFinder('hum', threshold, {
    sound(startSeconds, pcm) {
      meter.add(startSeconds, pcm)
      steps.add(startSeconds, pcm)
    },
    measure() {
      meter.end()
      const levels = meter.levels()
      if (levels === null || samples.length < FRAME_STEPS + (FEWEST_FRAMES - 1) * HOP_STEPS) return null
      const powers = MAINS.map((hertz) => humPower(samples, hertz))
      const strongest = Math.max(...powers)
      mains = MAINS[powers.indexOf(strongest)] ?? 0
      return dbfs(strongest) - levels.loudDbfs
    },
    describe: (value) => `there is a hum of ${mains} Hz, ${(-value).toFixed(1)} dB below the voice; it should be ${-threshold} dB below.`,
  })
}

function humPower(samples: readonly number[], hertz: number): number {
  const fundamental = Math.max(0, steadyPower(samples, hertz).power - steadyPower(samples, BESIDE_FUNDAMENTAL).power)
  const noise = steadyPower(samples, BESIDE_HARMONICS).power
  const harmonics = [2, 3].map((times) => {
    const { power, steady } = steadyPower(samples, times * hertz)
    return steady ? Math.max(0, power - noise) : 0
  })
  return harmonics.reduce((sum, power) => sum + power, fundamental)
}

/** The mean square of the tone of this frequency in the quietest tenth of the frames, and whether half of them have little more. */
function steadyPower(samples: readonly number[], hertz: number): { power: number; steady: boolean } {
  const tone = toneOf(hertz)
  const powers: number[] = []
  for (let from = 0; from + FRAME_STEPS <= samples.length; from += HOP_STEPS) powers.push(tonePower(samples, from, tone))
  powers.sort((a, b) => a - b)
  const power = quantile(powers, 0.1)
  return { power, steady: quantile(powers, 0.5) <= power * 10 ** (STEADY_DB / 10) }
}

interface Tone {
  real: Float64Array
  imaginary: Float64Array
}

/** A tone under a Hann window, as long as a frame. */
function toneOf(hertz: number): Tone {
  const phase = (n: number) => 2 * Math.PI * hertz * n * STEP_SECONDS
  const hann = (n: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / FRAME_STEPS)
  return {
    real: Float64Array.from({ length: FRAME_STEPS }, (_, n) => hann(n) * Math.cos(phase(n))),
    imaginary: Float64Array.from({ length: FRAME_STEPS }, (_, n) => hann(n) * Math.sin(phase(n))),
  }
}

/** One line of a discrete Fourier transform. */
function tonePower(samples: readonly number[], from: number, tone: Tone): number {
  let real = 0
  let imaginary = 0
  for (let n = 0; n < FRAME_STEPS; n++) {
    const value = samples[from + n] as number
    real += value * (tone.real[n] as number)
    imaginary += value * (tone.imaginary[n] as number)
  }
  // The window passes half of the amplitude, and a tone has half of its squared amplitude as mean square.
  const amplitude = (2 * Math.hypot(real, imaginary)) / (0.5 * FRAME_STEPS)
  return amplitude ** 2 / 2
}
