import type { WebhookId } from '../domain/ids.ts'
import {
  DISABLED_AFTER_MS,
  retryWaitMs,
  setWebhookState,
  signingSecrets,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../domain/webhook.ts'
import type { Clock, Ids } from '../ports/clock.ts'
import type { Courier, Receipt } from '../ports/courier.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ClaimedDelivery, DeliveryAttempt, Store } from '../ports/store.ts'
import type { SpanAttributes, Tracer } from '../ports/tracer.ts'
import { readMessage } from './webhook-message.ts'

/** The longest a delivery waits that nobody announced in this process. */
const LOOK_EVERY_MS = 1_000
/** Deliveries at once in this process: so many that it takes dozens of slow receivers to fill it. */
const SLOTS = 256
const SLOTS_PER_ENDPOINT = 4
const LEASE_MS = 30_000
const STOP_GRACE_MS = 5_000
const GONE = 410
const ERROR_CHARACTERS = 500

export interface WebhookSender {
  /** Deliveries have become due. */
  poke(): void
  /** Takes no more; resolves once every attempt has ended or was given back. Safe to repeat. */
  stop(): Promise<void>
}

export interface SenderDeps {
  store: Store
  courier: Courier
  clock: Clock
  ids: Ids
  log: Logger
  metrics: Metrics
  tracer: Tracer
  /** A sender that has not written the end of an attempt for this long is taken for dead; longer than an attempt takes. Default 30,000. */
  leaseMs?: number
  /** When a failed attempt is repeated, as {@link retryWaitMs}, the default. */
  waitMs?: typeof retryWaitMs
  /** How long a stop waits for attempts under way; what it cuts off is sent again by the next process. Default 5,000. */
  stopGraceMs?: number
}

/**
 * Sends due deliveries, at least once each: an attempt is claimed in the store, made, and written down; a process that dies
 * in between leaves a delivery that is due again when its lease is over. Any number may run.
 */
export function startWebhookSender(deps: SenderDeps): WebhookSender {
  const { store, courier, clock, ids, log, metrics, tracer, leaseMs = LEASE_MS, waitMs = retryWaitMs, stopGraceMs = STOP_GRACE_MS } = deps
  const stopping = new AbortController()
  const sending = new Set<Promise<void>>()
  const busy = new Map<WebhookId, number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let looking: Promise<void> | null = null
  let again = false
  let stopped: Promise<void> | null = null

  async function look(): Promise<void> {
    try {
      const limits = { limit: SLOTS - sending.size, perEndpoint: SLOTS_PER_ENDPOINT, busy, leaseMs }
      for (const claimed of limits.limit > 0 ? await store.webhooks.claim(limits) : []) begin(claimed)
    } catch (error) {
      if (!stopped) log.warn({ err: error }, 'could not look for due webhooks; trying again')
    }
    if (!stopped) timer = setTimeout(poke, LOOK_EVERY_MS)
  }

  function begin(claimed: ClaimedDelivery): void {
    const { id } = claimed.endpoint
    const jobId = claimed.delivery.event?.jobId
    busy.set(id, (busy.get(id) ?? 0) + 1)
    const attempt = send(claimed)
      .catch((error) =>
        log.warn(
          { ...(jobId && { jobId }), webhook: id, delivery: claimed.delivery.id, err: error },
          'a webhook was left half done; it will be sent again',
        ),
      )
      .finally(() => {
        sending.delete(attempt)
        const left = (busy.get(id) ?? 1) - 1
        if (left > 0) busy.set(id, left)
        else busy.delete(id)
        // What waited for its place, or for the earlier event of its job.
        poke()
      })
    sending.add(attempt)
  }

  async function send({ delivery, endpoint }: ClaimedDelivery): Promise<void> {
    const traced = await readMessage(store, delivery)
    // A job that was deleted has taken its deliveries with it.
    if (!traced) return
    const { message, trace } = traced
    const options = { kind: 'client', parent: trace, attributes: attributesOf(delivery), signal: stopping.signal } as const
    const receipt = await tracer.span('webhook deliver', options, async (span) => {
      const parcel = {
        url: endpoint.url,
        messageId: delivery.id,
        body: JSON.stringify(message),
        secrets: signingSecrets(endpoint, clock.now()),
        ...(span.context && { traceparent: span.context.traceparent }),
      }
      const receipt = await courier.deliver(parcel, stopping.signal).catch((error: unknown) => {
        if (stopping.signal.aborted) return null
        throw error
      })
      span.set({ 'http.response.status_code': receipt?.status ?? undefined })
      if (receipt && receipt.error !== null) span.fail({ type: String(receipt.status ?? 'no_answer'), outcome: 'transient' })
      return receipt
    })
    if (!receipt) return store.webhooks.giveBack(delivery)
    const attempt = attemptOf(receipt, waitMs(delivery.attempts, Math.random()))
    const outcome = attempt.to.state === 'pending' ? 'retrying' : attempt.to.state
    metrics.observe('sluice_webhook_delivery_seconds', { outcome }, receipt.tookMs / 1000)
    if (await settle(delivery, endpoint, attempt)) await judge(endpoint, receipt, attempt.to.state)
  }

  /** What is given up becomes a dead letter with it; a test tells of nothing that could be missed. */
  async function settle(
    delivery: WebhookDelivery,
    { tenantId, id: webhookId }: WebhookEndpoint,
    attempt: DeliveryAttempt,
  ): Promise<boolean> {
    const { id: deliveryId, type, event } = delivery
    if (attempt.to.state !== 'failed' || event === null) return store.webhooks.settle(delivery, attempt)
    const about = { kind: 'delivery', webhookId, deliveryId, type } as const
    const error = { detail: attempt.error ?? 'The receiver did not take it.' }
    const letter = { id: ids.next('dlt'), tenantId, jobId: event.jobId, about, error, at: clock.now() }
    return store.transaction(async (tx) => {
      const settled = await tx.webhooks.settle(delivery, attempt)
      if (settled) await tx.deadLetters.insert({ ...letter, state: { state: 'open' } })
      return settled
    })
  }

  /** What the attempt says of the endpoint. Written only where it says something new. */
  async function judge({ id, failingSince }: WebhookEndpoint, { status, error }: Receipt, became: WebhookDelivery['state']): Promise<void> {
    const now = clock.now()
    const failingLong = failingSince !== null && now.getTime() - failingSince.getTime() >= DISABLED_AFTER_MS
    const reason = status === GONE ? 'gone' : became === 'failed' && failingLong ? 'failing' : null
    if (reason === null && (error === null) === (failingSince === null)) return
    await store.transaction(async (tx) => {
      const endpoint = await tx.webhooks.lock(id)
      if (!endpoint) return
      const marked = { ...endpoint, failingSince: error === null ? null : (endpoint.failingSince ?? now) }
      await tx.webhooks.save(reason ? setWebhookState(marked, { state: 'disabled', reason, at: now }) : marked)
    })
    if (reason) log.warn({ webhook: id, reason }, 'a webhook was disabled: its owner has to enable it again')
  }

  function poke(): void {
    if (stopped) return
    if (looking) {
      again = true
      return
    }
    clearTimeout(timer)
    again = false
    looking = look().finally(() => {
      looking = null
      if (again) poke()
    })
  }

  async function shutDown(): Promise<void> {
    clearTimeout(timer)
    await looking
    const late = setTimeout(() => stopping.abort(new Error('the server stops')), stopGraceMs)
    await Promise.all(sending)
    clearTimeout(late)
  }

  poke()
  return {
    poke,
    stop() {
      stopped ??= shutDown()
      return stopped
    },
  }
}

/** Who receives it stands in the deliveries: addresses may hold secrets. */
function attributesOf({ id, endpointId, type, attempts, event }: WebhookDelivery): SpanAttributes {
  return {
    'sluice.webhook.id': endpointId,
    'sluice.webhook.delivery_id': id,
    'sluice.webhook.event': type,
    'sluice.webhook.attempt': attempts,
    'sluice.job.id': event?.jobId,
  }
}

/** @param waitMs until the next one; `null`: there is none */
function attemptOf({ status, error, retryAfterMs, tookMs }: Receipt, waitMs: number | null): DeliveryAttempt {
  const made = { status, error: error?.slice(0, ERROR_CHARACTERS) ?? null, tookMs }
  if (error === null) return { ...made, to: { state: 'delivered' } }
  if (waitMs === null || status === GONE) return { ...made, to: { state: 'failed' } }
  return { ...made, to: { state: 'pending', waitMs: Math.max(waitMs, retryAfterMs ?? 0) } }
}
