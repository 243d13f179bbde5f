import { withBackend } from 'bullmq'
import { SluiceError } from '../../../domain/errors.ts'
import type { Lane } from '../../../domain/step.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Consumer, Queue, QueueMessage } from '../../../ports/queue.ts'
import { startConsumer } from '../consumer.ts'
import { inOrder } from '../in-order.ts'
import { sourceOf } from './source.ts'
import type { BullStorage } from './storage.ts'

/** Bull's priorities go from 1, which is served first, to 2,097,152. What lies beyond ours shares the first or the last. */
const MIDDLE_PRIORITY = 2 ** 20

/**
 * A message is locked from being fetched to being removed, a moment. Where a process dies in it, the step could not be sent
 * again; another gives it back after this time.
 */
const LOCK_MS = 5_000

/** How long Bull may take to open a queue. */
const OPEN_TIMEOUT_MS = 10_000

/** Bull's log of what happens to messages; nobody reads it. */
const KEPT_EVENTS = 100

export interface BullQueueOptions<Connection> {
  storage: BullStorage<Connection>
  /** Begins the names of the queues, `<prefix>-<lane>`, so that several deployments share a Redis. Default `sluice`. */
  prefix?: string
  log?: Logger
}

/**
 * The queue on BullMQ. The step's id is the id of Bull's job, which is why a step waits once; a job is removed as soon as it was
 * taken, which is why it can be sent again, and why Bull's rules for stalled, failed and retried jobs concern none of ours.
 */
export function createBullQueue<Connection>({ storage, prefix = 'sluice', log }: BullQueueOptions<Connection>): Queue {
  const bull = withBackend(storage.factory)
  const nameOf = (lane: Lane): string => `${prefix}-${lane}`
  const queues = new Map<Lane, Promise<InstanceType<typeof bull.Queue>>>()
  const consumers = new Set<Consumer>()
  let closed = false

  /** Bull opens a queue once. One that could not be opened stays broken, so it is forgotten and made anew by the next call. */
  function queueOf(lane: Lane): Promise<InstanceType<typeof bull.Queue>> {
    const known = queues.get(lane)
    if (known) return known
    const queue = new bull.Queue(nameOf(lane), { connection: storage.connection, streams: { events: { maxLen: KEPT_EVENTS } } })
    queue.on('error', heard)
    const opening = opened(queue)
    queues.set(lane, opening)
    opening.catch(() => queues.delete(lane))
    return opening
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (closed) throw new SluiceError('shutting_down', 'The queue is closed.')
    try {
      await storage.reachable()
      return await work()
    } catch (error) {
      throw storage.problem(error)
    }
  }

  /** Every failure reaches its caller as well; Bull ends the process where nobody hears of it. */
  function heard(error: Error): void {
    log?.debug({ reason: error.message }, 'BullMQ complains')
  }

  async function send(lane: Lane, messages: QueueMessage[]): Promise<void> {
    if (messages.length === 0) return
    await run(async () => {
      const queue = await queueOf(lane)
      await queue.addBulk(
        messages.map(({ stepId, priority }) => ({
          name: 'step',
          data: {},
          opts: { jobId: stepId, priority: bullPriority(priority) },
        })),
      )
    })
  }

  return {
    send: storage.keepsOrder ? send : inOrder(send),

    consume: (lane, slots, handler) =>
      run(async () => {
        const worker = new bull.Worker(nameOf(lane), null, {
          connection: storage.connection,
          lockDuration: LOCK_MS,
          stalledInterval: LOCK_MS,
          // Said here and not in the message, of which a Redis short of memory may throw away all but the id.
          removeOnComplete: { count: 0 },
          removeOnFail: { count: 0 },
        })
        worker.on('error', heard)
        await opened(worker)
        await worker.startStalledCheckTimer()
        const consumer = startConsumer(
          sourceOf(worker, (messages) => send(lane, messages)),
          slots,
          handler,
          log,
        )
        const stopping: Consumer = {
          async stop() {
            await consumer.stop()
            consumers.delete(stopping)
            await worker.close(true)
          },
        }
        consumers.add(stopping)
        return stopping
      }),

    depth: (lane) => run(async () => (await queueOf(lane)).count()),

    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()))
      closed = true
      for (const queue of await Promise.allSettled(queues.values())) if (queue.status === 'fulfilled') await queue.value.close()
      await storage.close()
    },
  }
}

const bullPriority = (priority: number): number => MIDDLE_PRIORITY - Math.max(-MIDDLE_PRIORITY, Math.min(MIDDLE_PRIORITY - 1, priority))

/** Bull itself waits for its connections without a limit. */
async function opened<T extends { waitUntilReady(): Promise<void>; close(force?: boolean): Promise<void> }>(bull: T): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const tooLong = new SluiceError('store_unavailable', `BullMQ did not open the queue within ${OPEN_TIMEOUT_MS} ms.`, {
    fix: 'Check that the Redis of SLUICE_REDIS_URL, else the PostgreSQL of DATABASE_URL, runs and has connections left (maxclients).',
  })
  const timer = setTimeout(() => reject(tooLong), OPEN_TIMEOUT_MS)
  try {
    await Promise.race([bull.waitUntilReady(), late])
    return bull
  } catch (error) {
    bull.close(true).catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}
