import { isFinal } from '../domain/job.ts'
import type { Tracer } from '../ports/tracer.ts'
import type { Change } from './count-change.ts'

/**
 * To be called once the change is committed. Each segment the gate lets out is an event of the span that did it. The first is also a
 * span beside the steps, from the job's acceptance until there was something to see or hear: how long somebody waited.
 */
export function traceChange(tracer: Tracer, { job, events }: Pick<Change, 'job' | 'events'>): void {
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
      tracer
        .open('first playable', {
          ...(job.trace && { parent: job.trace }),
          startedAt: job.createdAt,
          attributes: { 'sluice.job.id': job.id, 'sluice.job.kind': job.request.kind, 'sluice.released_s': data.releasedSeconds },
        })
        .end()
    } else if (type === 'status' && isFinal(data.state)) {
      const { state, outcome } = data
      const why = outcome && { 'sluice.outcome': outcome.class, 'error.type': outcome.code }
      tracer.current().event('job ended', { 'sluice.job.state': state, ...why })
    }
  }
}
