import { createLevelMeter } from './level.ts'
import { createWholeFinder, type SoundFinder } from './sound-finder.ts'

/**
 * `noise`, in dB: how far a voice stands above what is left where nothing is said: between the loud end of the levels of
 * 20 ms (95 of 100) and their floor, the flat part of their quiet end. Audio books ask for about 40 dB (ACX: noise at
 * most -60 dBFS under a voice of -23 to -18 dBFS). Noise that stops where the voice stops is not told from the voice.
 * @param threshold less is a fault
 */
export function createNoise(threshold: number): SoundFinder {
  const meter = createLevelMeter()
  return createWholeFinder('noise', threshold, {
    sound: meter.add,
    measure() {
      meter.end()
      const levels = meter.levels()
      return levels && levels.loudDbfs - levels.floorDbfs
    },
    describe: (value) => `the voice is only ${value.toFixed(1)} dB above its noise; ${threshold} dB are asked for.`,
  })
}
