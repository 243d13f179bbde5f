import type pg from 'pg'
import { SluiceError } from '../../../domain/errors.ts'
import type { StepId } from '../../../domain/ids.ts'
import type { Lane } from '../../../domain/step.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Consumer, Queue, QueueMessage } from '../../../ports/queue.ts'
import { databaseError } from '../../postgres/errors.ts'
import { listenerOf } from '../../postgres/listener.ts'
import { SCHEMA_LOCK } from '../../postgres/schema-lock.ts'
import { type Consumption, startConsumer } from '../consumer.ts'
import { inOrder } from '../in-order.ts'

const CHANNEL = 'sluice_queue'

/**
 * Unlogged: a message is a hint, so it is neither written ahead nor synced, and a crash of the server may lose it; the
 * scheduler hints again. A step waits at most once per lane.
 */
const TABLE = `
  select pg_advisory_xact_lock(${SCHEMA_LOCK});
  create schema if not exists sluice;
  create unlogged table if not exists sluice.queue_message (
    lane text not null,
    step_id text collate "C" not null,
    priority integer not null,
    position bigint generated always as identity,
    primary key (lane, step_id)
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
  create index if not exists queue_message_order on sluice.queue_message (lane, priority desc, position);
`

const SEND = `
  with sent as (
    insert into sluice.queue_message (lane, step_id, priority) select $1, * from unnest($2::text[], $3::integer[])
    on conflict (lane, step_id) do nothing returning 1
  )
  select pg_notify('${CHANNEL}', $1) where exists (select from sent)`

// The array keeps the planner from running the locking subquery more than once.
const TAKE = `
  delete from sluice.queue_message where lane = $1 and step_id = any(array(
    select step_id from sluice.queue_message where lane = $1 order by priority desc, position limit $2 for update skip locked
  )) returning step_id, priority, position`

interface Taken {
  step_id: StepId
  priority: number
  position: string
}

/** The queue on the store's own PostgreSQL: `SKIP LOCKED` shares the messages out, `NOTIFY` wakes who is idle. */
export function createPostgresQueue({ pool, log }: { pool: pg.Pool; log?: Logger }): Queue {
  const listener = listenerOf(pool, log)
  const consumers = new Set<Consumer>()
  let table: Promise<unknown> | undefined
  let closed = false

  async function run<Row extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    if (closed) throw new SluiceError('shutting_down', 'The queue is closed.')
    try {
      table ??= pool.query(TABLE)
      await table
    } catch (error) {
      table = undefined
      throw databaseError(error)
    }
    try {
      return (await pool.query<Row>({ name: `sluice_queue_${name}`, text, values })).rows
    } catch (error) {
      throw databaseError(error)
    }
  }

  async function send(lane: Lane, messages: QueueMessage[]): Promise<void> {
    if (messages.length === 0) return
    await run('send', SEND, [lane, messages.map(({ stepId }) => stepId), messages.map(({ priority }) => priority)])
  }

  return {
    send: inOrder(send),

    async consume(lane, slots, handler) {
      const source: Consumption = {
        async take(atMost) {
          const rows = await run<Taken>('take', TAKE, [lane, atMost])
          rows.sort((a, b) => b.priority - a.priority || Number(a.position) - Number(b.position))
          return rows.map(({ step_id, priority }) => ({ stepId: step_id, priority }))
        },
        giveBack: (messages) => send(lane, messages),
        onMore: (wake) => listener.listen(CHANNEL, (sentTo) => sentTo === lane && wake(), wake),
      }
      await run('depth', DEPTH, [lane])
      const consumer = startConsumer(source, slots, handler, log)
      consumers.add(consumer)
      return {
        async stop() {
          await consumer.stop()
          consumers.delete(consumer)
        },
      }
    },

    async depth(lane) {
      const [row] = await run<{ depth: number }>('depth', DEPTH, [lane])
      return row?.depth ?? 0
    },

    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()))
      closed = true
    },
  }
}

const DEPTH = 'select count(*)::integer as depth from sluice.queue_message where lane = $1'
