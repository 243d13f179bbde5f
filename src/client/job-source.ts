import { isFinal } from '../domain/job.ts'
import type { EventPage, JobEvent, StreamMessage } from '../wire/events.ts'
import type { JobView } from '../wire/jobs.ts'
import type { Source } from './follow.ts'
import type { Http } from './http.ts'

const POLL_SECONDS = 20

/**
 * The messages of one job in the order of their ids, each once.
 * @param after the last id already known; `null` begins with a snapshot
 */
export function jobSource(http: Http, jobId: string, after: number | null): Source<StreamMessage> {
  const path = `/v1/jobs/${encodeURIComponent(jobId)}`
  let seen = after
  let ended = false

  function take(message: StreamMessage): StreamMessage[] {
    const last = message.type === 'snapshot' || message.type === 'status' ? isFinal(message.data.state) : false
    const isNew = seen === null || message.id > seen
    // an old message never ends the reading, but a snapshot tells of an end whose event is already known
    if (last && (isNew || message.type === 'snapshot')) ended = true
    if (!isNew) return []
    seen = message.id
    return [message]
  }

  async function snapshot(signal: AbortSignal): Promise<StreamMessage> {
    const job = await http.json<JobView>('GET', path, { signal, jobId })
    return { id: job.seq, type: 'snapshot', data: job }
  }

  async function page(signal: AbortSignal, waitSeconds: number): Promise<StreamMessage[]> {
    const events = await http.json<EventPage>('GET', `${path}/events?after=${seen ?? 0}`, {
      headers: { prefer: `wait=${waitSeconds}` },
      signal,
      jobId,
      retries: 0,
      timeoutMs: (waitSeconds + 15) * 1000,
    })
    const messages = events.events.flatMap((event) => take(event as JobEvent))
    if (events.ended) ended = true
    return messages
  }

  return {
    request: () => ({ path: `${path}/events`, headers: seen === null ? {} : { 'last-event-id': String(seen) } }),
    read: (data) => take(JSON.parse(data) as StreamMessage),
    ended: () => ended,
    confirm: (signal) => (seen === null ? Promise.resolve([]) : page(signal, 0)),
    async poll(signal) {
      if (seen === null) return take(await snapshot(signal))
      return page(signal, POLL_SECONDS)
    },
  }
}
