import { sql } from 'kysely'
import type { ProcessId } from '../../../domain/ids.ts'
import type { LeasesRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'

export function createLeases(run: Sql): LeasesRepository {
  return {
    async take(name, holder, leaseMs) {
      const rows = await run.rows(sql<{ holder: ProcessId }>`
        insert into sluice.lease as held (name, holder, until) values (${name}, ${holder}, now() + ${leaseMs} * interval '1 millisecond')
        on conflict (name) do update set holder = excluded.holder, until = excluded.until
        where held.holder = excluded.holder or held.until < now()
        returning holder`)
      return rows.length > 0
    },

    async holder(name) {
      const [row] = await run.rows(sql<{ holder: ProcessId }>`select holder from sluice.lease where name = ${name} and until >= now()`)
      return row?.holder
    },

    async release(name, holder) {
      await run.write(sql`delete from sluice.lease where name = ${name} and holder = ${holder}`)
    },
  }
}
