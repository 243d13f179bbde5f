import { silentTracer } from '../drivers/tracer/silent/tracer.ts'
import type { Logger } from '../ports/logger.ts'
import type { Tracer } from '../ports/tracer.ts'
import type { Config } from './config.ts'
import { version } from './package-files.ts'

/** The tracer of the configuration. The SDK is loaded only where traces go somewhere. */
export async function openTracer(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<Tracer> {
  const { traceEndpoint, traceService, traceSampler, traceSamplerRatio } = config
  if (traceEndpoint === undefined) return silentTracer
  const { createOpenTelemetryTracer } = await import('../drivers/tracer/opentelemetry/tracer.ts')
  const tracer = createOpenTelemetryTracer({
    endpoint: traceEndpoint,
    serviceName: traceService,
    version,
    sampler: traceSampler,
    samplerRatio: traceSamplerRatio,
    log,
  })
  stack.defer(() => tracer.close())
  return tracer
}
