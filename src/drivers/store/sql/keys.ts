import { sql } from 'kysely'
import type { ApiKeyId, TenantId } from '../../../domain/ids.ts'
import type { KeysRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { inserter, text } from './rows.ts'

const insertRows = inserter('sluice.api_key', { id: 'text', tenant_id: 'text', name: 'text', hash: 'text', created_at: 'timestamptz' })

export function createKeys(run: Sql): KeysRepository {
  return {
    async insert({ id, tenantId, name, hash, createdAt }) {
      await run.write(insertRows([{ id, tenant_id: tenantId, name: text(name), hash, created_at: createdAt }]))
    },

    async byHash(hash) {
      const [row] = await run.rows(db.selectFrom('sluice.api_key').selectAll().where('hash', '=', hash))
      return (
        row && { id: row.id as ApiKeyId, tenantId: row.tenant_id as TenantId, name: row.name, hash: row.hash, createdAt: row.created_at }
      )
    },

    async count() {
      const [row] = await run.rows(sql<{ count: number }>`select count(*)::integer as count from sluice.api_key`)
      return row?.count ?? 0
    },
  }
}
