import type { Provider } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { createVendorApi } from '../../http/vendor-api.ts'
import { type SunoShape, sunoModels } from './models.ts'
import { checked, quoteOf } from './order.ts'
import { resellerShape } from './reseller.ts'
import { selfHostedShape } from './self-hosted.ts'

export interface SunoOptions {
  network: Network
  /** `self-hosted`: a server of gcui-art/suno-api. `reseller`: sunoapi.org and its likes. */
  shape: SunoShape
  /** Of the reseller. The self-hosted server has none; one that stands before it may. */
  apiKey?: string
  /** Default `http://localhost:3000` for a self-hosted server, `https://api.sunoapi.org` for a reseller. */
  baseUrl?: string
  /** Without voices. Default true: Sluice asks for music, not for songs. */
  instrumental?: boolean
  /** What an order costs, in micro-USD. Default: an unconfirmed list price. */
  priceMicroUsd?: number
}

const BASE_URLS: Record<SunoShape, string> = { 'self-hosted': 'http://localhost:3000', reseller: 'https://api.sunoapi.org' }

/** Music by Suno, over one of two unofficial ways. Orders cannot be stopped. */
export function createSunoProvider(options: SunoOptions): Provider {
  const { network, shape: name, apiKey, baseUrl = BASE_URLS[name], instrumental = true, priceMicroUsd } = options
  const api = createVendorApi({
    vendor: 'Suno',
    baseUrl,
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    network,
  })
  const models = sunoModels(name, priceMicroUsd)
  const { order, status, ...optional } = (name === 'reseller' ? resellerShape : selfHostedShape)(api, instrumental)

  return {
    id: 'suno',
    capabilities: {
      kinds: ['music'],
      models,
      caution: [
        'Suno has no official public API. This way to it is not sanctioned by Suno: it may break or end without notice, and its use may be against the terms of your account.',
        `How long a song becomes is Suno's own choice, and a seed has no effect.`,
        ...(instrumental ? ['Songs are ordered without voices.'] : []),
      ].join(' '),
      ...(name === 'reseller' ? { webhook: 'per-order', reconcile: 'webhook' } : { reconcile: 'list' }),
    },
    ...optional,
    quote: (request) => quoteOf(request, models),

    async start(asked, context) {
      const { request, model } = checked(asked, models)
      context.signal.throwIfAborted()
      return order(request, model.id, context)
    },

    status,

    async fetch(output, { signal, fromByte }) {
      return api.download(output.locator, { signal, ...(fromByte !== undefined && { fromByte }) })
    },
  }
}
