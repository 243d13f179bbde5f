import type { Metrics } from '../../src/ports/metrics.ts'

export interface RecordedMetrics extends Metrics {
  /** What was counted and observed of a name: the labels, in the order it was told. */
  labelsOf(name: string): Record<string, string>[]
}

/** Remembers what it is told. */
export function recordedMetrics(): RecordedMetrics {
  const told: { name: string; labels: Record<string, string> }[] = []
  return {
    count: (name, labels) => void told.push({ name, labels }),
    observe: (name, labels) => void told.push({ name, labels }),
    gauges: () => undefined,
    labelsOf: (name) => told.filter((one) => one.name === name).map(({ labels }) => labels),
  }
}
