import { type Insertable, type Selectable, sql } from 'kysely'
import type { JobId, TenantId, WebhookId } from '../../../domain/ids.ts'
import { messageId, type WebhookDelivery, type WebhookEndpoint, type WebhookState } from '../../../domain/webhook.ts'
import type { WebhooksRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { text } from './rows.ts'
import type { WebhookDeliveryTable, WebhookEndpointTable } from './schema.ts'

type EndpointRow = Selectable<WebhookEndpointTable>
type DeliveryRow = Selectable<WebhookDeliveryTable>

function endpointToRow(endpoint: WebhookEndpoint): Insertable<WebhookEndpointTable> {
  const { state, previous } = endpoint
  return {
    id: endpoint.id,
    tenant_id: endpoint.tenantId,
    url: text(endpoint.url),
    events: endpoint.events,
    secret: endpoint.secret,
    previous_secret: previous?.secret ?? null,
    previous_until: previous?.until ?? null,
    state: state.state,
    disabled_reason: state.state === 'disabled' ? state.reason : null,
    disabled_at: state.state === 'disabled' ? state.at : null,
    failing_since: endpoint.failingSince,
    created_at: endpoint.createdAt,
  }
}

function endpointFromRow(row: EndpointRow): WebhookEndpoint {
  return {
    id: row.id as WebhookId,
    tenantId: row.tenant_id as TenantId,
    url: row.url,
    events: row.events as WebhookEndpoint['events'],
    secret: row.secret,
    previous: row.previous_secret !== null && row.previous_until ? { secret: row.previous_secret, until: row.previous_until } : null,
    state: (row.disabled_at
      ? { state: 'disabled', reason: row.disabled_reason, at: row.disabled_at }
      : { state: 'enabled' }) as WebhookState,
    failingSince: row.failing_since,
    createdAt: row.created_at,
  }
}

function deliveryFromRow(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id as WebhookId,
    event: row.job_id === null || row.event_id === null ? null : { jobId: row.job_id as JobId, id: row.event_id },
    type: row.type as WebhookDelivery['type'],
    state: row.state as WebhookDelivery['state'],
    attempts: row.attempts,
    nextAt: row.next_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
    lastTookMs: row.last_took_ms,
    firstAttemptAt: row.first_attempt_at,
    lastAttemptAt: row.last_attempt_at,
    createdAt: row.created_at,
  }
}

const inMs = (milliseconds: number) => sql`now() + ${milliseconds} * interval '1 millisecond'`

/**
 * A delivery that is being sent is a pending one whose `next_at` lies ahead: nobody else finds it due, and if its sender
 * dies it is due again by itself. `attempts` is the fence of what a sender writes afterwards. Where one row is wanted, pending
 * is written as `next_at is not null`: that keeps the planner from the partial index of all that are.
 */
