import { setTimeout as sleep } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { isFinal } from '../../../src/domain/job.ts'
import type { JobEvent } from '../../../src/wire/events.ts'
import type { Api } from '../api.ts'

/** A connection is given up after this long, so that readers move from server to server also while nothing fails. */
const CONNECTION_MS = 30_000
const AGAIN_MS = 200

/** What a reader has been told of a job, and how. */
export interface Followed {
  /** Id of the last event; none before it was left out. */
  last: number
  ended: boolean
  connections: number
  faults: string[]
}

/**
 * Reads the events of a job to its last, over as many connections as it takes, each to whichever server answers, and each from
 * where the one before broke off (`Last-Event-ID`). What comes twice or is left out is a fault. Rejects when `signal` fires.
 */
export async function follow(api: Api, jobId: string, onEvent: (event: JobEvent) => void, signal: AbortSignal): Promise<Followed> {
  const told: Followed = { last: 0, ended: false, connections: 0, faults: [] }
  const parser = createParser({
    onEvent({ data }) {
      const event = JSON.parse(data) as JobEvent
      if (event.id !== told.last + 1) told.faults.push(`${jobId}: after event ${told.last} its reader was told event ${event.id}`)
      told.last = event.id
      if (event.type === 'status' && isFinal(event.data.state)) told.ended = true
      onEvent(event)
    },
  })
  while (!told.ended) {
    told.connections++
    parser.reset()
    await connect(api, jobId, told.last, (text) => parser.feed(text), AbortSignal.any([signal, AbortSignal.timeout(CONNECTION_MS)])).catch(
      () => {
        // The server is gone, or was not there; the next one is asked.
        signal.throwIfAborted()
      },
    )
    if (!told.ended) await sleep(AGAIN_MS, undefined, { signal })
  }
  return told
}

async function connect(api: Api, jobId: string, last: number, take: (text: string) => void, signal: AbortSignal): Promise<void> {
  const response = await fetch(new URL(`/v1/jobs/${jobId}/events`, api.url), {
    headers: { ...api.headers, accept: 'text/event-stream', 'last-event-id': String(last) },
    signal,
  })
  if (!response.ok || response.body === null) throw new Error(`the events of ${jobId} answered ${response.status}`)
  const decoder = new TextDecoder()
  for await (const chunk of response.body) take(decoder.decode(chunk, { stream: true }))
}
