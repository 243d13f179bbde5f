import type { ProcessId } from './ids.ts'
import type { Lane } from './step.ts'

/** A process that has not been heard of for this long is taken for dead. It speaks every two seconds. */
export const PROCESS_LOST_MS = 10_000

/**
 * What a process does about admitting steps: `active` is the one that admits, `standby` takes over when it is gone,
 * `off` leaves it to others.
 */
export type SchedulingRole = 'active' | 'standby' | 'off'

/** A process of the house, as it last spoke of itself. */
export interface HouseProcess {
  id: ProcessId
  host: string
  pid: number
  version: string
  /** Answers requests. */
  api: boolean
  scheduling: SchedulingRole
  /** Steps at once, by lane it works for. */
  slots: Partial<Record<Lane, number>>
  /** Of these, how many it has in hand. */
  running: Partial<Record<Lane, number>>
  startedAt: Date
}
