import type pg from 'pg'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { SchemaChange } from '../../../ports/store.ts'
import { SCHEMA_LOCK } from '../../postgres/schema-lock.ts'
import { migrations } from './migrations/index.ts'

/** The oldest server the SQL was run on. */
const OLDEST_VERSION = 150_000

const newestVersion = Math.max(0, ...migrations.map(({ version }) => version))

/**
 * Brings the schema up to date, each migration in a transaction of its own, while an advisory lock keeps others out.
 * Waits for another process that is at it for as long as a statement may take.
 */
export async function migrate(pool: pg.Pool, log?: Logger): Promise<SchemaChange> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await checkVersion(client)
    await client.query(`select pg_advisory_lock(${SCHEMA_LOCK})`)
    await client.query('create schema if not exists sluice')
    await client.query(
      'create table if not exists sluice.migration (version integer primary key, name text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ version: number }>('select version from sluice.migration')
    const applied = new Set(rows.map(({ version }) => version))
    checkNotNewer(applied)
    const ran: SchemaChange['ran'] = []
    for (const { version, name, sql } of migrations) {
      if (applied.has(version)) continue
      await client.query(`begin; ${sql}; insert into sluice.migration (version, name) values (${version}, '${name}'); commit`)
      log?.info({ version, name }, 'schema migrated')
      ran.push({ version, name })
    }
    await client.query(`select pg_advisory_unlock(${SCHEMA_LOCK})`)
    return { version: newestVersion, ran }
  } catch (error) {
    // Closing the connection gives up the lock and whatever was begun.
    broken = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.release(broken)
  }
}

async function checkVersion(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ number: string; name: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as name",
  )
  const found = rows[0]
  if (found && Number(found.number) >= OLDEST_VERSION) return
  throw new SluiceError('store_unavailable', `The database is PostgreSQL ${found?.name}; Sluice needs 15 or newer.`, {
    fix: 'Point DATABASE_URL at PostgreSQL 15 or newer, or leave it out to use the embedded one.',
    retry: 'never',
  })
}

function checkNotNewer(applied: Set<number>): void {
  const unknown = [...applied].filter((version) => version > newestVersion)
  if (unknown.length === 0) return
  throw new SluiceError(
    'store_unavailable',
    `The database has schema version ${Math.max(...unknown)}; this Sluice knows up to ${newestVersion}.`,
    {
      fix: 'Run the newer Sluice that wrote it, or restore a backup from before the upgrade.',
      retry: 'never',
    },
  )
}
