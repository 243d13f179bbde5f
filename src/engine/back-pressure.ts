import { SluiceError } from '../domain/errors.ts'
import type { TenantId } from '../domain/ids.ts'
import type { EngineDeps } from './deps.ts'

/** How long what waits of a tenant is counted on from what it was. */
const COUNTED_MS = 1_000
const MOST_REMEMBERED = 1_000
const TRY_AGAIN_MS = 15_000

/** Throws `queue_full`. */
export type BackPressure = (tenantId: TenantId) => Promise<void>

/**
 * Refuses what could only wait: a tenant has too many jobs that have not begun, or they have waited for too long. Looked up once a
 * second and counted on from there, so that several servers together may let in what comes within a second more.
 */
export function createBackPressure({ store, config }: Pick<EngineDeps, 'store' | 'config'>): BackPressure {
  const known = new Map<TenantId, { count: number; nextSeconds: number; countedAt: number }>()
  const { tenantWaitingJobs: mostJobs, tenantWaitingSeconds: mostSeconds } = config

  return async function check(tenantId) {
    const now = performance.now()
    let waiting = known.get(tenantId)
    if (waiting === undefined || now - waiting.countedAt > COUNTED_MS) {
      if (known.size > MOST_REMEMBERED) known.clear()
      waiting = { ...(await store.steps.entriesOf(tenantId, mostJobs)), countedAt: now }
      known.set(tenantId, waiting)
    }
    if (waiting.count >= mostJobs) throw full(`${waiting.count} jobs wait already; at most ${mostJobs} may.`)
    if (mostSeconds !== null && waiting.count > 0 && waiting.nextSeconds > mostSeconds)
      throw full(
        `The next job has waited for ${Math.round(waiting.nextSeconds)} s; none is taken in while that is more than ${mostSeconds} s.`,
      )
    waiting.count++
  }
}

function full(detail: string): SluiceError {
  return new SluiceError('queue_full', detail, {
    fix: `Try again in ${TRY_AGAIN_MS / 1_000} s, with the same Idempotency-Key; or cancel jobs that are not needed any more.`,
    retryAfterMs: TRY_AGAIN_MS,
  })
}
