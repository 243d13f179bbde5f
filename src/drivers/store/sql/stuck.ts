import { sql } from 'kysely'
import { LANES } from '../../../domain/step.ts'
import type { OrderInDoubt, StuckRepository, StuckStep } from '../../../ports/store.ts'
import type { Sql } from './database.ts'

/** Steps of a lane that are looked at for what is late. */
const MOST_LOOKED_AT = 10_000
/** Longer than hints are repeated after: what is due was never hinted, or its next hint is no further away. */
const HINTED_WITHIN = sql`now() + interval '10 seconds'`

const columns = sql`
  step.id as "stepId", step.job_id as "jobId", step.name as step, step.lost, step.due_at as "dueAt", step.created_at as "createdAt",
  step.reason`

export function createStuck(run: Sql): StuckRepository {
  return {
    lostSteps: (tenantId, limit) =>
      run.rows(sql<StuckStep>`
        select ${columns} from sluice.step
        where step.lost > 1 and step.due_at is not null and step.tenant_id = ${tenantId} order by step.id limit ${limit}`),

    lateSteps: (tenantId, lateMs, limit) =>
      run.rows(sql<StuckStep>`
        select ${columns} from unnest(${LANES}::text[]) as asked(lane)
          cross join lateral (
            select * from sluice.step
            where step.lane = asked.lane and not (name = 'analyse' and attempt = 0) and hint_at <= ${HINTED_WITHIN}
            order by hint_at limit ${MOST_LOOKED_AT}
          ) as step
        where step.state <> 'running' and step.due_at < now() - ${lateMs} * interval '1 millisecond' and step.tenant_id = ${tenantId}
        order by step.due_at, step.id limit ${limit}`),

    async ordersInDoubt(tenantId, limit) {
      const rows = await run.rows(sql<Omit<OrderInDoubt, 'orderedAt'> & { ordered_at: string }>`
        select take.id as "takeId", take.job_id as "jobId", take.provider, take.state_detail ->> 'orderedAt' as ordered_at,
          coalesce(ledger.amount_micro_usd, 0)::double precision as "atStakeMicroUsd"
        from sluice.take join sluice.job on job.id = take.job_id left join sluice.ledger on ledger.take_id = take.id
        where take.state = 'submit_unknown' and take.state_detail ->> 'decision' is null and job.tenant_id = ${tenantId}
        order by take.id limit ${limit}`)
      return rows.map(({ ordered_at, ...order }) => ({ ...order, orderedAt: new Date(ordered_at) }))
    },
  }
}
