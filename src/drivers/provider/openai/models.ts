import type { ModelFacts } from '../../../ports/provider.ts'

const AS_OF = '2026-11-22'
/** Announced in `resources/audio/speech.d.ts` of openai 7.57.0; the replacement is another API (Realtime). */
const SPEECH_SUNSET = '2027-01-06'
const MAX_CHARACTERS = 4096

const speech = (id: string, microUsdPerCharacter: number, source: string): ModelFacts => ({
  id,
  kind: 'speech',
  maxCharacters: MAX_CHARACTERS,
  price: { per: 'character', amountMicroUsd: microUsdPerCharacter, asOf: AS_OF, source },
  sunset: SPEECH_SUNSET,
})

/**
 * `gpt-4o-mini-tts` is billed by token ($0.60 per million of text, $12 per million of sound); per character it is reckoned from
 * a measured text: 4,096 characters were 877 tokens and about six times as many of sound.
 */
export const speechModels: readonly ModelFacts[] = [
  speech('gpt-4o-mini-tts', 16, 'developers.openai.com/api/docs/models/gpt-4o-mini-tts, tokens reckoned per character'),
  speech('tts-1', 15, 'developers.openai.com/api/docs/models/tts-1'),
  speech('tts-1-hd', 30, 'developers.openai.com/api/docs/models/tts-1-hd'),
]

/** The day api.openai.com shut its videos down, without a successor (`resources/videos.d.ts` of openai 7.57.0). */
export const VIDEOS_SUNSET = '2026-09-24'

const sora = (id: string, microUsdPerSecond: number): ModelFacts => ({
  id,
  kind: 'video',
  durations: [4, 8, 12],
  sizes: ['1280x720', '720x1280', '1024x1792', '1792x1024'],
  image: true,
  price: { per: 'second', amountMicroUsd: microUsdPerSecond, asOf: '2026-09-23', source: 'the last list of developers.openai.com' },
  sunset: VIDEOS_SUNSET,
})

/** Gone; declared so that who asks for them is told when and why. */
export const soraModels: readonly ModelFacts[] = [sora('sora-2', 100_000), sora('sora-2-pro', 300_000)]

/** What a request says that names no voice. */
export const DEFAULT_VOICE = 'default'

/** Ids of voices one has made oneself. */
export const CUSTOM_VOICE = /^voice_/

/** Of OpenAI's own models, the default first. */
export const voices = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'fable',
  'onyx',
  'nova',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
].map((id) => ({ id, label: `${id.charAt(0).toUpperCase()}${id.slice(1)}`, language: 'en' }))
