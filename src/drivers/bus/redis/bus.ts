import type { Bus, BusTopic, BusTopics } from '../../../ports/bus.ts'
import type { Logger } from '../../../ports/logger.ts'
import { connectRedis } from '../../redis/connection.ts'
import { messageText } from '../message.ts'
import { createSubscribers } from '../subscribers.ts'

/** Redis shares its channels among all its databases. */
const CHANNEL = 'sluice_bus'

/** A listener sends nothing; one whose connection broke without a word is noticed by asking. */
const HEARTBEAT_EVERY_MS = 15_000

/** The bus on Redis' publish and subscribe: one connection speaks, the other listens, from the start. */
export function createRedisBus({ url, log }: { url: string; log?: Logger }): Bus {
  const speaker = connectRedis(url, log)
  const listener = connectRedis(url, log)
  const subscribers = createSubscribers(log)

  listener.redis.on('ready', () => {
    listener.redis.subscribe(CHANNEL).then(subscribers.tellGap, (error: Error) => {
      log?.warn({ reason: error.message }, 'the bus cannot listen to Redis')
    })
  })
  listener.redis.on('message', (_channel: string, text: string) => {
    const [topic, message] = JSON.parse(text) as [string, unknown]
    subscribers.deliver(topic, message)
  })
  // Without an answer the connection is given up, and made anew.
  const heartbeat = setInterval(() => listener.redis.ping().catch(() => {}), HEARTBEAT_EVERY_MS)
  heartbeat.unref()

  return {
    async publish<T extends BusTopic>(topic: T, message: BusTopics[T]) {
      const text = messageText(topic, message)
      await speaker.reachable()
      await speaker.redis.publish(CHANNEL, text).catch((error: unknown) => {
        throw speaker.problem(error)
      })
    },

    subscribe: subscribers.add,

    async close() {
      clearInterval(heartbeat)
      subscribers.clear()
      listener.close()
      speaker.close()
    },
  }
}
