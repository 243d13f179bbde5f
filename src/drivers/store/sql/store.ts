import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from '../../../ports/logger.ts'
import type { Repositories, Store } from '../../../ports/store.ts'
import { databaseError, mayRetryTransaction } from '../../postgres/errors.ts'
import { createAccounts } from './accounts.ts'
import { createAssets } from './assets.ts'
import { createBlockLists } from './block-lists.ts'
import { inTransaction, poolSql, type Sql } from './database.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createEvents } from './events.ts'
import { createHints } from './hints.ts'
import { createIdempotency } from './idempotency.ts'
import { createJobs } from './jobs.ts'
import { createJudgements } from './judgements.ts'
import { createKeys } from './keys.ts'
import { createLeases } from './leases.ts'
import { createLedger } from './ledger.ts'
import { migrate } from './migrate.ts'
import { createProcesses } from './processes.ts'
import { createProfiles } from './profiles.ts'
import { createRepairs } from './repairs.ts'
import { createReviews } from './reviews.ts'
import { createSamples } from './samples.ts'
import { createSteps } from './steps.ts'
import { createStuck } from './stuck.ts'
import { createTakes } from './takes.ts'
import { createTenants } from './tenants.ts'
import { createTurns } from './turns.ts'
import { createWebhooks } from './webhooks.ts'

const MAX_RETRIES = 3

function createRepositories(run: Sql): Repositories {
  return {
    tenants: createTenants(run),
    keys: createKeys(run),
    jobs: createJobs(run),
    steps: createSteps(run),
    takes: createTakes(run),
    reviews: createReviews(run),
    assets: createAssets(run),
    events: createEvents(run),
    samples: createSamples(run),
    idempotency: createIdempotency(run),
    ledger: createLedger(run),
    accounts: createAccounts(run),
    hints: createHints(run),
    repairs: createRepairs(run),
    profiles: createProfiles(run),
    judgements: createJudgements(run),
    blockLists: createBlockLists(run),
    processes: createProcesses(run),
    leases: createLeases(run),
    turns: createTurns(run),
    webhooks: createWebhooks(run),
    deadLetters: createDeadLetters(run),
    stuck: createStuck(run),
  }
}

/**
 * The store on PostgreSQL 15 or newer.
 * @param pool made by `createPool`, whose connections are pipelined; `close` ends it, so close queue and bus before
 */
export function createSqlStore({ pool, log }: { pool: pg.Pool; log?: Logger }): Store {
  async function translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw databaseError(error)
    }
  }

  let closing: Promise<void> | undefined

  return {
    ...createRepositories(poolSql(pool, databaseError)),

    transaction: (work) =>
      translated(async () => {
        for (let retries = 0; ; retries++) {
          try {
            return await inTransaction(pool, (sql) => work(createRepositories(sql)))
          } catch (error) {
            if (retries === MAX_RETRIES || !mayRetryTransaction(error)) throw error
            log?.debug({ err: error, retries }, 'the transaction met another one and is tried again')
            // Spread out, so that the same two do not meet again.
            await sleep(Math.random() * 10 * 2 ** retries)
          }
        }
      }),

    async exclusively(name, work) {
      const client = await translated(() => pool.connect())
      let broken: Error | undefined
      const onError = (error: Error): void => {
        broken = error
        log?.warn({ err: error, name }, 'the connection that held a lock broke; another process may take it')
      }
      client.on('error', onError)
      const key = 'hashtextextended($1, 0)'
      try {
        const { rows } = await translated(() =>
          client.query<{ held: boolean }>(`select pg_try_advisory_lock(${key}) as held`, [`sluice.${name}`]),
        )
        if (!rows[0]?.held) return undefined
        try {
          return await work()
        } finally {
          // A connection that cannot unlock is closed, which unlocks.
          await client.query(`select pg_advisory_unlock(${key})`, [`sluice.${name}`]).catch((error: Error) => {
            broken ??= error
          })
        }
      } catch (error) {
        if (!broken && databaseError(error) !== error) broken = new Error('unusable')
        throw error
      } finally {
        client.off('error', onError)
        client.release(broken)
      }
    },

    migrate: () => translated(() => migrate(pool, log)),

    installation: () =>
      translated(async () => {
        const { rows } = await pool.query<{ id: string }>('select id from sluice.installation')
        return rows[0]?.id ?? ''
      }),

    ping: () =>
      translated(async () => {
        await pool.query('select 1')
      }),

    now: () =>
      translated(async () => {
        const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
        return (rows[0] as { now: Date }).now
      }),

    close() {
      closing ??= pool.end()
      return closing
    },
  }
}
