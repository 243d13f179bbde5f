import { thresholdOf } from '../../domain/profiles.ts'
import type { QualityProfile } from '../../domain/verdict.ts'
import type { InspectedStretch } from '../../ports/inspector.ts'
import { createAbruptEnd } from './abrupt-end.ts'
import { createClicks } from './clicks.ts'
import { createClipping, createFullScaleClipping } from './clipping.ts'
import { createDcOffset } from './dc-offset.ts'
import { createDeadChannel } from './dead-channel.ts'
import { createDropout } from './dropout.ts'
import { createHum } from './hum.ts'
import { createInvertedChannel } from './inverted-channel.ts'
import { createNoise } from './noise.ts'
import { createSilence } from './silence.ts'
import type { SoundFinder } from './sound-finder.ts'

type Heard = NonNullable<InspectedStretch['sound']>

const anything: readonly Heard[] = ['speech', 'music', 'effect', 'mix']

interface Listener {
  check: string
  to: readonly Heard[]
  /** What is shorter has nothing for it to measure: a single word no pause in which a hum could be heard. */
  leastSeconds?: number
  create: (threshold: number) => SoundFinder
}

/** Which check listens to what. Effects may click, hum, hiss, stop and end as they like; what is mixed has been listened to before. */
const listeners: readonly Listener[] = [
  { check: 'silence', to: anything, create: createSilence },
  { check: 'clipping', to: ['speech', 'music', 'mix'], create: createClipping },
  { check: 'clipping', to: ['effect'], create: createFullScaleClipping },
  { check: 'dropout', to: ['speech', 'music', 'mix'], create: createDropout },
  { check: 'noise', to: ['speech'], leastSeconds: 1, create: createNoise },
  { check: 'hum', to: ['speech'], leastSeconds: 2, create: createHum },
  { check: 'dc_offset', to: anything, leastSeconds: 0.5, create: createDcOffset },
  { check: 'dead_channel', to: anything, create: createDeadChannel },
  { check: 'inverted_channel', to: anything, create: createInvertedChannel },
  { check: 'clicks', to: ['speech', 'music'], create: createClicks },
  { check: 'abrupt_end', to: ['speech', 'music'], leastSeconds: 0.5, create: createAbruptEnd },
]

/** A finder for every check of the profile that listens to what is heard in this stretch. Silence is only asked where there must be sound. */
export function createSoundFinders(
  profile: QualityProfile,
  { sound = 'mix', audible, durationSeconds = Infinity }: InspectedStretch,
): SoundFinder[] {
  return listeners
    .filter(({ check }) => profile.rules[check] !== 'off' && (check !== 'silence' || audible))
    .filter(({ to, leastSeconds = 0 }) => to.includes(sound) && durationSeconds >= leastSeconds)
    .map(({ check, create }) => create(thresholdOf(profile, check)))
}
