import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { RemoteRef, TakeOutput } from '../../../domain/take.ts'
import type { Provider, TakeStatus } from '../../../ports/provider.ts'
import { createJwks } from '../../http/jwks.ts'
import type { Network } from '../../http/network.ts'
import { readPicture } from '../../http/picture.ts'
import { type Answer, createVendorApi } from '../../http/vendor-api.ts'
import { type Content, Interaction } from './api.ts'
import { failureOfInteraction, keyInvalid, refusedOrder, statusIn } from './errors.ts'
import { inlineIndex, readInline, readOutline } from './inline-video.ts'
import { type GoogleModel, geminiModels } from './models.ts'
import { orderOf, quoteOf } from './order.ts'
import { refOf, verifyDynamicWebhook } from './webhook.ts'

const VENDOR = 'Google Gemini'
const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com'
const DEFAULT_JWKS_URL = 'https://generativelanguage.googleapis.com/.well-known/jwks.json'
/** A live run of 8 seconds at 720p took 24. */
const USUAL_SECONDS = 30
const CANCEL_TIMEOUT_MS = 30_000

export interface GeminiOptions {
  network: Network
  apiKey: string
  /** Without `/v1beta`. */
  baseUrl?: string
  /** How videos come: `uri` is fetched with our key; `inline` rides in the answer, which Google limits to small ones. Default `uri`. */
  delivery?: 'uri' | 'inline'
  /** Google's keys for webhooks. */
  jwksUrl?: string
  /** `aud` that tokens of webhooks must carry. Absent: any. */
  webhookAudience?: string
  /** Default: those known here. */
  models?: readonly GoogleModel[]
  now?: () => Date
}

/** `id` is how somebody who looked an order up names it. */
const idOf = (ref: RemoteRef): unknown => ref['interaction'] ?? ref['id']

