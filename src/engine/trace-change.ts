import type { EngineEvent } from '../domain/events.ts'
import { isFinal, type Job } from '../domain/job.ts'
import type { Take } from '../domain/take.ts'
import type { SpanAttributes, SpanOptions, Tracer } from '../ports/tracer.ts'

/** What a change of a job was, for its trace. */
export interface TracedChange {
  job: Job
  events: readonly EngineEvent[]
  /** Takes their providers are through with by this change: delivered, or ended before that. */
  made: readonly Take[]
}

/**
 * To be called once the change is committed. What the gate lets out and the end of the job are events of the span that did it. What
 * went on over many steps is a span beside them, told when it is over: a take from its planning until its provider was
 * through with it, and `first playable` from the job's acceptance until there was something to see or hear.
 */
export function traceChange(tracer: Tracer, { job, events, made }: TracedChange): void {
  const beside = (startedAt: Date, attributes: SpanAttributes): SpanOptions => ({
    ...(job.trace && { parent: job.trace }),
    startedAt,
    attributes: { 'sluice.job.id': job.id, 'sluice.job.kind': job.request.kind, ...attributes },
  })
  for (const take of made) {
    const span = tracer.open(`take ${take.request.kind}`, beside(take.createdAt, attributesOf(take)))
    if ('outcome' in take.state) span.fail({ type: take.state.outcome.code ?? take.state.state, outcome: take.state.outcome.class })
    span.end()
  }
  for (const { type, data } of events) {
    if (type === 'segment') {
      const { index, startSeconds, endSeconds } = data
      tracer.current().event('segment released', {
        'sluice.segment.index': index,
        'sluice.segment.start_s': startSeconds,
        'sluice.segment.end_s': endSeconds,
      })
    } else if (type === 'playable') {
      tracer.current().event('first playable')
      tracer.open('first playable', beside(job.createdAt, { 'sluice.released_s': data.releasedSeconds })).end()
    } else if (type === 'status' && isFinal(data.state)) {
      const { state, outcome } = data
      const why = outcome && { 'sluice.outcome': outcome.class, 'error.type': outcome.code }
      tracer.current().event('job ended', { 'sluice.job.state': state, ...why })
    }
  }
}

function attributesOf({ id, role, shot, number, provider, request, state }: Take): SpanAttributes {
  return {
    'sluice.take.id': id,
    'sluice.take.role': role,
    'sluice.take.shot': shot ?? undefined,
    'sluice.take.number': number,
    'sluice.take.state': state.state,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': 'model' in request ? request.model : undefined,
    'gen_ai.output.type': request.kind,
  }
}
