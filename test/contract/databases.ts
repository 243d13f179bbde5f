import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { createEmbeddedPostgres } from '../../src/drivers/store/embedded/embedded-postgres.ts'
import { createPostgresPool } from '../../src/drivers/store/postgres/pool.ts'
import { startPostgresServer, whyNoPostgres } from './postgres-server.ts'

export interface TestDatabases {
  /** A way to a new, empty database; every call of `open` makes another pool on it. */
  create(): Promise<{ open: () => pg.Pool }>
  dispose(): Promise<void>
}

/** The two ways PostgreSQL is run: ours, and a server of the system by its URL. `missing` is the reason why one cannot be. */
export const kinds: { name: string; missing: string | undefined; start: () => Promise<TestDatabases> }[] = [
  { name: 'embedded', missing: undefined, start: startEmbedded },
  { name: 'server by DATABASE_URL', missing: whyNoPostgres(), start: startServer },
]

async function startEmbedded(): Promise<TestDatabases> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'databases-'))
  const embedded = await createEmbeddedPostgres({ dataFolder })
  let made = 0
  return {
    async create() {
      made += 1
      const database = `test_${made}`
      const client = new pg.Client(embedded.connection)
      await client.connect()
      await client.query(`create database ${database}`)
      await client.end()
      return { open: () => createPool({ connection: { ...embedded.connection, database } }) }
    },
    async dispose() {
      await embedded.stop()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

async function startServer(): Promise<TestDatabases> {
  const server = await startPostgresServer()
  return {
    async create() {
      const url = await server.createDatabase()
      return { open: () => createPostgresPool(url) }
    },
    dispose: () => server.dispose(),
  }
}
