import type { ModelFacts, Price } from '../../../ports/provider.ts'

/** 1 credit is $0.01. */
export const CREDIT_MICRO_USD = 10_000

/**
 * Credits per unit as published for the API. They are what a quote rests on; what a take did cost is the task's own figure.
 * Sizes, lengths and limits: the types of @runwayml/sdk 4.20.1.
 */
const price = (per: Price['per'], credits: number): Price => ({
  per,
  amountMicroUsd: Math.floor(credits * CREDIT_MICRO_USD),
  asOf: '2026-11-22',
  source: "docs.dev.runwayml.com pricing, as cited by integrators' references (not read at the source)",
})

const LANDSCAPE_AND_PORTRAIT = ['1280x720', '720x1280'] as const
const GEN_4_SIZES = [...LANDSCAPE_AND_PORTRAIT, '1104x832', '960x960', '832x1104', '1584x672'] as const
const VEO_SIZES = ['1280x720', '720x1280', '1920x1080', '1080x1920'] as const

/** A model of Runway's and how it is ordered. */
export interface RunwayModel extends ModelFacts {
  /** Sizes it makes without a picture. Absent: the same. Empty: it needs a picture. */
  sizesWithoutImage?: NonNullable<ModelFacts['sizes']>
}

export const models: readonly RunwayModel[] = [
  {
    id: 'gen4.5',
    kind: 'video',
    durations: { minSeconds: 2, maxSeconds: 10, stepSeconds: 1 },
    sizes: GEN_4_SIZES,
    sizesWithoutImage: LANDSCAPE_AND_PORTRAIT,
    maxCharacters: 1000,
    seed: true,
    image: true,
    price: price('second', 12),
  },
  {
    id: 'gen4_turbo',
    kind: 'video',
    durations: { minSeconds: 2, maxSeconds: 10, stepSeconds: 1 },
    sizes: GEN_4_SIZES,
    sizesWithoutImage: [],
    maxCharacters: 1000,
    seed: true,
    image: true,
    price: price('second', 5),
  },
  // With sound, as they are ordered by default.
  {
    id: 'veo3.1',
    kind: 'video',
    durations: [4, 6, 8],
    sizes: VEO_SIZES,
    maxCharacters: 1000,
    seed: true,
    image: true,
    price: price('second', 40),
  },
  {
    id: 'veo3.1_fast',
    kind: 'video',
    durations: [4, 6, 8],
    sizes: VEO_SIZES,
    maxCharacters: 1000,
    seed: true,
    image: true,
    price: price('second', 15),
  },
  { id: 'eleven_multilingual_v2', kind: 'speech', maxCharacters: 1000, price: price('character', 1 / 50) },
  {
    id: 'eleven_text_to_sound_v2',
    kind: 'sound',
    durations: { minSeconds: 0.5, maxSeconds: 30, stepSeconds: 0.1 },
    price: price('second', 1 / 6),
  },
]

/** What a request says that names no voice. */
export const DEFAULT_VOICE = 'default'

/** Presets of `text_to_speech`, the default first (@runwayml/sdk 4.20.1). */
export const voices = (
  'Maya Arjun Serene Bernard Billy Mark Clint Mabel Chad Leslie Eleanor Elias Elliot Grungle Brodie Sandra Kirk Kylie Lara Lisa ' +
  'Malachi Marlene Martin Miriam Monster Paula Pip Rusty Ragnar Xylar Maggie Jack Katie Noah James Rina Ella Mariah Frank Claudia ' +
  'Niki Vincent Kendrick Myrna Tom Wanda Benjamin Kiana Rachel'
)
  .split(' ')
  .map((id) => ({ id, label: id, language: 'en' }))
