import { readFile } from 'node:fs/promises'
import { SluiceError } from '../domain/errors.ts'
import type { Network } from '../drivers/http/network.ts'
import { createElevenLabsProvider } from '../drivers/provider/elevenlabs/provider.ts'
import { createFalProvider } from '../drivers/provider/fal/provider.ts'
import { createGeminiProvider } from '../drivers/provider/google/gemini-provider.ts'
import { createVertexProvider } from '../drivers/provider/google/vertex-provider.ts'
import { servedModel } from '../drivers/provider/openai/flavours.ts'
import { createOpenAiProvider, type VideoServer } from '../drivers/provider/openai/provider.ts'
import { createReplicateProvider } from '../drivers/provider/replicate/provider.ts'
import { createRunwayProvider } from '../drivers/provider/runway/provider.ts'
import { createSunoProvider } from '../drivers/provider/suno/provider.ts'
import type { Provider } from '../ports/provider.ts'
import type { Config } from './config.ts'

/** Any key will do in the lab. */
const LAB_KEY = 'key_lab'

const labAddress = ({ labUrl }: Config, path: string) => (labUrl === undefined ? undefined : `${labUrl.replace(/\/+$/, '')}/${path}`)

/** A vendor's key and address; the lab's where only that is there. `null`: neither is. */
export function accessTo(
  config: Config,
  key: string | undefined,
  url: string | undefined,
  labPath: string,
): { apiKey: string; baseUrl?: string } | null {
  if (key !== undefined) return { apiKey: key, ...(url !== undefined && { baseUrl: url }) }
  const played = labAddress(config, labPath)
  return played === undefined ? null : { apiKey: LAB_KEY, baseUrl: url ?? played }
}

/**
 * The vendors this server has a key or an address for. With a lab, all it plays. Throws `config_invalid` for settings that
 * do not go together.
 */
export function createVendors(config: Config, network: Network): Provider[] {
  if (config.publicUrl !== undefined && config.hookSecret === undefined) {
    throw new SluiceError('config_invalid', 'SLUICE_PUBLIC_URL is set, but SLUICE_HOOK_SECRET is not.', {
      fix: 'Set SLUICE_HOOK_SECRET to a random text of at least 16 characters, the same on all servers.',
    })
  }
  const vendors: Provider[] = []
  const lab = (path: string) => labAddress(config, path)
  const access = (key: string | undefined, url: string | undefined, labPath: string) => accessTo(config, key, url, labPath)

  const openai = access(config.openaiKey, config.openaiUrl, 'openai/v1')
  const videos = videoServer(config, lab(`${config.videosFlavour}/v1`))
  if (openai || videos) vendors.push(createOpenAiProvider({ network, ...openai, ...(videos && { videos }) }))

  const runway = access(config.runwayKey, config.runwayUrl, 'runway')
  if (runway) vendors.push(createRunwayProvider({ network, ...runway }))

  const elevenlabs = access(config.elevenlabsKey, config.elevenlabsUrl, 'elevenlabs')
  if (elevenlabs) {
    const webhookSecret = config.elevenlabsHookSecret
    vendors.push(createElevenLabsProvider({ network, ...elevenlabs, ...(webhookSecret !== undefined && { webhookSecret }) }))
  }

  const fal = access(config.falKey, config.falUrl, 'fal')
  if (fal) {
    const jwksUrl = config.falKey === undefined ? lab('fal/.well-known/jwks.json') : undefined
    vendors.push(createFalProvider({ network, ...fal, ...(jwksUrl !== undefined && { jwksUrl }) }))
  }

  const replicate = access(config.replicateKey, config.replicateUrl, 'replicate')
  if (replicate) {
    const webhookSecret = config.replicateHookSecret
    vendors.push(createReplicateProvider({ network, ...replicate, ...(webhookSecret !== undefined && { webhookSecret }) }))
  }

  const gemini = access(config.geminiKey, config.geminiUrl, 'google')
  if (gemini) vendors.push(createGeminiProvider({ network, ...gemini }))

  const { vertexProject: project, vertexTokenFile: tokenFile, vertexLocation: location } = config
  if (project !== undefined && tokenFile !== undefined) {
    const token = async () => (await readFile(tokenFile, 'utf8')).trim()
    vendors.push(createVertexProvider({ network, project, location, token }))
  }

  if (config.sunoShape !== undefined) {
    const { sunoShape: shape, sunoKey: apiKey, sunoUrl: baseUrl } = config
    vendors.push(createSunoProvider({ network, shape, ...(apiKey !== undefined && { apiKey }), ...(baseUrl !== undefined && { baseUrl }) }))
  }
  return vendors
}

/** The server with `/v1/videos`, or the lab's. Prices of the operator are as of now. */
function videoServer(
  { videosUrl, videosFlavour: flavour, videosKey, videosModels }: Config,
  played: string | undefined,
): VideoServer | undefined {
  if (flavour === 'litellm' && videosModels.size === 0) {
    throw new SluiceError('config_invalid', 'SLUICE_VIDEOS_FLAVOUR is litellm, but SLUICE_VIDEOS_MODELS is not set.', {
      fix: 'Set SLUICE_VIDEOS_MODELS to what your LiteLLM serves and what a second costs: sora-2=100000,veo-3=400000.',
    })
  }
  const baseUrl = videosUrl ?? played
  if (baseUrl === undefined) return undefined
  const apiKey = videosKey ?? (videosUrl === undefined ? LAB_KEY : undefined)
  const asOf = new Date().toISOString().slice(0, 10)
  const models = [...videosModels].map(([id, amountMicroUsd]) =>
    servedModel(flavour, id, { per: 'second', amountMicroUsd, asOf, source: 'SLUICE_VIDEOS_MODELS' }),
  )
  return { baseUrl, flavour, ...(apiKey !== undefined && { apiKey }), ...(models.length > 0 && { models }) }
}
