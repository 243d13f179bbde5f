import type { JobId, TenantId } from '../domain/ids.ts'
import { type Job, jobEnded } from '../domain/job.ts'
import type { Bus } from '../ports/bus.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Store, StoredEvent } from '../ports/store.ts'
import type { JobView } from '../wire/jobs.ts'
import type { EventStream } from './event-streams.ts'
import { caughtUpFeed, cursorFrame, type Format, jobFormat, openingFeed } from './frames.ts'
import { readJobView } from './job-view.ts'
import { isTerminal } from './wire-event.ts'

/** Events read at a time. */
const PAGE = 500
/** How long a lost hint can go unnoticed. */
const HEAL_MS = 5_000
const HEAL_TICK_MS = 1_000
/** Quiet tails read again at each tick, so that ten thousand quiet jobs do not become a storm. */
const HEAL_PER_TICK = 200
/** How far before its cursor a feed looks: clocks of processes and the time a commit takes. */
const FEED_MARGIN_MS = 30_000
/** Ended jobs remembered, so that a late or doubled hint does not open them again. */
const ENDED_KEPT = 2_000

/** Wakes whoever waits for news of a job. */
export interface Watch {
  /** Resolves at the next news since the last call, after `timeoutMs`, or when the signal fires; the caller reads the store to see. */
  next(timeoutMs: number, signal: AbortSignal): Promise<void>
  stop(): void
}

/**
 * The one place in a process that reads the event log for others. Each job with a reader has one tail, which reads each
 * event once and writes it once for all its readers. Hints of the bus say when to look; a slow second look heals hints
 * that were lost.
 */
export interface EventHub {
  /**
   * Writes a job's events to the stream until the last one, then ends it.
   * @param view the snapshot to begin with; `null` when the reader has everything up to and including `after`
   */
  follow(stream: EventStream, job: Pick<Job, 'id' | 'tenantId' | 'seq'>, begin: { view: JobView } | { after: number }): void
  /**
   * Writes snapshots of the tenant's jobs, then their events, and those of jobs to come, until the stream is closed.
   * @param only the jobs asked for; `null` for all
   * @param since the reader's cursor in milliseconds; `null` for a reader that knows nothing yet
   */
  feed(stream: EventStream, tenantId: TenantId, only: Job[] | null, since: number | null): void
  /** To be called by a stream's `onClose`. */
  leave(stream: EventStream): void
  watch(jobId: JobId): Watch
  /** Jobs being tailed, for meters and tests. */
  readonly tails: number
  /** Jobs somebody waits for news of. */
  readonly watched: number
  close(): void
}

/** A stream's place in one job. `live`: has everything its tail has, and gets what comes as it comes. */
interface Reader {
  readonly stream: EventStream
  format: Format
  readonly feed: Feed | null
  tail: Tail | null
  cursor: number
  live: boolean
}

interface Tail {
  readonly jobId: JobId
  readonly readers: Set<Reader>
  /** Id of the last event passed on. */
  seq: number
  /** Highest id heard of. */
  hinted: number
  reading: boolean
  readAt: number
}

interface Feed {
  readonly stream: EventStream
  readonly tenantId: TenantId
  /** `null`: all. */
  readonly only: Set<string> | null
  readonly readers: Map<JobId, Reader>
  /** Whether every snapshot it owes has been sent. */
  caughtUp: boolean
}

