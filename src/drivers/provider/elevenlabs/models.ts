import type { ModelFacts, Price } from '../../../ports/provider.ts'

const AS_OF = '2026-06-01'
const AUDIO_LIST = 'https://developer.puter.com/tutorials/elevenlabs-api-pricing/ (second hand; plans with credits may cost otherwise)'
const VIDEO_LIST =
  'list prices of the same models elsewhere; ElevenLabs bills video in credits of the plan and publishes no price per second'

const audio = (per: Price['per'], amountMicroUsd: number): Price => ({ per, amountMicroUsd, asOf: AS_OF, source: AUDIO_LIST })
const video = (amountMicroUsd: number): Price => ({ per: 'second', amountMicroUsd, asOf: AS_OF, source: VIDEO_LIST })

const HD = ['1280x720', '720x1280', '1920x1080', '1080x1920'] as const
const UHD = ['3840x2160', '2160x3840'] as const
const SMALL = ['1280x720', '720x1280'] as const

/**
 * What ElevenLabs makes: ids, caps and fields from its official SDK 2.73.0 and its documentation. The lengths of Veo (4, 6, 8 s)
 * and of Seedance (from 4 s) are those of the models' makers; the SDK names only the 30 s of Seedance 2.5.
 */
export const elevenLabsModels: readonly ModelFacts[] = [
  { id: 'eleven_multilingual_v2', kind: 'speech', maxCharacters: 10_000, seed: true, price: audio('character', 100) },
  { id: 'eleven_v3', kind: 'speech', maxCharacters: 5_000, seed: true, price: audio('character', 100) },
  { id: 'eleven_flash_v2_5', kind: 'speech', maxCharacters: 40_000, seed: true, price: audio('character', 50) },
  { id: 'eleven_turbo_v2_5', kind: 'speech', maxCharacters: 40_000, seed: true, price: audio('character', 50) },
  { id: 'eleven_flash_v2', kind: 'speech', maxCharacters: 30_000, seed: true, price: audio('character', 50) },

  // A seed is taken only with a composition plan, not with a prompt.
  { id: 'music_v2_5', kind: 'music', durations: { minSeconds: 3, maxSeconds: 600, stepSeconds: 0.001 }, price: audio('second', 5_000) },
  { id: 'music_v2', kind: 'music', durations: { minSeconds: 3, maxSeconds: 600, stepSeconds: 0.001 }, price: audio('second', 5_000) },

  {
    id: 'eleven_text_to_sound_v2',
    kind: 'sound',
    durations: { minSeconds: 0.5, maxSeconds: 30, stepSeconds: 0.001 },
    price: audio('take', 120_000),
  },

  {
    id: 'veo-3.1-fast-generate-001',
    kind: 'video',
    durations: [4, 6, 8],
    sizes: [...HD, ...UHD],
    seed: true,
    image: true,
    price: video(150_000),
  },
  {
    id: 'veo-3.1-generate-001',
    kind: 'video',
    durations: [4, 6, 8],
    sizes: [...HD, ...UHD],
    seed: true,
    image: true,
    price: video(400_000),
  },
  {
    id: 'bytedance-seedance-v2',
    kind: 'video',
    durations: seconds(4, 15),
    sizes: [...HD, ...UHD],
    seed: true,
    image: true,
    price: video(310_000),
  },
  {
    id: 'bytedance-seedance-v2-fast',
    kind: 'video',
    durations: seconds(4, 15),
    sizes: SMALL,
    seed: true,
    image: true,
    price: video(250_000),
  },
  {
    id: 'bytedance-seedance-v2-mini',
    kind: 'video',
    durations: seconds(4, 15),
    sizes: SMALL,
    seed: true,
    image: true,
    price: video(160_000),
  },
  // With a picture it would choose the shape of the video by itself.
  { id: 'bytedance-seedance-v2.5', kind: 'video', durations: seconds(4, 30), sizes: HD, price: video(310_000) },
]

/** Voices every account has. Any other voice of the account is named by its id. */
export const elevenLabsVoices = [
  { id: 'JBFqnCBsd6RMkjVDRZzb', label: 'George (warm storyteller, male)', language: 'en-GB' },
  { id: '21m00Tcm4TlvDq8ikWAM', label: 'Rachel (calm, female)', language: 'en-US' },
  { id: 'EXAVITQu4vr4xnSDxMaL', label: 'Sarah (reassuring, female)', language: 'en-US' },
  { id: 'onwK4e9ZLuTAKqWW03F9', label: 'Daniel (steady broadcaster, male)', language: 'en-GB' },
] as const

function seconds(minSeconds: number, maxSeconds: number) {
  return { minSeconds, maxSeconds, stepSeconds: 1 }
}
