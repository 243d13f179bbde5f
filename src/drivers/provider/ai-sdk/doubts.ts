/** How often and how long an end has been told that may be a fault of the way. */
export interface Doubts {
  /** One more telling. `true`: believe it now. */
  again(key: string): boolean
  /** Something better was told. */
  settle(key: string): void
}

const TIMES = 5
const MOST_KEPT = 10_000

/** An end that may be a passing fault is believed when it was told five times over `patienceMs`. Forgetting costs only patience. */
export function createDoubts(patienceMs: number, now: () => number): Doubts {
  const told = new Map<string, { sinceMs: number; times: number }>()
  return {
    again(key) {
      const { sinceMs, times } = told.get(key) ?? { sinceMs: now(), times: 0 }
      if (!told.has(key) && told.size >= MOST_KEPT) told.delete(told.keys().next().value as string)
      told.set(key, { sinceMs, times: times + 1 })
      return times + 1 >= TIMES && now() - sinceMs >= patienceMs
    },
    settle: (key) => void told.delete(key),
  }
}
