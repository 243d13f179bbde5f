import type { JobEvent } from 'sluice/client'

/** The payload of an event by its type. */
export type EventData = { [Type in JobEvent['type']]: Extract<JobEvent, { type: Type }>['data'] }

/** What the event log tells beyond the snapshot: the plan, its takes, each verdict as it came, and the events themselves. */
export interface JobLog {
  plan: EventData['plan'] | null
  /** One line for each take, as it stands now, in the order they were planned. */
  takes: EventData['take'][]
  verdicts: EventData['check'][]
  /** What was done about findings, in its order. */
  repairs: EventData['repair'][]
  /** The newest {@link KEPT} events. */
  events: JobEvent[]
  /** Events read so far, kept or not. */
  count: number
}

/** A long job writes thousands of progress events; nobody reads further back than this in a page. */
const KEPT = 400

export const emptyLog: JobLog = { plan: null, takes: [], verdicts: [], repairs: [], events: [], count: 0 }

export function foldLog(log: JobLog, event: JobEvent): JobLog {
  const next = { ...log, events: [...log.events.slice(1 - KEPT), event], count: log.count + 1 }
  switch (event.type) {
    case 'plan':
      return { ...next, plan: event.data }
    case 'take': {
      const { takeId } = event.data
      const known = log.takes.some((take) => take.takeId === takeId)
      return { ...next, takes: known ? log.takes.map((take) => (take.takeId === takeId ? event.data : take)) : [...log.takes, event.data] }
    }
    case 'check':
      return { ...next, verdicts: [...log.verdicts, event.data] }
    case 'repair':
      return { ...next, repairs: [...log.repairs, event.data] }
    default:
      return next
  }
}
