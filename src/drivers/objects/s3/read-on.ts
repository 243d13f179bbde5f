import { addAbortSignal, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SluiceError } from '../../../domain/errors.ts'
import type { ByteRange } from '../../../ports/objects.ts'

/** Tries without a byte received in between. */
const MAX_TRIES = 5
const FIRST_PAUSE_MS = 50

/**
 * The bytes of a range, all of them or an error. A connection that breaks, or was given up because nobody read for a
 * while, is opened again where it broke.
 * @param first body of the answer that is there already
 * @param again the body from a byte on
 * @param problem what to throw for an error
 * @param signal whose reason is thrown once it fires
 */
export async function* readOn(
  first: Readable,
  { start, end }: ByteRange,
  {
    again,
    problem,
    signal,
  }: { again: (from: number) => Promise<Readable>; problem: (error: unknown) => SluiceError; signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  let body = first
  let at = start
  for (let tries = 1; ; tries++) {
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        at += chunk.byteLength
        tries = 0
        yield chunk
      }
      if (at > end) return
      throw new Error(`the answer ended at byte ${at} of ${end + 1}`)
    } catch (error) {
      signal?.throwIfAborted()
      if (tries >= MAX_TRIES) throw problem(error)
    }
    await sleep(FIRST_PAUSE_MS * 2 ** tries, undefined, { ...(signal && { signal }) })
    try {
      body = await again(at)
    } catch (error) {
      signal?.throwIfAborted()
      throw problem(error)
    }
  }
}

/** The body of an answer as a stream. What breaks it while nobody reads is told by the next read. */
export function streamOf(body: unknown, signal: AbortSignal | undefined): Readable {
  if (!(body instanceof Readable)) throw new Error('the answer has no body')
  if (signal) addAbortSignal(signal, body)
  return body.on('error', () => {})
}
