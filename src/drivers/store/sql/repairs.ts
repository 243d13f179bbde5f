import { sql } from 'kysely'
import type { RepairAction } from '../../../domain/repair.ts'
import type { RepairsRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'

export function createRepairs(run: Sql): RepairsRepository {
  return {
    async of(check) {
      const rows = await run.rows(db.selectFrom('sluice.repair_record').selectAll().where('check_id', '=', check))
      return rows.map((row) => ({
        check: row.check_id,
        action: row.action as RepairAction,
        tries: Number(row.tries),
        mended: Number(row.mended),
      }))
    },

    async learn(check, action, mended) {
      await run.write(sql`
        insert into sluice.repair_record (check_id, action, tries, mended) values (${check}, ${action}, 1, ${mended ? 1 : 0})
        on conflict (check_id, action) do update set tries = repair_record.tries + 1, mended = repair_record.mended + excluded.mended`)
    },
  }
}
