import { type Insertable, type Selectable, sql } from 'kysely'
import type { StoredError } from '../../../domain/errors.ts'
import type { JobId, StepId } from '../../../domain/ids.ts'
import type { Lane, Step, StepState, StepWork } from '../../../domain/step.ts'
import type { StepsRepository } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { inserter, jsonText, text } from './rows.ts'
import type { StepTable } from './schema.ts'

type Row = Selectable<StepTable>

const insertRows = inserter('sluice.step', {
  id: 'text',
  job_id: 'text',
  name: 'text',
  take_id: 'text',
  work: 'json',
  lane: 'text',
  priority: 'integer',
  attempt: 'integer',
  failures: 'integer',
  state: 'text',
  due_at: 'timestamptz',
  hint_at: 'timestamptz',
  worker_id: 'text',
  poked: 'boolean',
  reason: 'text',
  error: 'json',
  created_at: 'timestamptz',
})

type StateColumns = Pick<Insertable<StepTable>, 'state' | 'due_at' | 'hint_at' | 'worker_id' | 'reason' | 'error'>

function stateToColumns(state: StepState): StateColumns {
  const none = { state: state.state, due_at: null, hint_at: null, worker_id: null, reason: null, error: null }
  switch (state.state) {
    case 'ready':
      return { ...none, due_at: state.runAt, hint_at: state.runAt }
    case 'running':
      return { ...none, due_at: state.leaseUntil, hint_at: state.leaseUntil, worker_id: state.workerId }
    case 'parked':
      return { ...none, due_at: state.wakeAt, hint_at: state.wakeAt, reason: text(state.reason) }
    case 'failed':
      return { ...none, error: jsonText(state.error) }
    case 'done':
    case 'cancelled':
      return none
  }
}

function stateFromRow(row: Row): StepState {
  // The table checks that `due_at` is there exactly in the states that need it.
  const dueAt = row.due_at as Date
  switch (row.state as StepState['state']) {
    case 'ready':
      return { state: 'ready', runAt: dueAt }
    case 'running':
      return { state: 'running', leaseUntil: dueAt, workerId: row.worker_id ?? '' }
    case 'parked':
      return { state: 'parked', wakeAt: dueAt, reason: row.reason ?? '' }
    case 'failed':
      return { state: 'failed', error: row.error as StoredError }
    case 'done':
      return { state: 'done' }
    case 'cancelled':
      return { state: 'cancelled' }
  }
}

function toRow(step: Step): Insertable<StepTable> {
  return {
    ...stateToColumns(step.state),
    id: step.id,
    job_id: step.jobId,
    name: step.work.name,
    take_id: 'takeId' in step.work ? step.work.takeId : null,
    work: jsonText(step.work),
    lane: step.lane,
    priority: step.priority,
    attempt: step.attempt,
    failures: step.failures,
    poked: false,
    created_at: step.createdAt,
  }
}

function fromRow(row: Row): Step {
  return {
    id: row.id as StepId,
    jobId: row.job_id as JobId,
    work: row.work as StepWork,
    lane: row.lane as Lane,
    priority: row.priority,
    attempt: row.attempt,
    failures: row.failures,
    state: stateFromRow(row),
    createdAt: row.created_at,
  }
}

/** Marks a step that somebody woke: it goes before those of its priority whose time has merely come. */
const WOKEN = sql`'epoch'::timestamptz`

const inMs = (milliseconds: number) => sql`now() + ${milliseconds} * interval '1 millisecond'`

/**
 * Every move of a step is one statement, decided by the row and the database's clock. `attempt` is the fence: each claim
 * raises it, so what an earlier holder still writes matches no row.
 */
