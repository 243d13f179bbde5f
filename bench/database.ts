import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { createLogger } from '../src/compose/logger.ts'
import { createPool } from '../src/drivers/postgres/pool.ts'
import { createEmbeddedPostgres } from '../src/drivers/store/embedded/embedded-postgres.ts'

export const log = createLogger('error')

/** An embedded PostgreSQL of its own, thrown away by `stop`. `url` lets another process reach it. */
export async function openPool(): Promise<{ pool: pg.Pool; url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const database = await createEmbeddedPostgres({ dataFolder: folder, log })
  const pool = createPool({ connection: database.connection, log })
  const { host, port, user, database: name } = database.connection
  return {
    pool,
    url: `postgresql://${user}@localhost:${port ?? 5432}/${name}?host=${encodeURIComponent(String(host))}`,
    async stop() {
      await pool.end()
      await database.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
