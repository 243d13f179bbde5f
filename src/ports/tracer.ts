import type { Fault, TraceContext } from '../domain/trace.ts'

/**
 * Names are those of OpenTelemetry's semantic conventions where it has one, else begin with `sluice.`. Values are ids, figures and our own
 * words: never what a user wrote, an address with what is in it, or a key.
 */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>

export interface SpanOptions {
  /** What it is to others: it answers a request, it asks somebody, it hands work on, it takes handed work up. Default: none of these. */
  kind?: 'server' | 'client' | 'producer' | 'consumer'
  attributes?: SpanAttributes
  /** Default: the span that runs now. `null`: none, a trace of its own begins. */
  parent?: TraceContext | null
  /** Default: now. */
  startedAt?: Date
  /** Once it is aborted, what goes wrong is no fault: the outcome is `cancelled`. */
  signal?: AbortSignal
}

/** A piece of work in a trace. */
export interface Span {
  /** 32 hex digits; `null` where nothing is traced. */
  readonly traceId: string | null
  /** For whoever goes on with it elsewhere; `null` where nothing is traced. */
  readonly context: TraceContext | null
  set(attributes: SpanAttributes): void
  event(name: string, attributes?: SpanAttributes): void
  /** It went wrong: marks it so, with `error.type` and `sluice.outcome`. */
  fail(fault: Fault): void
}

/** A span that has no call to end with: whoever holds it ends it. */
export interface OpenSpan extends Span {
  /** Spans begun by `work`, and by whatever it calls, are children of this one. */
  within<T>(work: () => T): T
  /** Safe to repeat. */
  end(): void
}

/** Where the parts of this process tell what they are doing, so that one job can be followed through all of them. */
export interface Tracer {
  /** Runs `work` in a span that ends with it. What it throws is marked on the span and thrown on. */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>
  open(name: string, options?: SpanOptions): OpenSpan
  /** The span that runs now. */
  current(): Span
  /** Sends what has not been sent, for five seconds at most. */
  close(): Promise<void>
}
