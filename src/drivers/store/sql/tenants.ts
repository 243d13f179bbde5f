import { sql } from 'kysely'
import type { TenantId } from '../../../domain/ids.ts'
import type { Tenant, TenantRetention } from '../../../domain/tenant.ts'
import type { TenantShare, TenantsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { jsonText, text } from './rows.ts'

const MINUTE_MS = 60_000

interface TenantRow {
  id: TenantId
  name: string
  retention: TenantRetention
  quota_bytes: string | null
}

const fromRow = ({ id, name, retention, quota_bytes }: TenantRow): Tenant => ({
  id,
  name,
  retention,
  quotaBytes: quota_bytes === null ? null : Number(quota_bytes),
})

export function createTenants(run: Sql): TenantsRepository {
  return {
    // The update that changes nothing makes the row visible, whoever wrote it first.
    async ensure(name, id) {
      const [row] = await run.rows(sql<{ id: TenantId }>`
        insert into sluice.tenant as known (id, name) values (${id}, ${text(name)})
        on conflict (name) do update set name = known.name returning id`)
      if (!row) throw new Error(`the tenant ${name} was neither written nor found`)
      return row.id
    },

    async shares(ids) {
      return run.rows(sql<TenantShare>`
        select id as "tenantId", weight, jobs_at_once as "jobsAtOnce" from sluice.tenant where id = any(${ids})`)
    },

    async setShares() {
      return run.rows(sql<TenantShare>`
        select id as "tenantId", weight, jobs_at_once as "jobsAtOnce" from sluice.tenant where weight <> 1 or jobs_at_once is not null`)
    },

    async setShare(id, { weight, jobsAtOnce }) {
      await run.write(sql`update sluice.tenant set weight = ${weight}, jobs_at_once = ${jobsAtOnce} where id = ${id}`, 1)
    },

    async runningJobs(most) {
      const [row] = await run.rows(sql<{ running: number }>`
        select count(*)::integer as running from (select from sluice.job where state = 'running' limit ${most}) as job`)
      return row?.running ?? 0
    },

    async runningJobsOf(ids, most) {
      const rows = await run.rows(sql<{ id: TenantId; running: number }>`
        select tenant.id, job.running from unnest(${ids}::text[]) as tenant(id), lateral (
          select count(*)::integer as running
          from (select from sluice.job where state = 'running' and job.tenant_id = tenant.id limit ${most}) as counted
        ) as job`)
      return new Map(rows.map(({ id, running }) => [id, running]))
    },

    // The generic cell rate algorithm (ITU-T I.371): each submit moves the arrival time on by its share of the minute.
    async submits(id, perMinute) {
      const spacingMs = MINUTE_MS / perMinute
      const aheadMs = MINUTE_MS - spacingMs
      const taken = await run.count(sql`
        update sluice.tenant set next_submit_at = greatest(next_submit_at, clock_timestamp()) + ${spacingMs} * interval '1 millisecond'
        where id = ${id} and next_submit_at <= clock_timestamp() + ${aheadMs} * interval '1 millisecond'`)
      if (taken === 1) return 0
      const [row] = await run.rows(sql<{ wait: number }>`
        select greatest(1, ceil(extract(epoch from next_submit_at - clock_timestamp()) * 1000 - ${aheadMs}))::double precision as wait
        from sluice.tenant where id = ${id}`)
      return row?.wait ?? 0
    },

    async get(id) {
      const [row] = await run.rows(sql<TenantRow>`select id, name, retention, quota_bytes from sluice.tenant where id = ${id}`)
      return row && fromRow(row)
    },

    async list() {
      const rows = await run.rows(sql<TenantRow>`select id, name, retention, quota_bytes from sluice.tenant order by name`)
      return rows.map(fromRow)
    },

    async setStoragePolicy(id, { retention, quotaBytes }) {
      await run.write(
        sql`update sluice.tenant set retention = ${jsonText(retention)}::json, quota_bytes = ${quotaBytes} where id = ${id}`,
        1,
      )
    },
  }
}