/** Video of the Gemini Developer API: Gemini Omni by the Interactions API, the successor of Veo there. */
export function createGeminiProvider(options: GeminiOptions): Provider {
  const { network, apiKey, delivery = 'uri', jwksUrl = DEFAULT_JWKS_URL, webhookAudience } = options
  const { models = geminiModels, now = () => new Date() } = options
  const baseUrl = options.baseUrl ?? DEFAULT_BASE_URL
  const origin = new URL(baseUrl).origin
  const api = createVendorApi({ vendor: VENDOR, baseUrl, headers: { 'x-goog-api-key': apiKey }, network })
  const jwks = createJwks({ vendor: VENDOR, url: jwksUrl, network, now: () => now().getTime() })

  const pathOf = (id: unknown): string => `v1beta/interactions/${encodeURIComponent(String(id))}`
  const order = (request: GenerateRequest) => orderOf({ vendor: VENDOR, models, now }, request)

  /** `undefined`: it is not known there. */
  async function ask(path: string, signal: AbortSignal, method: 'GET' | 'POST' = 'GET'): Promise<Answer | undefined> {
    const answer = await api.ask(path, { method, signal })
    if (answer.status === 200) return answer
    const { message = `it answered ${answer.status}` } = await statusIn(answer)
    if (answer.status === 404) return undefined
    if (answer.status === 401 || answer.status === 403 || /api key not valid/i.test(message)) throw keyInvalid(VENDOR, message)
    throw new SluiceError('provider_unavailable', `${VENDOR} answered ${answer.status}: ${message}`)
  }

  async function read(answer: Answer): Promise<{ interaction: Interaction; sizes: number[] }> {
    try {
      const { json, sizes } = await readOutline(answer.stream, 'data')
      return { interaction: Interaction.parse(json), sizes }
    } catch (cause) {
      throw new SluiceError('provider_unavailable', `${VENDOR} answered what cannot be read.`, { cause })
    }
  }

  return {
    id: 'gemini',
    capabilities: { kinds: ['video'], models, webhook: 'per-order', reconcile: 'webhook', pollMs: 5_000 },

    quote: (request) => quoteOf('gemini', order(request), USUAL_SECONDS),

    async start(request, { takeId, signal, webhookUrl }) {
      const { model, request: video, resolution, aspectRatio } = order(request)
      const { prompt, imageUrl } = video
      const image = imageUrl === undefined ? undefined : await readPicture(network, imageUrl, signal)
      const answer = await api.order('v1beta/interactions', {
        signal,
        body: {
          model: model.id,
          background: true,
          input:
            image === undefined
              ? prompt
              : [
                  { type: 'text', text: prompt },
                  { type: 'image', mime_type: image.mimeType, data: image.base64 },
                ],
          response_format: { type: 'video', aspect_ratio: aspectRatio, duration: `${video.durationSeconds}s`, resolution, delivery },
          generation_config: { video_config: { task: image === undefined ? 'text_to_video' : 'image_to_video' } },
          ...(webhookUrl !== undefined && { webhook_config: { uris: [webhookUrl], user_metadata: { take_id: takeId } } }),
        },
      })
      if (answer.status >= 400) throw await refusedOrder(VENDOR, model.id, answer)
      const taken = Interaction.safeParse(await answer.json())
      if (!taken.success) throw new SluiceError('submit_unknown', `${VENDOR} answered the order without an id.`, { cause: taken.error })
      return refOf(taken.data.id)
    },

    async status(ref, { signal }) {
      const answer = await ask(pathOf(idOf(ref)), signal)
      if (answer === undefined) return lost()
      const { interaction, sizes } = await read(answer)
      switch (interaction.status) {
        case 'queued':
          return { state: 'queued' }
        case 'completed': {
          const output = outputOf(interaction, ref, sizes)
          return output === undefined
            ? { state: 'failed', outcome: failureOfInteraction(interaction) }
            : { state: 'succeeded', outputs: [output] }
        }
        case 'cancelled':
          return {
            state: 'cancelled',
            outcome: { class: 'cancelled', detail: 'Google stopped it.', retry: 'never', charged: 'unknown' },
          }
        case 'failed':
        case 'incomplete':
        case 'budget_exceeded':
        case 'requires_action':
        case 'requires_continuation':
          return { state: 'failed', outcome: failureOfInteraction(interaction) }
        default:
          // A word we do not know yet is no end.
          return { state: 'running', progress: null }
      }
    },

    adopt: (id) => refOf(id),

    async fetch({ locator }, { signal, fromByte = 0 }) {
      const inline = /^inline:(\d+):(.+)$/.exec(locator)
      if (inline === null) return api.download(mediaUrl(locator, origin), { signal, fromByte })
      const answer = await ask(pathOf(inline[2]), signal)
      if (answer === undefined) throw new SluiceError('file_not_found', `${VENDOR} no longer has the interaction.`)
      return { stream: readInline(answer.stream, 'data', Number(inline[1])), fromByte: 0, sizeBytes: null }
    },

    async cancel(ref) {
      const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS)
      const path = pathOf(idOf(ref))
      const stopped = await api.ask(`${path}/cancel`, { method: 'POST', body: {}, signal })
      // What has ended is refused with 400, UNVERIFIED: the interaction itself tells.
      if (stopped.status !== 200) await stopped.text()
      const answer = stopped.status === 200 ? stopped : await ask(path, signal)
      if (answer === undefined) return 'unknown'
      const { status } = (await read(answer)).interaction
      if (status === 'cancelled') return 'stopped'
      return status === 'queued' || status === 'in_progress' ? 'unknown' : 'too_late'
    },

    webhook: (headers, rawBody) =>
      verifyDynamicWebhook({
        jwks,
        headers,
        rawBody,
        ...(webhookAudience !== undefined && { audience: webhookAudience }),
        now: () => now().getTime(),
      }),
  }
}

/** The last video: those before it are drafts of the model's thinking. */
function outputOf({ steps, output_video }: Interaction, ref: RemoteRef, sizes: number[]): TakeOutput | undefined {
  const made = [...steps.flatMap(({ content }) => content ?? []), ...(output_video ? [output_video] : [])]
  const video = made.filter((content) => isVideo(content) && (content.uri !== undefined || content.data !== undefined)).at(-1)
  if (video === undefined) return undefined
  const index = inlineIndex(video.data)
  const sizeBytes = index === undefined ? undefined : sizes[index]
  return {
    role: 'media',
    mimeType: video.mime_type ?? 'video/mp4',
    locator: index === undefined ? String(video.uri) : `inline:${index}:${idOf(ref)}`,
    ...(sizeBytes !== undefined && { sizeBytes }),
  }
}

const isVideo = ({ type, mime_type }: Content): boolean =>
  type === 'video' || (type === undefined && mime_type?.startsWith('video/') === true)

/** The address of a file of Google's own names the file; its bytes are one step further. */
function mediaUrl(uri: string, origin: string): string {
  const url = new URL(uri)
  if (url.origin !== origin || !/\/files\/[^/:]+$/.test(url.pathname)) return uri
  url.pathname += ':download'
  url.searchParams.set('alt', 'media')
  return url.href
}

function lost(): TakeStatus {
  return {
    state: 'lost',
    outcome: { class: 'lost', detail: `${VENDOR} does not know the interaction.`, code: 'take_lost', retry: 'reseed', charged: 'unknown' },
  }
}
