import { z } from 'zod'
import type { MicroUsd } from '../../../domain/money.ts'
import type { RemoteRef } from '../../../domain/take.ts'
import type { submitted } from './api.ts'

const shape = z.looseObject({
  requestId: z.string(),
  /** A second name of the same request, as webhooks give two. */
  otherId: z.string().optional(),
  /** As returned with the order. Absent in a reference that a webhook gave. */
  statusUrl: z.string().optional(),
  responseUrl: z.string().optional(),
  cancelUrl: z.string().optional(),
  amountMicroUsd: z.number().optional(),
  mimeType: z.string().optional(),
})

export type FalRef = z.infer<typeof shape>
export interface FalUrls {
  statusUrl: string
  responseUrl: string
  cancelUrl: string
}

export const refOf = (ref: RemoteRef): FalRef => shape.parse(ref)

/**
 * The reference of an order just taken. fal's addresses drop what follows the app's name, so they are kept as they were
 * returned; one that leads to another origin, where the key must not go, is written anew.
 */
export function newRef(
  answer: z.infer<typeof submitted>,
  endpoint: string,
  baseUrl: string,
  known: { amountMicroUsd: MicroUsd; mimeType: string },
): RemoteRef {
  const { request_id: requestId, status_url, response_url, cancel_url } = answer
  const { statusUrl, responseUrl, cancelUrl } = urlsOf(baseUrl, appOf(endpoint), requestId)
  const own = (returned: string | null | undefined, otherwise: string) =>
    typeof returned === 'string' && URL.canParse(returned) && new URL(returned).origin === new URL(baseUrl).origin ? returned : otherwise
  return {
    requestId,
    statusUrl: own(status_url, statusUrl),
    responseUrl: own(response_url, responseUrl),
    cancelUrl: own(cancel_url, cancelUrl),
    ...known,
  }
}

/** The app an endpoint belongs to: its first two names. */
export const appOf = (endpoint: string): string => endpoint.split('/').slice(0, 2).join('/')

export function urlsOf(baseUrl: string, app: string, requestId: string): FalUrls {
  const request = `${baseUrl.replace(/\/$/, '')}/${app}/requests/${encodeURIComponent(requestId)}`
  return { statusUrl: `${request}/status`, responseUrl: request, cancelUrl: `${request}/cancel` }
}
