import type { StepId } from '../../domain/ids.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Consumer, QueueMessage } from '../../ports/queue.ts'

/** The safety net for a notification that was lost. */
const LOOK_EVERY_MS = 2_000

/** Where a consumer gets its messages. */
export interface Consumption {
  /** Takes them out for good. */
  take(atMost: number): Promise<QueueMessage[]>
  giveBack(messages: QueueMessage[]): Promise<void>
  /** Calls `wake` when there may be more. Returns the way to stop. */
  onMore(wake: () => void): () => void
}

/**
 * Keeps up to `slots` handlers at work. It takes as many messages as it has free slots, in one go, and looks again when it
 * was woken, when the last look filled every slot and one has become free, and every {@link LOOK_EVERY_MS}.
 */
export function startConsumer(source: Consumption, slots: number, handler: (stepId: StepId) => Promise<void>, log?: Logger): Consumer {
  const running = new Set<Promise<void>>()
  let looking: Promise<void> | null = null
  let maybeMore = true
  let stopped = false
  let failing = false

  async function look(): Promise<void> {
    while (maybeMore && !stopped && running.size < slots) {
      // Slots that become free in this turn of the event loop are filled together.
      await new Promise<void>((resolve) => process.nextTick(resolve))
      maybeMore = false
      const free = slots - running.size
      const messages = await source.take(free)
      failing = false
      if (stopped) {
        await source.giveBack(messages)
        return
      }
      maybeMore ||= messages.length === free
      for (const { stepId } of messages) start(stepId)
    }
  }

  function wake(): void {
    maybeMore = true
    pump()
  }

  function pump(): void {
    if (looking || stopped) return
    looking = look()
      .catch((error: unknown) => {
        // The next look, timed or woken, tries again; one line says so until it works.
        if (!failing && !stopped)
          log?.warn({ reason: error instanceof Error ? error.message : String(error) }, 'the queue cannot be read; trying again')
        failing = true
      })
      .finally(() => {
        looking = null
        if (maybeMore && !failing && running.size < slots) pump()
      })
  }

  function start(stepId: StepId): void {
    const run = Promise.resolve()
      .then(() => handler(stepId))
      .catch((error: unknown) => log?.error({ stepId, err: error }, 'a queue handler failed'))
      .finally(() => {
        running.delete(run)
        if (maybeMore) pump()
      })
    running.add(run)
  }

  const silence = source.onMore(wake)
  const timer = setInterval(wake, LOOK_EVERY_MS)
  pump()

  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      silence()
      await looking
      await Promise.all(running)
    },
  }
}
