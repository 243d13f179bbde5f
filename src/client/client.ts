import type { AssetList, AssetView, HoldInput } from '../wire/assets.ts'
import type { FeedMessage } from '../wire/events.ts'
import type { JobInput, JobList, JobView, PlaybackView, PreviewView, QuoteView } from '../wire/jobs.ts'
import type { DeadLetterList, DeadLetterView, OperationsView } from '../wire/operations.ts'
import type { ReviewInput, ReviewList, ReviewView } from '../wire/reviews.ts'
import type { ProviderList, UsageView } from '../wire/spend.ts'
import type { Job, JobSnapshot, WaitOptions } from './job.ts'
import type { StreamLimits } from './sse.ts'
import type { Webhooks } from './webhooks.ts'

export interface ClientOptions {
  /** Where the server is, e.g. `https://sluice.example`. Default: the page's own origin; needed outside a browser. */
  baseUrl?: string
  /** An API key or token, or what fetches one. Asked again for every connection, and once more when it is refused. */
  auth?: string | (() => string | Promise<string>)
  /** Default: the platform's. */
  fetch?: typeof fetch
  /** `auto` (default): an event stream, long polling where streams stay silent. */
  transport?: 'auto' | 'sse' | 'poll'
  /** When a silent stream counts as dead. */
  limits?: Partial<StreamLimits>
  /** How long a connection is kept for the listener that comes back at once. Default 5,000 ms; 0 in a program that ends after a wait. */
  lingerMs?: number
}

export interface SubmitOptions {
  /** Default: drawn once per call and used again on its retries. Give your own to make a whole call repeatable. */
  idempotencyKey?: string
  /** Stops sending. Whether the job was accepted is then unknown; the same `idempotencyKey` finds it. */
  signal?: AbortSignal
}

export interface GenerateOptions extends WaitOptions, Pick<SubmitOptions, 'idempotencyKey'> {
  /** Also cancel the job on the server when `signal` fires. Default `false`: a closed tab stops nothing. */
  cancelOnAbort?: boolean
  /** The job is accepted. Keep its id to come back to it. */
  onSubmitted?(job: Job): void
  /** The whole state, after each change. */
  onUpdate?(snapshot: JobSnapshot): void
  /** The first checked segment can be played. Called once. */
  onPlayable?(playback: PlaybackView): void
  /** A new picture of the work in progress. */
  onPreview?(preview: PreviewView): void
}

export interface JobQuery {
  state?: JobView['state'] | JobView['state'][]
  kind?: JobView['kind']
  /** `next` of the page before. */
  before?: string
  /** 1 to 100, default 20. */
  limit?: number
}

export interface ReviewQuery {
  state?: ReviewView['state'] | ReviewView['state'][]
  /** `next` of the page before. */
  before?: string
  /** 1 to 100, default 20. */
  limit?: number
}

export interface Client {
  /** Submits and waits for the asset. */
  generate(input: JobInput, options?: GenerateOptions): Promise<AssetView>
  /** Submits and returns at once. */
  submit(input: JobInput, options?: SubmitOptions): Promise<Job>
  /** Comes back to a job. The same id gives the same handle. Asks the server nothing yet. */
  job(id: string): Job
  /** Cost and time, before anything is submitted. */
  quote(input: JobInput, options?: { signal?: AbortSignal }): Promise<QuoteView>
  jobs: {
    list(query?: JobQuery, options?: { signal?: AbortSignal }): Promise<JobList>
    get(id: string, options?: { signal?: AbortSignal }): Promise<JobView>
  }
  assets: {
    list(query?: { before?: string; limit?: number }, options?: { signal?: AbortSignal }): Promise<AssetList>
    get(id: string, options?: { signal?: AbortSignal }): Promise<AssetView>
    /** Keeps it until it is released: nothing of it is removed, and its time stands still. `note`: why. Safe to repeat. */
    hold(id: string, input?: HoldInput, options?: { signal?: AbortSignal }): Promise<AssetView>
    /** Its time counts on. Safe to repeat. */
    release(id: string, input?: HoldInput, options?: { signal?: AbortSignal }): Promise<AssetView>
  }
  /** What is held until a person has decided, and what was. */
  reviews: {
    list(query?: ReviewQuery, options?: { signal?: AbortSignal }): Promise<ReviewList>
    get(id: string, options?: { signal?: AbortSignal }): Promise<ReviewView>
    /** Sent again after a lost answer with the same `Idempotency-Key`: one call, one decision. */
    decide(id: string, decision: ReviewInput, options?: SubmitOptions): Promise<ReviewView>
  }
  /** What was spent, by provider and model, and what is left of the budget. `since`: RFC 3339; default: the last 30 days. */
  usage(query?: { since?: string }, options?: { signal?: AbortSignal }): Promise<UsageView>
  /** Addresses of yours that are told of events. `verifyWebhook` is for the other side. */
  webhooks: Webhooks
  /** What the house does now, and what of yours waits for a person. */
  operations: {
    get(options?: { signal?: AbortSignal }): Promise<OperationsView>
    /** Work that was given up, newest first. `limit`: 1 to 100, default 20. */
    deadLetters(query?: { before?: string; limit?: number }, options?: { signal?: AbortSignal }): Promise<DeadLetterList>
    /** Begins it again as its `kind` says. Sent again after a lost answer with the same `Idempotency-Key`: begun once. */
    retry(id: string, options?: SubmitOptions): Promise<DeadLetterView>
    /** Lets it go. Safe to repeat. */
    dismiss(id: string, options?: { signal?: AbortSignal }): Promise<DeadLetterView>
  }
  /** Who can make what here, and for how much. */
  providers(options?: { signal?: AbortSignal }): Promise<ProviderList['providers']>
  /** Messages of many jobs over one stream, shared by all callers with the same `jobs`. Default: every job of the tenant. Ends with `signal`. */
  events(options?: { jobs?: string[]; signal?: AbortSignal }): AsyncIterable<FeedMessage>
  /** Headers a media request to `url` needs: the authorization for the server itself, none for any other host. */
  headersFor(url: string): Promise<Record<string, string>>
}
