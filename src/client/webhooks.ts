import type {
  DeliveryList,
  DeliveryView,
  RotateInput,
  WebhookChange,
  WebhookInput,
  WebhookList,
  WebhookView,
  WebhookWithSecret,
} from '../wire/webhooks.ts'
import type { Http } from './http.ts'
import { search } from './search.ts'

interface Ask {
  signal?: AbortSignal
}

export interface Webhooks {
  /** The secret is shown this once. */
  create(input: WebhookInput, options?: Ask): Promise<WebhookWithSecret>
  list(options?: Ask): Promise<WebhookView[]>
  get(id: string, options?: Ask): Promise<WebhookView>
  update(id: string, change: WebhookChange, options?: Ask): Promise<WebhookView>
  /** With the log of its deliveries. */
  remove(id: string, options?: Ask): Promise<void>
  /** A new secret, shown this once; the one before signs as well for `overlapSeconds`, by default a day. */
  rotate(id: string, input?: RotateInput, options?: Ask): Promise<WebhookWithSecret>
  /** Sends a message of type `webhook.test`; the log says what became of it. */
  test(id: string, options?: Ask): Promise<DeliveryView>
  /** What was sent, newest first. `limit`: 1 to 100, default 20. */
  deliveries(id: string, query?: { state?: DeliveryView['state']; before?: string; limit?: number }, options?: Ask): Promise<DeliveryList>
  /** Sends a message again, under the same id. */
  replay(id: string, deliveryId: string, options?: Ask): Promise<DeliveryView>
}

/** What makes something is sent once: a second try after a lost answer would make another. */
const ONCE = { retries: 0 }

export function createWebhooks(http: Http): Webhooks {
  const at = (id: string, rest = ''): string => `/v1/webhooks/${encodeURIComponent(id)}${rest}`
  return {
    create: (input, { signal } = {}) => http.json('POST', '/v1/webhooks', { ...ONCE, body: input, signal }),
    list: async ({ signal } = {}) => (await http.json<WebhookList>('GET', '/v1/webhooks', { signal })).webhooks,
    get: (id, { signal } = {}) => http.json('GET', at(id), { signal }),
    update: (id, change, { signal } = {}) => http.json('PATCH', at(id), { body: change, signal }),
    remove: (id, { signal } = {}) => http.json('DELETE', at(id), { signal }),
    rotate: (id, input = {}, { signal } = {}) => http.json('POST', at(id, '/rotate'), { ...ONCE, body: input, signal }),
    test: (id, { signal } = {}) => http.json('POST', at(id, '/test'), { ...ONCE, signal }),
    deliveries: (id, query = {}, { signal } = {}) => http.json('GET', at(id, `/deliveries${search(query)}`), { signal }),
    // Sent again and again it is due now, and no more than that.
    replay: (id, deliveryId, { signal } = {}) =>
      http.json('POST', at(id, `/deliveries/${encodeURIComponent(deliveryId)}/replay`), { signal }),
  }
}
