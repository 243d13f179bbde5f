import type { GenerateRequest } from '../../../domain/generate.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import type { ModelFacts, Price } from '../../../ports/provider.ts'

/** A model, and how an order to it is written. */
export interface FalModel {
  facts: ModelFacts
  /** Where it is posted, below the queue's host. With a picture it is another endpoint. */
  endpoint(request: GenerateRequest): string
  input(request: GenerateRequest): Record<string, unknown>
  /** Of a second, where it depends on what is ordered. Never more than the price in `facts`. */
  secondMicroUsd?(request: GenerateRequest): MicroUsd
  /** Median wall time: a first guess. */
  makingSeconds: number
  /** Of the output, where the vendor does not tell. */
  mimeType: string
}

type VideoRequest = Extract<GenerateRequest, { kind: 'video' }>

/** From a model's own page, as it was stored when this list was written. */
const listed = (per: Price['per'], amountMicroUsd: number, model: string): Price => ({
  per,
  amountMicroUsd,
  asOf: '2026-11-23',
  source: `https://fal.ai/models/${model}/llms.txt`,
})

/** Read at somebody else's: not confirmed by fal. */
const thirdHand = (price: Price, where: string): Price => ({ ...price, source: `third-hand: ${where}` })

const SEEDANCE_FAST = 'fal-ai/bytedance/seedance/v1/pro/fast/text-to-video'
const SEEDANCE_2_FAST = 'bytedance/seedance-2.0/fast/text-to-video'
const KLING_TURBO = 'fal-ai/kling-video/v2.5-turbo/pro/text-to-video'
const VEO_FAST = 'fal-ai/veo3.1/fast'
const STABLE_AUDIO = 'fal-ai/stable-audio-25/text-to-audio'
const SOUND_EFFECTS = 'beatoven/sound-effect-generation'
const KOKORO = 'fal-ai/kokoro/american-english'

const FULL_HD = ['1920x1080', '1080x1920'] as const
const HD = ['1280x720', '720x1280'] as const

const resolution = ({ width, height }: VideoRequest): string => `${Math.min(width, height)}p`
const aspectRatio = ({ width, height }: VideoRequest): string => (width === height ? '1:1' : width > height ? '16:9' : '9:16')
const picture = ({ imageUrl }: VideoRequest) => imageUrl !== undefined && { image_url: imageUrl }

function video(
  model: Omit<FalModel, 'endpoint' | 'input' | 'mimeType'> & { input(request: VideoRequest): Record<string, unknown> },
): FalModel {
  const { id } = model.facts
  return {
    ...model,
    mimeType: 'video/mp4',
    endpoint(request) {
      if (request.kind !== 'video' || request.imageUrl === undefined) return id
      return id.endsWith('/text-to-video') ? id.replace(/text-to-video$/, 'image-to-video') : `${id}/image-to-video`
    },
    input: (request) => (request.kind === 'video' ? model.input(request) : {}),
  }
}

/**
 * A few of the many models, each with lengths, sizes and prices as fal lists them; the first of a kind is its default.
 * Pixel sizes follow the resolution's name, the models deviate by some (UNVERIFIED).
 */
