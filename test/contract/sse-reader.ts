import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { FeedMessage, StreamMessage } from '../../src/wire/events.ts'

export interface SseReader {
  response: Response
  /** Every message so far. */
  messages: (EventSourceMessage & { message: StreamMessage & Partial<Pick<FeedMessage, 'jobId'>> })[]
  /** Resolves once `enough` holds; rejects when the stream ends before. */
  until(enough: () => boolean): Promise<void>
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>
  cut(): void
}

/** An event stream read to the letter: what comes is parsed by the parser browsers' clients use. */
export async function readEvents(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  const messages: SseReader['messages'] = []
  let waiting: { enough: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = []
  let over = false
  const look = () => {
    waiting = waiting.filter(({ enough, resolve, reject }) => {
      if (enough()) resolve()
      else if (over)
        reject(
          new Error(`the stream ended with ${messages.length} messages: ${messages.map(({ event, id }) => `${event}#${id}`).join(' ')}`),
        )
      else return true
      return false
    })
  }
  const parser = createParser({
    onEvent(event) {
      messages.push({ ...event, message: JSON.parse(event.data) })
    },
  })
  const ended = (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body ?? []) {
        parser.feed(decoder.decode(chunk, { stream: true }))
        look()
      }
    } catch (error) {
      if (!abort.signal.aborted && !(error instanceof TypeError)) throw error
    } finally {
      over = true
      look()
    }
  })()
  return {
    response,
    messages,
    until: (enough) =>
      new Promise((resolve, reject) => {
        waiting.push({ enough, resolve, reject })
        look()
      }),
    ended,
    cut: () => abort.abort(),
  }
}
