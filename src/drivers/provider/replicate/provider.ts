import { z } from 'zod'
import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import type { RemoteRef } from '../../../domain/take.ts'
import type { CancelTruth, Intent, Provider, TakeStatus, WebhookHint } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { verifyStandardWebhook } from '../../http/standard-webhooks.ts'
import { type Answer, createVendorApi } from '../../http/vendor-api.ts'
import { mediaTypeOf } from '../media-type.ts'
import { modelFor, priceOf } from '../model-check.ts'
import { fileOf, type Prediction, prediction, progressOf } from './api.ts'
import { cancellationOf, emptyHanded, failureOf, lost, problemFrom, refusalOf, removed } from './errors.ts'
import { type ReplicateModel, replicateModels, replicateVoices } from './models.ts'
import { findPrediction } from './reconcile.ts'
import { createWebhookSecret } from './webhook-secret.ts'

export interface ReplicateOptions {
  network: Network
  apiKey: string
  /** Default `https://api.replicate.com/v1`. */
  baseUrl?: string
  /** `whsec_...` of the account. Default: Replicate is asked for it. */
  webhookSecret?: string
  /** Words of refusals besides the known ones, for all models. */
  refusals?: readonly RegExp[]
  /** How old an order must be before the list may say that it is absent: what is on its way is not in it. Default 30,000. */
  settleMs?: number
  now?: () => Date
}

const refShape = z.looseObject({
  id: z.string(),
  model: z.string().optional(),
  amountMicroUsd: z.number().optional(),
  mimeType: z.string().optional(),
})

/**
 * Replicate (https://replicate.com/docs): predictions by many vendors' models.
 *
 * - An order whose answer was lost is looked for in the list of all predictions.
 * - Inputs, outputs and logs are deleted an hour after the end: what was not fetched by then is `expired`, and paid.
 * - There is no code of a refusal; its words are compared with patterns.
 */
