import { type Insertable, type Selectable, sql } from 'kysely'
import type { JobId, ReviewId, TakeId, TenantId } from '../../../domain/ids.ts'
import type { Review, ReviewDecision } from '../../../domain/review.ts'
import type { ReviewsRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { AFTER_ALL, inserter, jsonText } from './rows.ts'
import type { ReviewTable } from './schema.ts'

type Row = Selectable<ReviewTable> & { decisions: ReviewDecision[] | null }

const insertRows = inserter('sluice.review', {
  id: 'text',
  job_id: 'text',
  tenant_id: 'text',
  about: 'text',
  take_id: 'text',
  role: 'text',
  shot: 'integer',
  start_seconds: 'double precision',
  use_from_seconds: 'double precision',
  findings: 'json',
  regenerable: 'boolean',
  reviewers: 'smallint',
  state: 'text',
  created_at: 'timestamptz',
  decided_at: 'timestamptz',
})

const insertDecisions = inserter(
  'sluice.review_decision',
  { review_id: 'text', position: 'integer', decision: 'json' },
  'on conflict do nothing',
)

const withDecisions = sql`
  select review.*, (select json_agg(decision order by position) from sluice.review_decision where review_id = review.id) as decisions
  from sluice.review`

function toRow(review: Review): Insertable<ReviewTable> {
  return {
    id: review.id,
    job_id: review.jobId,
    tenant_id: review.tenantId,
    about: review.about,
    take_id: review.takeId,
    role: review.role,
    shot: review.shot,
    start_seconds: review.startSeconds,
    use_from_seconds: review.useFromSeconds,
    findings: jsonText(review.findings),
    regenerable: review.regenerable,
    reviewers: review.reviewers,
    state: review.state,
    created_at: review.createdAt,
    decided_at: review.decidedAt,
  }
}

function fromRow(row: Row): Review {
  return {
    id: row.id as ReviewId,
    jobId: row.job_id as JobId,
    tenantId: row.tenant_id as TenantId,
    about: row.about as Review['about'],
    takeId: row.take_id as TakeId | null,
    role: row.role as Review['role'],
    shot: row.shot,
    startSeconds: row.start_seconds,
    useFromSeconds: row.use_from_seconds,
    findings: row.findings as Review['findings'],
    regenerable: row.regenerable,
    state: row.state as Review['state'],
    reviewers: row.reviewers as Review['reviewers'],
    decisions: row.decisions ?? [],
    createdAt: row.created_at,
    decidedAt: row.decided_at,
  }
}

export function createReviews(run: Sql): ReviewsRepository {
  async function writeDecisions({ id, decisions }: Review): Promise<void> {
    if (decisions.length === 0) return
    await run.write(insertDecisions(decisions.map((decision, position) => ({ review_id: id, position, decision: jsonText(decision) }))))
  }

  return {
    async insert(review) {
      await run.write(insertRows([toRow(review)]))
      await writeDecisions(review)
    },

    async get(id) {
      const [row] = await run.rows(sql<Row>`${withDecisions} where id = ${id}`)
      return row && fromRow(row)
    },

    async save(review) {
      const { state, decided_at } = toRow(review)
      await run.write(db.updateTable('sluice.review').set({ state, decided_at }).where('id', '=', review.id), 1)
      await writeDecisions(review)
    },

    async ofJob(jobId) {
      const rows = await run.rows(sql<Row>`${withDecisions} where job_id = ${jobId} order by id`)
      return rows.map(fromRow)
    },

    async list(tenantId, { states, before, limit }) {
      const rows = await run.rows(sql<Row>`${withDecisions}
        where tenant_id = ${tenantId}
          and id < ${before ?? AFTER_ALL}
          and (${states ?? null}::text[] is null or state = any(${states ?? null}))
        order by id desc limit ${limit}`)
      return rows.map(fromRow)
    },
  }
}
