import { SluiceError } from '../../domain/errors.ts'
import type { Network } from './network.ts'
import { createVendorApi } from './vendor-api.ts'

/** As base64 within a request of 20 MB. */
const MAX_BYTES = 12 * 2 ** 20

const KINDS: [mimeType: string, begins: RegExp][] = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
]

/**
 * A picture at somebody's address, for APIs that take no addresses. Public https addresses only, without any credentials. Throws
 * `address_refused` or `provider_cannot`, with the field; nothing has been ordered then.
 */
export async function readPicture(network: Network, url: string, signal: AbortSignal): Promise<{ base64: string; mimeType: string }> {
  const field = 'imageUrl'
  // It has no origin of its own that might be trusted.
  const anyone = createVendorApi({ vendor: 'The server of the picture', baseUrl: 'https://picture.invalid', headers: {}, network })
  const body = await anyone.download(url, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    if (SluiceError.is(error) && error.code === 'address_refused')
      throw new SluiceError('address_refused', error.message, { field, ...(error.fix !== undefined && { fix: error.fix }) })
    throw unreadable('it cannot be fetched', error)
  })
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of body.stream) {
      sizeBytes += chunk.length
      if (sizeBytes > MAX_BYTES) throw unreadable(`it has more than ${MAX_BYTES} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    signal.throwIfAborted()
    // Told by name: what breaks here must not pass for an order in doubt.
    throw SluiceError.is(error) ? error : unreadable('it broke off', error)
  }
  const bytes = Buffer.concat(chunks)
  const head = bytes.subarray(0, 16).toString('latin1')
  const kind = KINDS.find(([, begins]) => begins.test(head))
  if (kind === undefined) throw unreadable('it is neither PNG nor JPEG nor WebP')
  return { base64: bytes.toString('base64'), mimeType: kind[0] }
}

function unreadable(why: string, cause?: unknown): SluiceError {
  return new SluiceError('provider_cannot', `The picture cannot be used: ${why}.`, {
    field: 'imageUrl',
    fix: 'Give the public https address of a PNG, JPEG or WebP file.',
    cause,
  })
}
