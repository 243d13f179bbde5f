import { Worker } from 'node:worker_threads'
import type { StoredError } from '../../../../domain/errors.ts'
import type { Logger } from '../../../../ports/logger.ts'
import { type FromThread, type Lane, laneOf, type MadeFile, type Order, type Picture, type ToThread } from './messages.ts'

/** How a take in the pool went on. Each is told once, except `progress`; the last three end it. */
export type PoolEvent =
  | { type: 'started' }
  | { type: 'progress'; fraction: number; picture?: Picture }
  | { type: 'made'; outputs: MadeFile[] }
  | { type: 'failed'; error: StoredError }
  | { type: 'lost'; detail: string }
  | { type: 'cancelled' }

export interface Pool {
  /** Queues a take; lower `rank` first, then the order of coming. */
  add(order: Order, rank: number, tell: (event: PoolEvent) => void): void
  /** Stops a take, queued or running; `cancelled` or its own end is told. */
  cancel(takeId: string): void
  close(): Promise<void>
}

interface Waiting {
  order: Order
  rank: number
  number: number
  tell: (event: PoolEvent) => void
}

interface Thread {
  lane: Lane
  /** Kept free for takes someone waits for to begin watching; the others give way under load. */
  first: boolean
  worker: Worker
  ready: boolean
  /** Told to end; takes nothing any more. */
  gone: boolean
  current: Waiting | undefined
}

/** Takes up to this rank are what the first segment of a job is made of: its first shot and the music under it. */
const FIRST_RANK = 1
/** A thread that does not answer a cancellation in this many milliseconds is replaced. */
const CANCEL_LIMIT_MS = 5_000
/** Deaths in a row before any thread was ready: then the pool gives up rather than spin. */
const MAX_STILLBORN = 3
const NO_THREADS: PoolEvent = { type: 'lost', detail: 'No thread of the local provider could be started' }

/**
 * Threads that make takes: some for pictures, one for sounds. A thread that dies takes only its own take with it and is
 * replaced. Runs from TypeScript sources and from emitted JavaScript alike: the thread's file has this file's own extension.
 */
export function createPool(options: { pictureThreads: number; log: Logger; threadFile?: URL; cancelLimitMs?: number }): Pool {
  const { log } = options
  const file = options.threadFile ?? new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)
  const queue: Waiting[] = []
  const threads = new Set<Thread>()
  let counter = 0
  let stillborn = 0
  let closed = false

  function spawn(lane: Lane, first: boolean): void {
    const thread: Thread = {
      lane,
      first,
      worker: new Worker(file, { name: `local ${lane}`, workerData: { first } }),
      ready: false,
      gone: false,
      current: undefined,
    }
    threads.add(thread)
    thread.worker.on('message', (message: FromThread) => heard(thread, message))
    thread.worker.on('error', (error) => log.error({ err: error, lane }, 'a thread of the local provider failed'))
    thread.worker.on('exit', () => gone(thread))
  }

  function heard(thread: Thread, message: FromThread): void {
    if (message.type === 'ready') {
      thread.ready = true
      stillborn = 0
      serve()
      return
    }
    const waiting = thread.current
    if (waiting?.order.takeId !== message.takeId) return
    switch (message.type) {
      case 'progress':
        waiting.tell({ type: 'progress', fraction: message.fraction, ...(message.picture !== undefined && { picture: message.picture }) })
        return
      case 'made':
        waiting.tell({ type: 'made', outputs: message.outputs })
        break
      case 'failed':
        waiting.tell({ type: 'failed', error: message.error })
        break
      case 'cancelled':
        waiting.tell({ type: 'cancelled' })
    }
    thread.current = undefined
    serve()
  }

  function gone(thread: Thread): void {
    threads.delete(thread)
    thread.current?.tell({ type: 'lost', detail: 'The thread that was making it has died' })
    thread.current = undefined
    if (closed) return
    if (!thread.ready) stillborn++
    if (stillborn < MAX_STILLBORN) spawn(thread.lane, thread.first)
    else {
      log.error({ lane: thread.lane }, 'threads of the local provider die at birth; no more are started')
      for (const waiting of queue.splice(0)) waiting.tell(NO_THREADS)
    }
  }

  /** What someone waits for goes to the thread kept for it while that one is free. */
  function suits(thread: Thread, { order, rank }: Waiting): boolean {
    if (laneOf(order.request) !== thread.lane) return false
    if (thread.first) return rank <= FIRST_RANK
    return (
      rank > FIRST_RANK ||
      ![...threads].some((other) => other.first && other.lane === thread.lane && other.ready && other.current === undefined)
    )
  }

  function serve(): void {
    for (const thread of threads) {
      if (!thread.ready || thread.gone || thread.current !== undefined) continue
      const next = queue.filter((waiting) => suits(thread, waiting)).sort((a, b) => a.rank - b.rank || a.number - b.number)[0]
      if (next === undefined) continue
      queue.splice(queue.indexOf(next), 1)
      thread.current = next
      next.tell({ type: 'started' })
      thread.worker.postMessage({ type: 'make', order: next.order } satisfies ToThread)
    }
  }

  for (const lane of ['picture', 'sound'] as const) spawn(lane, true)
  for (let i = 0; i < options.pictureThreads; i++) spawn('picture', false)
  spawn('sound', false)

  return {
    add(order, rank, tell) {
      if (stillborn >= MAX_STILLBORN) {
        tell(NO_THREADS)
        return
      }
      queue.push({ order, rank, number: counter++, tell })
      serve()
    },

    cancel(takeId) {
      const index = queue.findIndex(({ order }) => order.takeId === takeId)
      if (index >= 0) {
        for (const waiting of queue.splice(index, 1)) waiting.tell({ type: 'cancelled' })
        return
      }
      const thread = [...threads].find(({ current }) => current?.order.takeId === takeId)
      if (thread === undefined) return
      const waiting = thread.current
      thread.worker.postMessage({ type: 'cancel', takeId } satisfies ToThread)
      setTimeout(() => {
        if (waiting === undefined || thread.current !== waiting) return
        thread.current = undefined
        thread.gone = true
        waiting.tell({ type: 'cancelled' })
        void thread.worker.terminate()
      }, options.cancelLimitMs ?? CANCEL_LIMIT_MS).unref()
    },

    async close() {
      closed = true
      for (const waiting of queue.splice(0)) waiting.tell({ type: 'lost', detail: 'The provider was closed' })
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}
