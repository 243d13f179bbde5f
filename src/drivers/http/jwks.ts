import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { SluiceError } from '../../domain/errors.ts'
import type { Network } from './network.ts'
import { createVendorApi } from './vendor-api.ts'

const MOST_KEYS = 64
const DEFAULT_MAX_AGE_MS = 24 * 3_600_000
const DEFAULT_REFETCH_EVERY_MS = 60_000
const FETCH_TIMEOUT_MS = 10_000
const FAILURE_HOLDS_MS = 5_000

export interface JwksOptions {
  /** As the user knows it, for messages. */
  vendor: string
  /** Of the key set (RFC 7517): the operator's setting, so it may lead anywhere. */
  url: string
  network: Network
  /** Keys older than this are fetched anew before they are used. Default, and at most, 24 hours. */
  maxAgeMs?: number
  /** However many messages with unknown keys come, the vendor is asked no more often than this for them. Default 60,000. */
  refetchEveryMs?: number
  now?: () => number
}

/**
 * A vendor's public keys, fetched when first needed and kept for a day.
 *
 * ```ts
 * const jwks = createJwks({ vendor: 'fal', url: jwksUrl, network })
 * // fal: the signature names no key, so each is tried
 * const believed = await jwks.verify(undefined, (key) => verify(null, signedBytes, key, signature))
 * // a JWT: only keys of the id its header names
 * const believed = await jwks.verify(header.kid, (key) => key.asymmetricKeyType === 'rsa' && verify('RSA-SHA256', signedBytes, key, signature))
 * if (!believed) throw new SluiceError('webhook_invalid', ...)
 * ```
 */
export interface Jwks {
  /**
   * Whether one of the keys with this id (all keys, without an id) satisfies `accepts`. When none does, the vendor may have
   * changed its keys: they are fetched once more, at most every `refetchEveryMs`, and tried again. An `accepts` that throws
   * has not accepted. Throws `provider_unavailable` when there are no keys that are young enough and none can be fetched,
   * so that the message is answered with 503 and comes again.
   */
  verify(keyId: string | undefined, accepts: (key: KeyObject) => boolean): Promise<boolean>
}

interface KeySet {
  fetchedAtMs: number
  keys: { id: string | undefined; key: KeyObject }[]
}

export function createJwks(options: JwksOptions): Jwks {
  const { vendor, url, network, now = Date.now, refetchEveryMs = DEFAULT_REFETCH_EVERY_MS } = options
  const maxAgeMs = Math.min(options.maxAgeMs ?? DEFAULT_MAX_AGE_MS, DEFAULT_MAX_AGE_MS)
  const address = new URL(url)
  const api = createVendorApi({ vendor, baseUrl: address.origin, headers: {}, network })
  let held: KeySet | undefined
  let underWay: Promise<KeySet> | undefined
  let lookedForUnknownAtMs = Number.NEGATIVE_INFINITY
  let failure: { atMs: number; error: unknown } | undefined

  async function fetchKeys(): Promise<KeySet> {
    const fetchedAtMs = now()
    const answer = await api
      .ask(`${address.pathname}${address.search}`, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
      .catch((error: unknown) => {
        throw SluiceError.is(error) ? error : noKeys(vendor, 'they did not come in time', error)
      })
    if (answer.status !== 200) throw noKeys(vendor, `the answer was ${answer.status}`)
    const keys = keysOf(await answer.json())
    if (keys.length === 0) throw noKeys(vendor, 'the answer holds none')
    return { fetchedAtMs, keys }
  }

  /** One fetch at a time, shared by all who wait for it, and so is its failure for a while. */
  async function refetch(): Promise<KeySet> {
    if (failure !== undefined && now() - failure.atMs < FAILURE_HOLDS_MS) throw failure.error
    underWay ??= fetchKeys().finally(() => {
      underWay = undefined
    })
    try {
      held = await underWay
      failure = undefined
      return held
    } catch (error) {
      failure = { atMs: now(), error }
      throw error
    }
  }

  return {
    async verify(keyId, accepts) {
      if (held === undefined || now() - held.fetchedAtMs >= maxAgeMs) return anyAccepts(await refetch(), keyId, accepts)
      if (anyAccepts(held, keyId, accepts)) return true
      if (now() - lookedForUnknownAtMs < refetchEveryMs) return false
      lookedForUnknownAtMs = now()
      return anyAccepts(await refetch(), keyId, accepts)
    },
  }
}

function anyAccepts({ keys }: KeySet, keyId: string | undefined, accepts: (key: KeyObject) => boolean): boolean {
  return keys.some(({ id, key }) => {
    if (keyId !== undefined && id !== keyId) return false
    try {
      return accepts(key)
    } catch {
      return false
    }
  })
}

/** Keys of kinds unknown to us are left out. */
function keysOf(answer: unknown): KeySet['keys'] {
  const list: unknown = (answer as { keys?: unknown } | null)?.keys
  if (!Array.isArray(list)) return []
  return list.slice(0, MOST_KEYS).flatMap((jwk: JsonWebKey & { kid?: unknown }) => {
    try {
      // fal's documentation promises no more than `x`.
      const complete = jwk.kty === undefined && jwk.x !== undefined ? { ...jwk, kty: 'OKP', crv: 'Ed25519' } : jwk
      const key = createPublicKey({ key: complete, format: 'jwk' })
      return [{ id: typeof jwk.kid === 'string' ? jwk.kid : undefined, key }]
    } catch {
      return []
    }
  })
}

function noKeys(vendor: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError('provider_unavailable', `The keys of ${vendor} for webhooks cannot be read: ${why}.`, { cause })
}
