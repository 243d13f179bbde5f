import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import { isId } from '../../domain/ids.ts'
import type { Review } from '../../domain/review.ts'
import { mastersOf } from '../../domain/take.ts'
import { reviewView } from '../../realtime/review-view.ts'
import { ReviewInput, ReviewList, ReviewListQuery, ReviewView } from '../../wire/reviews.ts'
import type { App, Context } from '../context.ts'
import { asReviewId, assertNotGone, findJob, findReview } from '../find.ts'
import { IdempotencyHeaders, idempotencyOf } from '../idempotency.ts'
import { invalidRequest } from '../invalid-request.ts'
import { withProblems } from '../openapi.ts'
import { NO_STORE, type Sendable, sendObject } from '../send-object.ts'

const IdParams = z.object({ id: z.string() })
const tags = ['reviews']
/** What a vendor calls its output is not believed: nothing that a browser would run is sent under its name. */
const PLAYABLE = /^(video|audio)\/[\w.+-]+$|^image\/(jpeg|png|webp)$/

export function reviewRoutes(app: App, context: Context): void {
  const { engine, store, objects } = context
  app.get(
    '/reviews',
    {
      schema: {
        operationId: 'listReviews',
        summary: 'What is held until a person has decided, and what was, newest first',
        tags,
        querystring: ReviewListQuery,
        response: withProblems({ 200: ReviewList }),
      },
    },
    async (request) => {
      const { state, before, limit } = request.query
      if (before !== undefined && !isId('rev', before))
        throw invalidRequest([{ field: 'before', detail: 'Must be the `next` of a page before.' }])
      const found = await store.reviews.list(request.tenantId, {
        limit: limit + 1,
        ...(state !== undefined && { states: [state].flat() }),
        ...(before !== undefined && { before }),
      })
      const page = found.slice(0, limit)
      return { reviews: page.map(reviewView), next: found.length > limit ? (page.at(-1)?.id ?? null) : null }
    },
  )

  app.get(
    '/reviews/:id',
    {
      schema: {
        operationId: 'getReview',
        summary: 'A review: its findings, and what was decided by whom',
        tags,
        params: IdParams,
        response: withProblems({ 200: ReviewView }),
      },
    },
    async (request) => reviewView(await findReview(store, request.tenantId, request.params.id)),
  )

  app.post(
    '/reviews/:id/decision',
    {
      schema: {
        operationId: 'decideReview',
        summary: 'Approve, reject, or have it made again',
        description:
          'With two reviewers the first approval leaves it open. With an `Idempotency-Key` the request can be repeated without deciding twice.',
        tags,
        headers: IdempotencyHeaders,
        params: IdParams,
        body: ReviewInput,
        response: withProblems({ 200: ReviewView }),
      },
    },
    async (request, reply) => {
      const { decision, note } = request.body
      const said = { decision, note, by: reviewerOf(request, request.body.by) }
      const { review, repeated } = await engine.decideReview(request.tenantId, asReviewId(request.params.id), said, idempotencyOf(request))
      if (repeated) reply.header('idempotent-replayed', 'true')
      return reviewView(review)
    },
  )

  app.get(
    '/reviews/:id/media',
    {
      schema: {
        operationId: 'getReviewMedia',
        summary: 'What is held, for the eyes and ears of reviewers alone',
        description: 'The take as it was delivered, before the gate. Takes `Range` and `If-Range`; never cached.',
        tags,
        params: IdParams,
        response: withProblems({
          200: { description: 'The whole recording.', content: { 'application/octet-stream': { schema: z.string() } } },
          206: { description: 'The bytes asked for.', content: { 'application/octet-stream': { schema: z.string() } } },
        }),
      },
    },
    async (request, reply) => {
      const review = await findReview(store, request.tenantId, request.params.id)
      await assertNotGone(context, await findJob(store, request.tenantId, review.jobId))
      return sendObject(request, reply, objects, await heldMedia(review), NO_STORE)
    },
  )

  async function heldMedia({ takeId }: Review): Promise<Sendable> {
    const take = takeId === null ? undefined : await store.takes.get(takeId)
    const masters = take ? mastersOf(take) : []
    const master = masters.find(({ role }) => role === 'media') ?? masters.find(({ role }) => role === 'still')
    if (!master) {
      throw new SluiceError('file_not_found', 'There is no recording to look at yet, or none at all.', {
        fix: 'Read the findings; a take that is still being fetched can be seen once it is there.',
      })
    }
    return PLAYABLE.test(master.mimeType) ? master : { ...master, mimeType: 'application/octet-stream' }
  }
}

/** A key says who it is. Where none is needed, the request says so itself. Throws `request_invalid`. */
function reviewerOf({ keyName }: FastifyRequest, by: string | undefined): string {
  if (keyName === null) {
    if (by === undefined) throw invalidRequest([{ field: 'by', detail: 'Is missing: without API keys the request says who decides.' }])
    return by
  }
  if (by === undefined || by === keyName) return keyName
  throw invalidRequest([{ field: 'by', detail: `With an API key its name decides, which is ${JSON.stringify(keyName)}. Leave it out.` }])
}
