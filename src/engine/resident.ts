import type { StepId } from '../domain/ids.ts'
import type { Consumer } from '../ports/queue.ts'
import type { EngineDeps } from './deps.ts'

/** How soon another process takes the lane over when its holder is gone. */
const ASK_EVERY_MS = 1_000

/**
 * Runs the lane `resident` while this process alone holds it, and lets go of it when that is no longer so. What the previous holder's provider had in hand is lost
 * with it; its steps find that out here and order anew.
 */
export function startResident(
  deps: Pick<EngineDeps, 'store' | 'queue' | 'config' | 'log'>,
  handle: (stepId: StepId) => Promise<void>,
): Consumer {
  const stopping = Promise.withResolvers<void>()
  let stopped = false

  async function hold(lost: AbortSignal): Promise<void> {
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    lost.addEventListener('abort', () => end(), { once: true })
    const consumer = await deps.queue.consume('resident', deps.config.slots.resident, handle)
    // Two holders would each take the other's takes for lost, and order them anew for ever.
    if (!lost.aborted) await Promise.race([stopping.promise, over])
    await consumer.stop()
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await deps.store
        .exclusively('resident', hold)
        .catch((error) => deps.log.warn({ err: error }, 'the resident lane could not be held; trying again'))
      if (!stopped) await Promise.race([stopping.promise, new Promise((next) => setTimeout(next, ASK_EVERY_MS))])
    }
  }

  const running = run()
  return {
    stop() {
      stopped = true
      stopping.resolve()
      return running
    },
  }
}
