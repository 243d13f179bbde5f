import { sql } from 'kysely'
import type { BlockListsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { jsonText } from './rows.ts'

export function createBlockLists(run: Sql): BlockListsRepository {
  return {
    async get(tenantId) {
      const [row] = await run.rows(
        sql<{ entries: string[]; updated_at: Date }>`select entries, updated_at from sluice.block_list where tenant_id = ${tenantId}`,
      )
      return { entries: row?.entries ?? [], updatedAt: row?.updated_at ?? null }
    },

    async set(tenantId, entries, at) {
      await run.write(sql`
        insert into sluice.block_list (tenant_id, entries, updated_at) values (${tenantId}, ${jsonText(entries)}::json, ${at})
        on conflict (tenant_id) do update set entries = excluded.entries, updated_at = excluded.updated_at`)
    },
  }
}
