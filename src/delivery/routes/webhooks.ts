import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import { isId, type TenantId } from '../../domain/ids.ts'
import {
  defaultWebhookEvents,
  MOST_WEBHOOKS,
  rotateSecret,
  setWebhookState,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../../domain/webhook.ts'
import type { Store } from '../../ports/store.ts'
import {
  DeliveryList,
  DeliveryQuery,
  DeliveryView,
  RotateInput,
  WebhookChange,
  WebhookInput,
  WebhookList,
  WebhookView,
  WebhookWithSecret,
} from '../../wire/webhooks.ts'
import type { App, Context } from '../context.ts'
import { invalidRequest } from '../invalid-request.ts'
import { withProblems } from '../openapi.ts'

const SECRET_BYTES = 32
const MESSAGE_ID = /^evt_[0-9a-z]{26}(_\d{1,10})?$/
const Params = z.object({ id: z.string() })
const DeliveryParams = Params.extend({ deliveryId: z.string() })

export function webhookRoutes(app: App, { store, ids, courier, clock }: Context): void {
  const find = (tenantId: TenantId, id: string) => findWebhook(store, tenantId, id)

  /** Changes an endpoint while it is held. */
  async function change(tenantId: TenantId, id: string, work: (endpoint: WebhookEndpoint) => WebhookEndpoint): Promise<WebhookEndpoint> {
    const { id: known } = await find(tenantId, id)
    return store.transaction(async (tx) => {
      const endpoint = await tx.webhooks.lock(known)
      if (!endpoint) throw notFound(id)
      const changed = work(endpoint)
      await tx.webhooks.save(changed)
      return changed
    })
  }

  /** What is sent to a disabled endpoint would wait for ever. Throws `webhook_disabled`. */
  async function findEnabled(tenantId: TenantId, id: string): Promise<WebhookEndpoint> {
    const endpoint = await find(tenantId, id)
    if (endpoint.state.state === 'enabled') return endpoint
    throw new SluiceError('webhook_disabled', noticeOf(endpoint.state.reason), { fix: 'Enable it first: PATCH it with {"enabled": true}.' })
  }

  app.post(
    '/webhooks',
    {
      schema: {
        operationId: 'createWebhook',
        summary: 'Be told of events at an address of yours',
        tags: ['webhooks'],
        body: WebhookInput,
        response: withProblems({ 201: WebhookWithSecret }),
      },
    },
    async (request, reply) => {
      const { url, events } = request.body
      courier.check(url)
      const { tenantId } = request
      if ((await store.webhooks.list(tenantId)).length >= MOST_WEBHOOKS)
        throw new SluiceError('webhooks_too_many', `There are ${MOST_WEBHOOKS} webhooks already.`, {
          fix: 'Remove one that is not needed.',
        })
      const endpoint: WebhookEndpoint = {
        id: ids.next('whk'),
        tenantId,
        url,
        events: events ?? [...defaultWebhookEvents],
        secret: newSecret(),
        previous: null,
        state: { state: 'enabled' },
        failingSince: null,
        createdAt: clock.now(),
      }
      await store.webhooks.insert(endpoint)
      reply.code(201).header('location', `/v1/webhooks/${endpoint.id}`)
      return { ...webhookView(endpoint), secret: endpoint.secret }
    },
  )

  app.get(
    '/webhooks',
    {
      schema: {
        operationId: 'listWebhooks',
        summary: 'Webhooks, oldest first',
        tags: ['webhooks'],
        response: withProblems({ 200: WebhookList }),
      },
    },
    async (request) => ({ webhooks: (await store.webhooks.list(request.tenantId)).map(webhookView) }),
  )

  app.get(
    '/webhooks/:id',
    {
      schema: {
        operationId: 'getWebhook',
        summary: 'A webhook',
        tags: ['webhooks'],
        params: Params,
        response: withProblems({ 200: WebhookView }),
      },
    },
    async (request) => webhookView(await find(request.tenantId, request.params.id)),
  )

  app.patch(
    '/webhooks/:id',
    {
      schema: {
        operationId: 'changeWebhook',
        summary: 'Change where a webhook goes and what it tells; disable and enable it',
        tags: ['webhooks'],
        params: Params,
        body: WebhookChange,
        response: withProblems({ 200: WebhookView }),
      },
    },
    async (request) => {
      const { url, events, enabled } = request.body
      if (url !== undefined) courier.check(url)
      const endpoint = await change(request.tenantId, request.params.id, (before) => {
        const changed = { ...before, ...(url !== undefined && { url }), ...(events && { events }) }
        if (enabled === undefined) return changed
        return setWebhookState(changed, enabled ? { state: 'enabled' } : { state: 'disabled', reason: 'request', at: clock.now() })
      })
      return webhookView(endpoint)
    },
  )

  app.delete(
    '/webhooks/:id',
    {
      schema: {
        operationId: 'removeWebhook',
        summary: 'Remove a webhook and the log of its deliveries',
        tags: ['webhooks'],
        params: Params,
        response: withProblems({ 204: z.null().describe('Removed.') }),
      },
    },
    async (request, reply) => {
      const { id } = await find(request.tenantId, request.params.id)
      await store.webhooks.remove(id)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/webhooks/:id/rotate',
    {
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'A new secret; the old one signs as well for a while',
        tags: ['webhooks'],
        params: Params,
        body: RotateInput.nullish(),
        response: withProblems({ 200: WebhookWithSecret }),
      },
    },
    async (request) => {
      const { overlapSeconds } = request.body ?? RotateInput.parse({})
      const endpoint = await change(request.tenantId, request.params.id, (before) =>
        rotateSecret(before, newSecret(), clock.now(), overlapSeconds * 1_000),
      )
      return { ...webhookView(endpoint), secret: endpoint.secret }
    },
  )

  app.post(
    '/webhooks/:id/test',
    {
      schema: {
        operationId: 'testWebhook',
        summary: 'Send a message of type webhook.test',
        tags: ['webhooks'],
        params: Params,
        response: withProblems({ 202: DeliveryView }),
      },
    },
    async (request, reply) => {
      const endpoint = await findEnabled(request.tenantId, request.params.id)
      const id = ids.next('evt')
      await store.webhooks.addTest(endpoint.id, id, clock.now())
      reply.code(202)
      return deliveryView(await findDelivery(store, endpoint, id))
    },
  )

  app.get(
    '/webhooks/:id/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        summary: 'What was sent, newest first',
        tags: ['webhooks'],
        params: Params,
        querystring: DeliveryQuery,
        response: withProblems({ 200: DeliveryList }),
      },
    },
    async (request) => {
      const endpoint = await find(request.tenantId, request.params.id)
      const { state, before, limit } = request.query
      if (before !== undefined && !MESSAGE_ID.test(before))
        throw invalidRequest([{ field: 'before', detail: 'Must be the `next` of a page before.' }])
      const found = await store.webhooks.deliveries(endpoint.id, {
        limit: limit + 1,
        ...(state !== undefined && { state }),
        ...(before !== undefined && { before }),
      })
      const page = found.slice(0, limit)
      return { deliveries: page.map(deliveryView), next: found.length > limit ? (page.at(-1)?.id ?? null) : null }
    },
  )

  app.post(
    '/webhooks/:id/deliveries/:deliveryId/replay',
    {
      schema: {
        operationId: 'replayDelivery',
        summary: 'Send a message again, under the same id',
        tags: ['webhooks'],
        params: DeliveryParams,
        response: withProblems({ 202: DeliveryView }),
      },
    },
    async (request, reply) => {
      const endpoint = await findEnabled(request.tenantId, request.params.id)
      const { id } = await findDelivery(store, endpoint, request.params.deliveryId)
      const replayed = await store.webhooks.replay(endpoint.id, id)
      if (!replayed) throw deliveryNotFound(id)
      reply.code(202)
      return deliveryView(replayed)
    },
  )
}

