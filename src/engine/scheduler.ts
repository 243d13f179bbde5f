import { LANES, type Lane } from '../domain/step.ts'
import type { QueueMessage } from '../ports/queue.ts'
import type { EngineDeps } from './deps.ts'

/** The longest the scheduler sleeps: how late it can be for a step whose hint was lost. */
const MAX_SLEEP_MS = 1_000
/** What becomes due within this time is admitted together: a thousand polls a second cost a few looks. A wake does not wait for it. */
const MIN_SLEEP_MS = 40
const BATCH = 500
/** Messages that may wait in a lane: more would only be reminded of again and again, and could not be put in another order. */
const MOST_WAITING = 1_000
/** How soon a full lane is looked at again. */
const FULL_AGAIN_MS = 100

export interface Scheduler {
  /** Steps have become due, or will at that time: look no later. Calls during an admission are served by the next one. */
  poke(at?: Date): void
  stop(): Promise<void>
}

/**
 * Admits due steps: reads them from the store (new, woken, parked whose time has come, leases run out, hints lost)
 * and sends their ids to the queue. It is the reconciler as well: due is due, whoever forgot it.
 * Any number may run; the store gives each due step to one of them at a time.
 */
export function startScheduler(deps: Pick<EngineDeps, 'store' | 'queue' | 'clock' | 'log' | 'metrics' | 'config'>): Scheduler {
  let timer: ReturnType<typeof setTimeout> | undefined
  let admitting: Promise<void> | null = null
  let again = false
  let stopped = false
  const atMostWaiting = new Map<Lane, number>()

  /** The broker is asked only when what was sent since it was asked last could have filled the lane. */
  async function lanesWithRoom(): Promise<Lane[]> {
    const open: Lane[] = []
    for (const lane of LANES) {
      if ((atMostWaiting.get(lane) ?? 0) >= MOST_WAITING) atMostWaiting.set(lane, await deps.queue.depth(lane))
      if ((atMostWaiting.get(lane) ?? 0) < MOST_WAITING) open.push(lane)
    }
    return open
  }

  async function admit(): Promise<void> {
    let sleepMs = MAX_SLEEP_MS
    try {
      const open = await lanesWithRoom()
      if (open.length < LANES.length) sleepMs = FULL_AGAIN_MS
      const due = await deps.store.steps.due(open, BATCH, deps.config.hintAgainMs)
      const lanes = new Map<Lane, QueueMessage[]>()
      for (const { id, lane, priority } of due) {
        const messages = lanes.get(lane) ?? []
        messages.push({ stepId: id, priority })
        lanes.set(lane, messages)
      }
      await Promise.all([...lanes].map(([lane, messages]) => deps.queue.send(lane, messages)))
      for (const [lane, messages] of lanes) atMostWaiting.set(lane, (atMostWaiting.get(lane) ?? 0) + messages.length)
      sleepMs = due.length === BATCH ? 0 : await deps.store.steps.nextDueInMs(open, sleepMs)
      deps.metrics.count('sluice_scheduler_looks_total', { outcome: 'succeeded' })
    } catch (error) {
      deps.metrics.count('sluice_scheduler_looks_total', { outcome: 'failed' })
      if (!stopped) deps.log.warn({ err: error }, 'steps could not be admitted; trying again')
    }
    if (!stopped) timer = setTimeout(() => poke(), Math.max(MIN_SLEEP_MS, Math.min(MAX_SLEEP_MS, sleepMs)))
  }

  function poke(at?: Date): void {
    // It looks by then of its own accord.
    if (at && at.getTime() - deps.clock.now().getTime() >= MAX_SLEEP_MS) return
    if (stopped) return
    if (admitting) {
      again = true
      return
    }
    clearTimeout(timer)
    again = false
    admitting = admit().finally(() => {
      admitting = null
      if (again) poke()
    })
  }

  poke()
  return {
    poke,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await admitting
    },
  }
}
