import { z } from 'zod'
import { oneOf, setting } from './setting.ts'

const text = z.string().min(1).optional()
const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional()
/** `a=1,b=2` as a map. `name`: what a name may be made of; `like`: an example, for the error. */
const amounts = (name: string, like: string) => {
  const parts = (list: string) => list.split(',').map((part) => part.split('=') as [string, string])
  return z
    .string()
    .regex(new RegExp(`^${name}=\\d{1,12}(,${name}=\\d{1,12})*$`), `must be like ${like}`)
    .refine((list) => new Set(parts(list).map(([id]) => id)).size === parts(list).length, 'names something twice')
    .optional()
    .transform((list) => new Map(list === undefined ? [] : parts(list).map(([id, amount]) => [id, Number(amount)])))
}

/** A provider is there once its key, or for one without keys its address, is set. */
export const providerSettings = {
  labUrl: setting(
    'SLUICE_LAB_URL',
    'unset',
    'A running `sluice lab`: every provider without an address of its own is played by it, and none needs a key.',
    address,
  ),
  publicUrl: setting(
    'SLUICE_PUBLIC_URL',
    'unset',
    'Where providers reach this server for webhooks. Without it takes are only asked for.',
    address,
  ),
  hookSecret: setting(
    'SLUICE_HOOK_SECRET',
    'unset',
    'Signs the addresses given to providers; the same on all servers. Needed with `SLUICE_PUBLIC_URL`.',
    z.string().min(16, 'must have at least 16 characters').optional(),
  ),
  inFlight: setting(
    'SLUICE_IN_FLIGHT',
    'local=16',
    'Takes in the making at once by provider, over all workers: `runway=2,fal=10`. Tenants share the places.',
    amounts('[a-z-]+', 'runway=2,fal=10'),
  ),
  ordersPerMinute: setting(
    'SLUICE_ORDERS_PER_MINUTE',
    'unset',
    'Orders a minute by provider, over all workers: `runway=30`. Further ones wait.',
    amounts('[a-z-]+', 'runway=30,fal=600'),
  ),
  videosUrl: setting(
    'SLUICE_VIDEOS_URL',
    'unset',
    'A server with the `/v1/videos` API (vLLM-Omni, SGLang, FastVideo, LiteLLM), with its `/v1`.',
    address,
  ),
  videosFlavour: setting(
    'SLUICE_VIDEOS_FLAVOUR',
    'vllm-omni',
    'Which server it is: vllm-omni, sglang, fastvideo or litellm. They differ in what they take.',
    oneOf('vllm-omni', 'sglang', 'fastvideo', 'litellm').default('vllm-omni'),
  ),
  videosModels: setting(
    'SLUICE_VIDEOS_MODELS',
    'unset',
    'Its models and what a second of each costs, in micro-USD: `sora-2=100000,veo-3=400000`. Needed with litellm.',
    amounts('[^\\s=,]+', 'sora-2=100000,veo-3=400000, in micro-USD per second'),
  ),
  videosKey: setting('SLUICE_VIDEOS_KEY', 'unset', 'Its key, if it has one.', text),
  openaiKey: setting('SLUICE_OPENAI_KEY', 'unset', 'Key of OpenAI (speech).', text),
  openaiUrl: setting('SLUICE_OPENAI_URL', "the vendor's", 'Another address of OpenAI (speech).', address),
  runwayKey: setting('SLUICE_RUNWAY_KEY', 'unset', 'Key of Runway.', text),
  runwayUrl: setting('SLUICE_RUNWAY_URL', "the vendor's", 'Another address of Runway.', address),
  elevenlabsKey: setting('SLUICE_ELEVENLABS_KEY', 'unset', 'Key of ElevenLabs.', text),
  elevenlabsUrl: setting('SLUICE_ELEVENLABS_URL', "the vendor's", 'Another address of ElevenLabs.', address),
  falKey: setting('SLUICE_FAL_KEY', 'unset', 'Key of fal.', text),
  falUrl: setting('SLUICE_FAL_URL', "the vendor's", 'Another address of fal.', address),
  replicateKey: setting('SLUICE_REPLICATE_KEY', 'unset', 'Key of Replicate.', text),
  replicateUrl: setting('SLUICE_REPLICATE_URL', "the vendor's", 'Another address of Replicate.', address),
  geminiKey: setting('SLUICE_GEMINI_KEY', 'unset', 'Key of Gemini.', text),
  geminiUrl: setting('SLUICE_GEMINI_URL', "the vendor's", 'Another address of Gemini.', address),
  elevenlabsHookSecret: setting(
    'SLUICE_ELEVENLABS_HOOK_SECRET',
    'unset',
    'Of the webhook of your ElevenLabs workspace, sent to `/hooks/elevenlabs`.',
    text,
  ),
  replicateHookSecret: setting('SLUICE_REPLICATE_HOOK_SECRET', 'unset', 'Signing secret of your Replicate account (`whsec_...`).', text),
  sunoShape: setting(
    'SLUICE_SUNO',
    'unset',
    'Suno has no official public API. `self-hosted`: a server of gcui-art/suno-api; `reseller`: sunoapi.org and its likes.',
    oneOf('self-hosted', 'reseller').optional(),
  ),
  sunoKey: setting('SLUICE_SUNO_KEY', 'unset', 'Key of the reseller.', text),
  sunoUrl: setting('SLUICE_SUNO_URL', 'by shape', 'Address of the server or reseller.', address),
  vertexProject: setting('SLUICE_VERTEX_PROJECT', 'unset', 'Google Cloud project for Veo on Vertex AI.', text),
  vertexLocation: setting('SLUICE_VERTEX_LOCATION', 'us-central1', 'Its location.', z.string().min(1).default('us-central1')),
  vertexTokenFile: setting('SLUICE_VERTEX_TOKEN_FILE', 'unset', 'A file that always holds a valid access token; read for each call.', text),
} as const
