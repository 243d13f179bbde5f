/** What can go wrong with a fleet, and what it looks like from inside. */
export const FAULTS = {
  kill: 'a process and everything it started is killed (SIGKILL), and started again a little later',
  'kill-alone': 'a process is killed, and what it started is left to itself',
  restart: 'a process is told to end (SIGTERM), and started again',
  'rolling-restart': 'all workers are restarted one after the other (SIGTERM)',
  freeze: 'a worker stands still for longer than its leases last, then goes on as if nothing had been',
  'machine-lost': 'a worker is cut off and killed: nobody is told that its connections are gone',
  'network-cut': 'the link between a worker and everything else is down for a while',
  'disk-full': 'the disk of a worker is full for a while',
  'long-step': 'a step takes longer than the broker waits for an acknowledgement',
  'postgres-fast': 'PostgreSQL is restarted as an operator does (SIGINT)',
  'postgres-immediate': 'PostgreSQL is restarted without an orderly end (SIGQUIT), as after a crash',
  'redis-flush': 'Redis forgets everything (FLUSHALL)',
  'broker-restart': 'the broker is ended and started again',
  'bucket-gone': 'the server of the bucket is killed, and gone for longer than a step fails in',
} as const

export type FaultKind = keyof typeof FAULTS

export interface PlannedFault {
  kind: FaultKind
  /** Drawn from 0 to 1: which of the processes or workers it strikes. */
  target: number
  /** How long it lasts, or how long the process stays away. */
  seconds: number
}

/** Of a hundred faults; those of a part the turn does not have fall away. */
const WEIGHTS: Record<FaultKind, number> = {
  kill: 34,
  'kill-alone': 6,
  restart: 8,
  'rolling-restart': 2,
  freeze: 8,
  'machine-lost': 4,
  'network-cut': 12,
  'disk-full': 8,
  'long-step': 6,
  'postgres-fast': 3,
  'postgres-immediate': 3,
  'redis-flush': 6,
  'broker-restart': 4,
  'bucket-gone': 3,
}

const SECONDS: Partial<Record<FaultKind, { least: number; most: number }>> = {
  freeze: { least: 6, most: 9 },
  'network-cut': { least: 2, most: 8 },
  'machine-lost': { least: 1, most: 4 },
  'disk-full': { least: 2, most: 6 },
  // Tries of a step that fails are over after 11 s.
  'bucket-gone': { least: 15, most: 25 },
}
const AWAY_SECONDS = { least: 0, most: 2 }

/** The same faults in the same order for the same random numbers: each of these kinds at least once, if there are enough of them. */
export function scheduleFaults(count: number, kinds: readonly FaultKind[], random: () => number): PlannedFault[] {
  const total = kinds.reduce((sum, kind) => sum + WEIGHTS[kind], 0)
  const draw = (): FaultKind => {
    let left = random() * total
    for (const kind of kinds) {
      left -= WEIGHTS[kind]
      if (left < 0) return kind
    }
    return kinds[0] as FaultKind
  }
  const drawn = Array.from({ length: Math.max(0, count - kinds.length) }, draw)
  return shuffled([...kinds.slice(0, count), ...drawn], random).map((kind) => {
    const { least, most } = SECONDS[kind] ?? AWAY_SECONDS
    return { kind, target: random(), seconds: least + random() * (most - least) }
  })
}

/** Fisher and Yates. */
function shuffled<T>(list: T[], random: () => number): T[] {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = list[last] as T
    list[last] = list[other] as T
    list[other] = kept
  }
  return list
}
