import type { Pool } from 'pg'
import { createPostgresQueue } from '../drivers/queue/postgres/queue.ts'
import { createRabbitmqQueue } from '../drivers/queue/rabbitmq/queue.ts'
import type { Logger } from '../ports/logger.ts'
import type { Queue } from '../ports/queue.ts'
import type { Config } from './config.ts'

/** The queue of the configuration; `pool` is the store's. */
export function openQueue(config: Config, pool: Pool, log: Logger): Queue {
  switch (config.queue) {
    case 'postgres':
      return createPostgresQueue({ pool, log })
    case 'rabbitmq':
      // The configuration was refused without its URL.
      return createRabbitmqQueue({ url: config.rabbitmqUrl as string, prefix: config.queuePrefix, log })
  }
}
