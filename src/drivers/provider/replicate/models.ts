import type { GenerateRequest } from '../../../domain/generate.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import type { ModelFacts, Price } from '../../../ports/provider.ts'

/** A model, and how an order to it is written. */
export interface ReplicateModel {
  facts: ModelFacts
  input(request: GenerateRequest): Record<string, unknown>
  /** Of a second, where it depends on what is ordered. Never more than the price in `facts`. */
  secondMicroUsd?(request: GenerateRequest): MicroUsd
  /** How this model words a refusal, besides what is common to many. */
  refusals?: readonly RegExp[]
  /** Median wall time: a first guess. */
  makingSeconds: number
  /** Of the output, where its address does not tell. */
  mimeType: string
}

type VideoRequest = Extract<GenerateRequest, { kind: 'video' }>

/** Replicate's own pages of models could not be read: every price here is from somebody who integrates them. */
const thirdHand = (per: Price['per'], amountMicroUsd: number, where: string): Price => ({
  per,
  amountMicroUsd,
  asOf: '2026-11-23',
  source: `third-hand: ${where}`,
})
const RENKU = 'the model catalogue of the renku CLI'

const FULL_HD = ['1920x1080', '1080x1920'] as const
const HD = ['1280x720', '720x1280'] as const

const resolution = ({ width, height }: VideoRequest): string => `${Math.min(width, height)}p`
const aspectRatio = ({ width, height }: VideoRequest): string => (width > height ? '16:9' : '9:16')

function seedance(id: string, microUsd: { hd: MicroUsd; fullHd: MicroUsd }, makingSeconds: number): ReplicateModel {
  return {
    facts: {
      id,
      kind: 'video',
      durations: { minSeconds: 2, maxSeconds: 12, stepSeconds: 1 },
      sizes: [...HD, ...FULL_HD],
      seed: true,
      image: true,
      price: thirdHand('second', microUsd.fullHd, RENKU),
    },
    secondMicroUsd: (request) =>
      request.kind === 'video' && Math.min(request.width, request.height) === 720 ? microUsd.hd : microUsd.fullHd,
    input: (request) =>
      request.kind !== 'video'
        ? {}
        : {
            prompt: request.prompt,
            duration: request.durationSeconds,
            resolution: resolution(request),
            aspect_ratio: aspectRatio(request),
            seed: request.seed,
            ...(request.imageUrl !== undefined && { image: request.imageUrl }),
          },
    makingSeconds,
    mimeType: 'video/mp4',
  }
}

const STABLE_AUDIO = 'stability-ai/stable-audio-2.5'

/** Music and sounds are made by the same model. */
function stableAudio(kind: 'music' | 'sound'): ReplicateModel {
  return {
    facts: {
      id: STABLE_AUDIO,
      kind,
      durations: { minSeconds: 1, maxSeconds: 190, stepSeconds: 1 },
      seed: true,
      price: thirdHand('take', 200_000, 'an integrator of the model (0.20 USD a file)'),
    },
    input: (request) =>
      request.kind === 'music' || request.kind === 'sound'
        ? { prompt: request.prompt, duration: request.durationSeconds, seed: request.seed }
        : {},
    makingSeconds: 20,
    mimeType: 'audio/mpeg',
  }
}

/**
 * A few of the many models, by name, so that each order runs the newest version; the first of a kind is its default. Pixel
 * sizes follow the resolution's name, the models deviate by some (UNVERIFIED).
 */
export const replicateModels: readonly ReplicateModel[] = [
  seedance('bytedance/seedance-1-pro-fast', { hd: 25_000, fullHd: 60_000 }, 40),
  seedance('bytedance/seedance-1-lite', { hd: 36_000, fullHd: 72_000 }, 60),
  {
    facts: {
      id: 'google/veo-3.1-fast',
      kind: 'video',
      durations: [4, 6, 8],
      sizes: [...HD, ...FULL_HD],
      seed: true,
      image: true,
      // With sound, which it makes unless told otherwise.
      price: thirdHand('second', 150_000, RENKU),
    },
    input: (request) =>
      request.kind !== 'video'
        ? {}
        : {
            prompt: request.prompt,
            duration: request.durationSeconds,
            resolution: resolution(request),
            aspect_ratio: aspectRatio(request),
            generate_audio: true,
            seed: request.seed,
            ...(request.imageUrl !== undefined && { image: request.imageUrl }),
          },
    makingSeconds: 80,
    mimeType: 'video/mp4',
  },
  stableAudio('music'),
  stableAudio('sound'),
  {
    facts: {
      id: 'minimax/speech-2.6-hd',
      kind: 'speech',
      maxCharacters: 10_000,
      // Listed by the "token", which is a character there (UNVERIFIED).
      price: thirdHand('character', 100, `${RENKU} (0.0001 USD per token)`),
    },
    input: (request) => (request.kind === 'speech' ? { text: request.text, voice_id: request.voice } : {}),
    makingSeconds: 10,
    mimeType: 'audio/mpeg',
  },
]

/** Of MiniMax (UNVERIFIED which of them Replicate offers beyond the first). */
export const replicateVoices: readonly { id: string; label: string; language: string }[] = [
  { id: 'Wise_Woman', label: 'Wise woman', language: 'en-US' },
  { id: 'Calm_Woman', label: 'Calm woman', language: 'en-US' },
  { id: 'Friendly_Person', label: 'Friendly person', language: 'en-US' },
  { id: 'Deep_Voice_Man', label: 'Deep voiced man', language: 'en-US' },
]
