import { type Insertable, type RawBuilder, type Selectable, sql } from 'kysely'
import type { StoredError } from '../../../domain/errors.ts'
import type { JobId, StepId, TenantId } from '../../../domain/ids.ts'
import { LANES, type Lane, rankOf, type Step, type StepExit, type StepState, type StepWork } from '../../../domain/step.ts'
import type { Backlog, ClaimedStep, HintedStep, QueueName, StepsRepository, WaitingStep } from '../../../ports/store.ts'
import { db, type Sql } from './database.ts'
import { inserter, jsonText, text } from './rows.ts'
import type { StepTable } from './schema.ts'

type Row = Selectable<StepTable>

const insertRows = inserter('sluice.step', {
  id: 'text',
  job_id: 'text',
  tenant_id: 'text',
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
  cost_seconds: 'real',
  rank_at: 'timestamptz',
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
    tenant_id: step.tenantId,
    name: step.work.name,
    take_id: 'takeId' in step.work ? step.work.takeId : null,
    work: jsonText(step.work),
    lane: step.lane,
    priority: step.priority,
    attempt: step.attempt,
    failures: step.failures,
    poked: false,
    cost_seconds: step.costSeconds,
    rank_at: rankOf(step),
    created_at: step.createdAt,
  }
}

function fromRow(row: Row): Step {
  return {
    id: row.id as StepId,
    jobId: row.job_id as JobId,
    tenantId: row.tenant_id as TenantId,
    work: row.work as StepWork,
    lane: row.lane as Lane,
    priority: row.priority,
    costSeconds: row.cost_seconds,
    attempt: row.attempt,
    failures: row.failures,
    state: stateFromRow(row),
    createdAt: row.created_at,
  }
}

/** Marks a step that somebody woke: it goes before those of its tenant whose time has merely come. */
const WOKEN = sql`'epoch'::timestamptz`

/**
 * True. The commit of this statement does not wait for the disk: what a crash of the server takes back was a hint, which is given again.
 * A claim is none: another would be given the same attempt, and both would hold the fence.
 */
const UNSYNCED = sql`(select set_config('synchronous_commit', 'off', true)) = 'off'`

/** A step that begins a job and that nobody has claimed yet; the words of `step_entry`. */
const IS_ENTRY = sql`(name = 'analyse' and attempt = 0)`

/** The statement that changes a step still sees in the table how it was. Woken in between, it may not have been due there. */
const WAITED_MS = sql`(
  select greatest(0, extract(epoch from now() - before.due_at) * 1000)::double precision from sluice.step as before where before.id = step.id)`

const inMs = (milliseconds: number) => sql`now() + ${milliseconds} * interval '1 millisecond'`

interface Claim {
  id: StepId
  workerId: string
  leaseMs: number
}

interface Leave {
  id: StepId
  attempt: number
  to: StepExit
  failures: number
}

/** Whoever asks for the same step a second time is answered by themselves, afterwards. */
function firstOfEach<Ask extends { id: StepId }>(asks: Ask[]): Ask[] {
  const first = new Map<StepId, Ask>()
  for (const ask of asks) if (!first.has(ask.id)) first.set(ask.id, ask)
  return [...first.values()]
}

/**
 * Which rows of `step` a statement may change. By an array of ids and never by a join alone: there is one index to go by then, however
 * small the planner took the table for when it made the plan that the connection keeps.
 */
type Which = (ids: StepId[]) => RawBuilder<unknown>

const all: Which = (ids) => sql`step.id = any(${ids})`

/**
 * Those that nobody else holds at this moment. A statement for many waits for no row: all would wait with it, for as long as
 * some worker that was stopped in the middle of a transaction. What it leaves out is asked for by itself.
 */
const unlocked: Which = (ids) => sql`step.id = any(array(select id from sluice.step where id = any(${ids}) for no key update skip locked))`

/** Steps of a lane that a count of what waits looks at. */
const MOST_COUNTED = 10_000

/**
 * Every move of a step is one statement, decided by the row and the database's clock. `attempt` is the fence: each claim
 * raises it, so what an earlier holder still writes matches no row.
 */
