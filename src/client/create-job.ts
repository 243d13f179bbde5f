import { isFinal } from '../domain/job.ts'
import type { AssetView } from '../wire/assets.ts'
import type { StreamMessage } from '../wire/events.ts'
import { applyEvent } from '../wire/fold.ts'
import type { JobView } from '../wire/jobs.ts'
import type { TakeList, TakeView } from '../wire/spend.ts'
import { absoluteAsset, absoluteJob, absoluteMessage } from './absolute.ts'
import { abortError, JobCancelledError, JobFailedError, TransportError, WaitTimeoutError } from './errors.ts'
import { type FollowOptions, follow } from './follow.ts'
import { asClientError, type Http } from './http.ts'
import { newKey } from './idempotency.ts'
import type { Connection, Job, JobSnapshot, WaitOptions } from './job.ts'
import { jobSource } from './job-source.ts'

export interface JobContext extends Pick<FollowOptions, 'http' | 'transport' | 'limits'> {
  http: Http
  /** How long a connection nobody listens to is kept, for the view that comes back at once. Default 5 s. */
  lingerMs: number
  /** The handle of another job. */
  open(id: string, known?: JobView): Job
}

/** Least time between two calls of a listener for changes that only move numbers. */
const QUIET_MS = 100
const QUIET_TYPES = new Set<StreamMessage['type']>(['progress', 'segment', 'check', 'take', 'cost'])

/**
 * The handle of a job: one snapshot, one follower shared by everyone who listens.
 *
 * - resting: no listener and no follower
 * - following: a follower runs; entered by the first listener, kept through {@link JobContext.lingerMs} without any
 * - over: the job has ended or cannot be followed; the snapshot stays as it is
 */
