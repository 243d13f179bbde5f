import { type Insertable, type Selectable, sql } from 'kysely'
import type { AssetId, JobId, TenantId } from '../../../domain/ids.ts'
import { type Job, jobEnded } from '../../../domain/job.ts'
import type { Stage } from '../../../domain/progress.ts'
import type { TraceContext } from '../../../domain/trace.ts'
import type { JobsRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { createQueuePositions } from './queue-positions.ts'
import { AFTER_ALL, inserter, json, jsonText, text, withDates } from './rows.ts'
import type { JobTable } from './schema.ts'

type Row = Selectable<JobTable>

const STATE_DATES = ['startedAt', 'playableAt', 'heldAt', 'endedAt']
const STAGE_DATES = ['startedAt', 'endedAt']

const insertRows = inserter('sluice.job', {
  id: 'text',
  tenant_id: 'text',
  kind: 'text',
  state: 'text',
  seq: 'integer',
  retry_of: 'text',
  asset_id: 'text',
  progress: 'double precision',
  notice: 'text',
  request: 'json',
  state_detail: 'json',
  stages: 'json',
  eta: 'json',
  plan: 'json',
  preview: 'json',
  cost: 'json',
  trace: 'json',
  created_at: 'timestamptz',
  deadline_at: 'timestamptz',
  settled_at: 'timestamptz',
})

/** What a save may change. The rest is fixed at acceptance. */
function changing(job: Job): Pick<Insertable<JobTable>, Changing> {
  return {
    state: job.state.state,
    seq: job.seq,
    asset_id: job.assetId,
    progress: job.progress,
    notice: job.notice === null ? null : text(job.notice),
    state_detail: jsonText(job.state),
    stages: jsonText(job.stages),
    eta: json(job.eta),
    plan: json(job.plan),
    preview: json(job.preview),
    cost: jsonText(job.cost),
    deadline_at: job.deadlineAt,
  }
}
type Changing =
  | 'state'
  | 'seq'
  | 'asset_id'
  | 'progress'
  | 'notice'
  | 'state_detail'
  | 'stages'
  | 'eta'
  | 'plan'
  | 'preview'
  | 'cost'
  | 'deadline_at'

function jobFromRow(row: Row): Job {
  return {
    id: row.id as JobId,
    tenantId: row.tenant_id as TenantId,
    request: row.request as Job['request'],
    retryOf: row.retry_of as JobId | null,
    state: withDates<Job['state']>(row.state_detail, STATE_DATES),
    stages: (row.stages as unknown[]).map((stage) => withDates<Stage>(stage, STAGE_DATES)),
    progress: row.progress,
    eta: row.eta as Job['eta'],
    plan: row.plan as Job['plan'],
    assetId: row.asset_id as AssetId | null,
    preview: row.preview as Job['preview'],
    notice: row.notice,
    cost: row.cost as Job['cost'],
    seq: row.seq,
    createdAt: row.created_at,
    deadlineAt: row.deadline_at,
    ...(row.trace !== null && { trace: row.trace as TraceContext }),
  }
}

export function createJobs(run: Sql): JobsRepository {
  const one = async (query: Parameters<typeof run.rows<Row>>[0]): Promise<Job | undefined> => {
    const [row] = await run.rows(query)
    return row && jobFromRow(row)
  }

  return {
    async insert(jobs) {
      await run.write(
        insertRows(
          jobs.map((job) => ({
            ...changing(job),
            id: job.id,
            tenant_id: job.tenantId,
            kind: job.request.kind,
            retry_of: job.retryOf,
            request: jsonText(job.request),
            trace: json(job.trace),
            created_at: job.createdAt,
            settled_at: jobEnded(job) ? job.createdAt : null,
          })),
        ),
      )
    },

    get: run.gathered(async (ids: JobId[]) => {
      const rows = await run.rows(sql<Row>`select * from sluice.job where id = any(${ids})`)
      const found = new Map(rows.map((row) => [row.id, jobFromRow(row)]))
      return ids.map((id) => found.get(id))
    }),

    // Not `for update`: that would also block the foreign-key checks of rows other transactions add to this job.
    lock: (id) => one(db.selectFrom('sluice.job').selectAll().where('id', '=', id).forNoKeyUpdate()),

    async save(job) {
      const settled_at = jobEnded(job) ? sql<Date>`clock_timestamp()` : null
      await run.write(
        db
          .updateTable('sluice.job')
          .set({ ...changing(job), settled_at })
          .where('id', '=', job.id),
        1,
      )
    },

    async list(tenantId, { states, kinds, before, limit }) {
      const rows = await run.rows(sql<Row>`
        select * from sluice.job
        where tenant_id = ${tenantId}
          and id < ${before ?? AFTER_ALL}
          and (${states ?? null}::text[] is null or state = any(${states ?? null}))
          and (${kinds ?? null}::text[] is null or kind = any(${kinds ?? null}))
        order by id desc limit ${limit}`)
      return rows.map(jobFromRow)
    },

    async changedSince(tenantId, since) {
      const rows = await run.rows(sql<Row>`
        (select * from sluice.job where tenant_id = ${tenantId} and state in ('queued', 'running', 'held') order by id limit 1000)
        union all
        (select * from sluice.job where tenant_id = ${tenantId} and settled_at >= ${since} order by id limit 1000)
        order by id limit 1000`)
      return rows.map(jobFromRow)
    },

    async overdue(now, limit) {
      const rows = await run.rows(sql<{ id: JobId }>`
        select id from sluice.job where state in ('queued', 'running', 'held') and deadline_at <= ${now} order by deadline_at limit ${limit}`)
      return rows.map(({ id }) => id)
    },

    ahead: createQueuePositions(run),
  }
}
