import { SluiceError } from '../domain/errors.ts'
import type { RemoteRef, TakeOutput } from '../domain/take.ts'
import type { Clock } from '../ports/clock.ts'
import type { Provider } from '../ports/provider.ts'

/** Tries without a byte received in between, before the step is tried again later. */
const MAX_TRIES = 5
const FIRST_PAUSE_MS = 250

export interface DownloadOptions {
  clock: Clock
  signal: AbortSignal
  /** The download stops beyond this, and the output stays where it is. */
  maxBytes: number
}

/**
 * The bytes of a paid output, whole or not at all. A connection that breaks is opened again where it broke; an address
 * that has expired is asked for anew; what is shorter or longer than told is an error. Only the download is repeated here,
 * never the take.
 *
 * Throws `output_too_large`, `provider_unavailable`, `take_lost` when the provider itself says that it is gone, or what it throws.
 */
export async function* download(
  provider: Pick<Provider, 'fetch' | 'status'>,
  ref: RemoteRef,
  index: number,
  told: TakeOutput,
  { clock, signal, maxBytes }: DownloadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let output = told
  let received = 0
  let sizeBytes = output.sizeBytes ?? null
  for (let tries = 1; ; tries++) {
    try {
      const body = await provider.fetch(output, { signal, fromByte: received })
      sizeBytes ??= body.sizeBytes
      if (sizeBytes !== null && sizeBytes > maxBytes) throw tooLarge(sizeBytes, maxBytes)
      let skip = received - body.fromByte
      for await (const chunk of body.stream) {
        const fresh = skip >= chunk.length ? undefined : chunk.subarray(skip)
        skip = Math.max(0, skip - chunk.length)
        if (!fresh) continue
        received += fresh.length
        tries = 0
        if (received > maxBytes) throw tooLarge(received, maxBytes)
        yield fresh
      }
      if (sizeBytes === null || received === sizeBytes) return
      if (received > sizeBytes) throw new SluiceError('media_unreadable', `Received ${received} bytes of an output of ${sizeBytes}.`)
      throw new SluiceError('provider_unavailable', `The download ended after ${received} of ${sizeBytes} bytes.`)
    } catch (error) {
      signal.throwIfAborted()
      const expired = SluiceError.is(error) && error.code === 'file_not_found'
      const broken = expired || !SluiceError.is(error) || error.code === 'provider_unavailable' || error.code === 'provider_throttled'
      if (!broken || tries >= MAX_TRIES) throw expired || !SluiceError.is(error) ? notServed(error) : error
      if (expired) output = await fresh(provider, ref, index, signal)
      await clock.sleep((SluiceError.is(error) && error.retryAfterMs) || FIRST_PAUSE_MS * 2 ** tries, signal)
    }
  }
}

/** The same output at the address it has now. */
async function fresh(provider: Pick<Provider, 'status'>, ref: RemoteRef, index: number, signal: AbortSignal): Promise<TakeOutput> {
  const status = await provider.status(ref, { signal })
  const output = status.state === 'succeeded' ? status.outputs[index] : undefined
  if (output) return output
  const over = 'outcome' in status
  throw new SluiceError(
    over ? 'take_lost' : 'provider_unavailable',
    `The output is not there: the provider says the take is ${status.state}.`,
  )
}

function tooLarge(sizeBytes: number, maxBytes: number): SluiceError {
  return new SluiceError('output_too_large', `The output has ${sizeBytes} bytes; at most ${maxBytes} are taken.`, {
    fix: 'Raise SLUICE_MAX_OUTPUT_BYTES and retry the job, which fetches this output and orders none; or order a shorter or smaller one.',
  })
}

/** Only the provider's own word makes it lost; an address that leads nowhere may lead somewhere later. */
function notServed(cause: unknown): SluiceError {
  return new SluiceError('provider_unavailable', 'The provider says that it is made, and its file cannot be fetched.', { cause })
}
