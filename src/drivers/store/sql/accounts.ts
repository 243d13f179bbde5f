import { sql } from 'kysely'
import type { OutcomeClass } from '../../../domain/outcome.ts'
import type { AccountsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'

/** How soon a full account is looked at again; an end of a take frees a place at any time. */
const FULL_WAIT_MS = 2_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

interface AccountRow {
  provider: string
  paused_until: Date | null
  slowed_at: Date | null
  failed_at: Date | null
  failed_as: OutcomeClass | null
}

export function createAccounts(run: Sql): AccountsRepository {
  return {
    async enter(provider, atMostInFlight) {
      await run.write(sql`insert into sluice.provider_account (provider) values (${provider}) on conflict do nothing`)
      // Without a limit there is no last place to fight for, and orders need not wait for each other.
      const [account] = await run.rows(sql<{ wait: number }>`
        select greatest(0, extract(epoch from not_before - now()) * 1000)::double precision as wait
        from sluice.provider_account where provider = ${provider} ${atMostInFlight === null ? sql`` : sql`for update`}`)
      if (account && account.wait > 0) return { enter: false, waitMs: Math.ceil(account.wait) }
      if (atMostInFlight === null) return { enter: true }
      const [flying] = await run.rows(sql<{ count: number }>`
        select count(*)::integer as count from sluice.take
        where provider = ${provider} and state in ('ordering', 'submit_unknown', 'making')`)
      return (flying?.count ?? 0) < atMostInFlight ? { enter: true } : { enter: false, waitMs: FULL_WAIT_MS }
    },

    async slowDown(provider, retryAfterMs) {
      await run.write(sql`
        insert into sluice.provider_account as known (provider, not_before, pause_ms, slowed_at)
        values (${provider}, now() + ${retryAfterMs ?? FIRST_PAUSE_MS} * interval '1 millisecond', ${FIRST_PAUSE_MS}, now())
        on conflict (provider) do update set slowed_at = now(),
          pause_ms = least(${LONGEST_PAUSE_MS}, greatest(${FIRST_PAUSE_MS}, known.pause_ms * 2)),
          not_before = greatest(known.not_before, now() + coalesce(${retryAfterMs}::double precision,
            least(${LONGEST_PAUSE_MS}, greatest(${FIRST_PAUSE_MS}, known.pause_ms * 2))) * interval '1 millisecond')`)
    },

    async wentWell(provider) {
      await run.write(sql`update sluice.provider_account set pause_ms = 0 where provider = ${provider} and pause_ms > 0`)
    },

    async failed(provider, as) {
      await run.write(sql`
        insert into sluice.provider_account (provider, failed_at, failed_as) values (${provider}, now(), ${as})
        on conflict (provider) do update set failed_at = excluded.failed_at, failed_as = excluded.failed_as`)
    },

    async list() {
      const rows = await run.rows(sql<AccountRow>`
        select provider, case when not_before > now() then not_before end as paused_until, slowed_at, failed_at, failed_as
        from sluice.provider_account order by provider`)
      return rows.map(({ provider, paused_until, slowed_at, failed_at, failed_as }) => ({
        provider,
        pausedUntil: paused_until,
        slowedAt: slowed_at,
        lastFailure: failed_at && failed_as !== null ? { at: failed_at, as: failed_as } : null,
      }))
    },
  }
}
