import { z } from 'zod'
import { isId } from '../../domain/ids.ts'
import { asDeadLetterId } from '../../engine/dead-letters.ts'
import { DeadLetterList, DeadLetterQuery, DeadLetterView, OperationsView } from '../../wire/operations.ts'
import type { App, Context } from '../context.ts'
import { createHouseReader } from '../house-view.ts'
import { IdempotencyHeaders, idempotencyOf } from '../idempotency.ts'
import { invalidRequest } from '../invalid-request.ts'
import { withProblems } from '../openapi.ts'
import { readDeadLetter, readDeadLetters, readOwnOperations } from '../operations-view.ts'

const IdParams = z.object({ id: z.string() })
const tags = ['operations']

export function operationsRoutes(app: App, context: Context): void {
  const { engine, store } = context
  const readHouse = createHouseReader(context)

  app.get(
    '/operations',
    {
      schema: {
        operationId: 'getOperations',
        summary: 'What the house does now, and what of yours waits for a person',
        description: 'Lanes, processes and provider accounts are those of the whole house; budget, stuck work and dead letters are yours.',
        tags,
        response: withProblems({ 200: OperationsView }),
      },
    },
    async (request) => {
      const [house, own] = await Promise.all([readHouse(), readOwnOperations(context, request.tenantId)])
      return { ...house, ...own }
    },
  )

  app.get(
    '/operations/dead-letters',
    {
      schema: {
        operationId: 'listDeadLetters',
        summary: 'Work that was given up and waits for a person, newest first',
        tags,
        querystring: DeadLetterQuery,
        response: withProblems({ 200: DeadLetterList }),
      },
    },
    async (request) => {
      const { before, limit } = request.query
      if (before !== undefined && !isId('dlt', before))
        throw invalidRequest([{ field: 'before', detail: 'Must be the `next` of a page before.' }])
      const found = await store.deadLetters.listOpen({
        tenantId: request.tenantId,
        limit: limit + 1,
        ...(before !== undefined && { before }),
      })
      const page = found.slice(0, limit)
      return { deadLetters: await readDeadLetters(store, page), next: found.length > limit ? (page.at(-1)?.id ?? null) : null }
    },
  )

  app.post(
    '/operations/dead-letters/:id/retry',
    {
      schema: {
        operationId: 'retryDeadLetter',
        summary: 'Begin again what was given up',
        description:
          'A job that failed is submitted anew and begins with what the old one has paid for; background work of a job that stands is done again in place; a message is sent again under its id. One that was retried already is answered as it stands, and nothing is begun twice.',
        tags,
        headers: IdempotencyHeaders,
        params: IdParams,
        response: withProblems({ 200: DeadLetterView }),
      },
    },
    async (request, reply) => {
      const { letter, repeated } = await engine.retryDeadLetter(request.tenantId, asDeadLetterId(request.params.id), idempotencyOf(request))
      if (repeated) reply.header('idempotent-replayed', 'true')
      return readDeadLetter(store, letter)
    },
  )

  app.post(
    '/operations/dead-letters/:id/dismiss',
    {
      schema: {
        operationId: 'dismissDeadLetter',
        summary: 'Let it go: it leaves the list, and nothing else changes',
        tags,
        params: IdParams,
        response: withProblems({ 200: DeadLetterView }),
      },
    },
    async (request) => {
      const letter = await engine.dismissDeadLetter(request.tenantId, asDeadLetterId(request.params.id))
      return readDeadLetter(store, letter)
    },
  )
}
