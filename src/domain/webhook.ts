import type { JobId, TenantId, WebhookId } from './ids.ts'

/**
 * What an application's own server can be told of, named after the event of the log it is made from: `job.` and the state
 * of a `status`, `take.` and the state of a `take`, and what happened to a `review`. {@link webhookEventOf} says which.
 */
export const webhookEvents = [
  'job.playable',
  'job.held',
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'job.expired',
  'review.opened',
  'review.decided',
  'review.closed',
  'take.submit_unknown',
  'take.delivered',
  'take.rejected',
  'take.failed',
] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** What an endpoint gets that does not choose: all of jobs and reviews. */
export const defaultWebhookEvents: readonly WebhookEvent[] = webhookEvents.filter((name) => !name.startsWith('take.'))

/** The name an event of the log goes out under; `null`: it does not. */
export function webhookEventOf({ type, data }: { type: string; data: unknown }): WebhookEvent | null {
  const { state, decisions = [] } = data as { state?: string; decisions?: unknown[] }
  switch (type) {
    case 'playable':
      return 'job.playable'
    case 'status':
      return known(`job.${state}`)
    case 'take':
      return known(`take.${state}`)
    case 'review':
      // A first approval of two leaves it open: nothing new to be told.
      if (state === 'open') return decisions.length > 0 ? null : 'review.opened'
      return state === 'closed' ? 'review.closed' : 'review.decided'
    default:
      return null
  }
}

const known = (name: string): WebhookEvent | null => webhookEvents.find((event) => event === name) ?? null

/**
 * Where an application wants to be told.
 *
 * - `enabled`: events are delivered. → `disabled`
 * - `disabled`: nothing is sent and nothing new is noted; what was pending stays so. `request`: its owner wished it;
 *   `gone`: the receiver answered 410; `failing`: nothing has got through for {@link DISABLED_AFTER_MS}. → `enabled`
 */
export type WebhookState = { state: 'enabled' } | { state: 'disabled'; reason: 'request' | 'gone' | 'failing'; at: Date }

export interface WebhookEndpoint {
  id: WebhookId
  tenantId: TenantId
  url: string
  events: WebhookEvent[]
  /** `whsec_` and base64. It signs what is sent, so it is kept as it is and shown only when it is made. */
  secret: string
  /** Signs as well until its time has come, so that a receiver can change over without losing a message. */
  previous: { secret: string; until: Date } | null
  state: WebhookState
  /** Since when every attempt has failed. `null`: the last one got through, or there was none yet. */
  failingSince: Date | null
  createdAt: Date
}

/** The only writer of an endpoint's state. One that is enabled begins with a clean record. */
export function setWebhookState(endpoint: WebhookEndpoint, to: WebhookState): WebhookEndpoint {
  if (endpoint.state.state === to.state) return endpoint
  return { ...endpoint, state: to, ...(to.state === 'enabled' && { failingSince: null }) }
}

/** A new secret; the one before signs for `overlapMs` more. */
export function rotateSecret(endpoint: WebhookEndpoint, secret: string, now: Date, overlapMs: number): WebhookEndpoint {
  const previous = overlapMs > 0 ? { secret: endpoint.secret, until: new Date(now.getTime() + overlapMs) } : null
  return { ...endpoint, secret, previous }
}

/** What a message sent now is signed with, the newest first. */
export function signingSecrets({ secret, previous }: WebhookEndpoint, now: Date): string[] {
  return previous && previous.until > now ? [secret, previous.secret] : [secret]
}

/**
 * One message for one endpoint. Written together with the event it tells of, once for each endpoint that wants it.
 *
 * - `pending`: to be sent at `nextAt`, or being sent until then. → `delivered`, `failed`
 * - `delivered`: the receiver answered 2xx. → `pending` when it is replayed
 * - `failed`: every attempt of a day failed, or the receiver is gone for good. → `pending` when it is replayed
 */
export interface WebhookDelivery {
  /** The same for all endpoints, attempts and replays: what a receiver knows a message again by. */
  id: string
  endpointId: WebhookId
  /** The event of the log. `null` for a test. */
  event: { jobId: JobId; id: number } | null
  type: WebhookEvent | 'webhook.test'
  state: 'pending' | 'delivered' | 'failed'
  /** Attempts since it was written or replayed. */
  attempts: number
  nextAt: Date | null
  /** How the last attempt went. */
  lastStatus: number | null
  lastError: string | null
  lastTookMs: number | null
  firstAttemptAt: Date | null
  lastAttemptAt: Date | null
  createdAt: Date
}

/** The id of the message that tells of an event. */
export function messageId(jobId: JobId, eventId: number): string {
  return `evt_${jobId.slice('job_'.length)}_${eventId}`
}

/** Waits between attempts, in seconds. With the tenth more that chance may add, the last attempt is made within a day. */
const WAITS_SECONDS = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 39_600]

/**
 * How long to wait after so many failed attempts, in milliseconds; `null`: it has been tried often enough.
 * @param random from 0 to 1; spreads out what failed together
 */
export function retryWaitMs(attempts: number, random: number): number | null {
  const seconds = WAITS_SECONDS[attempts - 1]
  return seconds === undefined ? null : Math.round(seconds * 1_000 * (1 + random / 10))
}

/** An endpoint that has failed for this long when a message of its is given up is disabled. */
export const DISABLED_AFTER_MS = 3 * 24 * 3_600_000

/** Endpoints a tenant may have: each event is written once for each of them. */
export const MOST_WEBHOOKS = 20
