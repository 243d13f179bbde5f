import { createPostgresBackend, type PgPool, type PostgresConnectionOptions, runMigrations } from 'bullmq'
import type pg from 'pg'
import { databaseError } from '../../postgres/errors.ts'
import type { BullStorage } from './storage.ts'

/** Bull's own; where it is handed a pool it knows no other. */
const SCHEMA = 'bullmq'

/**
 * Bull on a PostgreSQL, in the schema `bullmq`, which it makes. The pool becomes its own: `search_path` of the connections leads
 * to that schema, each lane that is consumed keeps one to listen on, and the pool is ended with the queue.
 */
export function bullOnPostgres({ pool }: { pool: pg.Pool }): BullStorage<PostgresConnectionOptions> {
  let made: Promise<unknown> | undefined
  pool.on('connect', (client) => {
    // Goes ahead of the first statement on the same connection, which tells what is wrong when this fails.
    client.query(`set search_path to ${SCHEMA}`).catch(() => {})
  })

  async function migrate(): Promise<void> {
    const client = await pool.connect()
    try {
      await runMigrations(client, SCHEMA)
    } finally {
      client.release()
    }
  }

  return {
    factory: createPostgresBackend,
    connection: lend(pool),
    keepsOrder: false,
    async reachable() {
      try {
        made ??= migrate()
        await made
      } catch (error) {
        made = undefined
        throw databaseError(error)
      }
    },
    problem: databaseError,
    async close() {
      if (!pool.ending) await pool.end()
    },
  }
}

/** What Bull uses of a pool, without the pool's events: it would never let go of them again. */
function lend(pool: pg.Pool): PgPool {
  const lent = {
    connect: () => pool.connect(),
    query: (text: string, values?: unknown[]) => pool.query(text, values),
    end: async () => {},
    on() {
      return this
    },
    removeAllListeners() {
      return this
    },
  }
  // Bull has its own declaration of `pg`, to which `pg`'s own does not quite fit.
  return lent as unknown as PgPool
}
