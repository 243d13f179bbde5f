import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import type { RemoteRef } from '../../../domain/take.ts'
import type { CancelTruth, Provider, TakeStatus } from '../../../ports/provider.ts'
import { createJwks } from '../../http/jwks.ts'
import type { Network } from '../../http/network.ts'
import { type Answer, createVendorApi } from '../../http/vendor-api.ts'
import { mediaTypeOf } from '../media-type.ts'
import { modelFor, priceOf } from '../model-check.ts'
import { cancelled, type FalFile, fileOf, requestStatus, submitted } from './api.ts'
import { emptyHanded, endOf, failureFrom, lost, refusalOf } from './errors.ts'
import { type FalModel, falModels, falVoices } from './models.ts'
import { appOf, type FalRef, type FalUrls, newRef, refOf, urlsOf } from './ref.ts'
import { verifyFalWebhook } from './webhook.ts'

export interface FalOptions {
  network: Network
  apiKey: string
  /** Of the queue. Default `https://queue.fal.run`. */
  baseUrl?: string
  /** Where the keys of its webhooks are. Default `https://rest.fal.ai/.well-known/jwks.json`. */
  jwksUrl?: string
  now?: () => Date
}

/**
 * fal's queue (https://docs.fal.ai): many vendors' models behind one API.
 *
 * - An order that is in the queue cannot be listed: one whose answer was lost is found by its webhook only.
 * - There is no state of failure. `COMPLETED` means that it is over; the answer to the question for the result tells how. A
 *   5xx there may be the stored failure of the request or a fault of this moment: it is the request's when the header
 *   `X-Fal-Error-Type` or a `detail` says so, or the status carried an error.
 */
