import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import { type Job, jobEnded } from '../../domain/job.ts'
import { snapshotMessage } from '../../realtime/frames.ts'
import { readJobView } from '../../realtime/job-view.ts'
import { isTerminal, wireEvent } from '../../realtime/wire-event.ts'
import { EventPage } from '../../wire/events.ts'
import { type App, type Context, goneOrClosing } from '../context.ts'
import { findJob } from '../find.ts'
import { withProblems } from '../openapi.ts'

/** Events of one page. */
const PAGE = 500
/** Longest wait of a held request, in seconds: below the limits of proxies. */
const MAX_WAIT_SECONDS = 55
/** Jobs one feed may name. */
const MAX_NAMED_JOBS = 200
const NO_STORE = 'no-store'

const streamed = (description: string) => ({ description, content: { 'text/event-stream': { schema: z.string() } } })

export function eventRoutes(app: App, context: Context): void {
  const { store, hub } = context

  app.get(
    '/jobs/:id/events',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'followJob',
        summary: 'Events of a job',
        description:
          'Server-sent events: a snapshot of the job, then its events until the last. With `Last-Event-ID` (or `after`) only the events after that id. With `Accept: application/json` a page of events; `Prefer: wait=20` holds the answer until there is one.',
        tags: ['events'],
        params: z.object({ id: z.string() }),
        querystring: z.object({ after: z.coerce.number().int().min(0).optional().describe('Id of the last event seen.') }),
        headers: z.object({ 'last-event-id': z.string().optional(), prefer: z.string().optional() }),
        response: withProblems({
          200: {
            description: 'Messages: `snapshot`, then events of the log.',
            content: { 'text/event-stream': { schema: z.string() }, 'application/json': { schema: EventPage } },
          },
          204: z.null().describe('The job has ended and the reader has everything.'),
        }),
      },
    },
    async (request, reply) => {
      const job = await findJob(store, request.tenantId, request.params.id)
      reply.header('vary', 'Accept')
      const { accept = '' } = request.headers
      if (accept.includes('application/json') && !accept.includes('text/event-stream'))
        return poll(context, request, reply, job, request.query.after ?? 0)
      const after = cursorOf(request, request.query.after)
      const known = after !== null && after <= job.seq
      if (known && after === job.seq && jobEnded(job)) return reply.code(204).header('cache-control', NO_STORE).send(null)
      const begin = known ? { after } : { view: await readJobView(store, job) }
      reply.hijack()
      const stream = context.streams.open(reply.raw, headersOf(reply), () => hub.leave(stream))
      hub.follow(stream, job, begin)
    },
  )

  app.get(
    '/events',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'followJobs',
        summary: 'Events of many jobs over one stream',
        description:
          'Server-sent events: a snapshot of each job that has not ended, then the events of all, each with its `jobId`. Come back with `Last-Event-ID` for snapshots of what has changed since.',
        tags: ['events'],
        querystring: z.object({
          jobs: z
            .string()
            .optional()
            .describe(`Ids, separated by commas, at most ${MAX_NAMED_JOBS}. Default: all jobs, also those to come.`),
          after: z.coerce.number().int().min(0).optional().describe('Cursor, as `Last-Event-ID`.'),
        }),
        headers: z.object({ 'last-event-id': z.string().optional() }),
        response: withProblems({ 200: streamed('Messages: `snapshot`, then events of the log, each with `jobId`.') }),
      },
    },
    async (request, reply) => {
      const only = request.query.jobs === undefined ? null : await named(request, request.query.jobs)
      const since = cursorOf(request, request.query.after)
      reply.hijack()
      const stream = context.streams.open(reply.raw, headersOf(reply), () => hub.leave(stream))
      hub.feed(stream, request.tenantId, only, since)
    },
  )

  async function named(request: FastifyRequest, list: string): Promise<Job[]> {
    const ids = [...new Set(list.split(',').filter((id) => id !== ''))]
    if (ids.length > MAX_NAMED_JOBS) {
      throw new SluiceError('request_invalid', `${ids.length} jobs are named; at most ${MAX_NAMED_JOBS} can be.`, {
        field: 'jobs',
        fix: 'Leave `jobs` out to follow all.',
      })
    }
    return Promise.all(ids.map((id) => findJob(store, request.tenantId, id)))
  }
}

/** Where the reader is: the header wins, as a browser's own reconnect repeats the address. `null`: it knows nothing, or nothing we understand. */
function cursorOf(request: FastifyRequest, after: number | undefined): number | null {
  const header = request.headers['last-event-id']
  if (header === undefined) return after ?? null
  const cursor = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : null
  return cursor
}

function headersOf(reply: FastifyReply): Record<string, string | string[] | number | undefined> {
  return reply.getHeaders()
}

/** Answers at once when there is something after `after`, else holds the request for as long as it prefers. */
async function poll(
  { store, hub, closing }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  job: Job,
  after: number,
): Promise<EventPage> {
  reply.header('cache-control', NO_STORE)
  if (after > job.seq) {
    const view = await readJobView(store, job)
    return { events: [{ ...snapshotMessage(view), at: new Date().toISOString() }], next: view.seq, ended: view.endedAt !== null }
  }
  const waitSeconds = Math.min(MAX_WAIT_SECONDS, Number(String(request.headers.prefer ?? '').match(/(?:^|[,;\s])wait=(\d{1,5})/)?.[1] ?? 0))
  if (waitSeconds > 0) reply.header('preference-applied', `wait=${waitSeconds}`)
  const until = Date.now() + waitSeconds * 1000
  const watch = hub.watch(job.id)
  const { signal, release } = goneOrClosing(request, closing)
  try {
    let ended = after === job.seq && jobEnded(job)
    for (;;) {
      const events = ended ? [] : await store.events.read(job.id, after, PAGE)
      const last = events.at(-1)
      if (last) ended = isTerminal(last)
      if (last || ended || signal.aborted || Date.now() >= until) {
        return { events: events.map((event) => wireEvent(job.id, event)), next: last?.id ?? after, ended }
      }
      await watch.next(until - Date.now(), signal)
    }
  } finally {
    watch.stop()
    release()
  }
}
