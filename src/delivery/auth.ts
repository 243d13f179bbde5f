import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { SluiceError } from '../domain/errors.ts'
import type { TenantId } from '../domain/ids.ts'
import type { Ids } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'

/** Owner of everything while no key exists. */
const DEFAULT_TENANT = 'default'

const KEY_FORM = /^slc_[A-Za-z0-9_-]{43}$/
const KEY_BYTES = 32
/** How long an answer of the store about keys is trusted. */
const TRUST_MS = 1_000
const KEPT = 1_000

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')

/** Makes a key for a tenant, creating the tenant when it is new. The key is returned this once; only its SHA-256 is kept. */
export async function createApiKey(store: Store, ids: Ids, tenantName: string, name: string): Promise<string> {
  const key = `slc_${randomBytes(KEY_BYTES).toString('base64url')}`
  const tenantId = await store.tenants.ensure(tenantName, ids.next('ten'))
  await store.keys.insert({ id: ids.next('key'), tenantId, name, hash: hashOf(key), createdAt: new Date() })
  return key
}

/** Whether an address or host name is this machine's own. */
export function isLoopback(host: string): boolean {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:/i, '')
    .toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
}

/** Refuses to open a server without keys to others. Throws `config_invalid`. */
export function assertSafeToListen(host: string, keyCount: number): void {
  if (keyCount > 0 || isLoopback(host)) return
  throw new SluiceError('config_invalid', `SLUICE_HOST is ${host}, which others can reach, but there is no API key yet.`, {
    field: 'SLUICE_HOST',
    fix: 'Make a key with `sluice keys create`, or listen on 127.0.0.1.',
  })
}

export interface KeyOwner {
  tenantId: TenantId
  keyName: string
}

export interface Authenticator {
  /** Whether a request with this `Authorization` header needs no key: none exists. */
  open(authorization: string | undefined): Promise<boolean>
  /** The tenant of an `Authorization` header and the name of its key. Throws `unauthorized`. */
  ownerOf(authorization: string | undefined): Promise<KeyOwner>
  /** The tenant of requests that need no key. */
  defaultTenant(): Promise<TenantId>
}

/** Looks keys up by hash; answers are trusted for a second, so a busy server does not ask the store for each request. */
export function createAuthenticator(store: Store, ids: Ids, now: () => number = Date.now): Authenticator {
  let count = { value: 0, at: Number.NEGATIVE_INFINITY }
  let tenant: Promise<TenantId> | null = null
  const known = new Map<string, { owner: KeyOwner; at: number }>()

  return {
    async open(authorization) {
      // Who sends a key may send the first one, made a moment ago.
      const trusted = authorization === undefined && now() - count.at <= TRUST_MS
      if (count.value === 0 && !trusted) count = { value: await store.keys.count(), at: now() }
      return count.value === 0
    },

    async ownerOf(authorization) {
      const [, key] = authorization?.match(/^Bearer +(\S+)$/i) ?? []
      if (key === undefined) {
        throw new SluiceError(
          'unauthorized',
          authorization === undefined ? 'The request has no API key.' : 'The Authorization header is not of the form `Bearer <key>`.',
          {
            fix: 'Send `Authorization: Bearer slc_...`. `sluice keys create` makes a key.',
          },
        )
      }
      const hash = KEY_FORM.test(key) ? hashOf(key) : undefined
      const trusted = hash && known.get(hash)
      if (trusted && now() - trusted.at <= TRUST_MS) return trusted.owner
      const record = hash ? await store.keys.byHash(hash) : undefined
      if (!hash || !record || !timingSafeEqual(Buffer.from(record.hash), Buffer.from(hash))) {
        throw new SluiceError('unauthorized', 'The API key is not known.', {
          fix: 'Check the key for missing characters, or make a new one with `sluice keys create`.',
        })
      }
      if (known.size >= KEPT) known.clear()
      const owner = { tenantId: record.tenantId, keyName: record.name }
      known.set(hash, { owner, at: now() })
      return owner
    },

    defaultTenant() {
      tenant ??= store.tenants.ensure(DEFAULT_TENANT, ids.next('ten')).catch((error) => {
        tenant = null
        throw error
      })
      return tenant
    },
  }
}
