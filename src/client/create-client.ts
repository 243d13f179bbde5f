import type { AssetList, AssetView } from '../wire/assets.ts'
import type { JobInput, JobList, JobView, QuoteView } from '../wire/jobs.ts'
import type { DeadLetterList, DeadLetterView, OperationsView } from '../wire/operations.ts'
import type { ReviewList, ReviewView } from '../wire/reviews.ts'
import type { ProviderList, UsageView } from '../wire/spend.ts'
import { absoluteAsset, absoluteJob, absoluteReview } from './absolute.ts'
import type { Client, ClientOptions, GenerateOptions, SubmitOptions } from './client.ts'
import { createJob, type JobContext } from './create-job.ts'
import { TransportError } from './errors.ts'
import { createFeed, type Feed } from './feed.ts'
import { defaultLimits } from './follow.ts'
import { createHttp } from './http.ts'
import { newKey } from './idempotency.ts'
import type { Job } from './job.ts'
import { search } from './search.ts'
import { createWebhooks } from './webhooks.ts'

/** The same id gives the same handle, as long as so many others have not been asked for since. */
const KEPT_HANDLES = 500
const LINGER_MS = 5_000

/**
 * A client of one Sluice server. Holds no connection until something is followed.
 * @throws TransportError without `baseUrl` outside a browser
 */
