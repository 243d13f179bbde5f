import { sql } from 'kysely'
import type { TenantId } from '../../../domain/ids.ts'
import type { TenantsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { text } from './rows.ts'

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
  }
}
