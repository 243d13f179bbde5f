import type { Metrics, MetricsPage } from '../../../ports/metrics.ts'

/** Nobody looks: for tests and measurements of other things. */
export const silentMetrics: Metrics & MetricsPage = {
  count: () => undefined,
  observe: () => undefined,
  gauges: () => undefined,
  contentType: 'text/plain',
  text: async () => '',
}
