import type { JSONValue } from '@ai-sdk/provider'
import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Outcome } from '../../../domain/outcome.ts'
import type { RemoteRef, TakeOutput } from '../../../domain/take.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Capabilities, Provider, StartContext, TakeStatus } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { createVendorApi, throttled } from '../../http/vendor-api.ts'
import { modelFor, priceOf } from '../model-check.ts'
import { createDoubts } from './doubts.ts'
import { askError, endOf, isApiCallError, keyInvalid, orderError } from './errors.ts'
import { type AiSdkModel, type AiSdkVideoModel, factsOf, speechOptions, type VideoModel, videoOptions } from './models.ts'
import { bytesIn, isInline, mimeOf, once, soundMimeOf, type VideoData } from './outputs.ts'
import { createSeal } from './secrets.ts'
import { unwatched, type WatchedFetch } from './watched-fetch.ts'

const CALL_TIMEOUT_MS = 60_000
const GENERATE_TIMEOUT_MS = 15 * 60_000
const USUAL_SECONDS = 60

export interface AiSdkProviderOptions {
  /** As it is named here, e.g. `xai`. */
  id: string
  network: Network
  /** The first of a kind is its default. */
  models: readonly AiSdkModel[]
  /** The keys the models were made with. They are found in what is written down, and left out. */
  secrets: readonly string[]
  /** The one the models were made with: without it, faults of the way are told from failures by their words alone. */
  http?: WatchedFetch
  /** An origin of the vendor's from which outputs are fetched although it is not public, e.g. of a server in this network. */
  trustedOrigin?: string
  voices?: NonNullable<Capabilities['voices']>
  /** Default 5,000. */
  pollMs?: number
  /** How long an end that may be a passing fault is not believed. Default 600,000. */
  patienceMs?: number
  log?: Logger
  now?: () => Date
}

/**
 * Any video or speech model of the Vercel AI SDK (`VideoModelV4`, `SpeechModelV4`).
 *
 * - A model with `doStart` and `doStatus` is ordered and asked. One with `doGenerate` alone holds the order while it is made; its
 *   result is kept here, and what breaks in between is `submit_unknown`.
 * - Its webhooks are not used: these models pass them on without looking at their signatures.
 * - The contract of the SDK has no cancel, no progress, no list and no codes of failure.
 */
