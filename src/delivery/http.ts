import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { SluiceError } from '../domain/errors.ts'
import { faultOf } from '../domain/trace.ts'
import { createEventStreams } from '../realtime/event-streams.ts'
import { MAX_BODY_BYTES } from '../wire/jobs.ts'
import { allowedMethods } from './allowed-methods.ts'
import { createAuthenticator } from './auth.ts'
import { guardOpenServer } from './browser-guard.ts'
import { contentSecurity } from './content-security.ts'
import type { App, Context, HttpOptions } from './context.ts'
import { listed, validatorCompiler } from './invalid-request.ts'
import { documentApi } from './openapi.ts'
import { PROBLEM_TYPE, problemDocument, toSluiceError } from './problem-document.ts'
import { assetRoutes } from './routes/assets.ts'
import { blockListRoutes } from './routes/block-list.ts'
import { docsRoutes } from './routes/docs.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { hlsRoutes } from './routes/hls.ts'
import { hookRoutes } from './routes/hooks.ts'
import { jobRoutes } from './routes/jobs.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { operationsRoutes } from './routes/operations.ts'
import { profileRoutes } from './routes/profiles.ts'
import { reviewRoutes } from './routes/reviews.ts'
import { spendRoutes } from './routes/spend.ts'
import { studioRoutes } from './routes/studio.ts'
import { takeRoutes } from './routes/takes.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { traceRequests } from './trace-requests.ts'

const REQUESTS_PER_MINUTE = 30_000
const REFUSED_KEYS_PER_MINUTE = 60
/** How long a client may take to send its request. */
const REQUEST_TIMEOUT_MS = 30_000
/** How long answers under way may take once the server closes. */
const CLOSE_GRACE_MS = 10_000
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

/**
 * The API, its documentation and the Studio. `close()` takes no more requests, ends event streams and held requests, and
 * waits up to 10 s for answers under way.
 */
export async function createHttp(options: HttpOptions): Promise<App> {
  const bodyLimit = options.bodyLimit ?? MAX_BODY_BYTES
  const closing = new AbortController()
  const context: Context = { ...options, streams: createEventStreams(), closing: closing.signal }
  const app: App = Fastify({
    bodyLimit,
    logger: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : `req_${randomBytes(12).toString('base64url')}`
    },
    frameworkErrors: (error, request, reply) => answer(error, request, reply),
  }).withTypeProvider<ZodTypeProvider>()

  app.decorate('streams', context.streams)
  options.metrics.gauges(() => [{ name: 'sluice_event_streams_open', labels: {}, value: context.streams.size }])
  app.setValidatorCompiler(validatorCompiler)
  // What goes out is typed where it is made; tests hold it against the schemas.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  takeJsonOnly(app)
  app.decorateRequest('span', null)
  app.setErrorHandler(answer)
  const methodsAt = allowedMethods(app)
  app.setNotFoundHandler((request) => {
    const methods = methodsAt(request.url)
    // Its own method is among them where a part of the address is too long for the router.
    if (methods.length > 0 && !methods.includes(request.method)) {
      throw new SluiceError('method_not_allowed', `${request.method} is not allowed here.`, {
        fix: `Use ${listed(methods)}.`,
        facts: { allow: methods },
      })
    }
    throw new SluiceError('not_found', `Nothing is at ${request.url.split('?')[0]}.`, {
      fix: 'The addresses of the API are in /openapi.json.',
    })
  })

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (closing.signal.aborted) {
      reply.header('connection', 'close')
      throw new SluiceError('shutting_down', 'The server is shutting down.', { fix: 'Try again in a few seconds.', retryAfterMs: 2_000 })
    }
  })
  app.addHook('preClose', async () => {
    closing.abort()
    context.streams.end()
    // A connection kept alive for a request that may follow would hold the close up; it becomes idle when its answer is out.
    const idle = setInterval(() => app.server.closeIdleConnections(), 50)
    const late = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS)
    app.server.once('close', () => {
      clearInterval(idle)
      clearTimeout(late)
    })
  })

  const studioFolder = options.studioFolder !== undefined && existsSync(options.studioFolder) ? options.studioFolder : undefined
  await app.register(fastifyHelmet, contentSecurity)
  await documentApi(app, options.version)
  await app.register(async (api) => protectedRoutes(api as App, context), { prefix: '/v1' })
  await hookRoutes(app, context)
  healthRoutes(app, context)
  metricsRoutes(app, context)
  docsRoutes(app, context)
  if (studioFolder !== undefined) await studioRoutes(app, studioFolder)
  return app

  /** The one place that answers with a problem. */
  function answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = toSluiceError(thrown, bodyLimit)
    const problem = problemDocument(error, request.id)
    if (problem.status >= 500) {
      request.span?.fail(faultOf(error))
      const traceId = request.span?.traceId
      const asked = { requestId: request.id, method: request.method, url: request.url, ...(traceId && { traceId }) }
      options.log.error({ ...asked, err: thrown }, 'a request failed')
    } else request.span?.set({ 'error.type': error.code })
    for (const header of ['etag', 'content-length', 'content-range', 'accept-ranges', 'content-disposition']) reply.removeHeader(header)
    reply.header('x-request-id', request.id).header('cache-control', 'no-store').type(PROBLEM_TYPE).code(problem.status)
    if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000))
    if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
    if (error.code === 'method_not_allowed' && Array.isArray(error.facts.allow)) reply.header('allow', error.facts.allow.join(', '))
    if (error.code === 'range_not_satisfiable') reply.header('content-range', `bytes */${error.facts.sizeBytes}`)
    reply.send(JSON.stringify(problem))
  }
}