export function createSteps(run: Sql): StepsRepository {
  async function claimed(asks: Claim[], which: Which): Promise<Map<string, ClaimedStep>> {
    const [ids, workers, leases] = [asks.map(({ id }) => id), asks.map(({ workerId }) => workerId), asks.map(({ leaseMs }) => leaseMs)]
    const rows = await run.rows(sql<Row & { waited_ms: number }>`
      update sluice.step set state = 'running', attempt = attempt + 1, lost = case when state = 'running' then lost + 1 else 0 end, worker_id = asked.worker_id, poked = false, reason = null,
        due_at = now() + asked.lease_ms * interval '1 millisecond', hint_at = now() + asked.lease_ms * interval '1 millisecond'
      from unnest(${ids}::text[], ${workers}::text[], ${leases}::double precision[]) as asked(id, worker_id, lease_ms)
      where step.id = asked.id and due_at <= now() and ${which(ids)}
      returning step.*, ${WAITED_MS} as waited_ms`)
    return new Map(rows.map((row) => [row.id, { ...fromRow(row), waitedMs: row.waited_ms }]))
  }

  // Of two claims at once the second waits for the first, then finds `due_at` in the future.
  const claimAlone = async (ask: Claim): Promise<ClaimedStep | undefined> => (await claimed([ask], all)).get(ask.id)
  const claim = run.gathered(async (asks: Claim[]) => {
    const first = firstOfEach(asks)
    const steps = await claimed(first, unlocked)
    return asks.map((ask) => (first.includes(ask) && steps.get(ask.id)) || claimAlone(ask))
  })

  async function left(asks: Leave[], which: Which): Promise<Map<string, StepExit['state']>> {
    const ids = asks.map(({ id }) => id)
    const to = asks.map((ask) => stateToColumns(ask.to))
    const pokedAway = sql`(poked and asked.state = 'parked')`
    const dueAt = sql`case when ${pokedAway} then now() else asked.due_at end`
    const rows = await run.rows(sql<{ id: string; state: StepExit['state'] }>`
      update sluice.step set failures = asked.failures, poked = false, worker_id = null, error = asked.error,
        state = case when ${pokedAway} then 'ready' else asked.state end,
        reason = case when ${pokedAway} then null else asked.reason end,
        due_at = ${dueAt}, hint_at = ${dueAt}
      from unnest(
        ${ids}::text[], ${asks.map(({ attempt }) => attempt)}::integer[],
        ${asks.map(({ failures }) => failures)}::integer[], ${to.map(({ state }) => state)}::text[],
        ${to.map(({ due_at }) => due_at)}::timestamptz[], ${to.map(({ reason }) => reason)}::text[], ${to.map(({ error }) => error)}::json[]
      ) as asked(id, attempt, failures, state, due_at, reason, error)
      where step.id = asked.id and step.attempt = asked.attempt and step.state = 'running' and ${which(ids)}
      returning step.id, step.state`)
    return new Map(rows.map(({ id, state }) => [id, state]))
  }

  const leaveAlone = async (ask: Leave): Promise<StepExit['state'] | null> => (await left([ask], all)).get(ask.id) ?? null
  const leave = run.gathered(async (asks: Leave[]) => {
    const first = firstOfEach(asks)
    const states = await left(first, unlocked)
    return asks.map((ask) => (first.includes(ask) && states.get(ask.id)) || leaveAlone(ask))
  })

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

    claim: (id, workerId, leaseMs) => claim({ id, workerId, leaseMs }),

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

    leave: (id, attempt, to, failures) => leave({ id, attempt, to, failures }),

    async revive(id) {
      const changed = await run.count(sql`
        update sluice.step set state = 'ready', failures = 0, error = null, due_at = now(), hint_at = ${WOKEN}
        where id = ${id} and state = 'failed'`)
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

    // Tenants with entries are found by one probe each, whatever the number of their entries. The planner is told nothing of how
    // many there are, neither by statistics (`select now()`) nor by the limit (the arrays): what it learnt in a backlog it would go
    // by long after, and read the whole table at every look.
    async waiting(queues, mostOfEach) {
      return run.rows(sql<WaitingStep>`
        with recursive tenant(id) as (
          (select tenant_id from sluice.step where ${IS_ENTRY} and hint_at is not null and 'entry' = any(${queues}) order by tenant_id limit 1)
          union all
          select (
            select tenant_id from sluice.step where ${IS_ENTRY} and hint_at is not null and tenant_id > tenant.id order by tenant_id limit 1
          ) from tenant where id is not null
        ), entry as (
          select first.* from tenant, lateral (
            select id, job_id, tenant_id, cost_seconds, hint_at from sluice.step
            where ${IS_ENTRY} and hint_at is not null and step.tenant_id = tenant.id order by rank_at, id limit ${mostOfEach}
          ) as first
        ), due as (
          select first.*, row_number() over (partition by lane, tenant_id order by hint_at = ${WOKEN} desc, rank_at, id) as place
          from unnest(${queues}::text[]) as asked(queue), lateral (
            select id, job_id, lane, tenant_id, cost_seconds, hint_at, rank_at from sluice.step
            where step.lane = asked.queue and not ${IS_ENTRY} and hint_at <= (select now()) order by hint_at limit ${MOST_COUNTED}
          ) as first
        )
        select id, job_id as "jobId", 'entry' as queue, tenant_id as "tenantId", cost_seconds as "costSeconds", hint_at > now() as hinted from entry
        union all
        (select id, job_id, lane, tenant_id, cost_seconds, false from due where place <= ${mostOfEach} order by lane, tenant_id, place)`)
    },

    async hintAll(rooms, hintAgainMs) {
      const rows = await run.rows(sql<{ id: StepId | null; lane: Lane; woken: boolean; contested: QueueName | null }>`
        with asked as (select * from unnest(${[...rooms.keys()]}::text[], ${[...rooms.values()]}::integer[]) as asked(queue, room)),
        come as materialized (
          select asked.queue, asked.room, first.id from asked, lateral (
            (select id from sluice.step
              where step.lane = asked.queue and not ${IS_ENTRY} and hint_at <= (select now()) order by hint_at limit asked.room + 1)
            union all
            (select id from sluice.step where asked.queue = 'entry' and ${IS_ENTRY} and hint_at <= (select now()) limit asked.room + 1)
          ) as first
        ), calm as (select queue from come group by queue, room having count(*) <= room),
        told as materialized (
          select id, hint_at = ${WOKEN} as woken from sluice.step
          where id = any(array(select id from come where queue in (select queue from calm))) and hint_at <= now()
          for no key update skip locked
        ), hinted as (
          update sluice.step set hint_at = ${inMs(hintAgainMs)} where id = any(array(select id from told)) and ${UNSYNCED}
          returning id, lane, (select woken from told where told.id = step.id) as woken, rank_at
        )
        (select id, lane, woken, null as contested from hinted order by woken desc, rank_at, id)
        union all
        (select distinct null, null, false, queue from come where queue not in (select queue from calm))`)
      return {
        hinted: rows.flatMap(({ id, lane, woken }) => (id === null ? [] : { id, lane, woken })),
        contested: rows.flatMap(({ contested }) => contested ?? []),
      }
    },

    async entriesOf(tenantId, most) {
      const [row] = await run.rows(sql<{ count: number; nextSeconds: number | null }>`
        select
          (select count(*)::integer from (
            select from sluice.step where ${IS_ENTRY} and hint_at is not null and tenant_id = ${tenantId} limit ${most}) as counted) as count,
          (select greatest(0, extract(epoch from now() - created_at))::double precision from sluice.step
            where ${IS_ENTRY} and hint_at is not null and tenant_id = ${tenantId} order by rank_at, id limit 1) as "nextSeconds"`)
      return { count: row?.count ?? 0, nextSeconds: row?.nextSeconds ?? 0 }
    },

    async hint(ids, hintAgainMs) {
      if (ids.length === 0) return []
      return run.rows(sql<HintedStep>`
        with told as materialized (
          select id, hint_at = ${WOKEN} as woken from sluice.step
          where id = any(${ids}) and hint_at <= now() for no key update skip locked
        )
        update sluice.step set hint_at = ${inMs(hintAgainMs)} where id = any(array(select id from told)) and ${UNSYNCED}
        returning id, lane, (select woken from told where told.id = step.id) as woken`)
    },

    async nextDueInMs(lanes, atMostMs) {
      const [row] = await run.rows(sql<{ ms: number | null }>`
        select (extract(epoch from min(next.hint_at) - now()) * 1000)::double precision as ms
        from unnest(${lanes}::text[]) as asked(lane),
          lateral (
            select min(hint_at) as hint_at from sluice.step where step.lane = asked.lane and hint_at is not null and not ${IS_ENTRY}
          ) as next`)
      return Math.max(0, Math.min(atMostMs, Math.ceil(row?.ms ?? atMostMs)))
    },

    // What is due was never hinted, or was not longer ago than hints are repeated: what is parked for longer is not looked at.
    async backlog(hintAgainMs) {
      return run.rows(sql<Backlog>`
        select asked.lane, waiting.depth, waiting.oldest as "oldestSeconds"
        from unnest(${LANES}::text[]) as asked(lane),
          lateral (
            select count(*)::integer as depth,
              greatest(0, coalesce(extract(epoch from now() - min(next.due_at)), 0))::double precision as oldest
            from (
              (select due_at, state from sluice.step where step.lane = asked.lane and not ${IS_ENTRY} and hint_at <= ${inMs(hintAgainMs)}
              order by hint_at limit ${MOST_COUNTED})
              union all
              (select due_at, state from sluice.step where ${IS_ENTRY} and hint_at is not null and step.lane = asked.lane limit ${MOST_COUNTED})
            ) as next
            where next.due_at <= now() and next.state <> 'running'
          ) as waiting`)
    },

    async open(jobId, names) {
      const [row] = await run.rows(sql<{ open: number }>`
        select count(*)::integer as open from sluice.step where job_id = ${jobId} and due_at is not null and name = any(${names})`)
      return row?.open ?? 0
    },
  }
}