export function createReplicateProvider(options: ReplicateOptions): Provider {
  const { network, apiKey, baseUrl = 'https://api.replicate.com/v1', refusals = [], now = () => new Date() } = options
  const { settleMs = 30_000, webhookSecret } = options
  const api = createVendorApi({ vendor: 'Replicate', baseUrl, headers: { authorization: `Bearer ${apiKey}` }, network })
  const secret = createWebhookSecret(api, webhookSecret, () => now().getTime())
  const models = replicateModels.map(({ facts }) => facts)

  function modelOf(request: GenerateRequest): ReplicateModel {
    const chosen = modelFor({ vendor: 'Replicate', models, voices: replicateVoices, now }, request)
    return replicateModels.find(({ facts }) => facts === chosen) as ReplicateModel
  }

  function quoteOf(model: ReplicateModel, request: GenerateRequest): Quote {
    const { price } = model.facts
    const amountMicroUsd = model.secondMicroUsd?.(request) ?? price.amountMicroUsd
    return {
      amountMicroUsd: priceOf({ per: price.per, amountMicroUsd }, request),
      seconds: model.makingSeconds,
      basis: `replicate:${price.asOf}`,
    }
  }

  function refOf({ id }: Prediction, model: ReplicateModel, request: GenerateRequest): RemoteRef {
    return { id, model: model.facts.id, amountMicroUsd: quoteOf(model, request).amountMicroUsd, mimeType: model.mimeType }
  }

  /** The delay of a 429 stands in its words, so it is judged here. */
  async function ask(path: string, signal: AbortSignal, method: 'GET' | 'POST' = 'GET'): Promise<Answer> {
    const answer = await api.ask(path, { method, signal, judges: ({ status }) => status === 429 })
    if (answer.status === 429) throw refusalOf(answer, await problemFrom(answer))
    return answer
  }

  async function status(remote: RemoteRef, { signal }: { signal: AbortSignal }): Promise<TakeStatus> {
    const ref = refShape.parse(remote)
    const answer = await ask(`predictions/${encodeURIComponent(ref.id)}`, signal)
    if (answer.status === 404 || answer.status === 410) return { state: 'lost', outcome: lost(ref.id) }
    if (answer.status >= 300) throw refusalOf(answer, await problemFrom(answer))
    const found = prediction.parse(await answer.json())
    switch (found.status) {
      case 'starting':
        return { state: 'queued' }
      case 'succeeded':
        return succeeded(ref, found)
      case 'failed': {
        const own = replicateModels.find(({ facts }) => facts.id === (ref.model ?? found.model))?.refusals ?? []
        return { state: 'failed', outcome: failureOf(found.error, [...own, ...refusals]) }
      }
      case 'canceled':
      case 'aborted':
        return { state: 'cancelled', outcome: cancellationOf(found.status) }
      default:
        return { state: 'running', progress: progressOf(found.logs) }
    }
  }

  return {
    id: 'replicate',
    capabilities: {
      kinds: [...new Set(models.map(({ kind }) => kind))],
      models,
      voices: replicateVoices,
      webhook: 'per-order',
      reconcile: 'list',
    },

    quote: (request) => quoteOf(modelOf(request), request),

    async start(request, { signal, webhookUrl }) {
      const model = modelOf(request)
      signal.throwIfAborted()
      const answer = await api.order(`models/${model.facts.id}/predictions`, {
        signal,
        body: {
          input: model.input(request),
          ...(webhookUrl !== undefined && { webhook: webhookUrl, webhook_events_filter: ['completed'] }),
        },
      })
      if (answer.status >= 300) throw refusalOf(answer, await problemFrom(answer), [...(model.refusals ?? []), ...refusals])
      const taken = prediction.safeParse(await answer.json())
      if (!taken.success) throw new SluiceError('submit_unknown', 'Replicate took the order, but its answer names no prediction.')
      return refOf(taken.data, model, request)
    },

    status,

    fetch: (output, { signal, fromByte }) => api.download(output.locator, { signal, ...(fromByte !== undefined && { fromByte }) }),

    adopt(id, request) {
      const model = modelOf(request)
      return { id, model: model.facts.id, amountMicroUsd: quoteOf(model, request).amountMicroUsd, mimeType: model.mimeType }
    },

    async cancel(remote): Promise<CancelTruth> {
      const signal = AbortSignal.timeout(30_000)
      const { id } = refShape.parse(remote)
      const answer = await ask(`predictions/${encodeURIComponent(id)}/cancel`, signal, 'POST')
      await answer.text()
      const { state } = await status(remote, { signal })
      return state === 'cancelled' ? 'stopped' : state === 'queued' || state === 'running' || state === 'lost' ? 'unknown' : 'too_late'
    },

    async reconcile(intent: Intent, { signal }) {
      const model = modelOf(intent.request)
      const found = await findPrediction({
        intent,
        model: model.facts.id,
        input: model.input(intent.request),
        async ask(address = 'predictions') {
          const answer = await ask(address, signal)
          if (answer.status >= 300) throw refusalOf(answer, await problemFrom(answer))
          return answer.json()
        },
      })
      if (found === 'absent') return now().getTime() - intent.orderedAt.getTime() < settleMs ? 'unknown' : 'absent'
      return found === 'unknown' ? 'unknown' : refOf(found, model, intent.request)
    },

    async webhook(headers, rawBody): Promise<WebhookHint> {
      const dedupeKey = await secret.believe((key) =>
        verifyStandardWebhook({ vendor: 'Replicate', secret: key, headers, rawBody, now: () => now().getTime() }),
      )
      return { dedupeKey, ref: { id: idOf(rawBody) } }
    },
  }
}

function succeeded(ref: z.infer<typeof refShape>, found: Prediction): TakeStatus {
  const locator = fileOf(found.output)
  if (locator === undefined) {
    if (found.data_removed === true) return { state: 'expired', outcome: removed(ref.id, ref.amountMicroUsd) }
    return { state: 'failed', outcome: emptyHanded(ref.amountMicroUsd) }
  }
  return {
    state: 'succeeded',
    outputs: [{ role: 'media', mimeType: mediaTypeOf(locator) ?? ref.mimeType ?? 'application/octet-stream', locator }],
    ...(ref.amountMicroUsd !== undefined && { charge: { amountMicroUsd: ref.amountMicroUsd, basis: 'price-list' } }),
  }
}

/** The body is the prediction itself, in whatever state. */
function idOf(rawBody: Uint8Array): string {
  try {
    return prediction.parse(JSON.parse(Buffer.from(rawBody).toString('utf8'))).id
  } catch {
    throw new SluiceError('webhook_invalid', 'The webhook of Replicate names no prediction.')
  }
}
