import type { IncomingHttpHeaders } from 'node:http'
import type { TraceContext } from '../domain/trace.ts'
import type { Tracer } from '../ports/tracer.ts'
import type { App } from './context.ts'

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * One span for each request that may change something, in the trace of the client that sends `traceparent`. Reading has none: playlists,
 * segments and event streams would bury the few that matter. Nor have the webhooks of vendors, whose traces are not ours.
 */
export function traceRequests(api: App, tracer: Tracer): void {
  api.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url
    if (!READING.has(request.method) && route !== undefined) {
      request.span = tracer.open(`${request.method} ${route}`, {
        kind: 'server',
        parent: sentWith(request.headers),
        attributes: { 'http.request.method': request.method, 'http.route': route, 'sluice.request.id': request.id },
      })
    }
    done()
  })
  // Only now: what reads the body runs in the order of the network, not of the hooks.
  api.addHook('preHandler', (request, _reply, done) => {
    if (request.span) request.span.within(done)
    else done()
  })
  api.addHook('onResponse', (request, reply, done) => {
    request.span?.set({ 'http.response.status_code': reply.statusCode })
    request.span?.end()
    done()
  })
}

/** What is not well-formed begins a trace of its own. */
function sentWith({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | null {
  if (typeof traceparent !== 'string') return null
  return { traceparent, ...(typeof tracestate === 'string' && { tracestate }) }
}
