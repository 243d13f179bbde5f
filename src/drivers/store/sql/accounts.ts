import { sql } from 'kysely'
import type { JobId, TakeId } from '../../../domain/ids.ts'
import type { OutcomeClass } from '../../../domain/outcome.ts'
import { type Line, sharePlaces } from '../../../domain/places.ts'
import type { AccountsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'

/** How soon one that waits for a place asks again by itself, though it is told when its turn comes: half of how long it has waited. */
const SHORTEST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 30_000
/** Who has not asked for this long does not wait any more. */
const GONE_MS = 3 * LONGEST_WAIT_MS
/** Orders of this long may go out at once, where so many a minute may: the generic cell rate algorithm (ITU-T I.371), its tolerance. */
const BURST_MS = 10_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

interface AccountRow {
  provider: string
  paused_until: Date | null
  slowed_at: Date | null
  failed_at: Date | null
  failed_as: OutcomeClass | null
}

const GONE_BEFORE = sql`now() - ${GONE_MS} * interval '1 millisecond'`

const IN_FLIGHT = (provider: string) => sql`(
  select count(*)::integer from sluice.take where provider = ${provider} and state in ('ordering', 'submit_unknown', 'making'))`

export function createAccounts(run: Sql): AccountsRepository {
  /** Those that have the free places now. */
  async function whoIsNext(provider: string, free: number): Promise<{ jobId: JobId; takeId: TakeId }[]> {
    if (free <= 0) return []
    const lines = await run.rows(sql<Line>`
      select line.tenant_id as "tenantId", line.waiting, line.since as "sinceMs", coalesce(tenant.weight, 1) as weight, (
          select count(*)::integer from sluice.take join sluice.job on job.id = take.job_id
          where take.provider = ${provider} and take.state in ('ordering', 'submit_unknown', 'making') and job.tenant_id = line.tenant_id
        ) as "inFlight"
      from (
        select tenant_id, count(*)::integer as waiting, (extract(epoch from min(since)) * 1000)::double precision as since
        from sluice.account_line where provider = ${provider} and asked_at > ${GONE_BEFORE} group by tenant_id
      ) as line left join sluice.tenant on tenant.id = line.tenant_id`)
    const places = sharePlaces(lines, free)
    if (places.size === 0) return []
    return run.rows(sql<{ jobId: JobId; takeId: TakeId }>`
      select first.job_id as "jobId", first.take_id as "takeId"
      from unnest(${[...places.keys()]}::text[], ${[...places.values()]}::integer[]) as given(tenant_id, places), lateral (
        select job_id, take_id from sluice.account_line
        where provider = ${provider} and account_line.tenant_id = given.tenant_id and asked_at > ${GONE_BEFORE}
        order by since, take_id limit given.places
      ) as first`)
  }

  return {
    async enter(provider, { inFlight: atMostInFlight, perMinute }, { takeId, jobId, tenantId }) {
      await run.write(sql`insert into sluice.provider_account (provider) values (${provider}) on conflict do nothing`)
      // Without a limit there is no last place to fight for, and orders need not wait for each other.
      const limited = atMostInFlight !== null || perMinute !== null
      const spacingMs = perMinute === null ? 0 : 60_000 / perMinute
      const [account] = await run.rows(sql<{ wait: number }>`
        select ceil(greatest(0, extract(epoch from not_before - now()) * 1000,
          ${perMinute === null ? sql`0` : sql`extract(epoch from next_order_at - clock_timestamp()) * 1000 - ${BURST_MS}`}))::double precision as wait
        from sluice.provider_account where provider = ${provider} ${limited ? sql`for update` : sql``}`)
      const pauseMs = account?.wait ?? 0
      if (pauseMs > 0 && atMostInFlight === null) return { enter: false, waitMs: pauseMs }
      const entered = async (): Promise<{ enter: true }> => {
        if (perMinute !== null) {
          await run.write(sql`
            update sluice.provider_account set next_order_at = greatest(next_order_at, clock_timestamp()) + ${spacingMs} * interval '1 millisecond'
            where provider = ${provider}`)
        }
        return { enter: true }
      }
      if (atMostInFlight === null) return entered()
      const [place] = await run.rows(sql<{ inFlight: number; waited: number | null; others: boolean }>`
        select ${IN_FLIGHT(provider)} as "inFlight",
          (select extract(epoch from now() - since) * 1000 from sluice.account_line where take_id = ${takeId})::double precision as waited,
          exists (
            select from sluice.account_line where provider = ${provider} and take_id <> ${takeId} and asked_at > ${GONE_BEFORE}) as others`)
      const free = atMostInFlight - (place?.inFlight ?? 0)
      if (pauseMs === 0 && free > 0 && !place?.others) {
        if (place?.waited != null) await run.write(sql`delete from sluice.account_line where take_id = ${takeId}`)
        return entered()
      }
      await run.write(sql`
        insert into sluice.account_line (take_id, provider, job_id, tenant_id) values (${takeId}, ${provider}, ${jobId}, ${tenantId})
        on conflict (take_id) do update set asked_at = now()`)
      if (pauseMs === 0 && free > 0 && (await whoIsNext(provider, free)).some((next) => next.takeId === takeId)) {
        await run.write(sql`delete from sluice.account_line where take_id = ${takeId}`)
        return entered()
      }
      return { enter: false, waitMs: pauseMs || Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, (place?.waited ?? 0) / 2)) }
    },

    async next(provider, atMostInFlight) {
      const [place] = await run.rows(sql<{ inFlight: number }>`select ${IN_FLIGHT(provider)} as "inFlight"`)
      return whoIsNext(provider, atMostInFlight - (place?.inFlight ?? 0))
    },

    async leave(jobId) {
      await run.write(sql`delete from sluice.account_line where job_id = ${jobId}`)
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
