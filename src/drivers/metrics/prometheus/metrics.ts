import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { counters, gauges, histograms } from '../../../domain/metrics.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { CounterName, GaugeReading, HistogramName, Metrics, MetricsPage } from '../../../ports/metrics.ts'

/** Gauges that prom-client names like counters, which whoever checks the text complains of. The same is told in parts, by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** Metrics in the text format of Prometheus 0.0.4, with those of the process (`process_`, `nodejs_`). */
export function createPrometheusMetrics({ log }: { log: Logger }): Metrics & MetricsPage {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const counterOf = new Map<CounterName, Counter>()
  for (const [name, { help, labels }] of Object.entries(counters))
    counterOf.set(name as CounterName, new Counter({ name, help, labelNames: labels, registers }))
  const histogramOf = new Map<HistogramName, Histogram>()
  for (const [name, { help, labels, buckets }] of Object.entries(histograms))
    histogramOf.set(name as HistogramName, new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers }))

  const readers: (() => GaugeReading[] | Promise<GaugeReading[]>)[] = []
  let looking: Promise<string> | null = null

  async function readingsOf(read: (typeof readers)[number]): Promise<GaugeReading[]> {
    try {
      return await read()
    } catch (error) {
      log.warn({ err: error }, 'some metrics could not be read and are left out')
      return []
    }
  }

  /** Gauges live as long as one look: what is not named this time must not stay as it was. */
  async function look(): Promise<string> {
    const readings = await Promise.all(readers.map(readingsOf))
    const now = new Registry()
    for (const { name, labels, value } of readings.flat()) {
      const { help, labels: labelNames } = gauges[name]
      const gauge = (now.getSingleMetric(name) as Gauge | undefined) ?? new Gauge({ name, help, labelNames, registers: [now] })
      gauge.set(labels, value)
    }
    return (await now.metrics()) + (await registry.metrics())
  }

  return {
    count: (name, labels, by = 1) => counterOf.get(name)?.inc(labels, by),
    observe: (name, labels, value) => histogramOf.get(name)?.observe(labels, value),
    gauges: (read) => void readers.push(read),
    contentType: registry.contentType,
    text() {
      looking ??= look().finally(() => {
        looking = null
      })
      return looking
    },
  }
}
