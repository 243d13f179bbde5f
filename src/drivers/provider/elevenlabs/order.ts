import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import type { ModelFacts } from '../../../ports/provider.ts'
import { assertPublicUrl } from '../../http/network.ts'
import { cannot, modelFor, priceOf } from '../model-check.ts'
import { elevenLabsModels, elevenLabsVoices } from './models.ts'

const MAX_SEED = 4_294_967_295

export type ElevenLabsRequest = Exclude<GenerateRequest, { kind: 'keyframes' }>

/** The order as ElevenLabs takes it: where it goes and what it says. */
export interface ElevenLabsOrder {
  path: string
  query?: Record<string, string>
  body: Record<string, unknown>
}

/** A request that can be made as it stands, and the model for it. Throws `provider_cannot` or `script_not_speakable` otherwise. */
export function checked(request: GenerateRequest): { request: ElevenLabsRequest; model: ModelFacts } {
  const model = modelFor({ vendor: 'ElevenLabs', models: elevenLabsModels }, request)
  if (request.kind === 'keyframes') throw new Error('ElevenLabs has no model for keyframes')
  if (request.kind === 'speech') checkSpeech(request)
  if (request.kind === 'video' && request.imageUrl !== undefined) checkAddress(request.imageUrl)
  if (model.seed && !(Number.isInteger(request.seed) && request.seed >= 0 && request.seed <= MAX_SEED))
    throw cannot('seed', `A seed is a whole number from 0 to ${MAX_SEED}, not ${request.seed}.`, 'Choose such a number, or leave it out.')
  return { request, model }
}

export function quoteOf(request: GenerateRequest): Quote {
  const { request: made, model } = checked(request)
  return { amountMicroUsd: priceOf(model.price, made), seconds: secondsOf(made), basis: `elevenlabs:${model.price.asOf}` }
}

/** @param tell also tell the workspace's webhooks of the end */
export function orderOf(request: GenerateRequest, tell: boolean): ElevenLabsOrder {
  const { request: made, model } = checked(request)
  const seed = model.seed ? { seed: made.seed } : {}
  switch (made.kind) {
    case 'speech':
      return {
        path: `v1/text-to-speech/${encodeURIComponent(voiceOf(made.voice))}/with-timestamps`,
        query: { output_format: 'mp3_44100_128' },
        body: { text: made.text, model_id: model.id, ...seed },
      }
    case 'music':
      return {
        path: 'v1/music',
        query: { output_format: 'auto' },
        body: { prompt: made.prompt, music_length_ms: Math.round(made.durationSeconds * 1000), model_id: model.id },
      }
    case 'sound':
      return {
        path: 'v1/sound-generation',
        query: { output_format: 'mp3_44100_128' },
        body: { text: made.prompt, duration_seconds: made.durationSeconds, model_id: model.id },
      }
    case 'video':
      return {
        path: 'v1/flows/video',
        body: {
          model_id: model.id,
          prompt: made.prompt,
          duration_secs: made.durationSeconds,
          aspect_ratio: made.width > made.height ? '16:9' : '9:16',
          resolution: resolutionOf(Math.min(made.width, made.height), model),
          ...seed,
          ...(tell && { webhook: { type: 'all' } }),
        },
      }
  }
}

function resolutionOf(shortSide: number, model: ModelFacts): string {
  if (shortSide < 2160) return `${shortSide}p`
  // Each maker writes it in its own way.
  return model.id.startsWith('veo') ? '4K' : '4k'
}

function checkSpeech({ text, voice }: Extract<ElevenLabsRequest, { kind: 'speech' }>): void {
  if (!/[\p{L}\p{N}]/u.test(text))
    throw new SluiceError('script_not_speakable', 'There is nothing to say: no letter and no figure.', {
      field: 'text',
      fix: 'Write at least one word.',
    })
  if (!/^[A-Za-z0-9]{8,64}$/.test(voiceOf(voice)))
    throw cannot(
      'voice',
      `${JSON.stringify(voice)} is not the id of a voice.`,
      `Use the id of a voice in your account, or one of ${elevenLabsVoices.map((known) => `${known.id} (${known.label})`).join(', ')}.`,
    )
}

function checkAddress(imageUrl: string): void {
  const url = URL.parse(imageUrl)
  if (url === null)
    throw cannot('imageUrl', `${JSON.stringify(imageUrl)} is not an address.`, 'Give the public https address of a picture.')
  assertPublicUrl(url, 'imageUrl')
}

/** `default` and the empty string name the first voice. */
export function voiceOf(voice: string): string {
  return voice === '' || voice === 'default' ? elevenLabsVoices[0].id : voice
}

/** Guesses until there is history. */
function secondsOf(request: ElevenLabsRequest): number {
  if (request.kind === 'speech') return 1 + Math.ceil(request.text.length / 150)
  if (request.kind === 'video') return 90
  return 5 + Math.ceil(request.durationSeconds / 4)
}
