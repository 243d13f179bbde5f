import { createHash } from 'node:crypto'
import { createFal } from '@ai-sdk/fal'
import { createReplicate } from '@ai-sdk/replicate'
import { afterAll } from 'vitest'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import type { AiSdkVideoModel } from '../../src/drivers/provider/ai-sdk/models.ts'
import { createAiSdkProvider } from '../../src/drivers/provider/ai-sdk/provider.ts'
import { createWatchedFetch } from '../../src/drivers/provider/ai-sdk/watched-fetch.ts'
import { createElevenLabsProvider } from '../../src/drivers/provider/elevenlabs/provider.ts'
import { createFalProvider } from '../../src/drivers/provider/fal/provider.ts'
import { createGeminiProvider } from '../../src/drivers/provider/google/gemini-provider.ts'
import { createVertexProvider } from '../../src/drivers/provider/google/vertex-provider.ts'
import { servedModel } from '../../src/drivers/provider/openai/flavours.ts'
import { soraModels } from '../../src/drivers/provider/openai/models.ts'
import { createOpenAiProvider } from '../../src/drivers/provider/openai/provider.ts'
import { createReplicateProvider } from '../../src/drivers/provider/replicate/provider.ts'
import { createRunwayProvider } from '../../src/drivers/provider/runway/provider.ts'
import { createSunoProvider } from '../../src/drivers/provider/suno/provider.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import type { Maker, MediaSpec } from '../../src/lab/media/maker.ts'
import { labVendors } from '../../src/lab/vendors/index.ts'
import { type VendorContract, vendorContract } from '../../src/testing/vendor-contract.ts'

/** Bytes that differ by order; whether they play is the matter of each vendor's own tests. */
const BYTES = 300_000
const maker: Maker = {
  async make(spec) {
    const seconds = 'durationSeconds' in spec ? spec.durationSeconds : 1
    const words = 'text' in spec ? [{ text: spec.text, startSeconds: 0, endSeconds: seconds }] : []
    const seed = createHash('sha256').update(JSON.stringify(spec)).digest()
    return { bytes: Buffer.alloc(BYTES, seed), mimeType: mimeTypeOf(spec), durationSeconds: seconds, words }
  },
}
function mimeTypeOf(spec: MediaSpec): string {
  if (spec.kind === 'video') return 'video/mp4'
  if (spec.kind === 'image') return `image/${spec.format}`
  return spec.format === 'wav' ? 'audio/wav' : 'audio/mpeg'
}

const network = createNetwork()
let running: Promise<RunningLab> | undefined
/** One lab for all of them. */
function open(): Promise<RunningLab> {
  running ??= createLab({ vendors: labVendors, maker })
  return running
}
afterAll(async () => {
  await (await running)?.close()
  await network.close()
})

type Video = Extract<GenerateRequest, { kind: 'video' }>
const clip = (prompt: string, more: Partial<Video> = {}): Video => ({
  kind: 'video',
  prompt,
  durationSeconds: 4,
  width: 1280,
  height: 720,
  fps: 24,
  seed: 7,
  ...more,
})
const music = (prompt: string, durationSeconds = 10): GenerateRequest => ({ kind: 'music', prompt, durationSeconds, seed: 7 })
const sound = (prompt: string): GenerateRequest => ({ kind: 'sound', prompt, durationSeconds: 2, seed: 7 })
const speech = (text: string, more: { voice?: string; model?: string } = {}): GenerateRequest => ({
  kind: 'speech',
  text,
  voice: 'default',
  seed: 7,
  ...more,
})

type Refused = VendorContract['refused'][number]
const badModel: Refused = { what: 'an unknown model', request: clip('a', { model: 'nobody-9' }), field: 'model' }
const badLength: Refused = { what: 'a length it does not make', request: clip('a', { durationSeconds: 4.5 }), field: 'durationSeconds' }
const badSize: Refused = { what: 'a size it does not make', request: clip('a', { width: 1000, height: 1000 }), field: 'width' }
const badKind: Refused = {
  what: 'a kind it does not make',
  request: { kind: 'keyframes', scenes: [], width: 1280, height: 720, seed: 1 },
  field: 'kind',
}

/** Prices are the operator's own for what LiteLLM serves and the bridge brings: here those of the vendors behind it. */
const listed = (amountMicroUsd: number) => ({ per: 'second', amountMicroUsd, asOf: '2026-11-23', source: 'the lab' }) as const

