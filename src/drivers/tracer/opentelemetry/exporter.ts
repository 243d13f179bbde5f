import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Logger } from '../../../ports/logger.ts'

/** For a batch with all its tries. A process that stops waits for no longer, so it is not the ten seconds of the specification. */
const TIMEOUT_MS = 5_000

/**
 * Sends spans by OTLP over HTTP, as JSON, to `<endpoint>/v1/traces`; headers, compression and certificates are those of
 * `OTEL_EXPORTER_OTLP_*`. The SDK says nothing where spans are lost: here the log tells once, and once more when they arrive again.
 */
export function createExporter(endpoint: string, log: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: TIMEOUT_MS })
  // An address may hold a password.
  const { origin } = new URL(endpoint)
  let failing = false
  return {
    export(spans, report) {
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS
        if (failed && !failing)
          log.warn({ collector: origin, spans: spans.length, reason: result.error?.message }, 'spans could not be sent and are lost')
        else if (!failed && failing) log.info({ collector: origin }, 'spans are sent again')
        failing = failed
        report(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}