const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`

/** The tenant's endpoint. Throws `webhook_not_found`. */
async function findWebhook(store: Store, tenantId: TenantId, id: string): Promise<WebhookEndpoint> {
  const endpoint = isId('whk', id) ? await store.webhooks.get(id) : undefined
  if (endpoint?.tenantId === tenantId) return endpoint
  throw notFound(id)
}

function notFound(id: string): SluiceError {
  return new SluiceError('webhook_not_found', `There is no webhook ${JSON.stringify(id)}.`, {
    fix: 'Check the id; GET /v1/webhooks lists yours.',
  })
}

async function findDelivery(store: Store, endpoint: WebhookEndpoint, id: string): Promise<WebhookDelivery> {
  const delivery = MESSAGE_ID.test(id) ? await store.webhooks.delivery(endpoint.id, id) : undefined
  if (!delivery) throw deliveryNotFound(id)
  return delivery
}

function deliveryNotFound(id: string): SluiceError {
  return new SluiceError('delivery_not_found', `The webhook has no delivery ${JSON.stringify(id)}.`, {
    fix: 'Check the id; GET /v1/webhooks/{id}/deliveries lists them for 30 days.',
  })
}

const notices = {
  request: 'It was disabled on request; nothing is sent.',
  gone: 'Its receiver answered 410 (Gone), so it was disabled.',
  failing: 'Nothing had got through for three days, so it was disabled.',
} as const
const noticeOf = (reason: keyof typeof notices): string => notices[reason]

function webhookView({ id, url, events, state, failingSince, previous, createdAt }: WebhookEndpoint): WebhookView {
  return {
    id,
    url,
    events,
    enabled: state.state === 'enabled',
    disabled: state.state === 'disabled' ? { reason: state.reason, at: state.at.toISOString(), notice: noticeOf(state.reason) } : null,
    failingSince: failingSince?.toISOString() ?? null,
    previousSecretUntil: previous && previous.until > new Date() ? previous.until.toISOString() : null,
    createdAt: createdAt.toISOString(),
  }
}

function deliveryView(delivery: WebhookDelivery): DeliveryView {
  const { id, type, event, state, attempts, nextAt, lastAttemptAt, lastStatus, lastError, lastTookMs, firstAttemptAt, createdAt } = delivery
  // While the first attempt is under way there is no last one to speak of.
  const last = lastAttemptAt && lastTookMs !== null ? { at: lastAttemptAt, status: lastStatus, error: lastError, tookMs: lastTookMs } : null
  return {
    id,
    type,
    jobId: event?.jobId ?? null,
    eventId: event?.id ?? null,
    state,
    attempts,
    nextAttemptAt: nextAt?.toISOString() ?? null,
    last: last && { ...last, at: last.at.toISOString() },
    firstAttemptAt: firstAttemptAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}