export function createSteps(run: Sql): StepsRepository {
  return {
    async insert(steps) {
      if (steps.length > 0) await run.write(insertRows(steps.map(toRow)))
    },

    async get(id) {
      const [row] = await run.rows(db.selectFrom('sluice.step').selectAll().where('id', '=', id))
      return row && fromRow(row)
    },

    async ofJob(jobId) {
      const rows = await run.rows(db.selectFrom('sluice.step').selectAll().where('job_id', '=', jobId).orderBy('id'))
      return rows.map(fromRow)
    },

    // Of two claims at once the second waits for the first, then finds `due_at` in the future.
    async claim(id, workerId, leaseMs) {
      const [row] = await run.rows(sql<Row>`
        update sluice.step set state = 'running', attempt = attempt + 1, worker_id = ${workerId}, poked = false, reason = null,
          due_at = ${inMs(leaseMs)}, hint_at = ${inMs(leaseMs)}
        where id = ${id} and due_at <= now()
        returning *`)
      return row && fromRow(row)
    },

    async renew(id, attempt, leaseMs) {
      const changed = await run.count(sql`
        update sluice.step set due_at = ${inMs(leaseMs)}, hint_at = ${inMs(leaseMs)}
        where id = ${id} and attempt = ${attempt} and state = 'running'`)
      return changed === 1
    },

    async hold(id, attempt) {
      const rows = await run.rows(sql`
        select 1 from sluice.step where id = ${id} and attempt = ${attempt} and state = 'running' for no key update`)
      return rows.length === 1
    },

    async leave(id, attempt, to, failures) {
      const { state, due_at, worker_id, reason, error } = stateToColumns(to)
      const pokedAway = sql`(poked and ${state}::text = 'parked')`
      const dueAt = sql`case when ${pokedAway} then now() else ${due_at}::timestamptz end`
      const changed = await run.count(sql`
        update sluice.step set failures = ${failures}, poked = false, worker_id = ${worker_id}, error = ${error}::json,
          state = case when ${pokedAway} then 'ready' else ${state} end,
          reason = case when ${pokedAway} then null else ${reason} end,
          due_at = ${dueAt}, hint_at = ${dueAt}
        where id = ${id} and attempt = ${attempt} and state = 'running'`)
      return changed === 1
    },

    async wake(jobId, name, takeId) {
      const rows = await run.rows(sql<{ id: StepId; state: string }>`
        update sluice.step set
          poked = (state = 'running'),
          due_at = case when state = 'parked' then least(due_at, now()) else due_at end,
          hint_at = case when state = 'parked' then ${WOKEN} else hint_at end
        where job_id = ${jobId} and name = ${name} and (${takeId ?? null}::text is null or take_id = ${takeId ?? null})
          and state in ('parked', 'running')
        returning id, state`)
      return rows.filter(({ state }) => state === 'parked').map(({ id }) => id)
    },

    async cancelOpen(jobId, keep) {
      await run.write(sql`
        update sluice.step set state = 'cancelled', due_at = null, hint_at = null, worker_id = null, poked = false, reason = null
        where job_id = ${jobId} and due_at is not null and id is distinct from ${keep ?? null}::text`)
    },

    async due(lanes, limit, hintAgainMs) {
      const rows = await run.rows(sql<{ id: StepId; lane: Lane; priority: number }>`
        with due as materialized (
          select id, (hint_at = ${WOKEN})::integer as woken from sluice.step where hint_at <= now() and lane = any(${lanes})
          order by priority desc, hint_at, id limit ${limit} for no key update skip locked
        )
        update sluice.step set hint_at = ${inMs(hintAgainMs)} from due where step.id = due.id
        returning step.id, step.lane, step.priority + due.woken as priority`)
      return rows.sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1))
    },

    async nextDueInMs(lanes, atMostMs) {
      const [row] = await run.rows(sql<{ ms: number | null }>`
        select (extract(epoch from min(hint_at) - now()) * 1000)::double precision as ms from sluice.step
        where hint_at is not null and lane = any(${lanes})`)
      return Math.max(0, Math.min(atMostMs, Math.ceil(row?.ms ?? atMostMs)))
    },

    async open(jobId, names) {
      const [row] = await run.rows(sql<{ open: number }>`
        select count(*)::integer as open from sluice.step where job_id = ${jobId} and due_at is not null and name = any(${names})`)
      return row?.open ?? 0
    },
  }
}
