import { SluiceError } from '../domain/errors.ts'
import { isOutage } from '../domain/outage.ts'
import type { ObjectInfo } from '../ports/objects.ts'
import type { StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'

/** What is larger goes straight through: a sound is far smaller, and a clip is seldom the answer itself. */
const MOST_HELD_BYTES = 32 * 1024 * 1024
const PAUSE_MS = 5_000
const TRIED_FOR_MS = 15 * 60_000

/**
 * Stores what came with the answer to an order. It is paid for and cannot be fetched again, so it is held in memory until it is stored:
 * where the files are gone it is tried for a quarter of an hour.
 */
export async function keepAnswer(
  { objects, clock }: Pick<StageDeps, 'objects' | 'clock'>,
  { log, signal }: Pick<StepRun, 'log' | 'signal'>,
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  mimeType: string,
): Promise<ObjectInfo> {
  const { held, rest } = await hold(bytes)
  const until = clock.now().getTime() + TRIED_FOR_MS
  for (;;) {
    try {
      return await objects.put(key, joined(held, rest), { mimeType, keyed: 'by-content' })
    } catch (error) {
      if (rest || !SluiceError.is(error) || !isOutage(error.code) || clock.now().getTime() >= until) throw error
      log.warn({ code: error.code, fix: error.fix, err: error.message }, 'a paid output is held in memory until it can be stored')
      await clock.sleep(PAUSE_MS, signal)
    }
  }
}

/** `rest`: what did not fit, to be read once. */
async function hold(bytes: AsyncIterable<Uint8Array>): Promise<{ held: Uint8Array[]; rest: AsyncIterator<Uint8Array> | null }> {
  const held: Uint8Array[] = []
  const iterator = bytes[Symbol.asyncIterator]()
  let size = 0
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    held.push(next.value)
    size += next.value.byteLength
    if (size > MOST_HELD_BYTES) return { held, rest: iterator }
  }
  return { held, rest: null }
}

async function* joined(held: readonly Uint8Array[], rest: AsyncIterator<Uint8Array> | null): AsyncGenerator<Uint8Array, void, undefined> {
  yield* held
  if (rest) yield* { [Symbol.asyncIterator]: () => rest }
}
