import { sql } from 'kysely'
import type { ProcessId } from '../../../domain/ids.ts'
import { type HouseProcess, PROCESS_LOST_MS, type SchedulingRole } from '../../../domain/process.ts'
import type { ProcessesRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { jsonText } from './rows.ts'

interface Row {
  id: ProcessId
  host: string
  pid: number
  version: string
  api: boolean
  scheduling: SchedulingRole
  slots: HouseProcess['slots']
  running: HouseProcess['running']
  started_at: Date
  seen_at: Date
}

/** Long enough to see in a list of processes that one has died. */
const FORGOTTEN_AFTER = sql`interval '1 hour'`

export function createProcesses(run: Sql): ProcessesRepository {
  return {
    async beat({ id, host, pid, version, api, scheduling, slots, running, startedAt }) {
      await run.write(sql`
        insert into sluice.process as known (id, host, pid, version, api, scheduling, slots, running, started_at, seen_at)
        values (${id}, ${host}, ${pid}, ${version}, ${api}, ${scheduling}, ${jsonText(slots)}::json, ${jsonText(running)}::json, ${startedAt}, now())
        on conflict (id) do update set scheduling = excluded.scheduling, running = excluded.running, seen_at = now()`)
    },

    async list() {
      const rows = await run.rows(sql<Row & { alive: boolean }>`
        select *, seen_at > now() - ${PROCESS_LOST_MS} * interval '1 millisecond' as alive from sluice.process order by id`)
      return rows.map(({ started_at, seen_at, ...row }) => ({ ...row, startedAt: started_at, seenAt: seen_at }))
    },

    async leave(id) {
      await run.write(sql`delete from sluice.process where id = ${id} or seen_at < now() - ${FORGOTTEN_AFTER}`)
    },
  }
}
