import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { TransportError } from './errors.ts'

export interface StreamLimits {
  /** A stream that has sent nothing by then is held back by something between. Default 8 s. */
  firstByteMs: number
  /** An open stream that sends nothing for this long is dead; the server writes a comment each 15 s. Default 20 s. */
  idleMs: number
}

/** Longest event, in characters: a snapshot with many checks stays far below. */
const MAX_EVENT_LENGTH = 4 * 1024 * 1024

/** The connection was open, or seemed to be, and brought nothing in time. */
export class SilentStreamError extends TransportError {}

/**
 * Reads one server-sent event stream to its end (WHATWG HTML 9.2). Throws {@link SilentStreamError} when the first byte
 * does not come in time or what comes is no event stream, {@link TransportError} when it falls silent later.
 */
export async function* readStream(
  open: (signal: AbortSignal) => Promise<Response>,
  limits: StreamLimits,
  signal: AbortSignal,
  hooks: { onOpen(): void; onRetry(ms: number): void; onId(id: string): void },
): AsyncGenerator<EventSourceMessage> {
  const watchdog = new AbortController()
  let opened = false
  const bark = () =>
    watchdog.abort(opened ? new TransportError('The event stream fell silent.') : new SilentStreamError('The event stream stayed silent.'))
  let timer = setTimeout(bark, limits.firstByteMs)
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const messages: EventSourceMessage[] = []
  let broken: Error | null = null
  const parser = createParser({
    onEvent: (message) => messages.push(message),
    onRetry: hooks.onRetry,
    onId: hooks.onId,
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') broken = error
    },
    maxBufferSize: MAX_EVENT_LENGTH,
  })
  try {
    const response = await open(AbortSignal.any([signal, watchdog.signal]))
    // the end, said without a stream: the reader has everything
    if (response.status === 204) return
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
      await response.body?.cancel()
      throw new SilentStreamError('The answer is not an event stream.')
    }
    reader = response.body.getReader()
    const decoder = new TextDecoder()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(bark, limits.idleMs)
      if (!opened) {
        opened = true
        hooks.onOpen()
      }
      parser.feed(decoder.decode(value, { stream: true }))
      if (broken) throw new TransportError('An event is too long.', { cause: broken })
      yield* messages.splice(0)
    }
  } catch (error) {
    if (watchdog.signal.aborted && !signal.aborted) throw watchdog.signal.reason
    throw error
  } finally {
    clearTimeout(timer)
    // also ends a request whose reader was never taken
    watchdog.abort()
    await reader?.cancel().catch(() => {})
  }
}