const videoServer = (flavour: 'vllm-omni' | 'sglang' | 'fastvideo'): VendorContract => ({
  name: `openai, videos of ${flavour}`,
  vendor: flavour,
  open,
  keyless: true,
  withoutAddresses: true,
  make: ({ url }) => createOpenAiProvider({ network, videos: { baseUrl: `${url}/${flavour}/v1`, flavour } }),
  order: clip,
  refused: [badLength, badKind],
})
vendorContract(videoServer('vllm-omni'))
vendorContract(videoServer('sglang'))
vendorContract(videoServer('fastvideo'))

vendorContract({
  name: 'openai, videos of LiteLLM',
  vendor: 'litellm',
  open,
  withoutAddresses: true,
  ranges: false,
  make: ({ url, key }) => {
    const served = { 'sora-2': 100_000, 'veo-3': 400_000 }
    const models = Object.entries(served).map(([id, amountMicroUsd]) => servedModel('litellm', id, listed(amountMicroUsd)))
    return createOpenAiProvider({ network, videos: { baseUrl: `${url}/litellm/v1`, flavour: 'litellm', apiKey: key, models } })
  },
  order: clip,
  refused: [
    badModel,
    badLength,
    badSize,
    badKind,
    { what: 'a picture to begin with', request: clip('a', { imageUrl: 'https://example.com/a.png' }), field: 'imageUrl' },
  ],
})

vendorContract({
  name: 'openai, videos of a gateway that still has Sora',
  vendor: 'openai',
  open,
  withoutAddresses: true,
  make: ({ url, key }) => {
    const models = soraModels.map(({ sunset: _, ...model }) => model)
    return createOpenAiProvider({ network, videos: { baseUrl: `${url}/openai/v1`, flavour: 'openai', apiKey: key, models } })
  },
  order: clip,
  refused: [badModel, badLength, badSize, badKind],
})

vendorContract({
  name: 'openai, speech',
  vendor: 'openai',
  open,
  atOnce: true,
  make: ({ url, key }) => createOpenAiProvider({ network, apiKey: key, baseUrl: `${url}/openai/v1` }),
  order: speech,
  refused: [
    { what: 'an unknown model', request: speech('a', { model: 'tts-9' }), field: 'model' },
    { what: 'an unknown voice', request: speech('a', { voice: 'nobody' }), field: 'voice' },
    { what: 'a text that is too long', request: speech('a'.repeat(4_097)), field: 'text' },
    badKind,
  ],
})

vendorContract({
  name: 'runway',
  vendor: 'runway',
  open,
  refusesInput: 'end',
  make: ({ url, key }) => createRunwayProvider({ network, apiKey: key, baseUrl: `${url}/runway` }),
  order: clip,
  others: [speech('Good morning.'), sound('rain on a roof')],
  refused: [badModel, badLength, badSize, badKind],
})

vendorContract({
  name: 'elevenlabs, video',
  vendor: 'elevenlabs',
  open,
  // Only for who orders alone with the account: its list tells neither prompt nor time.
  finds: false,
  make: ({ url, key }) => createElevenLabsProvider({ network, apiKey: key, baseUrl: `${url}/elevenlabs` }),
  order: clip,
  others: [music('slow strings')],
  refused: [badModel, badLength, badSize, badKind],
})

vendorContract({
  name: 'elevenlabs, speech',
  vendor: 'elevenlabs',
  open,
  atOnce: true,
  make: ({ url, key }) => createElevenLabsProvider({ network, apiKey: key, baseUrl: `${url}/elevenlabs` }),
  order: speech,
  others: [sound('a door')],
  refused: [
    { what: 'an unknown model', request: speech('a', { model: 'eleven_9' }), field: 'model' },
    { what: 'a text that is too long', request: speech('a'.repeat(40_001)), field: 'text' },
  ],
})

vendorContract({
  name: 'suno, self-hosted',
  shownAs: (ref) => (ref['clips'] as string[]).join(', '),
  vendor: 'suno',
  open,
  keyless: true,
  make: ({ url }) => createSunoProvider({ network, shape: 'self-hosted', baseUrl: `${url}/suno` }),
  order: music,
  refused: [{ what: 'an unknown model', request: { ...music('a'), model: 'chirp-9' } as GenerateRequest, field: 'model' }, badKind],
})

