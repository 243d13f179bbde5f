import type { HouseProcess, SchedulingRole } from '../domain/process.ts'
import type { EngineDeps } from './deps.ts'
import { type Scheduler, startScheduler } from './scheduler.ts'

const LEASE = 'scheduler'
/** With {@link ASK_EVERY_MS}, at most five seconds pass from the death of the active one until another admits. */
const LEASE_MS = 4_000
const ASK_EVERY_MS = 1_000

/** One that cannot admit for so long (it does not reach the queue, say) lets another try, and stands back for as long. */
const FAILING_MS = 5_000

/** A step that becomes due later than this is found by the scheduler of its own accord. */
const FOUND_ANYWAY_MS = 1_000

type SchedulingDeps = Pick<EngineDeps, 'store' | 'queue' | 'bus' | 'clock' | 'log' | 'metrics' | 'config'>

/** This process, as far as it concerns who schedules. */
export interface Self extends Pick<HouseProcess, 'id' | 'host'> {
  /** Whether there is a process of this number on this host. */
  isRunning(pid: number): boolean
}

export interface Scheduling {
  role(): SchedulingRole
  /** Steps have become due, or will at that time. Tells the active scheduler, wherever it is. */
  stepsDue(at?: Date): void
  /** Admits nothing more; another may at once. */
  stop(): Promise<void>
}

/** Leaves the admitting to others, and tells them when something is due. */
export function leaveScheduling({ bus, clock, log }: Pick<SchedulingDeps, 'bus' | 'clock' | 'log'>): Scheduling {
  return { role: () => 'off', stepsDue: announcer(bus, clock, log), stop: async () => {} }
}

/**
 * Admits steps while this process alone holds the lease, and stands by while another does. Two that both think they hold it,
 * for the second that a stall may take to be noticed, do no harm: the store gives each due step to one of them, and a step is
 * claimed once.
 */
export function startScheduling(deps: SchedulingDeps, { id, host, isRunning }: Self): Scheduling {
  const { store, bus, clock, log } = deps
  const announce = announcer(bus, clock, log)
  let scheduler: Scheduler | null = null
  let stopping: Promise<void> | null = null
  let heldUntil = 0
  let standsBackUntil = 0

  async function ask(): Promise<void> {
    const asked = performance.now()
    if (asked < standsBackUntil) return
    if (scheduler !== null && scheduler.failingMs() > FAILING_MS) return standBack(scheduler)
    try {
      const held = (await store.leases.take(LEASE, id, LEASE_MS)) || (await takeFromTheDead())
      if (held) heldUntil = asked + LEASE_MS
    } catch (error) {
      log.warn({ err: error }, 'who schedules could not be found out; asking again')
    }
    const active = stopping === null && performance.now() < heldUntil
    if (active && scheduler === null) {
      scheduler = startScheduler(deps)
      log.info({}, 'this process schedules now')
    } else if (!active && scheduler !== null) {
      const former = scheduler
      scheduler = null
      if (stopping === null) log.warn({}, 'another process schedules now')
      await former.stop()
    }
  }

  async function standBack(failing: Scheduler): Promise<void> {
    scheduler = null
    heldUntil = 0
    standsBackUntil = performance.now() + FAILING_MS
    log.warn({}, 'this process could not admit steps; another may')
    await failing.stop()
    await store.leases.release(LEASE, id).catch((error) => log.debug({ err: error }, 'the lease runs out by itself'))
  }

  /** A process that was killed on this machine cannot renew its lease: nobody need wait for its end. */
  async function takeFromTheDead(): Promise<boolean> {
    const holder = await store.leases.holder(LEASE)
    const other = (await store.processes.list()).find((process) => process.id === holder)
    if (!other || other.host !== host || isRunning(other.pid)) return false
    await store.leases.release(LEASE, other.id)
    await store.processes.leave(other.id)
    return store.leases.take(LEASE, id, LEASE_MS)
  }

  let asking = ask()
  const timer = setInterval(() => {
    asking = asking.then(ask)
  }, ASK_EVERY_MS)
  const unsubscribe = bus.subscribe('steps:due', () => scheduler?.poke())

  async function shutDown(): Promise<void> {
    clearInterval(timer)
    unsubscribe()
    await asking
    await scheduler?.stop()
    scheduler = null
    await store.leases.release(LEASE, id).catch((error) => log.warn({ err: error }, 'another process schedules in a few seconds'))
  }

  return {
    role: () => (scheduler === null ? 'standby' : 'active'),
    stepsDue: (at) => (scheduler === null ? announce(at) : scheduler.poke(at)),
    stop() {
      stopping ??= shutDown()
      return stopping
    },
  }
}

/** One message under way at a time speaks for all that became due meanwhile. */
function announcer(bus: SchedulingDeps['bus'], clock: SchedulingDeps['clock'], log: SchedulingDeps['log']): (at?: Date) => void {
  let sending = false
  let again = false
  return function announce(at?: Date): void {
    if (at && at.getTime() - clock.now().getTime() >= FOUND_ANYWAY_MS) return
    if (sending) {
      again = true
      return
    }
    sending = true
    again = false
    bus
      .publish('steps:due', {})
      .catch((error) => log.debug({ err: error }, 'the scheduler was not told what is due; it looks by itself'))
      .finally(() => {
        sending = false
        if (again) announce()
      })
  }
}
