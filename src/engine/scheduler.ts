import { LANES, type Lane } from '../domain/step.ts'
import type { HintedStep } from '../ports/store.ts'
import { createAdmission, type Room } from './admission.ts'
import type { EngineDeps } from './deps.ts'

/** The longest the scheduler sleeps: how late it can be for a step whose hint was lost. */
const MAX_SLEEP_MS = 1_000
/** What becomes due within this time is admitted together: a thousand polls a second cost a few looks. A wake does not wait for it. */
const MIN_SLEEP_MS = 40
/** How soon it looks again when it had to leave steps where they are: while they go quickly, and while nothing is taken. */
const LEFT_AGAIN_MS = 10
const MOST_SENDINGS = 4
const FULL_AGAIN_MS = 100
/**
 * Messages that may wait in a lane, for each slot there is in the house: enough that no slot idles until the next look, more where steps
 * are short. What waits in the lane has had its turn: the fewer, the sooner comes a tenant's who has only just asked.
 */
const WAITING_PER_SLOT: Record<Lane, number> = { io: 4, cpu: 2, resident: 2 }
const LEAST_WAITING = 4
/** How long the number of slots is believed; a process that died is listed for longer. */
const SLOTS_KNOWN_MS = 2_000

export interface Scheduler {
  /** Steps have become due, or will at that time: look no later. Calls during an admission are served by the next one. */
  poke(at?: Date): void
  /** How long nothing could be admitted, in milliseconds; 0 while it works. */
  failingMs(): number
  stop(): Promise<void>
}

type SchedulerDeps = Pick<EngineDeps, 'store' | 'queue' | 'clock' | 'log' | 'metrics' | 'config'>

/**
 * Admits due steps: reads them from the store (new, woken, parked whose time has come, leases run out, hints lost), gives each tenant
 * its turn, and sends their ids to the queue. It is the reconciler as well: due is due, whoever forgot it.
 */
export function startScheduler(deps: SchedulerDeps): Scheduler {
  let timer: ReturnType<typeof setTimeout> | undefined
  let admitting: Promise<void> | null = null
  /** What the last looks gave is on its way to the broker while the next one begins. None rejects. */
  const sendings = new Set<Promise<void>>()
  let again = false
  let stopped = false
  /** Since when looking, and sending, have failed: a look that finds nothing says nothing of the broker. */
  const failingSince: Record<'look' | 'send', number | null> = { look: null, send: null }
  const rooms = createRooms(deps, () => Promise.all(sendings))
  let admission: ReturnType<typeof createAdmission> | null = null

  async function admit(): Promise<void> {
    let sleepMs = MAX_SLEEP_MS
    try {
      admission ??= createAdmission(deps)
      const { given, left } = await (await admission).next(await rooms.look())
      while (sendings.size >= MOST_SENDINGS) await Promise.race(sendings)
      if (given.length > 0) {
        const sending = send(given)
          .then(
            () => succeeded('send'),
            (error) => failed('send', error),
          )
          .finally(() => sendings.delete(sending))
        sendings.add(sending)
      }
      if (left) sleepMs = given.length > 0 ? LEFT_AGAIN_MS : FULL_AGAIN_MS
      else sleepMs = Math.max(MIN_SLEEP_MS, await deps.store.steps.nextDueInMs(LANES, sleepMs))
      succeeded('look')
    } catch (error) {
      admission = null
      failed('look', error)
    }
    if (!stopped) timer = setTimeout(() => poke(), Math.min(MAX_SLEEP_MS, sleepMs))
  }

  async function send(given: readonly HintedStep[]): Promise<void> {
    await Promise.all(
      [...Map.groupBy(given, ({ lane }) => lane)].map(([lane, steps]) => {
        rooms.sent(lane, steps.length)
        return deps.queue.send(
          lane,
          steps.map(({ id, woken }) => ({ stepId: id, priority: woken ? 1 : 0 })),
        )
      }),
    )
  }

  function succeeded(what: 'look' | 'send'): void {
    failingSince[what] = null
    // A look is for nothing while the broker takes nothing.
    if (what === 'look' && failingSince.send === null) deps.metrics.count('sluice_scheduler_looks_total', { outcome: 'succeeded' })
  }

  /** What was given and did not reach the broker is due again when a hint that was lost would be. */
  function failed(what: 'look' | 'send', error: unknown): void {
    failingSince[what] ??= performance.now()
    deps.metrics.count('sluice_scheduler_looks_total', { outcome: 'failed' })
    if (!stopped) deps.log.warn({ err: error }, 'steps could not be admitted; trying again')
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
    failingMs: () => performance.now() - Math.min(...Object.values(failingSince).map((since) => since ?? performance.now())),
    async stop() {
      stopped = true
      clearTimeout(timer)
      await admitting
      await Promise.all(sendings)
    },
  }
}

/** How many messages each lane takes. The broker is asked only when what was sent since it was asked last could have filled the lane. */
function createRooms({ store, queue }: SchedulerDeps, arrived: () => Promise<unknown>) {
  const atMostWaiting = new Map<Lane, number>()
  let windows = new Map<Lane, number>()
  let knownAt = Number.NEGATIVE_INFINITY

  async function readWindows(): Promise<void> {
    if (performance.now() - knownAt < SLOTS_KNOWN_MS) return
    const alive = (await store.processes.list()).filter((process) => process.alive)
    const slots = (lane: Lane): number => alive.reduce((sum, process) => sum + (process.slots[lane] ?? 0), 0)
    windows = new Map(LANES.map((lane) => [lane, Math.max(LEAST_WAITING, WAITING_PER_SLOT[lane] * slots(lane))]))
    knownAt = performance.now()
  }

  return {
    async look(): Promise<Map<Lane, Room>> {
      await readWindows()
      const rooms = new Map<Lane, Room>()
      for (const [lane, most] of windows) {
        // Half a window is worth a look into the store.
        if ((atMostWaiting.get(lane) ?? 0) > most / 2) {
          await arrived()
          atMostWaiting.set(lane, await queue.depth(lane))
        }
        rooms.set(lane, { free: Math.max(0, most - (atMostWaiting.get(lane) ?? 0)), most })
      }
      return rooms
    },

    sent(lane: Lane, messages: number): void {
      atMostWaiting.set(lane, (atMostWaiting.get(lane) ?? 0) + messages)
    },
  }
}