vendorContract({
  name: 'suno, reseller',
  vendor: 'suno',
  open,
  refusesInput: 'end',
  make: ({ url, key }) => createSunoProvider({ network, shape: 'reseller', apiKey: key, baseUrl: `${url}/suno` }),
  order: music,
  refused: [
    { what: 'an unknown model', request: { ...music('a'), model: 'V9' } as GenerateRequest, field: 'model' },
    { what: 'a song that is too long', request: music('a', 481), field: 'durationSeconds' },
    badKind,
  ],
})

vendorContract({
  name: 'fal',
  shownAs: (ref) => String(ref['requestId']),
  vendor: 'fal',
  open,
  refusesInput: 'end',
  make: ({ url, key }) => createFalProvider({ network, apiKey: key, baseUrl: `${url}/fal`, jwksUrl: `${url}/fal/.well-known/jwks.json` }),
  order: clip,
  others: [music('slow strings'), sound('a door'), speech('Good morning.', { voice: 'am_adam' })],
  refused: [badModel, badLength, badSize, badKind],
})

vendorContract({
  name: 'replicate',
  vendor: 'replicate',
  open,
  refusesInput: 'end',
  make: ({ url, key }) => createReplicateProvider({ network, apiKey: key, baseUrl: `${url}/replicate` }),
  order: clip,
  others: [music('slow strings'), sound('a door'), speech('Good morning.', { voice: 'Deep_Voice_Man' })],
  refused: [badModel, badLength, badSize, badKind],
})

vendorContract({
  name: 'gemini',
  shownAs: (ref) => String(ref['interaction']),
  vendor: 'google',
  open,
  refusesInput: 'end',
  make: ({ url, key }) => createGeminiProvider({ network, apiKey: key, baseUrl: `${url}/google` }),
  order: clip,
  refused: [badModel, badLength, badSize, badKind],
})

vendorContract({
  name: 'vertex',
  shownAs: (ref) => String(ref['operation']),
  vendor: 'google',
  open,
  withoutAddresses: true,
  ranges: false,
  make: ({ url, key }) => createVertexProvider({ network, token: async () => key, project: 'our-project', baseUrl: `${url}/google` }),
  order: clip,
  refused: [badModel, badLength, badSize, badKind],
})

const facts = { durations: [4, 6, 8], sizes: ['1280x720', '720x1280'], seed: true, image: true } as const

vendorContract({
  name: 'AI SDK, @ai-sdk/replicate',
  vendor: 'replicate',
  open,
  refusesInput: 'never',
  make: ({ url, key }) => {
    const http = createWatchedFetch({ network, trustedOrigin: url })
    const video = createReplicate({ apiToken: key, baseURL: `${url}/replicate`, fetch: http.fetch }).video('google/veo-3.1-fast')
    const model: AiSdkVideoModel = {
      ...facts,
      id: 'google/veo-3.1-fast',
      kind: 'video',
      video,
      price: listed(150_000),
      call: () => ({ providerOptions: { replicate: { resolution: '720p' } } }),
    }
    return createAiSdkProvider({ id: 'bridge', network, models: [model], secrets: [key], trustedOrigin: url, http })
  },
  order: clip,
  refused: [badModel, badLength, badSize, badKind],
})

vendorContract({
  name: 'AI SDK, @ai-sdk/fal',
  vendor: 'fal',
  open,
  refusesInput: 'never',
  failsLate: true,
  make: ({ url, key }) => {
    // The package knows one address of fal's queue; its answers are made to know none other.
    const { fetch } = createWatchedFetch({
      async fetch(input, init) {
        const answer = await globalThis.fetch(String(input).replace('https://queue.fal.run', `${url}/fal`), init)
        const text = (await answer.text()).replaceAll(new RegExp(`${url}/fal/(?!files)`, 'g'), 'https://queue.fal.run/')
        return new Response(text, { status: answer.status, headers: answer.headers })
      },
    })
    const watched = createWatchedFetch({ fetch })
    const model: AiSdkVideoModel = {
      ...facts,
      id: 'veo3.1/fast',
      kind: 'video',
      video: createFal({ apiKey: key, fetch: watched.fetch }).video('veo3.1/fast'),
      price: listed(150_000),
      call: () => ({ providerOptions: { fal: { resolution: '720p' } } }),
    }
    return createAiSdkProvider({ id: 'bridge', network, models: [model], secrets: [key], trustedOrigin: url, http: watched })
  },
  order: clip,
  refused: [badModel, badLength, badSize, badKind],
})
