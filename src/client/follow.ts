import { ApiError, type SluiceClientError } from './errors.ts'
import { asClientError, type Http } from './http.ts'
import type { Connection } from './job.ts'
import { backoffMs, pause } from './pause.ts'
import { readStream, SilentStreamError, type StreamLimits } from './sse.ts'
import { onWake } from './wake.ts'

/** What is followed: where its stream is, what its messages mean, and how to ask for it piece by piece. */
export interface Source<M> {
  /** Asked before each connection, so it can resume where it stopped. */
  request(): { path: string; headers: Record<string, string> }
  /** The new messages in the data of one event; old ones are dropped here. */
  read(data: string): M[]
  /** The stream's own place, for sources whose messages do not carry it. */
  place?(id: string): void
  /** Nothing more will come. */
  ended(): boolean
  /** A stream was closed without anything new: is there an end that was missed? */
  confirm(signal: AbortSignal): Promise<M[]>
  /** One round of long polling. `round` counts from 0 since polling began. */
  poll(signal: AbortSignal, round: number): Promise<M[]>
}

export interface FollowOptions {
  http: Http
  signal: AbortSignal
  transport: 'auto' | 'sse' | 'poll'
  limits: StreamLimits
  onConnection(connection: Connection): void
}

export const defaultLimits: StreamLimits = { firstByteMs: 8_000, idleMs: 20_000 }
const SILENT_CONNECTS = 2
/** A stream that was open this long was a good one, even if it had nothing to say. */
const GOOD_MS = 5_000

/**
 * Follows a source to its end through cuts, restarts and proxies that hold streams back.
 *
 * - `streaming`: one event stream after the other, each resuming after the last message. A stream that brought
 *   something is followed by the next at once (or after the server's `retry:`), one that failed after a growing pause.
 *   After {@link SILENT_CONNECTS} silent ones in a row → `polling` (with `auto`).
 * - `polling`: one long poll after the other. When the browser comes online or the page is looked at → `streaming`.
 *
 * What waiting cannot mend (not allowed, not there, not understood) is thrown as {@link ApiError}; an abort throws the signal's reason.
 */
export async function* follow<M>(source: Source<M>, options: FollowOptions): AsyncGenerator<M> {
  const { http, signal, transport, limits, onConnection } = options
  let mode: 'streaming' | 'polling' = transport === 'poll' ? 'polling' : 'streaming'
  let failures = 0
  let silent = 0
  let round = 0
  let retryMs: number | undefined
  onConnection('connecting')

  while (!source.ended()) {
    signal.throwIfAborted()
    let brought = false
    let openedAtMs = Number.POSITIVE_INFINITY
    const good = () => brought || Date.now() - openedAtMs > GOOD_MS
    const attempt = new AbortController()
    const stopWaking = mode === 'polling' && transport === 'auto' ? onWake(() => attempt.abort()) : undefined
    try {
      if (mode === 'polling') {
        const messages = await source.poll(AbortSignal.any([signal, attempt.signal]), round++)
        onConnection('polling')
        yield* messages
        failures = 0
        continue
      }
      const { path, headers } = source.request()
      const stream = readStream(
        (inner) => http.open(path, { headers: { ...headers, accept: 'text/event-stream', 'cache-control': 'no-store' }, signal: inner }),
        limits,
        signal,
        {
          onOpen: () => {
            silent = 0
            openedAtMs = Date.now()
            onConnection('live')
          },
          onRetry: (ms) => {
            retryMs = ms
          },
          onId: (id) => source.place?.(id),
        },
      )
      for await (const { data } of stream) {
        const messages = source.read(data)
        brought ||= messages.length > 0
        yield* messages
        if (source.ended()) return
      }
      if (!brought) {
        const messages = await source.confirm(signal)
        brought = messages.length > 0
        yield* messages
      }
      failures = good() ? 0 : failures + 1
      onConnection('connecting')
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (attempt.signal.aborted) {
        mode = 'streaming'
        silent = 0
        continue
      }
      const known = asClientError(error, http.baseUrl)
      if (final(known)) throw known
      failures = good() ? 0 : failures + 1
      silent = known instanceof SilentStreamError ? silent + 1 : 0
      onConnection(failures > 0 ? 'disconnected' : 'connecting')
      if (silent >= SILENT_CONNECTS && transport === 'auto') {
        mode = 'polling'
        round = 0
        continue
      }
      if (known instanceof ApiError && known.retryAfterMs !== undefined) {
        await pause(known.retryAfterMs, signal, onWake)
        continue
      }
    } finally {
      stopWaking?.()
    }
    const waitMs = failures === 0 ? (retryMs ?? 0) * (0.75 + Math.random() / 2) : backoffMs(failures, retryMs ?? 500)
    await pause(waitMs, signal, onWake)
  }
}

/** 401 has been tried with a fresh token by now; other refusals stay what they are, except "later" ones. */
function final(error: SluiceClientError): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429
}