export function createAiSdkProvider(options: AiSdkProviderOptions): Provider {
  const { id, network, models, secrets, http, voices, log, pollMs = 5_000, patienceMs = 600_000, now = () => new Date() } = options
  const facts = models.map(factsOf)
  const { seal, open } = createSeal(secrets)
  const doubts = createDoubts(patienceMs, () => now().getTime())
  const watch = http?.watch ?? unwatched
  const api = createVendorApi({ vendor: id, baseUrl: options.trustedOrigin ?? 'https://output.invalid', headers: {}, network })

  function modelOf(request: GenerateRequest): AiSdkModel {
    const { id: modelId } = modelFor({ vendor: id, models: facts, now, ...(voices !== undefined && { voices }) }, request)
    const model = models.find((candidate) => candidate.id === modelId && candidate.kind === request.kind)
    if (model === undefined) throw new Error(`${modelId} is not among the models`)
    return model
  }

  /** The one call that may cost money. */
  async function order<T>(signal: AbortSignal, timeoutMs: number, run: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
    signal.throwIfAborted()
    const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const { done, answers } = watch(() => run(ending))
    try {
      return await unlessAborted(done, ending)
    } catch (error) {
      throw orderError(id, error, answers)
    }
  }

  async function startVideo(model: AiSdkVideoModel, request: GenerateRequest, context: StartContext): Promise<RemoteRef> {
    if (request.kind !== 'video') throw new Error(`${model.id} makes no ${request.kind}`)
    const { video } = model
    const { signal, takeId } = context
    const call = videoOptions(model, request)
    const headers = { ...call.headers, 'idempotency-key': `sluice_${takeId}` }
    if (video.doStart !== undefined && video.doStatus !== undefined) {
      const started = await order(signal, CALL_TIMEOUT_MS, async (abortSignal) => video.doStart?.({ ...call, headers, abortSignal }))
      if (started === undefined) throw new SluiceError('submit_unknown', `${id} answered the order with nothing.`)
      if (started.warnings.length > 0) log?.warn({ takeId, warnings: started.warnings }, `${id} did not take all of the order`)
      return { model: model.id, operation: seal(started.operation) }
    }
    const made = await order(signal, GENERATE_TIMEOUT_MS, async (abortSignal) => video.doGenerate?.({ ...call, headers, abortSignal }))
    const [first] = made?.videos ?? []
    if (first === undefined || first.type === 'uploaded')
      throw new SluiceError('submit_unknown', `${id} answered the order without a video.`)
    if (!isInline(first)) return { model: model.id, outputs: [outputAt(first.url, first)] }
    return { model: model.id, outputs: [await context.keep({ role: 'media', mimeType: mimeOf(first) }, once(bytesIn(first)))] }
  }

  const outputAt = (url: string, video: VideoData): TakeOutput => ({ role: 'media', mimeType: mimeOf(video), locator: `url:${seal(url)}` })

  /** Inline bytes come with each answer: the locator holds what is needed to ask again. */
  function outputOf(video: VideoData, index: number, ref: RemoteRef): TakeOutput[] {
    if (video.type === 'uploaded') return []
    if (video.type === 'url') return [outputAt(video.url, video)]
    const locator = `inline:${index}:${Buffer.from(JSON.stringify(ref)).toString('base64url')}`
    return [{ role: 'media', mimeType: mimeOf(video), locator, sizeBytes: bytesIn(video).length }]
  }

  function videoModelOf(ref: RemoteRef): VideoModel | undefined {
    const model = models.find((candidate) => candidate.id === ref['model'])
    return model?.kind === 'video' ? model.video : undefined
  }

  /** One question. What cannot be answered is thrown; `undefined`: the vendor does not know the work. */
  async function ask(ref: RemoteRef, signal: AbortSignal) {
    const model = videoModelOf(ref)
    if (model?.doStatus === undefined || ref['operation'] === undefined) return undefined
    const operation = open(ref['operation']) as JSONValue
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)])
    const { done, answers } = watch(async () => model.doStatus?.({ operation, abortSignal }))
    const result = await unlessAborted(done, abortSignal).catch((error: unknown) => {
      signal.throwIfAborted()
      return { status: 'thrown' as const, error }
    })
    return result && { result, last: answers.at(-1) }
  }

  async function statusOf(ref: RemoteRef, signal: AbortSignal): Promise<TakeStatus> {
    const asked = await ask(ref, signal)
    if (asked === undefined) return lost(id)
    const { result, last } = asked
    const key = JSON.stringify(ref)
    switch (result.status) {
      case 'pending':
        doubts.settle(key)
        return { state: 'running', progress: null }
      case 'completed': {
        doubts.settle(key)
        const [output] = result.videos.flatMap((video, index) => outputOf(video, index, ref))
        return output === undefined ? endOf(id, 'the work is done and has no video') : { state: 'succeeded', outputs: [output] }
      }
      case 'thrown': {
        const rescued = rescue(result.error, ref)
        if (rescued !== undefined) return rescued
        const fault = askError(id, result.error)
        if (fault === undefined) return lost(id)
        // An answer that the model cannot read will not be readable the next time either.
        if (isApiCallError(result.error) && (result.error.statusCode ?? 500) < 300 && doubts.again(key)) return endOf(id, fault.message)
        throw fault
      }
      case 'error': {
        const status = last?.status ?? undefined
        if (status === 401 || status === 403) throw keyInvalid(id, result.error)
        if (status === 404 || status === 410) return lost(id)
        if (isPassing(status, result.error) && !doubts.again(key)) {
          const headers = last?.headers ?? result.response.headers ?? {}
          if (status === 429 || /too many requests/i.test(result.error)) throw throttled(id, { headers })
          throw new SluiceError('provider_unavailable', `${id} says that it is over, which may be a passing fault: ${result.error}`)
        }
        doubts.settle(key)
        return endOf(id, result.error, last?.words)
      }
    }
  }

  /**
   * `@ai-sdk/replicate` reads neither a prediction that was aborted nor an output that is a list, and throws on every question. What
   * it could not read is in the error.
   */
  function rescue(error: unknown, ref: RemoteRef): TakeStatus | undefined {
    if (!isApiCallError(error) || (error.statusCode ?? 500) >= 300) return undefined
    const { status, output, error: told } = bodyOf(error.responseBody)
    if (status === 'aborted') return endOf(id, typeof told === 'string' ? `the work was aborted: ${told}` : 'the work was aborted')
    const [url] = Array.isArray(output) ? output : []
    if (status !== 'succeeded' || typeof url !== 'string' || !URL.canParse(url)) return undefined
    const [found] = outputOf({ type: 'url', url, mediaType: 'video/mp4' }, 0, ref)
    return found && { state: 'succeeded', outputs: [found] }
  }

  return {
    id,
    capabilities: {
      kinds: [...new Set(models.map(({ kind }) => kind))],
      models: facts,
      seed: models.some(({ seed }) => seed === true),
      pollMs,
      ...(voices !== undefined && { voices }),
    },

    quote(request) {
      const model = modelOf(request)
      return {
        amountMicroUsd: priceOf(model.price, request),
        seconds: model.usualSeconds ?? USUAL_SECONDS,
        basis: `${id}:${model.price.asOf}`,
      }
    },

    async start(request, context) {
      const model = modelOf(request)
      if (model.kind === 'video') return startVideo(model, request, context)
      if (request.kind !== 'speech') throw new Error(`${model.id} makes no ${request.kind}`)
      const call = speechOptions(model, request)
      const made = await order(context.signal, GENERATE_TIMEOUT_MS, (abortSignal) => model.speech.doGenerate({ ...call, abortSignal }))
      const bytes = typeof made.audio === 'string' ? Buffer.from(made.audio, 'base64') : made.audio
      if (bytes.length === 0) throw new SluiceError('submit_unknown', `${id} answered the order without a sound.`)
      return { model: model.id, outputs: [await context.keep({ role: 'media', mimeType: soundMimeOf(bytes) }, once(bytes))] }
    },

    async status(ref, { signal }) {
      if (Array.isArray(ref['outputs'])) return { state: 'succeeded', outputs: ref['outputs'] as TakeOutput[] }
      return statusOf(ref, signal)
    },

    async fetch({ locator }, { signal, fromByte = 0 }) {
      if (locator.startsWith('url:')) return api.download(open(locator.slice('url:'.length)), { signal, fromByte })
      const [, index, packed = ''] = /^inline:(\d+):(.+)$/.exec(locator) ?? []
      const ref = bodyOf(Buffer.from(packed, 'base64url').toString()) as RemoteRef
      const asked = await ask(ref, signal)
      const video = asked?.result.status === 'completed' ? asked.result.videos[Number(index)] : undefined
      if (asked?.result.status === 'thrown') throw askError(id, asked.result.error) ?? gone(id)
      if (video === undefined || !isInline(video)) throw gone(id)
      const bytes = bytesIn(video)
      return { stream: once(bytes.subarray(fromByte)), fromByte, sizeBytes: bytes.length }
    },
  }
}

/** Told of a status line where it was not seen: models shorten errors to its words, or to nothing. */
const PASSING =
  /^$|too many requests|time-?out|bad gateway|unavailable|internal server error|unauthorized|forbidden|failed to process error/i

function isPassing(status: number | undefined, words: string): boolean {
  return status === undefined ? PASSING.test(words.trim()) : status === 408 || status === 429 || status >= 500
}

/** Models may not heed the signal; nobody waits for them longer than it says. */
function unlessAborted<T>(done: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([done, promise]).finally(() => signal.removeEventListener('abort', abort))
}

function bodyOf(text = ''): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const gone = (vendor: string): SluiceError => new SluiceError('file_not_found', `${vendor} no longer has the output.`)

function lost(vendor: string): TakeStatus {
  const outcome: Outcome = {
    class: 'lost',
    detail: `${vendor} does not know the work.`,
    code: 'take_lost',
    retry: 'reseed',
    charged: 'unknown',
  }
  return { state: 'lost', outcome }
}
