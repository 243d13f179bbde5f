import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Pool } from 'pg'
import { asSluiceError } from '../domain/errors.ts'
import { databaseError } from '../drivers/postgres/errors.ts'
import { findBinaries } from '../drivers/store/embedded/binaries.ts'
import { createPostgresPool } from '../drivers/store/postgres/pool.ts'
import { newestVersion, schemaVersion } from '../drivers/store/sql/migrate.ts'
import { createSqlStore } from '../drivers/store/sql/store.ts'
import type { Config } from './config.ts'
import { clockDifference, databaseAheadMs, TOLERATED_CLOCK_MS } from './database-clock.ts'
import type { Finding } from './examine.ts'
import { createLogger } from './logger.ts'

const WHAT = 'PostgreSQL'
const EXAMINE_TIMEOUT_MS = 30_000
const OLDEST_VERSION = 150_000

/** Whether the PostgreSQL of the configuration answers, its schema is one we know, and its clock agrees with this machine's. */
export async function examineDatabase({ databaseUrl }: Config): Promise<Finding[]> {
  return databaseUrl === undefined ? [await embedded()] : ownServer(databaseUrl)
}

async function embedded(): Promise<Finding> {
  const { postgres } = await findBinaries()
  const { stdout } = await promisify(execFile)(postgres, ['--version'], { timeout: EXAMINE_TIMEOUT_MS, killSignal: 'SIGKILL' })
  return { what: WHAT, state: 'ok', found: `embedded, ${stdout.trim().replace('postgres (PostgreSQL) ', '')}` }
}

async function ownServer(url: string): Promise<Finding[]> {
  const { host, pathname } = new URL(url)
  const where = `${host}${pathname}`
  const pool = createPostgresPool(url, { log: createLogger('silent') })
  try {
    return [await version(pool, where), await schema(pool), await clock(pool)]
  } catch (error) {
    const { message, fix } = asSluiceError(databaseError(error))
    return [{ what: WHAT, state: 'missing', found: `${where}: ${message}`, ...(fix !== undefined && { fix }) }]
  } finally {
    await pool.end()
  }
}

async function version(pool: Pool, where: string): Promise<Finding> {
  const { rows } = await pool.query<{ version: string; number: string }>(
    "select current_setting('server_version') as version, current_setting('server_version_num') as number",
  )
  const { version = 'unknown', number = '0' } = rows[0] ?? {}
  if (Number(number) >= OLDEST_VERSION) return { what: WHAT, state: 'ok', found: `${version} at ${where}` }
  const fix = 'Use PostgreSQL 15 or newer, or unset DATABASE_URL for the embedded one.'
  return { what: WHAT, state: 'missing', found: `${version} at ${where} is too old`, fix }
}

async function schema(pool: Pool): Promise<Finding> {
  const what = 'schema'
  const version = await schemaVersion(pool)
  if (version === null) return { what, state: 'ok', found: 'not made yet; the first start makes it' }
  if (version === newestVersion) return { what, state: 'ok', found: `version ${version}` }
  if (version < newestVersion) return { what, state: 'ok', found: `version ${version}; the next start makes it ${newestVersion}` }
  const fix = 'Run the newer Sluice that wrote it, or restore a backup from before the upgrade.'
  return { what, state: 'missing', found: `version ${version}; this Sluice knows up to ${newestVersion}`, fix }
}

async function clock(pool: Pool): Promise<Finding> {
  const what = 'clock'
  const aheadMs = await databaseAheadMs(createSqlStore({ pool }))
  if (Math.abs(aheadMs) <= TOLERATED_CLOCK_MS) return { what, state: 'ok', found: "agrees with the database's" }
  const fix =
    "Keep the machine's clock right (NTP). Until then the database's is used; a server of S3 may refuse what is signed by this one."
  return { what, state: 'optional', found: clockDifference(aheadMs), fix }
}
