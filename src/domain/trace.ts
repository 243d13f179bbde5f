import { asSluiceError } from './errors.ts'
import { outcomeOf } from './outcome.ts'

/**
 * Where a span stands in its trace, in the two headers of W3C Trace Context (https://www.w3.org/TR/trace-context/): what a row or a
 * request carries from one process to the next.
 */
export interface TraceContext {
  /** `00-<trace id, 32 hex digits>-<span id, 16>-<flags, 2>` */
  traceparent: string
  /** What tracing systems before us have added. */
  tracestate?: string
}

/** Which traces are kept, by the names of OpenTelemetry's `OTEL_TRACES_SAMPLER`. Those with `parentbased` do as the caller did, where there is one. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
export type SamplerName = (typeof SAMPLERS)[number]

/** Why a span went wrong, as a trace says it. What the error says in words may quote a user or an address, and stays in the log. */
export interface Fault {
  /** The problem's code, or the status of an answer. */
  type: string
  /** Class of the outcome. */
  outcome: string
}

export function faultOf(thrown: unknown): Fault {
  const error = asSluiceError(thrown)
  return { type: error.code, outcome: outcomeOf(error).class }
}
