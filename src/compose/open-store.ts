import { join } from 'node:path'
import type { Pool } from 'pg'
import { createEmbeddedPostgres } from '../drivers/store/embedded/driver.ts'
import { createPostgresPool } from '../drivers/store/postgres/driver.ts'
import { createSqlStore } from '../drivers/store/sql/driver.ts'
import type { Logger } from '../ports/logger.ts'
import type { Store } from '../ports/store.ts'
import type { Config } from './config.ts'

/** The database of the configuration, its schema up to date. `stack` lets go of it. */
export async function openStore(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<{ store: Store; pool: Pool }> {
  let connection = config.databaseUrl
  const pool = await (async () => {
    if (connection) return createPostgresPool(connection)
    const embedded = await createEmbeddedPostgres({ dataFolder: join(config.dataFolder, 'postgres'), log })
    stack.defer(() => embedded.stop())
    return createPostgresPool(embedded.connection)
  })()
  stack.defer(() => pool.end())
  const store = createSqlStore({ pool, log })
  await store.migrate()
  return { store, pool }
}
