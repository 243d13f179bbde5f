import type pg from 'pg'
import type { Bus, BusTopic, BusTopics } from '../../../ports/bus.ts'
import type { Logger } from '../../../ports/logger.ts'
import { databaseError } from '../../postgres/errors.ts'
import { listenerOf } from '../../postgres/listener.ts'
import { messageText } from '../message.ts'
import { createSubscribers } from '../subscribers.ts'
import { packMessages, unpackMessages } from './packing.ts'

const CHANNEL = 'sluice_bus'

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
  const subscribers = createSubscribers(log)
  let waiting: Waiting[] = []
  let sending: Promise<void> | null = null

  // From the start, so that a subscriber does not wait for a connection.
  const silence = listenerOf(pool, log).listen(CHANNEL, receive, subscribers.tellGap)

  function receive(payload: string): void {
    for (const [topic, message] of unpackMessages(payload)) subscribers.deliver(topic, message)
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
        waiting.push({ text: messageText(topic, message), sent, failed })
        sending ??= Promise.resolve().then(flush)
      })
    },

    subscribe: subscribers.add,

    async close() {
      silence()
      subscribers.clear()
      await sending
    },
  }
}