export function createEventHub({ store, bus, log, metrics }: { store: Store; bus: Bus; log: Logger; metrics: Metrics }): EventHub {
  const tails = new Map<JobId, Tail>()
  const readerOf = new Map<EventStream, Reader | Feed>()
  const feeds = new Map<TenantId, Set<Feed>>()
  const watches = new Map<JobId, Set<() => void>>()
  const ended = new Map<JobId, number>()
  const snapshots = new Map<JobId, Promise<{ job: Job; view: JobView } | null>>()
  let closed = false
  let feedsHealedAt = Date.now()

  const unsubscribe = bus.subscribe(
    'job:events',
    (message) => heard(message.jobId as JobId, message.tenantId as TenantId, message.seq),
    heal,
  )
  const healing = setInterval(() => tick(), HEAL_TICK_MS)
  healing.unref()

  function heard(jobId: JobId, tenantId: TenantId, seq: number): void {
    for (const wake of watches.get(jobId) ?? []) wake()
    const tail = tails.get(jobId)
    if (tail) {
      tail.hinted = Math.max(tail.hinted, seq)
      void pump(tail)
    }
    if ((ended.get(jobId) ?? 0) >= seq) return
    for (const feed of feeds.get(tenantId) ?? []) {
      if (!feed.readers.has(jobId) && (feed.only === null || feed.only.has(jobId))) {
        joinFeed(feed, jobId).catch((error) => log.warn({ jobId, err: error }, 'could not bring a job into a feed; trying again'))
      }
    }
  }

  /** Reads what is new and passes it on. One at a time per tail; a hint that comes meanwhile is seen by the loop. */
  async function pump(tail: Tail, look = false): Promise<void> {
    if (tail.reading) return
    tail.reading = true
    try {
      for (let again = look || tail.hinted > tail.seq; again && !closed; again = tail.hinted > tail.seq) {
        const events = await store.events.read(tail.jobId, tail.seq, PAGE)
        tail.readAt = Date.now()
        if (events.length === 0) break
        passOn(tail, events)
      }
    } catch (error) {
      log.warn({ jobId: tail.jobId, err: error }, 'could not read the event log; trying again')
    } finally {
      tail.reading = false
    }
  }

  function passOn(tail: Tail, events: StoredEvent[]): void {
    const [first, last] = [events[0], events.at(-1)]
    if (!first || !last) return
    let sent = 0
    const before = tail.seq
    tail.seq = last.id
    const whole = new Map<Format, Buffer>()
    for (const reader of tail.readers) {
      if (!reader.live || reader.cursor >= last.id) continue
      let bytes = reader.cursor === before ? whole.get(reader.format) : undefined
      if (!bytes) {
        bytes = framesAfter(reader.format, tail.jobId, events, reader.cursor)
        if (reader.cursor === before) whole.set(reader.format, bytes)
      }
      sent += last.id - reader.cursor
      reader.cursor = last.id
      reader.stream.write(bytes)
    }
    if (sent > 0) {
      metrics.count('sluice_events_sent_total', {}, sent)
      metrics.observe('sluice_event_delay_seconds', {}, Math.max(0, Date.now() - first.at.getTime()) / 1000)
    }
    if (!isTerminal(last)) return
    rememberEnded(tail.jobId, last.id)
    for (const reader of tail.readers) if (reader.live) finish(reader)
  }

  /** Reads from the store what the reader lacks, at the reader's own pace, until it has what its tail has. */
  async function catchUp(reader: Reader, tail: Tail): Promise<void> {
    while (reader.stream.open && reader.tail === tail) {
      if (reader.cursor >= tail.seq) {
        reader.live = true
        return
      }
      const events = await store.events.read(tail.jobId, reader.cursor, PAGE)
      const last = events.at(-1)
      if (!last) throw new Error(`the log of ${tail.jobId} ends before ${tail.seq}`)
      reader.stream.write(framesAfter(reader.format, tail.jobId, events, reader.cursor))
      metrics.count('sluice_events_sent_total', {}, events.length)
      reader.cursor = last.id
      if (isTerminal(last)) {
        rememberEnded(tail.jobId, last.id)
        finish(reader)
        return
      }
      await reader.stream.drained()
    }
  }

  /** Puts a reader on the tail of its job; a new tail begins at `seq` and looks once for what came since that was read. */
  function attach(reader: Reader, jobId: JobId, seq: number): void {
    let tail = tails.get(jobId)
    if (!tail) {
      tail = { jobId, readers: new Set(), seq, hinted: seq, reading: false, readAt: Date.now() }
      tails.set(jobId, tail)
      void pump(tail, true)
    }
    reader.tail = tail
    tail.readers.add(reader)
    catchUp(reader, tail).catch((error) => {
      log.warn({ jobId, err: error }, 'a reader could not catch up; it will come back')
      reader.stream.end()
    })
  }

  /** The job has ended for this reader: its stream ends, or the feed goes on without the job. */
  function finish(reader: Reader): void {
    detach(reader)
    if (!reader.feed) reader.stream.end()
    else for (const [jobId, known] of reader.feed.readers) if (known === reader) reader.feed.readers.delete(jobId)
  }

  function detach(reader: Reader): void {
    const { tail } = reader
    if (!tail) return
    reader.tail = null
    reader.live = false
    tail.readers.delete(reader)
    if (tail.readers.size === 0) tails.delete(tail.jobId)
  }

  /** The job and its view, read once for all who ask meanwhile. */
  function snapshotOf(jobId: JobId): Promise<{ job: Job; view: JobView } | null> {
    let reading = snapshots.get(jobId)
    if (!reading) {
      reading = (async () => {
        const job = await store.jobs.get(jobId)
        return job ? { job, view: await readJobView(store, job) } : null
      })().finally(() => snapshots.delete(jobId))
      snapshots.set(jobId, reading)
    }
    return reading
  }

  /** Brings a job into a feed: a snapshot, then its events. */
  async function joinFeed(feed: Feed, jobId: JobId, known?: Job): Promise<void> {
    const reader: Reader = {
      stream: feed.stream,
      format: feed.caughtUp ? caughtUpFeed : openingFeed,
      feed,
      tail: null,
      cursor: 0,
      live: false,
    }
    feed.readers.set(jobId, reader)
    let found: { job: Job; view: JobView } | null = null
    try {
      found = known ? { job: known, view: await readJobView(store, known) } : await snapshotOf(jobId)
    } finally {
      if (!found || jobEnded(found.job)) feed.readers.delete(jobId)
    }
    if (!found || !feed.stream.open) return
    const { job, view } = found
    feed.stream.write(reader.format.snapshot(view))
    reader.cursor = job.seq
    if (jobEnded(job)) rememberEnded(jobId, job.seq)
    else attach(reader, jobId, job.seq)
  }

  async function beginFeed(feed: Feed, only: Job[] | null, since: number | null): Promise<void> {
    const startedAt = Date.now()
    const jobs = only ?? (await store.jobs.changedSince(feed.tenantId, new Date(since === null ? startedAt : since - FEED_MARGIN_MS)))
    for (const job of jobs) {
      if (since === null && only === null && jobEnded(job)) continue
      if (feed.readers.has(job.id)) continue
      await joinFeed(feed, job.id, job)
      await feed.stream.drained()
      if (!feed.stream.open) return
    }
    feed.caughtUp = true
    for (const reader of feed.readers.values()) reader.format = caughtUpFeed
    feed.stream.write(cursorFrame(startedAt))
  }

  function rememberEnded(jobId: JobId, seq: number): void {
    ended.delete(jobId)
    ended.set(jobId, seq)
    const oldest = ended.size > ENDED_KEPT ? ended.keys().next().value : undefined
    if (oldest) ended.delete(oldest)
  }

  /** Looks again everywhere, as if each job had been hinted. */
  function heal(): void {
    for (const tail of tails.values()) void pump(tail, true)
    for (const waiting of watches.values()) for (const wake of waiting) wake()
    void healFeeds()
  }

  async function healFeeds(): Promise<void> {
    const since = new Date(feedsHealedAt - FEED_MARGIN_MS)
    feedsHealedAt = Date.now()
    for (const tenantId of [...feeds.keys()]) {
      try {
        for (const job of await store.jobs.changedSince(tenantId, since)) heard(job.id, tenantId, job.seq)
      } catch (error) {
        log.warn({ tenantId, err: error }, 'could not look for changed jobs; trying again')
      }
    }
  }

  function tick(): void {
    const now = Date.now()
    let looked = 0
    for (const tail of tails.values()) {
      if (now - tail.readAt < HEAL_MS) continue
      tail.readAt = now
      void pump(tail, true)
      if (++looked >= HEAL_PER_TICK) break
    }
    if (now - feedsHealedAt < HEAL_MS) return
    void healFeeds()
    for (const waiting of watches.values()) for (const wake of waiting) wake()
  }

  return {
    follow(stream, job, begin) {
      if (!stream.open) return
      const reader: Reader = {
        stream,
        format: jobFormat,
        feed: null,
        tail: null,
        cursor: 'after' in begin ? begin.after : begin.view.seq,
        live: false,
      }
      readerOf.set(stream, reader)
      if ('view' in begin) {
        stream.write(jobFormat.snapshot(begin.view))
        if (begin.view.endedAt !== null) {
          stream.end()
          return
        }
      }
      attach(reader, job.id, job.seq)
    },

    feed(stream, tenantId, only, since) {
      if (!stream.open) return
      const feed: Feed = { stream, tenantId, only: only && new Set(only.map(({ id }) => id)), readers: new Map(), caughtUp: false }
      readerOf.set(stream, feed)
      const ofTenant = feeds.get(tenantId)
      if (ofTenant) ofTenant.add(feed)
      else feeds.set(tenantId, new Set([feed]))
      beginFeed(feed, only, since).catch((error) => {
        log.warn({ tenantId, err: error }, 'a feed could not begin; its reader will come back')
        stream.end()
      })
    },

    leave(stream) {
      const left = readerOf.get(stream)
      readerOf.delete(stream)
      if (!left) return
      if ('cursor' in left) {
        detach(left)
        return
      }
      for (const reader of left.readers.values()) detach(reader)
      left.readers.clear()
      const ofTenant = feeds.get(left.tenantId)
      ofTenant?.delete(left)
      if (ofTenant?.size === 0) feeds.delete(left.tenantId)
    },

    watch(jobId) {
      let news = false
      let wakeUp: (() => void) | null = null
      const wake = () => {
        news = true
        wakeUp?.()
      }
      const waiting = watches.get(jobId) ?? new Set()
      watches.set(jobId, waiting.add(wake))
      return {
        async next(timeoutMs, signal) {
          if (!news && !signal.aborted && timeoutMs > 0) {
            const { promise, resolve } = Promise.withResolvers<void>()
            const stop = () => resolve()
            const timer = setTimeout(stop, timeoutMs)
            signal.addEventListener('abort', stop)
            wakeUp = stop
            await promise
            wakeUp = null
            signal.removeEventListener('abort', stop)
            clearTimeout(timer)
          }
          news = false
        },
        stop() {
          waiting.delete(wake)
          if (waiting.size === 0 && watches.get(jobId) === waiting) watches.delete(jobId)
        },
      }
    },

    get tails() {
      return tails.size
    },
    get watched() {
      return watches.size
    },

    close() {
      closed = true
      clearInterval(healing)
      unsubscribe()
    },
  }
}

function framesAfter(format: Format, jobId: JobId, events: StoredEvent[], cursor: number): Buffer {
  const wanted = events.filter(({ id }) => id > cursor).map((event) => format.event(jobId, event))
  const [only] = wanted
  return only && wanted.length === 1 ? only : Buffer.concat(wanted)
}
