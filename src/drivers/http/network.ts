import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { SluiceError } from '../../domain/errors.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** Addresses that are not on the public internet (IANA special-purpose registries, RFC 6890). */
const inside = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(net, prefix, 'ipv6')

/** Whether an IP address is one of the public internet. */
function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return isPublicAddress(mapped)
  // ::ffff:7f00:1 is 127.0.0.1 as well.
  if (family === 6 && /^::ffff:/i.test(address)) return false
  return !inside.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** The ways out of this process. */
export interface Network {
  /** For addresses the operator has configured: anywhere. */
  trusted: Dispatcher
  /** For addresses that came from outside: public ones only, checked on the address that is connected to. */
  guarded: Dispatcher
  close(): Promise<void>
}

/** A name is resolved once, and what it resolved to is both checked and connected to: it cannot change in between. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const found = addresses.filter(({ address }) => isPublicAddress(address))
    const [first] = found
    if (!first) return callback(addressRefused(hostname) as unknown as NodeJS.ErrnoException, '', 0)
    if (options.all) (callback as unknown as (error: null, all: typeof found) => void)(null, found)
    else callback(null, first.address, first.family)
  })
}

export function createNetwork(): Network {
  const common = { connections: 128, pipelining: 1, headersTimeout: 0, bodyTimeout: 60_000 }
  const trusted = new Agent({ ...common, connect: { timeout: CONNECT_TIMEOUT_MS } })
  const guarded = new Agent({ ...common, connect: { timeout: CONNECT_TIMEOUT_MS, lookup: publicLookup } })
  return {
    trusted,
    guarded,
    async close() {
      await Promise.all([trusted.destroy(), guarded.destroy()])
    },
  }
}

/**
 * Whether a URL may be asked on somebody else's word: https, no credentials in it, and no IP address that is not public.
 * Names are checked when they are resolved, by {@link Network.guarded}.
 */
export function isPublicUrl(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return url.protocol === 'https:' && url.username === '' && url.password === '' && (isIP(host) === 0 || isPublicAddress(host))
}

/** Throws `address_refused` for what is not {@link isPublicUrl}. */
export function assertPublicUrl(url: URL, field?: string): void {
  if (!isPublicUrl(url)) throw addressRefused(url.host, field)
}

function addressRefused(host: string, field?: string): SluiceError {
  return new SluiceError('address_refused', `${host} is not fetched: only https at public addresses is.`, {
    fix: 'Use a public https address without a user name.',
    ...(field !== undefined && { field }),
  })
}
