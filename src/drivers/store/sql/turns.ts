import { sql } from 'kysely'
import type { Turns } from '../../../domain/turns.ts'
import type { QueueName, TurnsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { jsonText } from './rows.ts'

export function createTurns(run: Sql): TurnsRepository {
  return {
    async all() {
      const rows = await run.rows(sql<{ queue: QueueName; state: Turns }>`select queue, state from sluice.turns`)
      return new Map(rows.map(({ queue, state }) => [queue, state]))
    },

    async save(turns) {
      if (turns.size === 0) return
      await run.write(sql`
        insert into sluice.turns (queue, state)
        select * from unnest(${[...turns.keys()]}::text[], ${[...turns.values()].map(jsonText)}::json[])
        on conflict (queue) do update set state = excluded.state`)
    },
  }
}
