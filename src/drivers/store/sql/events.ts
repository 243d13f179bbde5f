import { sql } from 'kysely'
import type { EventsRepository, StoredEvent } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { inserter, jsonText } from './rows.ts'

const insertRows = inserter('sluice.event', { job_id: 'text', id: 'integer', at: 'timestamptz', type: 'text', data: 'json' })

/**
 * The ids follow from the locked job's `seq`, which is saved with the job in the same transaction; that makes them gapless.
 * The primary key makes a writer that did not hold the lock fail instead of writing an id twice.
 */
export function createEvents(run: Sql): EventsRepository {
  return {
    async append(job, at, events) {
      if (events.length === 0) return job
      await run.write(
        insertRows(
          events.map(({ type, data }, index) => ({ job_id: job.id, id: job.seq + 1 + index, at, type, data: jsonText(Object(data)) })),
        ),
      )
      return { ...job, seq: job.seq + events.length }
    },

    async begin(firsts) {
      await run.write(
        insertRows(firsts.map(({ job, type, data }) => ({ job_id: job.id, id: 1, at: job.createdAt, type, data: jsonText(Object(data)) }))),
      )
    },

    read: (jobId, after, limit) =>
      run.rows(
        sql<StoredEvent>`select id, at, type, data from sluice.event where job_id = ${jobId} and id > ${after} order by id limit ${limit}`,
      ),
  }
}
