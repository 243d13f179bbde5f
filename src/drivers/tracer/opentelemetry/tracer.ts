import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { faultOf, type SamplerName, type TraceContext } from '../../../domain/trace.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { OpenSpan, SpanOptions, Tracer } from '../../../ports/tracer.ts'
import { createExporter } from './exporter.ts'
import { samplerOf } from './sampler.ts'

/** Longer than a collector takes, shorter than whoever stops a process waits. */
const CLOSE_WITHIN_MS = 5_000

export interface TracerOptions {
  /** Of a collector, without `/v1/traces`. */
  endpoint: string
  serviceName: string
  version: string
  sampler: SamplerName
  samplerRatio: number
  log: Logger
  /** How long the last spans may take to be sent. Default 5,000. */
  closeWithinMs?: number
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const

/**
 * Spans by the SDK of OpenTelemetry. Nothing global is set: which span runs is kept here, so that several may live in one process, and
 * what an application of the same process traces is its own.
 */
export function createOpenTelemetryTracer(options: TracerOptions): Tracer {
  const { endpoint, serviceName, version, sampler, samplerRatio, log, closeWithinMs = CLOSE_WITHIN_MS } = options
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(detectResources({ detectors: [envDetector] }))
      .merge(resourceFromAttributes({ 'service.name': serviceName, 'service.version': version })),
    sampler: samplerOf(sampler, samplerRatio),
    spanProcessors: [new BatchSpanProcessor({ exporter: createExporter(endpoint, log) })],
  })
  const sdk = provider.getTracer('sluice', version)
  const running = new AsyncLocalStorage<Context>()
  const propagator = new W3CTraceContextPropagator()

  function parentOf(parent: TraceContext | null | undefined): Context {
    if (parent === undefined) return running.getStore() ?? ROOT_CONTEXT
    return parent === null ? ROOT_CONTEXT : propagator.extract(ROOT_CONTEXT, parent, defaultTextMapGetter)
  }

  function contextOf(context: Context): TraceContext | null {
    const carrier: Partial<TraceContext> = {}
    propagator.inject(context, carrier, defaultTextMapSetter)
    const { traceparent, ...rest } = carrier
    return traceparent === undefined ? null : { traceparent, ...rest }
  }

  function wrap(context: Context, signal?: AbortSignal): OpenSpan {
    const span = trace.getSpan(context)
    return {
      traceId: span?.spanContext().traceId ?? null,
      context: contextOf(context),
      set: (attributes) => void span?.setAttributes(attributes),
      event: (name, attributes = {}) => void span?.addEvent(name, attributes),
      fail({ type, outcome }) {
        if (signal?.aborted) return void span?.setAttribute('sluice.outcome', 'cancelled')
        span?.setAttributes({ 'error.type': type, 'sluice.outcome': outcome })
        span?.setStatus({ code: SpanStatusCode.ERROR })
      },
      within: (work) => running.run(context, work),
      end: () => span?.isRecording() && span.end(),
    }
  }

  function open(name: string, { kind, attributes = {}, parent, startedAt, signal }: SpanOptions = {}): OpenSpan {
    const above = parentOf(parent)
    const span = sdk.startSpan(
      name,
      { kind: kind ? kinds[kind] : SpanKind.INTERNAL, attributes, ...(startedAt && { startTime: startedAt }) },
      above,
    )
    return wrap(trace.setSpan(above, span), signal)
  }

  return {
    open,
    async span(name, options, work) {
      const span = open(name, options)
      try {
        return await span.within(() => work(span))
      } catch (error) {
        span.fail(faultOf(error))
        throw error
      } finally {
        span.end()
      }
    },
    current: () => wrap(running.getStore() ?? ROOT_CONTEXT),
    async close() {
      const late = Promise.withResolvers<'late'>()
      const timer = setTimeout(late.resolve, closeWithinMs, 'late')
      // What the exporter could not send it has told.
      const ended = await Promise.race([provider.shutdown().catch(() => undefined), late.promise])
      clearTimeout(timer)
      if (ended === 'late')
        log.warn({ collector: new URL(endpoint).origin, closeWithinMs }, 'the last spans could not be sent in time and are lost')
    },
  }
}
