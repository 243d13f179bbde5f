import { isFinal } from '../domain/job.ts'
import type { FeedMessage } from '../wire/events.ts'
import { applyEvent } from '../wire/fold.ts'
import type { JobList, JobView } from '../wire/jobs.ts'
import { absoluteMessage } from './absolute.ts'
import { abortError } from './errors.ts'
import { type FollowOptions, follow, type Source } from './follow.ts'
import { asClientError, type Http } from './http.ts'
import { pause } from './pause.ts'

const POLL_MS = 3_000

/** Messages of many jobs. A connection resumes from the stream's cursor with a snapshot of whatever has changed since. */
function feedSource(http: Http, jobs: string[] | null): Source<FeedMessage> {
  const seen = new Map<string, number>()
  const open = new Set<string>()
  let cursor: string | null = null

  function take(message: FeedMessage): FeedMessage[] {
    const last = seen.get(message.jobId)
    if (last !== undefined && message.id <= last) return []
    seen.set(message.jobId, message.id)
    if (message.type === 'snapshot' || message.type === 'status') {
      if (isFinal(message.data.state)) open.delete(message.jobId)
      else open.add(message.jobId)
    }
    return [message]
  }

  const snapshotOf = (job: JobView): FeedMessage => ({ id: job.seq, type: 'snapshot', data: job, jobId: job.id })
  const fetchOne = (id: string, signal: AbortSignal) =>
    http.json<JobView>('GET', `/v1/jobs/${encodeURIComponent(id)}`, { signal, jobId: id })

  async function refetch(ids: Iterable<string>, signal: AbortSignal): Promise<FeedMessage[]> {
    const views: JobView[] = []
    for (const id of ids) views.push(await fetchOne(id, signal))
    return views.flatMap((job) => take(snapshotOf(job)))
  }

  return {
    request: () => ({
      path: `/v1/events${jobs ? `?jobs=${jobs.map(encodeURIComponent).join(',')}` : ''}`,
      headers: cursor === null ? {} : { 'last-event-id': cursor },
    }),
    place: (id) => {
      cursor = id
    },
    read: (data) => take(JSON.parse(data) as FeedMessage),
    ended: () => false,
    confirm: () => Promise.resolve([]),
    async poll(signal, round) {
      if (round > 0) await pause(POLL_MS, signal)
      if (jobs) return refetch(jobs, signal)
      const { jobs: listed } = await http.json<JobList>('GET', '/v1/jobs?limit=50', { signal })
      const known = new Set(listed.map((job) => job.id))
      const fresh = listed.flatMap((job) => take(snapshotOf(job)))
      return [
        ...fresh,
        ...(await refetch(
          [...open].filter((id) => !known.has(id)),
          signal,
        )),
      ]
    },
  }
}

export interface Feed {
  events(signal?: AbortSignal): AsyncIterable<FeedMessage>
}

/**
 * One stream for any number of readers: the first opens it, the last closes it. A reader who comes later begins with
 * the state of each job as the stream has brought it so far.
 */
export function createFeed(context: Pick<FollowOptions, 'http' | 'transport' | 'limits'>, jobs: string[] | null): Feed {
  interface Reader {
    queue: FeedMessage[]
    wake(): void
    failure: unknown
  }
  const readers = new Set<Reader>()
  const views = new Map<string, JobView>()
  let running: AbortController | null = null

  async function run(controller: AbortController): Promise<void> {
    const followed = follow(feedSource(context.http, jobs), { ...context, signal: controller.signal, onConnection: () => {} })
    try {
      for await (const message of followed) deliver(controller, message)
    } catch (error) {
      if (running !== controller) return
      running = null
      for (const reader of readers) {
        reader.failure = error
        reader.wake()
      }
    }
  }

  function deliver(controller: AbortController, message: FeedMessage): void {
    if (running !== controller) return
    const next = absoluteMessage(message, context.http.baseUrl)
    if (next.type === 'snapshot') views.set(next.jobId, next.data)
    else {
      const view = views.get(next.jobId)
      if (view) views.set(next.jobId, applyEvent(view, next))
    }
    for (const reader of readers) {
      reader.queue.push(next)
      reader.wake()
    }
  }

  function leave(reader: Reader): void {
    readers.delete(reader)
    if (readers.size > 0) return
    running?.abort()
    running = null
    views.clear()
  }

  return {
    async *events(signal) {
      const known = [...views.values()].map((data): FeedMessage => ({ id: data.seq, type: 'snapshot', data, jobId: data.id }))
      const reader: Reader = { queue: known, wake: () => {}, failure: null }
      const stop = () => reader.wake()
      readers.add(reader)
      signal?.addEventListener('abort', stop)
      if (!running) {
        running = new AbortController()
        void run(running)
      }
      try {
        for (;;) {
          if (signal?.aborted) throw abortError(signal)
          yield* reader.queue.splice(0)
          if (reader.failure) throw asClientError(reader.failure, context.http.baseUrl)
          if (reader.queue.length > 0 || signal?.aborted) continue
          await new Promise<void>((resolve) => {
            reader.wake = resolve
          })
        }
      } finally {
        signal?.removeEventListener('abort', stop)
        leave(reader)
      }
    },
  }
}
