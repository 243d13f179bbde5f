import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { CLOSING, HEARTBEAT, OPENING } from './frames.ts'

/** Below every idle limit met in proxies and browsers. */
const HEARTBEAT_MS = 15_000
/** A reader that leaves this much unread is dropped; it comes back and resumes. */
const DROP_BYTES = 1024 * 1024
/** What is read from the store waits until less than this is unread. */
const PAUSE_BYTES = 256 * 1024

/** One open event stream. All of it is one object: ten thousand of them are open at a time. */
export interface EventStream {
  readonly open: boolean
  /** Drops the reader when it lags too far behind. */
  write(bytes: Buffer): void
  /** Resolves once the reader has taken most of what was written, or is gone. */
  drained(): Promise<void>
  end(): void
}

export interface EventStreams {
  /** Takes a response over, sends head and first bytes. `onClose` is called once, when the reader is gone or was dropped. */
  open(response: ServerResponse, headers: OutgoingHttpHeaders, onClose: () => void): EventStream
  readonly size: number
  /** Ends every stream, telling readers to come back soon. Streams opened later are ended at once. */
  end(): void
}

/** All event streams of this process: one sweep sends every heartbeat, no stream has a timer. */
export function createEventStreams(): EventStreams {
  const streams = new Set<ResponseStream>()
  let ended = false
  const sweep = setInterval(() => {
    for (const stream of streams) stream.write(HEARTBEAT)
  }, HEARTBEAT_MS)
  sweep.unref()

  return {
    open(response, headers, onClose) {
      const stream = new ResponseStream(response, streams, onClose)
      // Without chunks the stream lasts as long as its connection, and a write goes to the socket as it is: half the work.
      response.removeHeader('transfer-encoding')
      response.writeHead(200, {
        ...headers,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      })
      stream.write(OPENING)
      if (ended) stream.leave()
      return stream
    },
    get size() {
      return streams.size
    },
    end() {
      ended = true
      clearInterval(sweep)
      for (const stream of streams) stream.leave()
    },
  }
}

class ResponseStream implements EventStream {
  readonly #response: ServerResponse
  readonly #streams: Set<ResponseStream>
  #onClose: (() => void) | null

  constructor(response: ServerResponse, streams: Set<ResponseStream>, onClose: () => void) {
    this.#response = response
    this.#streams = streams
    this.#onClose = onClose
    streams.add(this)
    response.once('close', () => this.#closed())
    // A write to a reader that has just left fails; `close` follows.
    response.on('error', ignore)
  }

  get open(): boolean {
    return this.#onClose !== null && !this.#response.writableEnded
  }

  write(bytes: Buffer): void {
    if (!this.open) return
    if (this.#response.writableLength > DROP_BYTES) {
      this.#response.destroy()
      return
    }
    this.#response.write(bytes)
  }

  async drained(): Promise<void> {
    while (this.open && this.#response.writableLength > PAUSE_BYTES) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#response.off('drain', done)
          this.#response.off('close', done)
          resolve()
        }
        this.#response.once('drain', done)
        this.#response.once('close', done)
      })
    }
  }

  end(): void {
    if (this.open) this.#response.end()
  }

  leave(): void {
    this.write(CLOSING)
    this.end()
  }

  #closed(): void {
    this.#streams.delete(this)
    const onClose = this.#onClose
    this.#onClose = null
    onClose?.()
  }
}

function ignore(): void {}