export function createWebhooks(run: Sql): WebhooksRepository {
  const endpoint = async (query: Parameters<typeof run.rows<EndpointRow>>[0]): Promise<WebhookEndpoint | undefined> => {
    const [row] = await run.rows(query)
    return row && endpointFromRow(row)
  }
  const delivery = async (query: Parameters<typeof run.rows<DeliveryRow>>[0]): Promise<WebhookDelivery | undefined> => {
    const [row] = await run.rows(query)
    return row && deliveryFromRow(row)
  }

  return {
    async insert(made) {
      await run.write(db.insertInto('sluice.webhook_endpoint').values(endpointToRow(made)))
    },

    get: (id) => endpoint(db.selectFrom('sluice.webhook_endpoint').selectAll().where('id', '=', id)),

    lock: (id) => endpoint(db.selectFrom('sluice.webhook_endpoint').selectAll().where('id', '=', id).forNoKeyUpdate()),

    async save(changed) {
      const { id, tenant_id, created_at, ...changing } = endpointToRow(changed)
      await run.write(db.updateTable('sluice.webhook_endpoint').set(changing).where('id', '=', id), 1)
    },

    async remove(id) {
      await run.write(sql`
        with gone as (delete from sluice.webhook_endpoint where id = ${id})
        delete from sluice.webhook_delivery where endpoint_id = ${id}`)
    },

    async list(tenantId) {
      const rows = await run.rows(db.selectFrom('sluice.webhook_endpoint').selectAll().where('tenant_id', '=', tenantId).orderBy('id'))
      return rows.map(endpointFromRow)
    },

    async announce(job, at, events) {
      if (events.length === 0) return
      await run.write(sql`
        insert into sluice.webhook_delivery (endpoint_id, id, job_id, event_id, type, state, next_at, created_at)
        select endpoint.id, event.message_id, ${job.id}, event.id, event.type, 'pending', now(), ${at}::timestamptz
        from sluice.webhook_endpoint as endpoint
          join unnest(${events.map(({ id }) => messageId(job.id, id))}::text[], ${events.map(({ id }) => id)}::integer[],
            ${events.map(({ type }) => type)}::text[]) as event (message_id, id, type) on event.type = any (endpoint.events)
        where endpoint.tenant_id = ${job.tenantId} and endpoint.state = 'enabled'
        order by event.id
        on conflict do nothing`)
    },

    async addTest(endpointId, id, at) {
      await run.write(sql`
        insert into sluice.webhook_delivery (endpoint_id, id, type, state, next_at, created_at)
        values (${endpointId}, ${id}, 'webhook.test', 'pending', now(), ${at})`)
    },

    // Endpoints in any order, so that none is always the last when there is more to do than can be done. The
    // earlier events of a job are found by the job: `|| ''`, and `next_at` in place of the state, keep out the indexes through
    // which the whole backlog of the endpoint would be read for each row.
    async claim({ limit, perEndpoint, busy, leaseMs }) {
      const rows = await run.rows(sql<DeliveryRow>`
        with due as (
          select delivery.endpoint_id, delivery.id
          from (
            select id, case when failing_since is null then ${perEndpoint}::integer else 1 end - coalesce(busy.count, 0) as free
            from sluice.webhook_endpoint
              left join unnest(${[...busy.keys()]}::text[], ${[...busy.values()]}::integer[]) as busy (endpoint_id, count) on busy.endpoint_id = id
            where state = 'enabled' order by random()
          ) as endpoint
          cross join lateral (
            select endpoint_id, id from sluice.webhook_delivery as candidate
            where endpoint_id = endpoint.id and state = 'pending' and next_at <= now()
              and (
                select event_id from sluice.webhook_delivery as earlier
                where earlier.job_id = candidate.job_id and earlier.event_id < candidate.event_id
                  and earlier.endpoint_id || '' = candidate.endpoint_id and earlier.next_at is not null and earlier.attempts < 2
                limit 1) is null
            order by next_at limit greatest(0, endpoint.free)
            for update skip locked
          ) as delivery
          limit ${limit}
        )
        update sluice.webhook_delivery as delivery set attempts = attempts + 1, next_at = ${inMs(leaseMs)},
          first_attempt_at = coalesce(first_attempt_at, now()), last_attempt_at = now()
        from due where delivery.endpoint_id = due.endpoint_id and delivery.id = due.id
        returning delivery.*`)
      if (rows.length === 0) return []
      const ids = [...new Set(rows.map(({ endpoint_id }) => endpoint_id))]
      const endpoints = await run.rows(sql<EndpointRow>`select * from sluice.webhook_endpoint where id = any(${ids}::text[])`)
      const known = new Map(endpoints.map((row) => [row.id, endpointFromRow(row)]))
      return rows.flatMap((row) => {
        const to = known.get(row.endpoint_id)
        return to ? [{ delivery: deliveryFromRow(row), endpoint: to }] : []
      })
    },

    async settle({ endpointId, id, attempts }, { to, status, error, tookMs }) {
      const nextAt = to.state === 'pending' ? inMs(to.waitMs) : sql`null`
      const changed = await run.count(sql`
        update sluice.webhook_delivery set state = ${to.state}, next_at = ${nextAt}, last_status = ${status},
          last_error = ${error === null ? null : text(error)}, last_took_ms = ${Math.round(tookMs)}
        where endpoint_id = ${endpointId} and id = ${id} and attempts = ${attempts} and next_at is not null`)
      return changed === 1
    },

    async giveBack({ endpointId, id, attempts }) {
      await run.write(sql`
        update sluice.webhook_delivery set attempts = attempts - 1, next_at = now()
        where endpoint_id = ${endpointId} and id = ${id} and attempts = ${attempts} and next_at is not null`)
    },

    delivery: (endpointId, id) =>
      delivery(db.selectFrom('sluice.webhook_delivery').selectAll().where('endpoint_id', '=', endpointId).where('id', '=', id)),

    async deliveries(endpointId, { state, before, limit }) {
      const rows = await run.rows(sql<DeliveryRow>`
        select * from sluice.webhook_delivery
        where endpoint_id = ${endpointId}
          and (${state ?? null}::text is null or state = ${state ?? null})
          and (${before ?? null}::text is null
            or position < (select position from sluice.webhook_delivery where endpoint_id = ${endpointId} and id = ${before ?? null}))
        order by position desc limit ${limit}`)
      return rows.map(deliveryFromRow)
    },

    replay: (endpointId, id) =>
      delivery(sql`
        with letter as (
          update sluice.dead_letter set state = 'retried', closed_at = now()
          where webhook_id = ${endpointId} and delivery_id = ${id} and state = 'open'
        )
        update sluice.webhook_delivery set state = 'pending', attempts = 0, next_at = now()
        where endpoint_id = ${endpointId} and id = ${id} returning *`),

    async forgetBefore(time) {
      await run.write(sql`delete from sluice.webhook_delivery where created_at < ${time}`)
    },
  }
}
