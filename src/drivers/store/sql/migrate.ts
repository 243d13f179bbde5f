import type pg from 'pg'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { SchemaChange } from '../../../ports/store.ts'
import { databaseError } from '../../postgres/errors.ts'
import { SCHEMA_LOCK } from '../../postgres/schema-lock.ts'
import { migrations } from './migrations/index.ts'

/** The oldest server the SQL was run on. */
const OLDEST_VERSION = 150_000

/** The schema this program makes and knows. */
export const newestVersion = Math.max(0, ...migrations.map(({ version }) => version))

/** A large table takes its time; what waits meanwhile gives up by itself, and is started again. */
const MIGRATION_TIMEOUT_MS = 60 * 60_000

const LOCK_NOT_GIVEN = '57014'

/**
 * Brings the schema up to date, each migration in a transaction of its own, while an advisory lock keeps others out.
 * Waits for another process that is at it for as long as a statement may take. Throws `store_unavailable` when one fails: nothing
 * of that one is kept, those before it are.
 */
export async function migrate(pool: pg.Pool, log?: Logger): Promise<SchemaChange> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await checkVersion(client)
    await lock(client)
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
      await run(client, { version, name, sql })
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

/** The version of the schema that is there; `null`: none was made yet. */
export async function schemaVersion(pool: pg.Pool): Promise<number | null> {
  const { rows } = await pool.query<{ made: boolean }>("select to_regclass('sluice.migration') is not null as made")
  if (!rows[0]?.made) return null
  const newest = await pool.query<{ version: number | null }>('select max(version) as version from sluice.migration')
  return newest.rows[0]?.version ?? null
}

async function lock(client: pg.PoolClient): Promise<void> {
  try {
    await client.query(`select pg_advisory_lock(${SCHEMA_LOCK})`)
  } catch (error) {
    if ((error as pg.DatabaseError).code !== LOCK_NOT_GIVEN) throw error
    throw new SluiceError('store_unavailable', 'Another process has been changing the schema of the database for 30 s.', {
      fix: 'Wait until it is done, and start again. If it hangs, pg_stat_activity shows it: a connection named sluice.',
      cause: error,
    })
  }
}

async function run(client: pg.PoolClient, { version, name, sql }: (typeof migrations)[number]): Promise<void> {
  const text = `begin; set local statement_timeout = ${MIGRATION_TIMEOUT_MS}; ${sql}; insert into sluice.migration (version, name) values (${version}, '${name}'); commit`
  try {
    // `pg` takes a limit for one query; its types do not say so.
    await client.query({ text, query_timeout: MIGRATION_TIMEOUT_MS } as pg.QueryConfig)
  } catch (error) {
    const cause = databaseError(error)
    if (SluiceError.is(cause)) throw cause
    const reason = error instanceof Error ? error.message : String(error)
    throw new SluiceError('store_unavailable', `Migration ${version} (${name}) of the database failed: ${reason}`, {
      fix: 'Nothing of it was kept. The schema is not as Sluice left it: undo what changed it, or restore a backup; then run `sluice migrate`.',
      retry: 'never',
      cause: error,
    })
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
