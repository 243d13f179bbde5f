import Fastify from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { App, Context } from './context.ts'
import { PROBLEM_TYPE, problemDocument, toSluiceError } from './problem-document.ts'
import { metricsRoutes } from './routes/metrics.ts'

/** What a worker without the API shows of itself: its metrics. */
export function createWorkerHttp(context: Pick<Context, 'metrics' | 'metricsToken'>): App {
  const app: App = Fastify({ logger: false }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler((error, request, reply) => {
    const problem = problemDocument(toSluiceError(error, 0), request.id)
    reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
  })
  metricsRoutes(app, context)
  return app
}
