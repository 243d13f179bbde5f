import { SluiceError } from '../domain/errors.ts'
import { createPool } from '../drivers/postgres/pool.ts'
import { connectionToRunning } from '../drivers/store/embedded/embedded-postgres.ts'
import { createSqlStore } from '../drivers/store/sql/store.ts'
import type { Logger } from '../ports/logger.ts'
import type { Store } from '../ports/store.ts'
import type { Config } from './config.ts'
import { openStore } from './open-store.ts'

/**
 * As {@link openStore}, for commands that look and set. Where a living process has the data folder, its embedded database is
 * used beside it, as a client: nothing is started, stopped or migrated.
 */
export async function openStoreBeside(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<Store> {
  try {
    return (await openStore(config, log, stack)).store
  } catch (error) {
    if (!SluiceError.is(error) || error.code !== 'data_folder_in_use') throw error
    const connection = connectionToRunning(config.dataFolder)
    if (connection === undefined) {
      const fix = 'Its database is not up yet: try again in a moment.'
      throw new SluiceError('data_folder_in_use', error.message, { fix, cause: error })
    }
    const store = createSqlStore({ pool: createPool({ connection, log, max: 1 }), log })
    stack.defer(() => store.close())
    return store
  }
}