export const falModels: readonly FalModel[] = [
  video({
    facts: {
      id: SEEDANCE_FAST,
      kind: 'video',
      durations: { minSeconds: 2, maxSeconds: 12, stepSeconds: 1 },
      sizes: [...HD, ...FULL_HD],
      seed: true,
      image: true,
      // A 1080p video of 5 seconds for 0.245 USD; otherwise 1 USD per million tokens of height x width x fps x seconds / 1024.
      price: listed('second', 49_000, SEEDANCE_FAST),
    },
    secondMicroUsd: (request) => (request.kind === 'video' && Math.min(request.width, request.height) === 720 ? 21_600 : 49_000),
    input: (request) => ({
      prompt: request.prompt,
      aspect_ratio: aspectRatio(request),
      resolution: resolution(request),
      duration: String(request.durationSeconds),
      seed: request.seed,
      ...picture(request),
    }),
    makingSeconds: 40,
  }),
  video({
    facts: {
      id: KLING_TURBO,
      kind: 'video',
      durations: [5, 10],
      sizes: [...FULL_HD, '1080x1080'],
      maxCharacters: 2500,
      image: true,
      price: listed('second', 70_000, KLING_TURBO),
    },
    input: (request) => ({
      prompt: request.prompt,
      duration: String(request.durationSeconds),
      // With a picture the shape is the picture's.
      ...(request.imageUrl === undefined ? { aspect_ratio: aspectRatio(request) } : picture(request)),
    }),
    makingSeconds: 120,
  }),
  video({
    facts: {
      id: VEO_FAST,
      kind: 'video',
      durations: [4, 6, 8],
      sizes: [...HD, ...FULL_HD],
      seed: true,
      image: true,
      // With sound, which it makes unless told otherwise. Listed for its first-and-last-frame endpoint; this one is said to cost the same.
      price: thirdHand(listed('second', 150_000, VEO_FAST), 'https://fal.ai/models/fal-ai/veo3.1/fast/first-last-frame-to-video/llms.txt'),
    },
    input: (request) => ({
      prompt: request.prompt,
      aspect_ratio: aspectRatio(request),
      resolution: resolution(request),
      duration: `${request.durationSeconds}s`,
      generate_audio: true,
      seed: request.seed,
      ...picture(request),
    }),
    makingSeconds: 80,
  }),
  video({
    facts: {
      id: SEEDANCE_2_FAST,
      kind: 'video',
      durations: { minSeconds: 4, maxSeconds: 15, stepSeconds: 1 },
      sizes: HD,
      image: true,
      price: listed('second', 241_900, SEEDANCE_2_FAST),
    },
    input: (request) => ({
      prompt: request.prompt,
      aspect_ratio: aspectRatio(request),
      resolution: resolution(request),
      duration: String(request.durationSeconds),
      ...picture(request),
    }),
    makingSeconds: 120,
  }),
  {
    facts: {
      id: STABLE_AUDIO,
      kind: 'music',
      durations: { minSeconds: 1, maxSeconds: 190, stepSeconds: 1 },
      seed: true,
      price: listed('take', 200_000, STABLE_AUDIO),
    },
    endpoint: () => STABLE_AUDIO,
    input: (request) =>
      request.kind === 'music' ? { prompt: request.prompt, seconds_total: request.durationSeconds, seed: request.seed } : {},
    makingSeconds: 20,
    mimeType: 'audio/wav',
  },
  {
    facts: {
      id: SOUND_EFFECTS,
      kind: 'sound',
      durations: { minSeconds: 1, maxSeconds: 35, stepSeconds: 0.1 },
      seed: true,
      price: listed('take', 100_000, SOUND_EFFECTS),
    },
    endpoint: () => SOUND_EFFECTS,
    input: (request) => (request.kind === 'sound' ? { prompt: request.prompt, duration: request.durationSeconds, seed: request.seed } : {}),
    makingSeconds: 20,
    mimeType: 'audio/wav',
  },
  {
    facts: {
      id: KOKORO,
      kind: 'speech',
      price: thirdHand(listed('character', 20, KOKORO), 'https://inference.sh/apps/falai.md (0.02 USD per 1,000 characters)'),
    },
    endpoint: () => KOKORO,
    input: (request) => (request.kind === 'speech' ? { prompt: request.text, voice: request.voice } : {}),
    makingSeconds: 5,
    mimeType: 'audio/wav',
  },
]

/** Of Kokoro: https://docs.fal.ai/serverless/tutorials/deploy-text-to-speech-model. */
export const falVoices: readonly { id: string; label: string; language: string }[] = [
  'af_heart',
  'af_bella',
  'af_nicole',
  'af_nova',
  'af_sarah',
  'af_sky',
  'am_adam',
  'am_echo',
  'am_eric',
  'am_liam',
  'am_michael',
  'am_onyx',
].map((id) => ({ id, label: `Kokoro ${id.slice(3, 4).toUpperCase()}${id.slice(4)}`, language: 'en-US' }))