export function createFalProvider(options: FalOptions): Provider {
  const { network, apiKey, baseUrl = 'https://queue.fal.run', now = () => new Date() } = options
  const { jwksUrl = 'https://rest.fal.ai/.well-known/jwks.json' } = options
  const api = createVendorApi({ vendor: 'fal', baseUrl, headers: { authorization: `Key ${apiKey}` }, network })
  const jwks = createJwks({ vendor: 'fal', url: jwksUrl, network, now: () => now().getTime() })
  const models = falModels.map(({ facts }) => facts)
  const apps = [...new Set(models.map(({ id }) => appOf(id)))]

  function modelOf(request: GenerateRequest): FalModel {
    const { id } = modelFor({ vendor: 'fal', models, voices: falVoices, now }, request)
    return falModels.find(({ facts }) => facts.id === id) as FalModel
  }

  function quoteOf(model: FalModel, request: GenerateRequest): Quote {
    const { price } = model.facts
    const amountMicroUsd = model.secondMicroUsd?.(request) ?? price.amountMicroUsd
    return {
      amountMicroUsd: priceOf({ per: price.per, amountMicroUsd }, request),
      seconds: model.makingSeconds,
      basis: `fal:${price.asOf}`,
    }
  }

  const ask = (url: string, signal: AbortSignal, judges?: (answer: Answer) => boolean) =>
    api.ask(url, { signal, ...(judges && { judges }) })

  /** A webhook does not name the app, and the addresses of a request hold it: those we know are tried. */
  async function findUrls(ref: FalRef, signal: AbortSignal): Promise<FalUrls | undefined> {
    const { statusUrl, responseUrl, cancelUrl } = ref
    if (statusUrl !== undefined && responseUrl !== undefined && cancelUrl !== undefined) return { statusUrl, responseUrl, cancelUrl }
    for (const id of [ref.requestId, ref.otherId]) {
      if (id === undefined) continue
      for (const app of apps) {
        const urls = urlsOf(baseUrl, app, id)
        const answer = await ask(urls.statusUrl, signal)
        await answer.text()
        if (answer.status < 300) return urls
      }
    }
    return undefined
  }

  async function resultOf(ref: FalRef, url: string, stored: { errorType: string | undefined }, signal: AbortSignal): Promise<TakeStatus> {
    const answer = await ask(url, signal, ({ status }) => status >= 500)
    if (answer.status < 300) {
      const file = fileOf(await answer.json())
      if (file === undefined) return { state: 'failed', outcome: emptyHanded(ref.amountMicroUsd) }
      return {
        state: 'succeeded',
        outputs: [
          {
            role: 'media',
            mimeType: typeOf(file) ?? ref.mimeType ?? 'application/octet-stream',
            locator: file.url,
            ...(file.file_size != null && { sizeBytes: file.file_size }),
          },
        ],
        ...(ref.amountMicroUsd !== undefined && { charge: { amountMicroUsd: ref.amountMicroUsd, basis: 'price-list' } }),
      }
    }
    const found = await failureFrom(answer)
    const errorType = answer.headers['x-fal-error-type'] ?? stored.errorType
    if (answer.status >= 500 && errorType === undefined && found.detail == null) {
      throw new SluiceError('provider_unavailable', `fal cannot be reached: it answered ${answer.status} when asked for the result.`)
    }
    if (answer.status === 401 || answer.status === 403) throw refusalOf(answer, found)
    if (answer.status === 404) return { state: 'lost', outcome: lost(ref.requestId) }
    if (answer.status === 400 && typeof found.detail === 'string' && /still in progress/i.test(found.detail)) {
      return { state: 'running', progress: null }
    }
    return endOf({ status: answer.status, errorType, timeoutType: answer.headers['x-fal-request-timeout-type'], found })
  }

  async function status(remote: RemoteRef, { signal }: { signal: AbortSignal }): Promise<TakeStatus> {
    const ref = refOf(remote)
    const urls = await findUrls(ref, signal)
    if (urls === undefined) return { state: 'lost', outcome: lost(ref.requestId) }
    const answer = await ask(urls.statusUrl, signal)
    if (answer.status === 404 || answer.status === 410) return { state: 'lost', outcome: lost(ref.requestId) }
    if (answer.status >= 300) throw refusalOf(answer, await failureFrom(answer))
    const told = requestStatus.parse(await answer.json())
    if (told.status === 'IN_QUEUE') return { state: 'queued' }
    if (told.status !== 'COMPLETED') return { state: 'running', progress: null }
    const errorType = told.error_type ?? (told.error == null ? undefined : String(told.error))
    return resultOf(ref, urls.responseUrl, { errorType }, signal)
  }

  return {
    id: 'fal',
    capabilities: {
      kinds: [...new Set(models.map(({ kind }) => kind))],
      models,
      voices: falVoices,
      webhook: 'per-order',
      reconcile: 'webhook',
    },

    quote: (request) => quoteOf(modelOf(request), request),

    async start(request, { signal, webhookUrl }) {
      const model = modelOf(request)
      const { amountMicroUsd } = quoteOf(model, request)
      signal.throwIfAborted()
      const endpoint = model.endpoint(request)
      const answer = await api.order(endpoint, {
        signal,
        body: model.input(request),
        ...(webhookUrl !== undefined && { query: { fal_webhook: webhookUrl } }),
      })
      if (answer.status >= 300) throw refusalOf(answer, await failureFrom(answer))
      const taken = submitted.safeParse(await answer.json())
      if (!taken.success) throw new SluiceError('submit_unknown', 'fal took the order, but its answer names no request.')
      return newRef(taken.data, endpoint, baseUrl, { amountMicroUsd, mimeType: model.mimeType })
    },

    status,

    adopt(remoteId, request) {
      const model = modelOf(request)
      const { amountMicroUsd } = quoteOf(model, request)
      return newRef({ request_id: remoteId }, model.endpoint(request), baseUrl, { amountMicroUsd, mimeType: model.mimeType })
    },

    fetch: (output, { signal, fromByte }) => api.download(output.locator, { signal, ...(fromByte !== undefined && { fromByte }) }),

    /** fal takes the wish for any request that has not ended, and may finish it all the same: what became of it is asked. */
    async cancel(remote): Promise<CancelTruth> {
      const signal = AbortSignal.timeout(30_000)
      const ref = refOf(remote)
      const urls = await findUrls(ref, signal)
      if (urls === undefined) return 'unknown'
      const answer = await api.ask(urls.cancelUrl, { method: 'PUT', signal })
      const told = cancelled.safeParse(await answer.json().catch(() => undefined))
      if (answer.status === 400 && told.data?.status === 'ALREADY_COMPLETED') return 'too_late'
      if (answer.status >= 300) return 'unknown'
      const { state } = await status(remote, { signal })
      return state === 'cancelled' ? 'stopped' : state === 'succeeded' || state === 'failed' ? 'too_late' : 'unknown'
    },

    webhook: (headers, rawBody) => verifyFalWebhook(headers, rawBody, jwks, () => now().getTime()),
  }
}

/** Some models call everything a stream of bytes. */
function typeOf({ content_type: told, url }: FalFile): string | undefined {
  return told == null || told === 'application/octet-stream' ? mediaTypeOf(url) : told
}
