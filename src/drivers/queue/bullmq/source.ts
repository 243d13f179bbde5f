import type { IQueueBackend, JobProgress, Worker } from 'bullmq'
import type { StepId } from '../../../domain/ids.ts'
import type { QueueMessage } from '../../../ports/queue.ts'
import type { Consumption } from '../consumer.ts'

/** Shorter than a connection may be silent. */
const WAIT_SECONDS = 2

/**
 * Takes messages by hand (https://docs.bullmq.io/patterns/manually-fetching-jobs): each is completed, and so removed, as soon as
 * it was fetched. Bull's lock spans that moment alone.
 */
export function sourceOf<Connection>(
  worker: Worker<unknown, unknown, string, IQueueBackend, JobProgress, Connection>,
  giveBack: (messages: QueueMessage[]) => Promise<void>,
): Consumption {
  const backend = worker.getBackend()
  let tell = (): void => {}
  let waiting = false
  let stopped = false

  async function takeOne(): Promise<QueueMessage | undefined> {
    const job = await worker.getNextJob(worker.id, { block: false })
    if (!job) return undefined
    await job.moveToCompleted(null, worker.id, false)
    return { stepId: job.id as StepId, priority: 0 }
  }

  /**
   * Waits on Bull's marker, which wakes one of all who wait. So only a consumer with a free slot may wait: one that took less
   * than it could.
   */
  async function waitForMore(): Promise<void> {
    if (waiting || stopped) return
    waiting = true
    try {
      while (!stopped && !(await backend.waitForJob(WAIT_SECONDS)));
    } catch {
      // The connection broke; the consumer's next look tells, and waits again.
      return
    } finally {
      waiting = false
    }
    if (!stopped) tell()
  }

  return {
    async take(atMost) {
      const taken: QueueMessage[] = []
      try {
        while (taken.length < atMost) {
          const message = await takeOne()
          if (!message) break
          taken.push(message)
        }
      } catch (error) {
        if (taken.length === 0) throw error
      }
      if (taken.length < atMost) void waitForMore()
      return taken
    },
    giveBack,
    onMore(wake) {
      tell = wake
      return () => {
        stopped = true
        backend.disconnectBlocking().catch(() => {})
      }
    },
  }
}
