import { type Selectable, sql } from 'kysely'
import type { JobId, TakeId, TenantId } from '../../../domain/ids.ts'
import type { LedgerEntry } from '../../../domain/spend.ts'
import type { LedgerRepository, UsageRow } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import type { LedgerTable } from './schema.ts'

function fromRow(row: Selectable<LedgerTable>): LedgerEntry {
  return {
    takeId: row.take_id as TakeId,
    jobId: row.job_id as JobId,
    tenantId: row.tenant_id as TenantId,
    provider: row.provider,
    model: row.model,
    state: row.state as LedgerEntry['state'],
    amountMicroUsd: Number(row.amount_micro_usd),
    basis: row.basis,
    at: row.at,
  }
}

/** Every change of an entry changes the sums of its tenant in the same transaction; the caller brings the transaction. */
export function createLedger(run: Sql): LedgerRepository {
  const entryOf = async (takeId: TakeId): Promise<LedgerEntry | undefined> => {
    const [row] = await run.rows(db.selectFrom('sluice.ledger').selectAll().where('take_id', '=', takeId).forUpdate())
    return row && fromRow(row)
  }

  return {
    async reserve({ takeId, jobId, tenantId, provider, model, amountMicroUsd, basis, at }, jobLimitMicroUsd) {
      await run.write(sql`insert into sluice.budget (tenant_id) values (${tenantId}) on conflict do nothing`)
      // The budget last: every order of the tenant waits for it.
      const [known, [budget]] = await Promise.all([
        entryOf(takeId),
        run.rows(db.selectFrom('sluice.budget').selectAll().where('tenant_id', '=', tenantId).forUpdate()),
      ])
      if (!budget) throw new Error(`tenant ${tenantId} has no budget row`)
      if (known && known.state !== 'released') return 'reserved'
      const committed = Number(budget.reserved_micro_usd) + Number(budget.spent_micro_usd)
      if (budget.limit_micro_usd !== null && committed + amountMicroUsd > Number(budget.limit_micro_usd)) return 'tenant'
      if (jobLimitMicroUsd !== null) {
        const [job] = await run.rows(
          sql<{ sum: string }>`select coalesce(sum(amount_micro_usd), 0)::text as sum from sluice.ledger
            where job_id = ${jobId} and state in ('reserved', 'settled')`,
        )
        if (Number(job?.sum ?? 0) + amountMicroUsd > jobLimitMicroUsd) return 'job'
      }
      await run.write(sql`
        insert into sluice.ledger (take_id, job_id, tenant_id, provider, model, state, amount_micro_usd, basis, at)
        values (${takeId}, ${jobId}, ${tenantId}, ${provider}, ${model}, 'reserved', ${amountMicroUsd}, ${basis}, ${at})
        on conflict (take_id) do update set state = 'reserved', amount_micro_usd = excluded.amount_micro_usd, basis = excluded.basis, at = excluded.at`)
      await run.write(
        sql`update sluice.budget set reserved_micro_usd = reserved_micro_usd + ${amountMicroUsd}::bigint where tenant_id = ${tenantId}`,
        1,
      )
      return 'reserved'
    },

    async close(takeId, to, at) {
      const entry = await entryOf(takeId)
      if (entry?.state !== 'reserved') return 0
      const spent = to.state === 'settled' ? to.amountMicroUsd : 0
      const basis = to.state === 'settled' ? to.basis : entry.basis
      const amount = to.state === 'settled' ? spent : entry.amountMicroUsd
      await run.write(
        sql`update sluice.ledger set state = ${to.state}, amount_micro_usd = ${amount}, basis = ${basis}, at = ${at} where take_id = ${takeId}`,
        1,
      )
      await run.write(
        sql`update sluice.budget set reserved_micro_usd = reserved_micro_usd - ${entry.amountMicroUsd}::bigint,
          spent_micro_usd = spent_micro_usd + ${spent}::bigint where tenant_id = ${entry.tenantId}`,
        1,
      )
      return spent
    },

    async get(takeId) {
      const [row] = await run.rows(db.selectFrom('sluice.ledger').selectAll().where('take_id', '=', takeId))
      return row && fromRow(row)
    },

    async budget(tenantId) {
      const [row] = await run.rows(db.selectFrom('sluice.budget').selectAll().where('tenant_id', '=', tenantId))
      return {
        limitMicroUsd: row?.limit_micro_usd == null ? null : Number(row.limit_micro_usd),
        reservedMicroUsd: Number(row?.reserved_micro_usd ?? 0),
        spentMicroUsd: Number(row?.spent_micro_usd ?? 0),
      }
    },

    async setLimit(tenantId, limitMicroUsd) {
      await run.write(sql`
        insert into sluice.budget (tenant_id, limit_micro_usd) values (${tenantId}, ${limitMicroUsd}::bigint)
        on conflict (tenant_id) do update set limit_micro_usd = excluded.limit_micro_usd`)
    },

    async usage(tenantId, since) {
      const rows = await run.rows(sql<Record<keyof UsageRow, string> & { model: string | null }>`
        select provider, model, count(*)::text as takes,
          coalesce(sum(amount_micro_usd) filter (where state = 'reserved'), 0)::text as "reservedMicroUsd",
          coalesce(sum(amount_micro_usd) filter (where state = 'settled'), 0)::text as "spentMicroUsd"
        from sluice.ledger where tenant_id = ${tenantId} and at >= ${since} and state <> 'released'
        group by provider, model order by provider, model`)
      return rows.map(({ provider, model, takes, reservedMicroUsd, spentMicroUsd }) => ({
        provider,
        model,
        takes: Number(takes),
        reservedMicroUsd: Number(reservedMicroUsd),
        spentMicroUsd: Number(spentMicroUsd),
      }))
    },
  }
}
