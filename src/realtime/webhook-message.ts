import type { Job } from '../domain/job.ts'
import type { TraceContext } from '../domain/trace.ts'
import type { WebhookDelivery, WebhookEvent } from '../domain/webhook.ts'
import type { Store } from '../ports/store.ts'
import type { WebhookMessage } from '../wire/webhooks.ts'
import { wireEvent } from './wire-event.ts'

/** A message, and the trace of the job it tells of. */
interface TracedMessage {
  message: WebhookMessage
  trace: TraceContext | null
}

/** The message of a delivery, made from the log and from the job as it is now. `null`: the job is gone. */
export async function readMessage(
  store: Pick<Store, 'jobs' | 'events'>,
  { event, type, endpointId, createdAt }: WebhookDelivery,
): Promise<TracedMessage | null> {
  if (event === null)
    return { message: { type: 'webhook.test', timestamp: createdAt.toISOString(), data: { webhookId: endpointId } }, trace: null }
  const [job, [stored]] = await Promise.all([store.jobs.get(event.jobId), store.events.read(event.jobId, event.id - 1, 1)])
  if (!job || stored?.id !== event.id) return null
  const data = { job: thin(job), event: wireEvent(job.id, stored) }
  return { message: { type: type as WebhookEvent, timestamp: stored.at.toISOString(), data }, trace: job.trace ?? null }
}

function thin({ id, request, state, assetId, createdAt }: Job) {
  return { id, kind: request.kind, state: state.state, assetId, metadata: request.metadata, createdAt: createdAt.toISOString() }
}
