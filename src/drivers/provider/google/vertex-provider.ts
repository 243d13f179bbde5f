import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { RemoteRef, TakeOutput } from '../../../domain/take.ts'
import type { Provider, TakeStatus } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { readPicture } from '../../http/picture.ts'
import { type Answer, createVendorApi } from '../../http/vendor-api.ts'
import { Operation } from './api.ts'
import { failureOfOperation, keyInvalid, refusedOrder, statusIn } from './errors.ts'
import { inlineIndex, readInline, readOutline } from './inline-video.ts'
import { type GoogleModel, vertexModels } from './models.ts'
import { orderOf, quoteOf } from './order.ts'

const VENDOR = 'Google Vertex AI'
const DEFAULT_STORAGE_URL = 'https://storage.googleapis.com'
const USUAL_SECONDS = 60
const MEMBER = 'bytesBase64Encoded'

export interface VertexOptions {
  network: Network
  /** An OAuth access token with the scope cloud-platform; asked for with each call, so it may be renewed. */
  token: () => Promise<string>
  project: string
  /** Default `us-central1`. */
  location?: string
  baseUrl?: string
  /** `gs://bucket/folder/` for the videos. Without it they ride in the answers. */
  storageUri?: string
  /** Where `gs://` addresses are fetched. */
  storageUrl?: string
  /** Default: those known here. */
  models?: readonly GoogleModel[]
  now?: () => Date
}

/** Veo on Vertex AI (Gemini Enterprise Agent Platform). It cannot be stopped, lists nothing and tells nothing by itself. */
export function createVertexProvider(options: VertexOptions): Provider {
  const { network, token, project, location = 'us-central1', storageUri, storageUrl = DEFAULT_STORAGE_URL } = options
  const { models = vertexModels, now = () => new Date() } = options
  const host = location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`
  const api = createVendorApi({ vendor: VENDOR, baseUrl: options.baseUrl ?? `https://${host}`, headers: {}, network })
  const storage = createVendorApi({ vendor: 'Google Cloud Storage', baseUrl: storageUrl, headers: {}, network })

  const order = (request: GenerateRequest) => orderOf({ vendor: VENDOR, models, now }, request)

  /** Before anything is sent: without a token nothing has been ordered. */
  async function authorization(): Promise<{ authorization: string }> {
    try {
      return { authorization: `Bearer ${await token()}` }
    } catch (error) {
      if (SluiceError.is(error)) throw error
      throw new SluiceError('provider_unavailable', `There is no access token for ${VENDOR}: ${(error as Error).message}`, { cause: error })
    }
  }

  /** `undefined`: it is not known there. */
  async function fetchOperation(operation: string, signal: AbortSignal): Promise<Answer | undefined> {
    const [resource = ''] = operation.split('/operations/')
    const headers = await authorization()
    const answer = await api.ask(`v1/${resource}:fetchPredictOperation`, {
      method: 'POST',
      body: { operationName: operation },
      headers,
      signal,
    })
    if (answer.status === 200) return answer
    const { message = `it answered ${answer.status}` } = await statusIn(answer)
    if (answer.status === 404) return undefined
    if (answer.status === 401 || answer.status === 403) throw keyInvalid(VENDOR, message)
    throw new SluiceError('provider_unavailable', `${VENDOR} answered ${answer.status}: ${message}`)
  }

  return {
    id: 'vertex',
    capabilities: { kinds: ['video'], models, seed: true, pollMs: 10_000 },

    quote: (request) => quoteOf('vertex', order(request), USUAL_SECONDS),

    async start(request, { signal }) {
      const { model, request: video, resolution, aspectRatio } = order(request)
      const headers = await authorization()
      const image = video.imageUrl === undefined ? undefined : await readPicture(network, video.imageUrl, signal)
      const resource = `projects/${project}/locations/${location}/publishers/google/models/${model.id}`
      const answer = await api.order(`v1/${resource}:predictLongRunning`, {
        signal,
        headers,
        body: {
          instances: [
            { prompt: video.prompt, ...(image !== undefined && { image: { bytesBase64Encoded: image.base64, mimeType: image.mimeType } }) },
          ],
          parameters: {
            sampleCount: 1,
            aspectRatio,
            resolution,
            durationSeconds: video.durationSeconds,
            seed: video.seed,
            // The prices are those with sound.
            generateAudio: true,
            ...(storageUri !== undefined && { storageUri }),
          },
        },
      })
      if (answer.status >= 400) throw await refusedOrder(VENDOR, model.id, answer)
      const taken = Operation.safeParse(await answer.json())
      if (!taken.success || taken.data.name === undefined)
        throw new SluiceError('submit_unknown', `${VENDOR} answered the order without a name.`, { cause: taken.error })
      return { operation: taken.data.name }
    },

    async status(ref, { signal }) {
      const answer = await fetchOperation(String(ref['operation']), signal)
      if (answer === undefined) return lost()
      const { operation, sizes } = await read(answer)
      if (operation.done !== true) return { state: 'running', progress: null }
      // Done and no error is no success: a refused video is simply missing.
      const output = outputOf(operation, ref, sizes)
      return output === undefined ? { state: 'failed', outcome: failureOfOperation(operation) } : { state: 'succeeded', outputs: [output] }
    },

    adopt: (operation) => ({ operation }),

    async fetch({ locator }, { signal, fromByte = 0 }) {
      const inline = /^inline:(\d+):(.+)$/.exec(locator)
      if (inline === null) return storage.download(objectUrl(storageUrl, locator), { signal, fromByte, headers: await authorization() })
      const answer = await fetchOperation(inline[2] ?? '', signal)
      if (answer === undefined) throw new SluiceError('file_not_found', `${VENDOR} no longer has the operation.`)
      return { stream: readInline(answer.stream, MEMBER, Number(inline[1])), fromByte: 0, sizeBytes: null }
    },
  }
}

async function read(answer: Answer): Promise<{ operation: Operation; sizes: number[] }> {
  try {
    const { json, sizes } = await readOutline(answer.stream, MEMBER)
    return { operation: Operation.parse(json), sizes }
  } catch (cause) {
    throw new SluiceError('provider_unavailable', `${VENDOR} answered what cannot be read.`, { cause })
  }
}

function outputOf({ error, response }: Operation, ref: RemoteRef, sizes: number[]): TakeOutput | undefined {
  const [video] = error ? [] : (response?.videos ?? [])
  if (video === undefined) return undefined
  const index = inlineIndex(video.bytesBase64Encoded)
  const locator = index === undefined ? video.gcsUri : `inline:${index}:${ref['operation']}`
  if (locator === undefined) return undefined
  const sizeBytes = index === undefined ? undefined : sizes[index]
  return { role: 'media', mimeType: video.mimeType ?? 'video/mp4', locator, ...(sizeBytes !== undefined && { sizeBytes }) }
}

/** `gs://bucket/path` in the JSON API of Cloud Storage. Other addresses are as they are. */
function objectUrl(storageUrl: string, locator: string): string {
  const named = /^gs:\/\/([^/]+)\/(.+)$/.exec(locator)
  if (named === null) return locator
  const [, bucket = '', object = ''] = named
  return `${storageUrl.replace(/\/$/, '')}/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}?alt=media`
}

function lost(): TakeStatus {
  return {
    state: 'lost',
    outcome: { class: 'lost', detail: `${VENDOR} does not know the operation.`, code: 'take_lost', retry: 'reseed', charged: 'unknown' },
  }
}
