import type { AddressInfo } from 'node:net'
import type { App as HttpApp } from '../delivery/context.ts'
import { createWorkerHttp } from '../delivery/worker-http.ts'
import type { createPrometheusMetrics } from '../drivers/metrics/prometheus/metrics.ts'
import type { Config } from './config.ts'
import { listenProblem } from './listen-problem.ts'

/** Returns the address it listens on. Throws `config_invalid` that names the `variable` of the port. */
export async function listen(
  http: HttpApp,
  { host, port }: Pick<Config, 'host' | 'port'>,
  variable: 'SLUICE_PORT' | 'SLUICE_METRICS_PORT',
): Promise<string> {
  await http.listen({ host, port, backlog: 4_096 }).catch((error: unknown) => {
    throw listenProblem(error, { host, port }, variable)
  })
  const address = http.server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}

/** The metrics of a process without the API, on a port of their own if there is one. */
export async function serveMetrics(
  { host, metricsPort, metricsToken }: Config,
  metrics: ReturnType<typeof createPrometheusMetrics>,
  stack: AsyncDisposableStack,
): Promise<string | null> {
  if (metricsPort === undefined) return null
  const http = createWorkerHttp({ metrics, metricsToken: metricsToken ?? null })
  stack.defer(() => http.close())
  return listen(http, { host, port: metricsPort }, 'SLUICE_METRICS_PORT')
}