export function createJob(id: string, context: JobContext, known?: JobView): Job {
  const { http, transport, limits } = context
  const path = `/v1/jobs/${encodeURIComponent(id)}`
  const listeners = new Set<() => void>()
  let view: JobView | null = known ? absoluteJob(known, http.baseUrl) : null
  let connection: Connection = view && isFinal(view.state) ? 'ended' : 'idle'
  let snapshot: JobSnapshot | null = view && { ...view, connection }
  let failure: Error | null = null
  let following: AbortController | null = null
  let linger: ReturnType<typeof setTimeout> | undefined
  let quiet: ReturnType<typeof setTimeout> | undefined

  function notify(): void {
    clearTimeout(quiet)
    quiet = undefined
    for (const listener of [...listeners]) listener()
  }

  function set(next: { view?: JobView; connection?: Connection }, soon = false): void {
    if ((next.view === undefined || next.view === view) && (next.connection ?? connection) === connection) return
    view = next.view ?? view
    connection = next.connection ?? connection
    snapshot = view && { ...view, connection }
    if (!soon) notify()
    else quiet ??= setTimeout(notify, QUIET_MS)
  }

  function receive(message: StreamMessage): void {
    const next = absoluteMessage(message, http.baseUrl)
    if (next.type === 'snapshot') set({ view: next.data })
    else if (view) set({ view: applyEvent(view, next) }, QUIET_TYPES.has(next.type))
  }

  async function run(controller: AbortController): Promise<void> {
    const mine = () => following === controller
    try {
      const messages = follow(jobSource(http, id, view?.seq ?? null), {
        http,
        transport,
        limits,
        signal: controller.signal,
        onConnection: (now) => mine() && set({ connection: now }),
      })
      for await (const message of messages) if (mine()) receive(message)
      if (mine()) set({ connection: 'ended' })
    } catch (error) {
      if (!mine() || controller.signal.aborted) return
      failure = asClientError(error, http.baseUrl, id)
      connection = 'failed'
      snapshot = view && { ...view, connection }
      notify()
    } finally {
      if (mine()) following = null
    }
  }

  function start(): void {
    clearTimeout(linger)
    if (following || connection === 'ended' || connection === 'failed') return
    following = new AbortController()
    void run(following)
  }

  function stop(): void {
    const controller = following
    following = null
    clearTimeout(quiet)
    quiet = undefined
    controller?.abort()
    if (connection !== 'ended' && connection !== 'failed') set({ connection: 'idle' })
  }

  function subscribe(onChange: () => void): () => void {
    // the same function may subscribe twice; each subscription is its own
    const listener = () => onChange()
    listeners.add(listener)
    start()
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0 || !following) return
      clearTimeout(linger)
      linger = setTimeout(stop, context.lingerMs)
    }
  }

  /** Waits until `check` gives something; what it throws ends the wait. */
  function until<T>(check: () => T | undefined, { signal, timeoutMs }: WaitOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal, id))
      let unsubscribe = (): void => {}
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
        unsubscribe()
        settle()
      }
      const aborted = () => finish(() => reject(abortError(signal as AbortSignal, id)))
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => finish(() => reject(new WaitTimeoutError({ jobId: id }))), timeoutMs)
      const look = (): boolean => {
        try {
          const found = check()
          if (found === undefined) return false
          finish(() => resolve(found))
        } catch (error) {
          finish(() => reject(error))
        }
        return true
      }
      signal?.addEventListener('abort', aborted)
      if (look()) return
      unsubscribe = subscribe(look)
    })
  }

  /** Throws what a job that will not deliver rejects with. */
  function demandHope(): void {
    if (failure) throw failure
    if (view?.state === 'cancelled') throw new JobCancelledError(id, view.outcome)
    if (view?.state === 'failed' || view?.state === 'expired') throw new JobFailedError(id, view.state, view.outcome)
  }

  return {
    id,
    get failure() {
      return failure
    },
    getSnapshot: () => snapshot,
    subscribe,

    async *events({ after, signal } = {}) {
      const messages = follow(jobSource(http, id, after ?? null), {
        http,
        transport,
        limits,
        signal: signal ?? new AbortController().signal,
        onConnection: () => {},
      })
      try {
        for await (const message of messages) yield absoluteMessage(message, http.baseUrl)
      } catch (error) {
        if (signal?.aborted) throw abortError(signal, id)
        throw asClientError(error, http.baseUrl, id)
      }
    },

    async wait(options = {}) {
      const assetId = await until(() => {
        demandHope()
        if (view?.state !== 'succeeded') return undefined
        if (view.assetId === null) throw new TransportError('The job succeeded, but names no asset.', { jobId: id })
        return view.assetId
      }, options)
      const asset = await http.json<AssetView>('GET', `/v1/assets/${encodeURIComponent(assetId)}`, { signal: options.signal, jobId: id })
      return absoluteAsset(asset, http.baseUrl)
    },

    playable: (options = {}) =>
      until(() => {
        if (view?.playable && view.playback) return view.playback
        demandHope()
        return undefined
      }, options),

    async cancel(options = {}) {
      const job = await http.json<JobView>('POST', `${path}/cancel`, { signal: options.signal, jobId: id })
      const fresh = absoluteJob(job, http.baseUrl)
      if (!following && (!view || fresh.seq >= view.seq))
        set({ view: fresh, ...(isFinal(fresh.state) && { connection: 'ended' as const }) })
      return fresh
    },

    async retry({ idempotencyKey = newKey(), signal } = {}) {
      const job = await http.json<JobView>('POST', `${path}/retry`, {
        headers: { 'idempotency-key': idempotencyKey },
        signal,
        jobId: id,
        retries: 4,
      })
      return context.open(job.id, job)
    },

    async takes({ signal } = {}) {
      return (await http.json<TakeList>('GET', `${path}/takes`, { signal, jobId: id })).takes
    },

    decide: (takeId, decision, { signal } = {}) =>
      // a decision is taken once: repeating it is harmless
      http.json<TakeView>('POST', `${path}/takes/${encodeURIComponent(takeId)}/decision`, { body: decision, signal, jobId: id }),

    headersFor: (url) => http.headersFor(url),
  }
}
