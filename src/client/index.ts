/** The SDK for browsers and Node: `createClient`, job handles, errors. Needs no DOM. */

export type { AssetList, AssetView, HoldInput } from '../wire/assets.ts'
export type { FeedMessage, JobEvent, StreamMessage } from '../wire/events.ts'
export { applyEvent } from '../wire/fold.ts'
export type { JobInput, JobList, JobView, PlaybackView, PreviewView, QuoteView, StageView } from '../wire/jobs.ts'
export type { DeadLetterList, DeadLetterView, OperationsView, StuckView } from '../wire/operations.ts'
export type { ProblemView } from '../wire/problem.ts'
export type { ReviewInput, ReviewList, ReviewView } from '../wire/reviews.ts'
export type { DecisionInput, ProviderList, TakeView, UsageView } from '../wire/spend.ts'
export type {
  DeliveryList,
  DeliveryView,
  WebhookChange,
  WebhookInput,
  WebhookMessage,
  WebhookView,
  WebhookWithSecret,
} from '../wire/webhooks.ts'
export type { Client, ClientOptions, GenerateOptions, JobQuery, ReviewQuery, SubmitOptions } from './client.ts'
export { createClient } from './create-client.ts'
export {
  ApiError,
  JobCancelledError,
  JobFailedError,
  SluiceClientError,
  TransportError,
  WaitAbortedError,
  WaitTimeoutError,
  WebhookVerificationError,
} from './errors.ts'
export type { Connection, Job, JobSnapshot, JobStore, WaitOptions } from './job.ts'
export { problemTitle } from './problem-title.ts'
export type { StreamLimits } from './sse.ts'
export { verifyWebhook, type WebhookHeaders } from './verify-webhook.ts'
export type { Webhooks } from './webhooks.ts'
