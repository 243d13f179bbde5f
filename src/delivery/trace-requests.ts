import type { IncomingHttpHeaders } from 'node:http'
import type { TraceContext } from '../domain/trace.ts'
import type { OpenSpan, Tracer } from '../ports/tracer.ts'
import type { App } from './context.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that may change something; `null` for one that only reads. */
    span: OpenSpan | null
  }
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * One span for each request that may change something, in the trace of the client that sends `traceparent`. Reading has none: playlists,
 * segments and event streams would bury the few that matter.
 */
export function traceRequests(app: App, tracer: Tracer): void {
  app.decorateRequest('span', null)
  app.addHook('onRequest', (request, _reply, done) => {
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
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.span) request.span.within(done)
    else done()
  })
  app.addHook('onResponse', (request, reply, done) => {
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
