import { sql } from 'kysely'
import type { JobId, TenantId } from '../../../domain/ids.ts'
import type { IdempotencyRecord, IdempotencyRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'

interface Row {
  tenant_id: TenantId
  key: string
  fingerprint: string
  job_id: JobId
}

function fromRow(row: Row): IdempotencyRecord {
  return { tenantId: row.tenant_id, key: row.key, fingerprint: row.fingerprint, jobId: row.job_id }
}

/** A key is known for 24 hours, whether or not the sweeper has been round. */
export function createIdempotency(run: Sql): IdempotencyRepository {
  return {
    // The update that changes nothing makes a twin wait for the first one's commit and then see its row.
    async remember({ tenantId, key, fingerprint, jobId }) {
      const [row] = await run.rows(sql<Row>`
        insert into sluice.idempotency as known (tenant_id, key, fingerprint, job_id) values (${tenantId}, ${key}, ${fingerprint}, ${jobId})
        on conflict (tenant_id, key) do update set
          fingerprint = case when known.created_at > now() - interval '24 hours' then known.fingerprint else excluded.fingerprint end,
          job_id = case when known.created_at > now() - interval '24 hours' then known.job_id else excluded.job_id end,
          created_at = case when known.created_at > now() - interval '24 hours' then known.created_at else now() end
        returning tenant_id, key, fingerprint, job_id`)
      if (!row) throw new Error(`the idempotency key ${key} was neither written nor found`)
      return fromRow(row)
    },

    async recall(tenantId, key) {
      const [row] = await run.rows(sql<Row>`
        select tenant_id, key, fingerprint, job_id from sluice.idempotency
        where tenant_id = ${tenantId} and key = ${key} and created_at > now() - interval '24 hours'`)
      return row && fromRow(row)
    },

    async forgetBefore(time) {
      await run.write(sql`delete from sluice.idempotency where created_at < ${time}`)
    },
  }
}
