import { type Insertable, type Selectable, sql } from 'kysely'
import type { DeadLetter, DeadLetterAbout, DeadLetterState } from '../../../domain/dead-letter.ts'
import type { DeadLetterId, JobId, StepId, TenantId, WebhookId } from '../../../domain/ids.ts'
import type { StepName } from '../../../domain/step.ts'
import type { DeadLettersRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { jsonText } from './rows.ts'
import type { DeadLetterTable } from './schema.ts'

type Row = Selectable<DeadLetterTable>
type AboutColumns = Pick<Insertable<DeadLetterTable>, 'kind' | 'step_id' | 'webhook_id' | 'delivery_id' | 'name'>

function aboutToColumns(about: DeadLetterAbout): AboutColumns {
  const none = { kind: about.kind, step_id: null, webhook_id: null, delivery_id: null, name: null }
  switch (about.kind) {
    case 'job':
      return none
    case 'step':
      return { ...none, step_id: about.stepId, name: about.step }
    case 'delivery':
      return { ...none, webhook_id: about.webhookId, delivery_id: about.deliveryId, name: about.type }
  }
}

// The table checks that what a kind needs is there.
function aboutFromRow({ kind, step_id, webhook_id, delivery_id, name }: Row): DeadLetterAbout {
  switch (kind as DeadLetterAbout['kind']) {
    case 'job':
      return { kind: 'job' }
    case 'step':
      return { kind: 'step', stepId: step_id as StepId, step: name as StepName }
    case 'delivery':
      return {
        kind: 'delivery',
        webhookId: webhook_id as WebhookId,
        deliveryId: delivery_id as string,
        type: name as Extract<DeadLetterAbout, { kind: 'delivery' }>['type'],
      }
  }
}

function stateFromRow({ state, closed_at, retried_as }: Row): DeadLetterState {
  if (closed_at === null) return { state: 'open' }
  return state === 'retried' ? { state, at: closed_at, jobId: retried_as as JobId | null } : { state: 'dismissed', at: closed_at }
}

const stateToColumns = (to: DeadLetterState): Pick<Insertable<DeadLetterTable>, 'state' | 'closed_at' | 'retried_as'> => ({
  state: to.state,
  closed_at: to.state === 'open' ? null : to.at,
  retried_as: to.state === 'retried' ? to.jobId : null,
})

function fromRow(row: Row): DeadLetter {
  return {
    id: row.id as DeadLetterId,
    tenantId: row.tenant_id as TenantId,
    jobId: row.job_id as JobId,
    about: aboutFromRow(row),
    error: row.error as DeadLetter['error'],
    state: stateFromRow(row),
    at: row.at,
  }
}

export function createDeadLetters(run: Sql): DeadLettersRepository {
  const open = () => db.selectFrom('sluice.dead_letter').where('state', '=', 'open')
  const closing = (to: DeadLetterState) => db.updateTable('sluice.dead_letter').set(stateToColumns(to)).where('state', '=', 'open')

  return {
    async insert({ id, tenantId, jobId, about, error, state, at }) {
      await run.write(
        db.insertInto('sluice.dead_letter').values({
          id,
          tenant_id: tenantId,
          job_id: jobId,
          ...aboutToColumns(about),
          error: jsonText(error),
          ...stateToColumns(state),
          at,
        }),
      )
    },

    async get(id) {
      const [row] = await run.rows(db.selectFrom('sluice.dead_letter').selectAll().where('id', '=', id))
      return row && fromRow(row)
    },

    async listOpen({ tenantId, before, limit }) {
      const ofTenant = tenantId === null ? open() : open().where('tenant_id', '=', tenantId)
      const older = before === undefined ? ofTenant : ofTenant.where('id', '<', before)
      return (await run.rows(older.selectAll().orderBy('id', 'desc').limit(limit))).map(fromRow)
    },

    async countOpen(tenantId, atMost) {
      const [row] = await run.rows(sql<{ count: number }>`
        select count(*)::integer as count from (
          select 1 from sluice.dead_letter where tenant_id = ${tenantId} and state = 'open' limit ${atMost}) as counted`)
      return row?.count ?? 0
    },

    async openByKind(atMost) {
      const rows = await run.rows(sql<{ kind: DeadLetterAbout['kind']; count: number }>`
        select kind, count(*)::integer as count from (
          select kind from sluice.dead_letter where state = 'open' limit ${atMost}) as counted group by kind`)
      return new Map(rows.map(({ kind, count }) => [kind, count]))
    },

    close: async (id, to) => (await run.count(closing(to).where('id', '=', id))) === 1,

    async closeJob(jobId, to) {
      await run.write(closing(to).where('job_id', '=', jobId).where('kind', '=', 'job'))
    },
  }
}
