import type { BusTopic } from '../../ports/bus.ts'
import type { Logger } from '../../ports/logger.ts'

/** Who listens in this process. One that fails takes no other with it. */
export interface Subscribers {
  /** Returns the way to stop. */
  add(topic: BusTopic, handler: (message: never) => void, onGap: (() => void) | undefined): () => void
  deliver(topic: string, message: unknown): void
  tellGap(): void
  clear(): void
}

interface Subscriber {
  topic: BusTopic
  handler: (message: never) => void
  onGap: (() => void) | undefined
}

export function createSubscribers(log?: Logger): Subscribers {
  const subscribers = new Set<Subscriber>()

  function guarded(call: () => void): void {
    try {
      call()
    } catch (error) {
      log?.error({ err: error }, 'a subscriber of the bus failed')
    }
  }

  return {
    add(topic, handler, onGap) {
      const subscriber = { topic, handler, onGap }
      subscribers.add(subscriber)
      return () => subscribers.delete(subscriber)
    },
    deliver(topic, message) {
      for (const subscriber of [...subscribers]) if (subscriber.topic === topic) guarded(() => subscriber.handler(message as never))
    },
    tellGap() {
      for (const { onGap } of [...subscribers]) guarded(() => onGap?.())
    },
    clear: () => subscribers.clear(),
  }
}
