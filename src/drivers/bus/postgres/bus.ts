import type pg from 'pg'
import type { Bus, BusTopic, BusTopics } from '../../../ports/bus.ts'
import type { Logger } from '../../../ports/logger.ts'
import { databaseError } from '../../postgres/errors.ts'
import { listenerOf } from '../../postgres/listener.ts'
import { checkSize, packMessages, unpackMessages } from './packing.ts'

const CHANNEL = 'sluice_bus'

interface Subscriber {
  topic: BusTopic
  handler: (message: never) => void
  onGap: (() => void) | undefined
}

interface Waiting {
  text: string
  sent: () => void
  failed: (error: unknown) => void
}

/**
 * The bus on `LISTEN`/`NOTIFY`. While one batch is on its way, what is published meanwhile gathers for the next: a busy
 * process makes few round trips, an idle one waits for nobody.
 */
export function createPostgresBus({ pool, log }: { pool: pg.Pool; log?: Logger }): Bus {
  const subscribers = new Set<Subscriber>()
  let waiting: Waiting[] = []
  let sending: Promise<void> | null = null

  // From the start, so that a subscriber does not wait for a connection.
  const silence = listenerOf(pool, log).listen(CHANNEL, receive, () => {
    for (const { onGap } of [...subscribers]) guarded(() => onGap?.())
  })

  function receive(payload: string): void {
    for (const [topic, message] of unpackMessages(payload)) {
      for (const subscriber of [...subscribers]) if (subscriber.topic === topic) guarded(() => subscriber.handler(message as never))
    }
  }

  function guarded(call: () => void): void {
    try {
      call()
    } catch (error) {
      log?.error({ err: error }, 'a subscriber of the bus failed')
    }
  }

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await pool.query({
          name: 'sluice_bus_publish',
          text: `select pg_notify('${CHANNEL}', payload) from unnest($1::text[]) as payload`,
          values: [packMessages(batch.map(({ text }) => text))],
        })
        for (const { sent } of batch) sent()
      } catch (error) {
        const known = databaseError(error)
        for (const { failed } of batch) failed(known)
      }
    }
    // In the same breath as the check above: nobody may publish in between and find a sender that has left.
    sending = null
  }

  return {
    publish<T extends BusTopic>(topic: T, message: BusTopics[T]): Promise<void> {
      return new Promise((sent, failed) => {
        const text = JSON.stringify([topic, message])
        checkSize(text)
        waiting.push({ text, sent, failed })
        sending ??= Promise.resolve().then(flush)
      })
    },

    subscribe(topic, handler, onGap) {
      const subscriber = { topic, handler, onGap }
      subscribers.add(subscriber)
      return () => subscribers.delete(subscriber)
    },

    async close() {
      silence()
      subscribers.clear()
      await sending
    },
  }
}
