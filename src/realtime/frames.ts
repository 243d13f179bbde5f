import type { StoredEvent } from '../ports/store.ts'
import type { FeedMessage, StreamMessage } from '../wire/events.ts'
import type { JobView } from '../wire/jobs.ts'
import { wireEvent } from './wire-event.ts'

/** Milliseconds a reader waits before it comes back. */
const RETRY_MS = 2_000

/** The first bytes of every stream: sent at once, so that a reader knows it is connected and proxies begin to pass things on. */
export const OPENING = Buffer.from(`retry: ${RETRY_MS}\n: sluice\n\n`)
export const HEARTBEAT = Buffer.from(':\n\n')
/** The last bytes of a stream the server ends by itself while the job goes on: come back soon, maybe to another process. */
export const CLOSING = Buffer.from('retry: 250\n: come back\n\n')

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). JSON has no raw line feed, so one `data:` line does. */
function frame(id: number | null, type: string, message: unknown): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(message)}\n\n`
}

export function snapshotMessage(view: JobView): StreamMessage {
  return { id: view.seq, type: 'snapshot', data: view }
}

/** How a kind of stream writes things. */
export interface Format {
  snapshot(view: JobView): Buffer
  event(jobId: string, event: StoredEvent): Buffer
}

/** `GET /v1/jobs/:id/events`: the id is the event's. */
export const jobFormat: Format = {
  snapshot: (view) => Buffer.from(frame(view.seq, 'snapshot', snapshotMessage(view))),
  event(jobId, stored) {
    const message = wireEvent(jobId, stored)
    return Buffer.from(frame(message.id, message.type, message))
  },
}

function feedFormat(cursor: () => number | null): Format {
  return {
    snapshot(view) {
      const message: FeedMessage = { jobId: view.id, ...snapshotMessage(view) }
      return Buffer.from(frame(cursor(), 'snapshot', message))
    },
    event(jobId, stored) {
      const message: FeedMessage = { jobId, ...wireEvent(jobId, stored) }
      return Buffer.from(frame(cursor(), message.type, message))
    },
  }
}

/**
 * `GET /v1/events`: ids count per job, so the stream's own id is the time it was written, in milliseconds. A reader that
 * comes back with it gets a snapshot of whatever has changed since.
 */
export const caughtUpFeed: Format = feedFormat(() => Date.now())
/** Before a feed has sent every snapshot it owes, its reader's cursor must not move. */
export const openingFeed: Format = feedFormat(() => null)

/** Moves the reader's cursor and says nothing else. */
export const cursorFrame = (timeMs: number): Buffer => Buffer.from(`id: ${timeMs}\n\n`)
