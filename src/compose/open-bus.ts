import type { Pool } from 'pg'
import { createPostgresBus } from '../drivers/bus/postgres/bus.ts'
import { createRedisBus } from '../drivers/bus/redis/bus.ts'
import type { Bus } from '../ports/bus.ts'
import type { Logger } from '../ports/logger.ts'
import type { Config } from './config.ts'

/** The bus of the configuration. `pool` is the store's. */
export function openBus({ bus, redisUrl }: Config, pool: Pool, log: Logger): Bus {
  // The configuration was refused where it names Redis without an address.
  return bus === 'redis' && redisUrl !== undefined ? createRedisBus({ url: redisUrl, log }) : createPostgresBus({ pool, log })
}
