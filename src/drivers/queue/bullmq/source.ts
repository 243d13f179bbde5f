import { type IQueueBackend, Job, type JobJson, type JobProgress, type Worker } from 'bullmq'
import type { StepId } from '../../../domain/ids.ts'
import type { QueueMessage } from '../../../ports/queue.ts'
import type { Consumption } from '../consumer.ts'

/** Shorter than a connection may be silent. */
const WAIT_SECONDS = 2

const MOST_SIDE_BY_SIDE = 16

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
  /** How many are fetched side by side: more while each look finds as many as it may take, one where a message comes now and then. */
  let width = 1
  let stopped = false

  /** Fetches into `taken` one after the other, while there are some and `room` for them. To complete one is to fetch the next. */
  async function fetch(taken: QueueMessage[], room: { left: number }): Promise<void> {
    room.left -= 1
    let job: Job | undefined = await worker.getNextJob(worker.id, { block: false })
    while (job) {
      taken.push({ stepId: job.id as StepId, priority: 0 })
      const goesOn = room.left > 0
      if (goesOn) room.left -= 1
      const next = await job.moveToCompleted(null, worker.id, goesOn)
      job = Array.isArray(next) && next[0] ? Job.fromJSON(worker, next[0] as JobJson, String(next[1])) : undefined
    }
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
      const room = { left: atMost }
      const fetched = await Promise.allSettled(Array.from({ length: Math.min(width, atMost) }, () => fetch(taken, room)))
      width = taken.length === atMost ? Math.min(MOST_SIDE_BY_SIDE, width * 2) : 1
      const failed = fetched.find((one) => one.status === 'rejected')
      if (failed && taken.length === 0) throw failed.reason
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