/** Everything below `/v1`: who asks is known, and not too often. */
async function protectedRoutes(api: App, context: Context): Promise<void> {
  traceRequests(api, context.tracer)
  const authenticator = createAuthenticator(context.store, context.ids)
  await api.register(fastifyRateLimit, {
    max: context.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    timeWindow: '1 minute',
    keyGenerator: (request) => request.tenantId,
    allowList: (request) => request.keyless,
    errorResponseBuilder: (_request, { max, ttl }) => tooMany(`More than ${max} requests in a minute.`, ttl),
  })
  const countRefused = api.createRateLimit({
    max: REFUSED_KEYS_PER_MINUTE,
    timeWindow: '1 minute',
    keyGenerator: (request) => request.ip,
    allowList: [],
  })
  api.addHook('onRequest', async (request) => {
    request.keyless = await authenticator.open(request.headers.authorization)
    if (request.keyless) {
      guardOpenServer(request)
      request.tenantId = await authenticator.defaultTenant()
      return
    }
    try {
      const owner = await authenticator.ownerOf(request.headers.authorization)
      request.tenantId = owner.tenantId
      request.keyName = owner.keyName
    } catch (error) {
      const refused = await countRefused(request)
      if (!refused.isAllowed && refused.isExceeded) throw tooMany('Too many requests with keys that are not known.', refused.ttl)
      throw error
    }
  })
  jobRoutes(api, context)
  eventRoutes(api, context)
  assetRoutes(api, context)
  hlsRoutes(api, context)
  takeRoutes(api, context)
  reviewRoutes(api, context)
  spendRoutes(api, context)
  profileRoutes(api, context)
  blockListRoutes(api, context)
  webhookRoutes(api, context)
  operationsRoutes(api, context)
}

function tooMany(detail: string, retryAfterMs: number): SluiceError {
  return new SluiceError('rate_limited', detail, { fix: `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`, retryAfterMs })
}

/** JSON is the one kind of body; its text is kept, as an `Idempotency-Key` stands for it. */
function takeJsonOnly(app: App): void {
  app.decorateRequest('bodyText', '')
  app.decorateRequest('keyless', false)
  app.decorateRequest('keyName', null)
  app.decorateRequest('tenantId')
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    request.bodyText = text
    if (text === '') done(null, undefined)
    else parse(request, text, done)
  })
}
