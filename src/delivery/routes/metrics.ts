import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import { isLoopback } from '../auth.ts'
import { guardOpenServer } from '../browser-guard.ts'
import type { App, Context } from '../context.ts'
import { withProblems } from '../openapi.ts'

/** What proxies add: the request came from further away than its connection. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/** For whoever watches over the house: what it does, as Prometheus reads it. */
export function metricsRoutes(app: App, { metrics, metricsToken }: Pick<Context, 'metrics' | 'metricsToken'>): void {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'What the server does and has to do, for Prometheus',
        description: 'Text format 0.0.4. Needs the bearer token of `SLUICE_METRICS_TOKEN`; without one it answers on this machine only.',
        tags: ['server'],
        response: withProblems({ 200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } } }),
      },
    },
    async (request, reply) => {
      if (metricsToken === null) assertFromHere(request)
      else assertToken(request.headers.authorization, metricsToken)
      const text = await metrics.text()
      return reply
        .header('cache-control', 'no-store')
        .type(metrics.contentType)
        .serializer((sent: unknown) => String(sent))
        .send(text)
    },
  )
}

function assertFromHere(request: FastifyRequest): void {
  if (!isLoopback(request.ip) || FORWARDED.some((name) => request.headers[name] !== undefined)) {
    throw new SluiceError('unauthorized', 'Without a token the metrics are shown on this machine only.', {
      fix: 'Set SLUICE_METRICS_TOKEN on the server and send it as `Authorization: Bearer <token>`.',
    })
  }
  guardOpenServer(request)
}

function assertToken(authorization: string | undefined, token: string): void {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  if (timingSafeEqual(hash(given), hash(token))) return
  throw new SluiceError('unauthorized', given === '' ? 'The request has no bearer token.' : 'The token is not that of the metrics.', {
    fix: 'Send the value of SLUICE_METRICS_TOKEN as `Authorization: Bearer <token>`.',
  })
}
