import type { FaultKind } from './schedule.ts'

/** How long after each fault the house took its next visible step. */
export interface Recovery {
  /** A fault begins now. */
  fault(kind: FaultKind): void
  /** Something was committed at that time. */
  progress(at: Date): void
  /** Seconds from each fault to the next commit, by kind. Those after which nothing more was to come are left out. */
  seconds(): Map<FaultKind, number[]>
}

export function createRecovery(): Recovery {
  const waiting: { kind: FaultKind; at: number }[] = []
  const found = new Map<FaultKind, number[]>()
  return {
    fault: (kind) => void waiting.push({ kind, at: Date.now() }),
    progress(at) {
      const time = at.getTime()
      for (let index = waiting.length - 1; index >= 0; index--) {
        const fault = waiting[index]
        // Events are read in order per job only: an older one says nothing of what came after the fault.
        if (!fault || time <= fault.at) continue
        found.set(fault.kind, [...(found.get(fault.kind) ?? []), (time - fault.at) / 1_000])
        waiting.splice(index, 1)
      }
    },
    seconds: () => found,
  }
}

/** The value below which this share of them lies (nearest rank); `null` of none. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}
