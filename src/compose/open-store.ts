import type { Pool } from 'pg'
import { createPool } from '../drivers/postgres/pool.ts'
import { createEmbeddedPostgres } from '../drivers/store/embedded/embedded-postgres.ts'
import { createPostgresPool } from '../drivers/store/postgres/pool.ts'
import { createSqlStore } from '../drivers/store/sql/store.ts'
import type { Logger } from '../ports/logger.ts'
import type { SchemaChange, Store } from '../ports/store.ts'
import type { Config } from './config.ts'

export interface OpenStore {
  store: Store
  pool: Pool
  /** What opening it changed of the schema. */
  schema: SchemaChange
}

/** The database of the configuration, its schema up to date. `stack` lets go of it. */
export async function openStore(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<OpenStore> {
  const pool = config.databaseUrl ? createPostgresPool(config.databaseUrl, { log }) : await embeddedPool(config, log, stack)
  const store = createSqlStore({ pool, log })
  stack.defer(() => store.close())
  return { store, pool, schema: await store.migrate() }
}

async function embeddedPool(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<Pool> {
  const embedded = await createEmbeddedPostgres({ dataFolder: config.dataFolder, log })
  stack.defer(() => embedded.stop())
  return createPool({ connection: embedded.connection, log })
}