export function createClient(options: ClientOptions = {}): Client {
  const http = createHttp({ baseUrl: options.baseUrl ?? pageOrigin(), auth: options.auth, fetch: options.fetch })
  const streams = { http, transport: options.transport ?? 'auto', limits: { ...defaultLimits, ...options.limits } }
  const context: JobContext = { ...streams, lingerMs: options.lingerMs ?? LINGER_MS, open: handle }
  const handles = new Map<string, Job>()
  const feeds = new Map<string, Feed>()

  function handle(id: string, known?: JobView): Job {
    const kept = handles.get(id)
    if (kept) return kept
    const job = createJob(id, context, known)
    handles.set(id, job)
    for (const oldest of handles.keys()) {
      if (handles.size <= KEPT_HANDLES) break
      handles.delete(oldest)
    }
    return job
  }

  async function submit(input: JobInput, { idempotencyKey = newKey(), signal }: SubmitOptions = {}): Promise<Job> {
    const job = await http.json<JobView>('POST', '/v1/jobs', {
      headers: { 'idempotency-key': idempotencyKey },
      body: input,
      signal,
      retries: 4,
    })
    return handle(job.id, job)
  }

  async function generate(input: JobInput, options: GenerateOptions = {}): Promise<AssetView> {
    const { signal, timeoutMs, idempotencyKey, cancelOnAbort = false } = options
    const job = await submit(input, { ...(idempotencyKey !== undefined && { idempotencyKey }), ...(signal && { signal }) })
    options.onSubmitted?.(job)
    let playable = false
    let previewSeq = -1
    let shown: unknown = null
    const tell = (): void => {
      const snapshot = job.getSnapshot()
      if (!snapshot || snapshot === shown) return
      shown = snapshot
      options.onUpdate?.(snapshot)
      if (snapshot.preview && snapshot.preview.seq > previewSeq) {
        previewSeq = snapshot.preview.seq
        options.onPreview?.(snapshot.preview)
      }
      if (snapshot.playable && snapshot.playback && !playable) {
        playable = true
        options.onPlayable?.(snapshot.playback)
      }
    }
    const unsubscribe = job.subscribe(tell)
    try {
      tell()
      return await job.wait({ ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) })
    } catch (error) {
      // the wait is over either way; the reader learns of the abort, the server of the wish
      if (cancelOnAbort && signal?.aborted) await job.cancel().catch(() => {})
      throw error
    } finally {
      unsubscribe()
    }
  }

  return {
    generate,
    submit,
    job: (id) => handle(id),
    quote: (input, { signal } = {}) => http.json<QuoteView>('POST', '/v1/quotes', { body: input, signal }),
    jobs: {
      async list(query = {}, { signal } = {}) {
        const page = await http.json<JobList>('GET', `/v1/jobs${search(query)}`, { signal })
        return { ...page, jobs: page.jobs.map((job) => absoluteJob(job, http.baseUrl)) }
      },
      get: async (id, { signal } = {}) =>
        absoluteJob(await http.json<JobView>('GET', `/v1/jobs/${encodeURIComponent(id)}`, { signal, jobId: id }), http.baseUrl),
    },
    assets: {
      async list(query = {}, { signal } = {}) {
        const page = await http.json<AssetList>('GET', `/v1/assets${search(query)}`, { signal })
        return { ...page, assets: page.assets.map((asset) => absoluteAsset(asset, http.baseUrl)) }
      },
      get: async (id, { signal } = {}) =>
        absoluteAsset(await http.json<AssetView>('GET', `/v1/assets/${encodeURIComponent(id)}`, { signal }), http.baseUrl),
      hold: async (id, input = {}, { signal } = {}) =>
        absoluteAsset(await http.json<AssetView>('POST', holdAddress(id), { body: input, signal, retries: 4 }), http.baseUrl),
      release: async (id, input = {}, { signal } = {}) =>
        absoluteAsset(await http.json<AssetView>('DELETE', `${holdAddress(id)}${search(input)}`, { signal }), http.baseUrl),
    },
    reviews: {
      async list(query = {}, { signal } = {}) {
        const page = await http.json<ReviewList>('GET', `/v1/reviews${search(query)}`, { signal })
        return { ...page, reviews: page.reviews.map((review) => absoluteReview(review, http.baseUrl)) }
      },
      get: async (id, { signal } = {}) =>
        absoluteReview(await http.json<ReviewView>('GET', `/v1/reviews/${encodeURIComponent(id)}`, { signal }), http.baseUrl),
      async decide(id, decision, { idempotencyKey = newKey(), signal } = {}) {
        const review = await http.json<ReviewView>('POST', `/v1/reviews/${encodeURIComponent(id)}/decision`, {
          headers: { 'idempotency-key': idempotencyKey },
          body: decision,
          signal,
          retries: 4,
        })
        return absoluteReview(review, http.baseUrl)
      },
    },
    usage: (query = {}, { signal } = {}) => http.json<UsageView>('GET', `/v1/usage${search(query)}`, { signal }),
    webhooks: createWebhooks(http),
    operations: {
      get: ({ signal } = {}) => http.json<OperationsView>('GET', '/v1/operations', { signal }),
      deadLetters: (query = {}, { signal } = {}) =>
        http.json<DeadLetterList>('GET', `/v1/operations/dead-letters${search(query)}`, { signal }),
      retry: (id, { idempotencyKey = newKey(), signal } = {}) =>
        http.json<DeadLetterView>('POST', `${deadLetterAddress(id)}/retry`, {
          headers: { 'idempotency-key': idempotencyKey },
          signal,
          retries: 4,
        }),
      dismiss: (id, { signal } = {}) => http.json<DeadLetterView>('POST', `${deadLetterAddress(id)}/dismiss`, { signal, retries: 4 }),
    },
    providers: async ({ signal } = {}) => (await http.json<ProviderList>('GET', '/v1/providers', { signal })).providers,
    events({ jobs, signal } = {}) {
      const wanted = jobs ? [...new Set(jobs)].sort() : null
      const key = wanted?.join(',') ?? '*'
      let feed = feeds.get(key)
      if (!feed) {
        feed = createFeed(streams, wanted)
        feeds.set(key, feed)
      }
      return feed.events(signal)
    },
    headersFor: (url) => http.headersFor(url),
  }
}

const deadLetterAddress = (id: string): string => `/v1/operations/dead-letters/${encodeURIComponent(id)}`
const holdAddress = (id: string): string => `/v1/assets/${encodeURIComponent(id)}/hold`

function pageOrigin(): string {
  const { location } = globalThis as { location?: Location }
  if (!location?.origin.startsWith('http')) throw new TransportError('Outside a web page the client needs a baseUrl.')
  return location.origin
}
