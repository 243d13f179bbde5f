import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import type { ModelFacts, Provider } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { createVendorApi } from '../../http/vendor-api.ts'
import { cannot, modelFor, priceOf } from '../model-check.ts'
import * as read from './api.ts'
import { type Flavour, type FlavourFacts, flavours, servedModel } from './flavours.ts'
import { CUSTOM_VOICE, DEFAULT_VOICE, soraModels, speechModels, VIDEOS_SUNSET, voices } from './models.ts'
import { orderSpeech } from './speech.ts'
import { createVideos, type Videos } from './videos.ts'

/** A server with OpenAI's `/videos`. */
export interface VideoServer {
  /** With its `/v1`. Not api.openai.com, whose videos ended on 2026-09-24. */
  baseUrl: string
  flavour: Flavour
  /** Default: none, as servers of one's own do. */
  apiKey?: string
  /** What it makes and what that costs. Needed for `openai` and `litellm`; without it servers of one's own take any name and cost nothing. */
  models?: readonly ModelFacts[]
}

export interface OpenAiOptions {
  network: Network
  /** Default `openai`. */
  id?: string
  /** For speech. Absent: only videos. */
  apiKey?: string
  /** Where speech is made. Default https://api.openai.com/v1. */
  baseUrl?: string
  /** Further models of speech, for a server with the same shape. One that is known already is replaced. */
  models?: readonly ModelFacts[]
  videos?: VideoServer
  now?: () => Date
}

const OWN_MACHINE: ModelFacts['price'] = { per: 'second', amountMicroUsd: 0, asOf: '2026-11-22', source: 'a machine of your own' }

/**
 * OpenAI's speech, and the shape of OpenAI's videos on servers that others run: vLLM-Omni, SGLang, FastVideo, LiteLLM. A lost
 * order of a video is looked for in the server's list, where that names them all; a lost order of speech cannot be found.
 */
export function createOpenAiProvider({
  network,
  id = 'openai',
  apiKey,
  baseUrl,
  models: added = [],
  videos,
  now = () => new Date(),
}: OpenAiOptions): Provider {
  const speech = apiKey === undefined ? [] : [...speechModels.filter(({ id }) => !added.some((other) => other.id === id)), ...added]
  const api = createVendorApi({
    vendor: 'OpenAI',
    baseUrl: baseUrl ?? 'https://api.openai.com/v1',
    headers: { authorization: `Bearer ${apiKey}` },
    network,
  })
  const server = videos === undefined ? undefined : openServer(network, videos)
  const needServer = (): NonNullable<typeof server> => {
    if (server !== undefined) return server
    throw new SluiceError('model_sunset', `OpenAI has made no videos since ${VIDEOS_SUNSET}.`, {
      field: 'model',
      fix: 'Name a server that speaks its videos API (vLLM-Omni, SGLang, FastVideo, LiteLLM), or choose another provider.',
    })
  }
  // Without a server the models that are gone are declared as gone.
  const models = [...speech, ...(server === undefined ? soraModels : (videos?.models ?? []))]

  function check(request: GenerateRequest): ModelFacts {
    if (request.kind === 'video') return needServer().check(request, now)
    const custom = request.kind === 'speech' && (CUSTOM_VOICE.test(request.voice) || added.some(({ id }) => id === request.model))
    return modelFor({ vendor: 'OpenAI', models: speech, now, ...(!custom && { voices: [{ id: DEFAULT_VOICE }, ...voices] }) }, request)
  }

  function quote(request: GenerateRequest): Quote {
    const { price } = check(request)
    const seconds = request.kind === 'video' ? 30 + request.durationSeconds * 20 : 2 + ('text' in request ? request.text.length : 0) / 200
    const basis = `${request.kind === 'video' && videos !== undefined ? videos.flavour : 'openai'}:${price.asOf}`
    return { amountMicroUsd: priceOf(price, request), seconds, basis }
  }

  return {
    id,
    capabilities: {
      kinds: [...(speech.length > 0 ? (['speech'] as const) : []), ...(server === undefined ? [] : (['video'] as const))],
      models,
      ...(server?.lists && { reconcile: 'list' as const }),
      ...(speech.length > 0 && { voices }),
      pollMs: 5_000,
    },

    quote,

    async start(request, context) {
      const model = check(request)
      const { amountMicroUsd } = quote(request)
      if (request.kind === 'speech') return orderSpeech(api, request, model, amountMicroUsd, context)
      if (request.kind !== 'video') throw cannot('kind', `OpenAI does not make ${request.kind}.`, 'Choose another provider for this.')
      // A server of one's own makes its one model; a name is sent only when one was asked for.
      const named = model.id === '' ? request : { ...request, model: model.id }
      return needServer().videos.order(named, amountMicroUsd, context.signal)
    },

    async status(remote, { signal }) {
      const ref = read.ref.parse(remote)
      if (ref.kind === 'video') return needServer().videos.status(ref, signal)
      const { outputs, amountMicroUsd } = ref
      return {
        state: 'succeeded',
        outputs: outputs.map(({ sizeBytes, ...output }) => ({ ...output, ...(sizeBytes !== undefined && { sizeBytes }) })),
        charge: { amountMicroUsd, basis: 'price-list' },
      }
    },

    fetch: ({ locator }, { signal, fromByte = 0 }) => needServer().api.download(locator, { signal, fromByte }),

    async cancel(remote) {
      const ref = read.ref.parse(remote)
      return ref.kind === 'speech' ? 'too_late' : needServer().videos.cancel(ref)
    },

    adopt: (id, request) => (request.kind === 'video' ? { id } : null),

    ...(server?.lists && {
      async reconcile(intent, { signal }) {
        const { request } = intent
        if (request.kind !== 'video') return 'unknown'
        return server.videos.reconcile({ ...intent, request }, quote(request).amountMicroUsd, signal)
      },
    }),
  } satisfies Provider
}

interface Server {
  api: ReturnType<typeof createVendorApi>
  videos: Videos
  lists: boolean
  check(request: Extract<GenerateRequest, { kind: 'video' }>, now: () => Date): ModelFacts
}

function openServer(network: Network, { baseUrl, flavour, apiKey, models }: VideoServer): Server {
  const facts: FlavourFacts = flavours[flavour]
  if (new URL(baseUrl).hostname === 'api.openai.com')
    throw new SluiceError('config_invalid', `api.openai.com has made no videos since ${VIDEOS_SUNSET}.`, {
      fix: 'Give the address of a server that speaks its videos API: vLLM-Omni, SGLang, FastVideo or LiteLLM.',
    })
  if (!facts.own && (models === undefined || models.length === 0))
    throw new SluiceError('config_invalid', `A video server of flavour ${flavour} needs its models and their prices.`, {
      fix: 'List what it makes and what that costs.',
    })
  const api = createVendorApi({
    vendor: facts.label,
    baseUrl,
    headers: { ...facts.headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
    network,
  })
  return {
    api,
    videos: createVideos({ api, baseUrl, facts, free: facts.own && models === undefined }),
    lists: facts.lists,
    check(request, now) {
      const known = models ?? [servedModel(flavour, request.model ?? '', OWN_MACHINE)]
      const model = modelFor({ vendor: facts.label, models: known, now }, request)
      if (!Number.isInteger(request.durationSeconds) || request.durationSeconds < 1)
        throw cannot('durationSeconds', `${facts.label} makes whole seconds.`, 'Choose a whole number of seconds.')
      return model
    },
  }
}
