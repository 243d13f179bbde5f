import type { Pool } from 'pg'
import { bullOnPostgres } from '../drivers/queue/bullmq/on-postgres.ts'
import { bullOnRedis } from '../drivers/queue/bullmq/on-redis.ts'
import { createBullQueue } from '../drivers/queue/bullmq/queue.ts'
import { createPostgresQueue } from '../drivers/queue/postgres/queue.ts'
import { createRabbitmqQueue } from '../drivers/queue/rabbitmq/queue.ts'
import { createPostgresPool } from '../drivers/store/postgres/pool.ts'
import type { Logger } from '../ports/logger.ts'
import type { Queue } from '../ports/queue.ts'
import type { Config } from './config.ts'

/** Connections of Bull on PostgreSQL: each lane keeps one, the others are shared. */
const BULL_CONNECTIONS = 8

/** The queue of the configuration; `pool` is the store's. */
export function openQueue(config: Config, pool: Pool, log: Logger): Queue {
  switch (config.queue) {
    case 'postgres':
      return createPostgresQueue({ pool, log })
    case 'bullmq':
      if (config.redisUrl !== undefined)
        return createBullQueue({ storage: bullOnRedis({ url: config.redisUrl, log }), prefix: config.queuePrefix, log })
      return createBullQueue({
        storage: bullOnPostgres({ pool: createPostgresPool(config.databaseUrl ?? '', { log, max: BULL_CONNECTIONS }) }),
        prefix: config.queuePrefix,
        log,
      })
    case 'rabbitmq':
      // The configuration was refused without its URL.
      return createRabbitmqQueue({ url: config.rabbitmqUrl as string, prefix: config.queuePrefix, log })
  }
}
