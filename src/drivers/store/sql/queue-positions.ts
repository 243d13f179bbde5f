import { sql } from 'kysely'
import type { TenantId } from '../../../domain/ids.ts'
import type { Job } from '../../../domain/job.ts'
import { NO_TURNS, orderOfTurns, type Turns } from '../../../domain/turns.ts'
import type { WaitingStep } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { createSteps } from './steps.ts'
import { createTurns } from './turns.ts'

/** Jobs of a tenant that are looked at: nobody reads a longer queue to the digit, and every look would pay for it. */
const MOST_OF_EACH = 1_000
/** A thousand who ask for their places at once cost one look. */
const KEPT_MS = 500

/** What a job costs that came after the look, in seconds; nobody has asked for its price. */
const NEWCOMER_SECONDS = 10

interface Look {
  at: number
  entries: WaitingStep[]
  /** Tenants of whom more wait than were looked at. */
  longer: Set<TenantId>
  weights: Map<TenantId, number>
  turns: Turns
  places: Map<string, number>
  /** Where a job would stand that its tenant submits now. */
  ends: Map<TenantId, number>
}

/** Places in the queue, by the same turns that the scheduler gives. */
export function createQueuePositions(run: Sql): (job: Pick<Job, 'id' | 'tenantId' | 'createdAt'>) => Promise<number> {
  const steps = createSteps(run)
  const allTurns = createTurns(run)
  let known: Promise<Look> | null = null
  let knownAt = Number.NEGATIVE_INFINITY

  async function look(): Promise<Look> {
    const [entries, turns, heavy, [clock]] = await Promise.all([
      steps.waiting(['entry'], MOST_OF_EACH),
      allTurns.all(),
      run.rows(sql<{ id: TenantId; weight: number }>`select id, weight from sluice.tenant where weight <> 1`),
      // Jobs are stamped by the database's clock, or one that goes like it.
      run.rows(sql<{ now: Date }>`select now() as now`),
    ])
    const weights = new Map(heavy.map(({ id, weight }) => [id, weight]))
    const entryTurns = turns.get('entry') ?? NO_TURNS
    const order = orderOfTurns(entries, weights, entryTurns)
    const counts = Map.groupBy(entries, ({ tenantId }) => tenantId)
    return {
      at: clock?.now.getTime() ?? 0,
      entries,
      longer: new Set([...counts].flatMap(([tenantId, { length }]) => (length < MOST_OF_EACH ? [] : tenantId))),
      weights,
      turns: entryTurns,
      places: new Map(order.map(({ jobId }, place) => [jobId, place])),
      ends: new Map(),
    }
  }

  function endOf(tenantId: TenantId, { entries, weights, turns, ends }: Look): number {
    const seen = ends.get(tenantId)
    if (seen !== undefined) return seen
    const newcomer = { tenantId, costSeconds: NEWCOMER_SECONDS, hinted: false }
    const place = orderOfTurns<Pick<WaitingStep, 'tenantId' | 'costSeconds' | 'hinted'>>([...entries, newcomer], weights, turns).indexOf(
      newcomer,
    )
    ends.set(tenantId, place)
    return place
  }

  return async function ahead({ id, tenantId, createdAt }) {
    if (known === null || performance.now() - knownAt > KEPT_MS) {
      knownAt = performance.now()
      known = look()
      known.catch(() => {
        known = null
      })
    }
    const seen = await known
    const place = seen.places.get(id)
    if (place !== undefined) return place
    // It has begun, or has come since.
    return createdAt.getTime() < seen.at && !seen.longer.has(tenantId) ? 0 : endOf(tenantId, seen)
  }
}
