import type { Readable } from 'node:stream'

/** What one stream of a process has delivered, piece by piece. */
export interface Tap<T> {
  /** The next piece; `undefined` once the stream has ended. Throws what its parser throws. */
  next(): Promise<T | undefined>
}

/**
 * Reads several streams of one or more processes without a dead lock and without hoarding. A process writes its streams in
 * turn and stops at the first one nobody reads, so all must flow while anything is waited for. They are held back
 * together, and only while nothing is waited for and more than the limit lies ready: then the reader is the slow one.
 */
export interface Intake {
  tap<T>(stream: Readable, parse: (chunk: Uint8Array) => T[], sizeBytes: (piece: T) => number): Tap<T>
  /** Lets everything flow while `work` waits for one of the processes. */
  waiting<T>(work: Promise<T>): Promise<T>
}

export function createIntake(limitBytes: number): Intake {
  const streams: Readable[] = []
  let heldBytes = 0
  let waits = 0
  let shut = false

  function adjust(): void {
    const wanted = waits === 0 && heldBytes > limitBytes
    if (wanted === shut) return
    shut = wanted
    for (const stream of streams) {
      if (shut) stream.pause()
      else stream.resume()
    }
  }

  async function waiting<T>(work: Promise<T>): Promise<T> {
    waits++
    adjust()
    try {
      return await work
    } finally {
      waits--
      adjust()
    }
  }

  return {
    waiting,
    tap<T>(stream: Readable, parse: (chunk: Uint8Array) => T[], sizeBytes: (piece: T) => number): Tap<T> {
      const ready: T[] = []
      let ended = false
      let failure: unknown
      let wake = () => {}
      const stop = () => {
        ended = true
        wake()
      }
      streams.push(stream)
      stream.on('data', (chunk: Uint8Array) => {
        if (ended) return
        try {
          for (const piece of parse(chunk)) {
            ready.push(piece)
            heldBytes += sizeBytes(piece)
          }
        } catch (error) {
          failure = error
          stop()
        }
        adjust()
        wake()
      })
      stream.on('end', stop)
      stream.on('close', stop)
      stream.on('error', stop)
      return {
        async next() {
          while (ready.length === 0 && !ended) {
            await waiting(
              new Promise<void>((resolve) => {
                wake = resolve
              }),
            )
          }
          const piece = ready.shift()
          if (piece === undefined) {
            if (failure) throw failure
            return undefined
          }
          heldBytes -= sizeBytes(piece)
          adjust()
          return piece
        },
      }
    },
  }
}

/** Cuts a stream into pieces of one size. */
export function createCutter(sizeBytes: number): (chunk: Uint8Array) => Uint8Array[] {
  let piece = new Uint8Array(sizeBytes)
  let filled = 0
  return (chunk) => {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + sizeBytes - filled)
      piece.set(part, filled)
      filled += part.length
      at += part.length
      if (filled === sizeBytes) {
        pieces.push(piece)
        piece = new Uint8Array(sizeBytes)
        filled = 0
      }
    }
    return pieces
  }
}
