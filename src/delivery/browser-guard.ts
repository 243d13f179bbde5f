import type { FastifyRequest } from 'fastify'
import { SluiceError } from '../domain/errors.ts'
import { isLoopback } from './auth.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * While no key is needed, any page open in the user's browser could reach this server. Two things keep it out: a host
 * name that is not this machine's own (DNS rebinding) is refused, and so is a change asked for by a page of another
 * origin. Programs send neither header. Throws `origin_refused`.
 */
export function guardOpenServer(request: FastifyRequest): void {
  const local = request.socket.localAddress
  if (local !== undefined && !isLoopback(local)) {
    throw new SluiceError('unauthorized', 'Without an API key this server answers only on this machine.', {
      fix: 'Make a key with `sluice keys create`.',
    })
  }
  if (!isLoopback(hostName(request.headers.host ?? ''))) {
    throw new SluiceError('origin_refused', `The host ${JSON.stringify(request.headers.host ?? '')} is not this machine.`, {
      fix: 'Use http://localhost or http://127.0.0.1, or make an API key to be reached by other names.',
    })
  }
  if (SAFE_METHODS.has(request.method) || isSameOrigin(request)) return
  throw new SluiceError('origin_refused', 'A page of another origin asked for a change.', {
    fix: 'Call the API from a page it serves itself, from a program, or make an API key.',
  })
}

function isSameOrigin(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin } = request.headers
  if (origin === undefined) return true
  return URL.parse(origin)?.host === request.headers.host
}

/** The name in a Host header, without its port. */
function hostName(host: string): string {
  return host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : host.replace(/:\d*$/, '')
}
