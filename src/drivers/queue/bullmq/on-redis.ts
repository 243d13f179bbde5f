import { type ConnectionOptions, createRedisBackend } from 'bullmq'
import type { Logger } from '../../../ports/logger.ts'
import { connectRedis } from '../../redis/connection.ts'
import type { BullStorage } from './storage.ts'

/** Bull on the Redis at `url`: one connection for all that is sent and taken, and one for each lane that waits. */
export function bullOnRedis({ url, log }: { url: string; log?: Logger }): BullStorage<ConnectionOptions> {
  const { redis, reachable, problem, close } = connectRedis(url, log)
  return { factory: createRedisBackend, connection: redis, keepsOrder: true, reachable, problem, close: async () => close() }
}
