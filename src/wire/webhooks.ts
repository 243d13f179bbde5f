import { z } from 'zod'
import { webhookEvents } from '../domain/webhook.ts'
import type { JobEvent } from './events.ts'
import type { JobView } from './jobs.ts'

const EventName = z.enum(webhookEvents)
const url = z.string().min(1).max(2_048).describe('Public and https, unless the server is set to allow others.')
const events = z
  .array(EventName)
  .min(1)
  .transform((names) => [...new Set(names)])

export const WebhookInput = z
  .strictObject({ url, events: events.optional().describe('Default: all of jobs and reviews.') })
  .meta({ id: 'WebhookRequest' })
export type WebhookInput = z.input<typeof WebhookInput>

export const WebhookChange = z
  .strictObject({ url: url.optional(), events: events.optional(), enabled: z.boolean().optional() })
  .meta({ id: 'WebhookChange' })
export type WebhookChange = z.input<typeof WebhookChange>

export const WebhookView = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(EventName),
    enabled: z.boolean(),
    disabled: z
      .object({ reason: z.enum(['request', 'gone', 'failing']), at: z.iso.datetime(), notice: z.string() })
      .nullable()
      .describe('Why nothing is sent. `gone`: the receiver answered 410. `failing`: nothing has got through for three days.'),
    failingSince: z.iso.datetime().nullable().describe('Since when every attempt has failed.'),
    previousSecretUntil: z.iso.datetime().nullable().describe('Until when the secret before the last rotation signs as well.'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' })
export type WebhookView = z.output<typeof WebhookView>

export const WebhookWithSecret = WebhookView.extend({
  secret: z.string().describe('`whsec_...`: what messages are signed with. Shown this once.'),
}).meta({ id: 'WebhookWithSecret' })
export type WebhookWithSecret = z.output<typeof WebhookWithSecret>

export const WebhookList = z.object({ webhooks: z.array(WebhookView) }).meta({ id: 'WebhookList' })
export type WebhookList = z.output<typeof WebhookList>

export const RotateInput = z
  .strictObject({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400)
      .default(86_400)
      .describe('How long the old secret signs as well; 0 when it has leaked.'),
  })
  .meta({ id: 'RotateRequest' })
export type RotateInput = z.input<typeof RotateInput>

export const DeliveryView = z
  .object({
    id: z.string().describe('The `webhook-id` of its message: the same for each attempt.'),
    type: z.string(),
    jobId: z.string().nullable(),
    eventId: z.number().int().nullable().describe('Id of the event in the log of the job.'),
    state: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.number().int().describe('Since it was written or replayed.'),
    nextAttemptAt: z.iso.datetime().nullable(),
    last: z
      .object({ at: z.iso.datetime(), status: z.number().int().nullable(), error: z.string().nullable(), tookMs: z.number().int() })
      .nullable()
      .describe('How the last attempt went.'),
    firstAttemptAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Delivery' })
export type DeliveryView = z.output<typeof DeliveryView>

export const DeliveryQuery = z.object({
  state: z.enum(['pending', 'delivered', 'failed']).optional(),
  before: z.string().max(64).optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

export const DeliveryList = z.object({ deliveries: z.array(DeliveryView), next: z.string().nullable() }).meta({ id: 'DeliveryList' })
export type DeliveryList = z.output<typeof DeliveryList>

/**
 * The body of a message. `job` is the job when the message is sent, `event` the event it tells of, as
 * `GET /v1/jobs/:id/events` has it: `event.id` says its place among the events of the job.
 */
export type WebhookMessage =
  | {
      type: (typeof webhookEvents)[number]
      timestamp: string
      data: {
        job: Pick<JobView, 'id' | 'kind' | 'state' | 'assetId' | 'createdAt'> & { metadata: Record<string, string> }
        event: JobEvent
      }
    }
  | { type: 'webhook.test'; timestamp: string; data: { webhookId: string } }
