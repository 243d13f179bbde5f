import type {
  SpeechModelV4,
  Experimental_VideoModelV4 as VideoModelV4,
  Experimental_VideoModelV4CallOptions as VideoModelV4CallOptions,
} from '@ai-sdk/provider'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { ModelFacts } from '../../../ports/provider.ts'

export type VideoRequest = Extract<GenerateRequest, { kind: 'video' }>
export type SpeechRequest = Extract<GenerateRequest, { kind: 'speech' }>
type SpeechCallOptions = Parameters<SpeechModelV4['doGenerate']>[0]

/** Median wall time, until there is history. */
interface Usual {
  usualSeconds?: number
}

/** What is called of a `VideoModelV4`. The rest of it differs among versions of the SDK that are about at the same time. */
export type VideoModel = Pick<VideoModelV4, 'doGenerate' | 'doStart' | 'doStatus'>

/** What is called of a `SpeechModelV4`. */
export type SpeechModel = Pick<SpeechModelV4, 'doGenerate'>

/** A video model of the AI SDK with what it cannot tell of itself: what it makes and costs. */
export interface AiSdkVideoModel extends ModelFacts, Usual {
  kind: 'video'
  video: VideoModel
  /** What is sent in place of, or besides, the usual options, e.g. `providerOptions` where a vendor names sizes in its own way. */
  call?: (request: VideoRequest) => Partial<VideoModelV4CallOptions>
}

export interface AiSdkSpeechModel extends ModelFacts, Usual {
  kind: 'speech'
  speech: SpeechModel
  call?: (request: SpeechRequest) => Partial<SpeechCallOptions>
}

export type AiSdkModel = AiSdkVideoModel | AiSdkSpeechModel

/** What Sluice may tell others of a model. */
export function factsOf(model: AiSdkModel): ModelFacts {
  const { call, usualSeconds, ...rest } = model
  if (rest.kind === 'video') {
    const { video, ...facts } = rest
    return facts
  }
  const { speech, ...facts } = rest
  return facts
}

export function videoOptions(model: AiSdkVideoModel, request: VideoRequest): VideoModelV4CallOptions {
  const { prompt, imageUrl, durationSeconds, width, height, seed } = request
  return {
    prompt,
    n: 1,
    aspectRatio: ratioOf(width, height),
    resolution: `${width}x${height}`,
    duration: durationSeconds,
    // The vendor's own rate: what it makes is what is measured.
    fps: undefined,
    seed: model.seed === true ? seed : undefined,
    image: imageUrl === undefined ? undefined : { type: 'url', url: imageUrl },
    frameImages: undefined,
    inputReferences: undefined,
    generateAudio: undefined,
    providerOptions: {},
    ...model.call?.(request),
  }
}

export function speechOptions(model: AiSdkSpeechModel, request: SpeechRequest): SpeechCallOptions {
  return { text: request.text, voice: request.voice, ...model.call?.(request) }
}

function ratioOf(width: number, height: number): `${number}:${number}` {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  const by = divisor(width, height)
  return `${width / by}:${height / by}`
}
