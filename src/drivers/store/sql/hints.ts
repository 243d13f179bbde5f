import { sql } from 'kysely'
import type { RemoteRef } from '../../../domain/take.ts'
import type { HintsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { jsonText } from './rows.ts'

export function createHints(run: Sql): HintsRepository {
  return {
    async remember({ provider, dedupeKey, takeId, ref }) {
      const rows = await run.rows(sql`
        insert into sluice.webhook_hint (provider, dedupe_key, take_id, ref)
        values (${provider}, ${dedupeKey}, ${takeId}, ${jsonText(ref)}::json)
        on conflict do nothing returning 1`)
      return rows.length > 0
    },

    async refOf(takeId) {
      const [row] = await run.rows(
        sql<{ ref: RemoteRef }>`select ref from sluice.webhook_hint where take_id = ${takeId} order by at limit 1`,
      )
      return row?.ref
    },

    async forgetBefore(time) {
      await run.write(sql`delete from sluice.webhook_hint where at < ${time}`)
    },
  }
}
