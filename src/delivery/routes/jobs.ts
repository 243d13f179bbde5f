import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import { isId, type TenantId } from '../../domain/ids.ts'
import { defaultRetentionOf } from '../../domain/tenant.ts'
import type { Verdict } from '../../domain/verdict.ts'
import type { Submitted } from '../../engine/engine.ts'
import { jobAddress } from '../../realtime/addresses.ts'
import { jobView, readJobView } from '../../realtime/job-view.ts'
import { JobInput, JobList, JobListQuery, JobView, type ParsedJobInput, QuoteView, ReportView, VoiceList } from '../../wire/jobs.ts'
import type { App, Context } from '../context.ts'
import { asJobId, assertNotGone, findJob } from '../find.ts'
import { findProfile } from '../find-profile.ts'
import { IdempotencyHeaders, idempotencyOf } from '../idempotency.ts'
import { invalidRequest } from '../invalid-request.ts'
import { toJobRequest } from '../job-request.ts'
import { verdictsOf } from '../judged.ts'
import { withProblems } from '../openapi.ts'
import { IMMUTABLE, sendObject } from '../send-object.ts'

const IdParams = z.object({ id: z.string() })
/** The preview's bytes are found beside the latest one. */
const PREVIEW_FILE = /^(\d{1,15})\.jpg$/

export function jobRoutes(app: App, context: Context): void {
  const { engine, store, objects, clock } = context
  const asked = async ({ body, tenantId }: { body: ParsedJobInput; tenantId: TenantId }) => {
    const [profile, agreed] = await Promise.all([findProfile(store, tenantId, body.policy.profile), engine.storagePolicy(tenantId)])
    return toJobRequest(body, profile, defaultRetentionOf(agreed))
  }

  app.post(
    '/jobs',
    {
      schema: {
        operationId: 'createJob',
        summary: 'Submit a job',
        description:
          'Answers as soon as the job is stored. With an `Idempotency-Key` the request can be repeated without making a second job. With a `traceparent` (W3C Trace Context) the job goes on in the trace of the caller.',
        tags: ['jobs'],
        headers: IdempotencyHeaders,
        body: JobInput,
        response: withProblems({ 202: JobView }),
      },
    },
    async (request, reply) => {
      return accepted(reply, await engine.submit(request.tenantId, await asked(request), idempotencyOf(request)))
    },
  )

  app.post(
    '/quotes',
    {
      schema: {
        operationId: 'quoteJob',
        summary: 'Price and time of a job, without submitting it',
        tags: ['jobs'],
        body: JobInput,
        response: withProblems({ 200: QuoteView }),
      },
    },
    async (request) => engine.quote(await asked(request)),
  )

  app.get(
    '/jobs',
    {
      schema: {
        operationId: 'listJobs',
        summary: 'Jobs, newest first',
        tags: ['jobs'],
        querystring: JobListQuery,
        response: withProblems({ 200: JobList }),
      },
    },
    async (request) => {
      const { state, kind, before, limit } = request.query
      if (before !== undefined && !isId('job', before))
        throw invalidRequest([{ field: 'before', detail: 'Must be the `next` of a page before.' }])
      const found = await store.jobs.list(request.tenantId, {
        limit: limit + 1,
        ...(state !== undefined && { states: [state].flat() }),
        ...(kind !== undefined && { kinds: [kind] }),
        ...(before !== undefined && { before }),
      })
      const page = found.slice(0, limit)
      const jobs = await Promise.all(page.map((job) => readJobView(store, job, clock.now())))
      return { jobs, next: found.length > limit ? (page.at(-1)?.id ?? null) : null }
    },
  )

  app.get(
    '/jobs/:id',
    { schema: { operationId: 'getJob', summary: 'A job', tags: ['jobs'], params: IdParams, response: withProblems({ 200: JobView }) } },
    async (request) => readJobView(store, await findJob(store, request.tenantId, request.params.id), clock.now()),
  )

  app.post(
    '/jobs/:id/cancel',
    {
      schema: {
        operationId: 'cancelJob',
        summary: 'Stop a job',
        tags: ['jobs'],
        params: IdParams,
        response: withProblems({ 200: JobView }),
      },
    },
    async (request) => readJobView(store, await engine.cancel(request.tenantId, asJobId(request.params.id)), clock.now()),
  )

  app.post(
    '/jobs/:id/retry',
    {
      schema: {
        operationId: 'retryJob',
        summary: 'A new job for the same request',
        tags: ['jobs'],
        params: IdParams,
        response: withProblems({ 202: JobView }),
      },
    },
    async (request, reply) => {
      return accepted(reply, await engine.retry(request.tenantId, asJobId(request.params.id), idempotencyOf(request)))
    },
  )

  app.get(
    '/jobs/:id/report',
    {
      schema: {
        operationId: 'getReport',
        summary: 'What was checked',
        tags: ['jobs'],
        params: IdParams,
        response: withProblems({ 200: ReportView }),
      },
    },
    async (request) => {
      const job = await findJob(store, request.tenantId, request.params.id)
      const asset = job.assetId ? await store.assets.get(job.assetId) : undefined
      const verdicts = asset ? await verdictsOf(store, asset) : []
      const count = (wanted: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === wanted).length
      const { profile, profileVersion, gate } = job.request.policy
      return {
        jobId: job.id,
        assetId: job.assetId,
        state: job.state.state,
        profile: { name: profile, version: profileVersion },
        gate,
        summary: { pass: count('pass'), warn: count('warn'), repaired: count('repaired'), unknown: count('unknown'), fail: count('fail') },
        verdicts,
      }
    },
  )

  app.get(
    '/jobs/:id/previews/:file',
    {
      schema: {
        operationId: 'getPreview',
        summary: 'A picture of the work in progress',
        tags: ['jobs'],
        params: IdParams.extend({ file: z.string().describe('`<seq>.jpg`') }),
        response: withProblems({ 200: { description: 'JPEG', content: { 'image/jpeg': { schema: z.string() } } } }),
      },
    },
    async (request, reply) => {
      const job = await findJob(store, request.tenantId, request.params.id)
      await assertNotGone(context, job)
      const [, seq] = request.params.file.match(PREVIEW_FILE) ?? []
      const latest = job.preview
      const object =
        seq !== undefined && latest
          ? await objects.head(`${latest.objectKey.slice(0, latest.objectKey.lastIndexOf('/') + 1)}${seq}.jpg`)
          : undefined
      if (!object) {
        throw new SluiceError('file_not_found', 'There is no such preview, or it is gone: previews are kept while the job runs.', {
          fix: 'Use the latest `preview.url` of the job.',
        })
      }
      const { key: objectKey, sizeBytes, sha256 } = object
      return sendObject(request, reply, objects, { objectKey, sizeBytes, sha256, mimeType: 'image/jpeg' }, IMMUTABLE)
    },
  )

  /** A job that was just written is told as it was written; nothing is read again. */
  async function accepted(reply: FastifyReply, { job, ahead, repeated }: Submitted): Promise<JobView> {
    if (repeated) reply.header('idempotent-replayed', 'true')
    reply.code(202).header('location', jobAddress(job.id))
    return ahead === null ? readJobView(store, job, clock.now()) : jobView(job, { asset: undefined, ahead, reviews: [] })
  }

  app.get(
    '/voices',
    { schema: { operationId: 'listVoices', summary: 'Voices for speech', tags: ['jobs'], response: withProblems({ 200: VoiceList }) } },
    async () => ({ voices: context.voices.map(({ id, label, language }) => ({ id, label, language })) }),
  )
}
