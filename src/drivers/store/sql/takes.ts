import { type Insertable, type Selectable, sql } from 'kysely'
import type { JobId, TakeId } from '../../../domain/ids.ts'
import type { TakeRole } from '../../../domain/plan.ts'
import type { Take } from '../../../domain/take.ts'
import type { TakesRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { inserter, json, jsonText, text } from './rows.ts'
import type { TakeTable } from './schema.ts'

const insertRows = inserter('sluice.take', {
  id: 'text',
  job_id: 'text',
  key: 'text',
  role: 'text',
  shot: 'integer',
  number: 'integer',
  provider: 'text',
  rank: 'integer',
  state: 'text',
  request: 'json',
  state_detail: 'json',
  cause: 'json',
  created_at: 'timestamptz',
})

function toRow(take: Take): Insertable<TakeTable> {
  return {
    id: take.id,
    job_id: take.jobId,
    key: text(take.key),
    role: take.role,
    shot: take.shot,
    number: take.number,
    provider: text(take.provider),
    rank: take.rank,
    state: take.state.state,
    request: jsonText(take.request),
    state_detail: jsonText(take.state),
    cause: json(take.cause),
    created_at: take.createdAt,
  }
}

function fromRow(row: Selectable<TakeTable>): Take {
  return {
    id: row.id as TakeId,
    jobId: row.job_id as JobId,
    key: row.key,
    role: row.role as TakeRole,
    shot: row.shot,
    number: row.number,
    provider: row.provider,
    request: row.request as Take['request'],
    rank: row.rank,
    state: row.state_detail as Take['state'],
    cause: row.cause as Take['cause'],
    createdAt: row.created_at,
  }
}

export function createTakes(run: Sql): TakesRepository {
  return {
    async insert(takes) {
      if (takes.length > 0) await run.write(insertRows(takes.map(toRow)))
    },

    get: run.gathered(async (ids: TakeId[]) => {
      const rows = await run.rows(sql<Selectable<TakeTable>>`select * from sluice.take where id = any(${ids})`)
      const found = new Map(rows.map((row) => [row.id, fromRow(row)]))
      return ids.map((id) => found.get(id))
    }),

    async save(take) {
      const { id, job_id, created_at, ...changing } = toRow(take)
      await run.write(db.updateTable('sluice.take').set(changing).where('id', '=', id), 1)
    },

    async byRemoteId(provider, remoteId) {
      const [row] = await run.rows(sql<Selectable<TakeTable>>`
        select * from sluice.take
        where provider = ${provider} and state_detail -> 'ref' ->> 'id' = ${remoteId} and state in ('making', 'delivered')`)
      return row && fromRow(row)
    },

    // Of the states as `take_in_flight` has them.
    ordered: () =>
      run.rows(sql<{ provider: string; inFlight: number; inDoubt: number }>`
        select provider, count(*)::integer as "inFlight", (count(*) filter (where state = 'submit_unknown'))::integer as "inDoubt"
        from sluice.take where state in ('ordering', 'submit_unknown', 'making') group by provider order by provider`),

    async ofJob(jobId) {
      const rows = await run.rows(db.selectFrom('sluice.take').selectAll().where('job_id', '=', jobId).orderBy('id'))
      return rows.map(fromRow)
    },
  }
}
