import type { Config } from './config.ts'
import type { Finding } from './examine.ts'
import { createLogger } from './logger.ts'

const WHAT = 'traces'

/** Whether the collector of the configuration takes what it is sent; nothing is left there. */
export async function examineTraces({ traceEndpoint }: Config): Promise<Finding[]> {
  if (traceEndpoint === undefined) return []
  const { createExporter } = await import('../drivers/tracer/opentelemetry/exporter.ts')
  const { origin } = new URL(traceEndpoint)
  const exporter = createExporter(traceEndpoint, createLogger('silent'))
  const { error } = await new Promise<{ error?: Error }>((resolve) => exporter.export([], resolve))
  await exporter.shutdown()
  if (error === undefined) return [{ what: WHAT, state: 'ok', found: `taken by ${origin}` }]
  const fix = 'Start the collector with its OTLP receiver for HTTP, or correct OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS.'
  return [{ what: WHAT, state: 'optional', found: `${origin} does not take them: ${error.message}; they are lost`, fix }]
}
