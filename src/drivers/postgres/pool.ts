import pg from 'pg'
import type { Logger } from '../../ports/logger.ts'

/** Longer than any statement of ours takes, shorter than anyone waits. */
const STATEMENT_TIMEOUT_MS = 30_000

/**
 * Every statement of ours has an index to go by. A server that has no statistics yet takes each table for a small one, which it had
 * rather read whole, and a connection keeps such a plan for as long as it lives: with ten thousand steps waiting a claim took 26 ms
 * instead of one. What does read a whole table costs too much by this reckoning to be worth compiling otherwise.
 */
const PLANS = 'set enable_seqscan = off; set jit = off; set plan_cache_mode = force_generic_plan'

/**
 * A machine that is lost says no goodbye. The server asks after it, and ends its sessions, with the locks they hold, within 25 s instead of
 * hours. Over a socket of the system these say nothing.
 */
const LOST_CLIENTS =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set tcp_user_timeout = 25000'

export interface PoolOptions {
  connection: pg.PoolConfig
  log?: Logger
  /** Connections at most. Default 16. */
  max?: number
}

/**
 * A pool whose every wait is bounded: connecting 10 s, a statement 30 s, an idle transaction 60 s.
 * Connections are pipelined: a statement is sent without waiting for the answer to the one before it.
 */
export function createPool({ connection, log, max = 16 }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionTimeoutMillis: 10_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // The server's own limit comes first; this one is for a server that no longer answers.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    idle_in_transaction_session_timeout: 60_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: 'sluice',
    max,
    ...connection,
    pipeline: true,
  })
  // A connection may break between two statements of whoever has it in hand, or while it changes hands. The next statement fails of
  // it; without a listener on the connection itself the process would end of it.
  pool.on('connect', (client) => {
    client.on('error', () => {})
    // Goes ahead of the first statement, which tells what is wrong when this fails.
    client.query(`${PLANS}; ${LOST_CLIENTS}`).catch(() => {})
  })
  pool.on('error', (error) => {
    // Only the message: the error carries the whole connection with it.
    if (!pool.ending) log?.warn({ reason: error.message }, 'an idle database connection broke; the next query opens a new one')
  })
  return pool
}
