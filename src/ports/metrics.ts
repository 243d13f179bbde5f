import type { counters, gauges, histograms } from '../domain/metrics.ts'

export type CounterName = keyof typeof counters
export type HistogramName = keyof typeof histograms
export type GaugeName = keyof typeof gauges

/** A value for each label a metric of the list has. */
export type LabelsOf<M extends { labels: readonly string[] }> = Record<M['labels'][number], string>

export type GaugeReading = { [N in GaugeName]: { name: N; labels: LabelsOf<(typeof gauges)[N]>; value: number } }[GaugeName]

/** Where the parts of this process tell what they do. Telling costs no more than a look into a map. */
export interface Metrics {
  /** @param by default 1 */
  count<N extends CounterName>(name: N, labels: LabelsOf<(typeof counters)[N]>, by?: number): void
  observe<N extends HistogramName>(name: N, labels: LabelsOf<(typeof histograms)[N]>, value: number): void
  /** `read` is called whenever somebody looks, and should answer within seconds. What it does not name is not shown; nor is a read that fails. */
  gauges(read: () => GaugeReading[] | Promise<GaugeReading[]>): void
}

/** What was told, as text for whoever asks from time to time. */
export interface MetricsPage {
  contentType: string
  text(): Promise<string>
}
