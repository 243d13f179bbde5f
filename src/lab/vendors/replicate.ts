import { createHash, randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Lab, LabVendor, Taken, Work } from '../lab.ts'
import { standardWebhookHeaders } from '../standard-webhook.ts'
import { replicateModels } from './replicate-models.ts'

const KEPT_SECONDS = 3_600
const PAGE = 100
/** What `Prefer: wait` without a number holds, and the most. */
const MOST_WAIT_SECONDS = 60

/**
 * Replicate's API as `replicate` 1.4.0 (`index.js`, `lib/*.js`) and Replicate's documentation describe it: predictions, a list
 * of them, `Prefer: wait`, `aborted` before and `canceled` after the start, webhooks after Standard Webhooks, and all data
 * gone an hour after the end. The base URL has no `/v1` here.
 *
 * Chosen where nothing readable says it: what succeeded is charged, what was cancelled while it ran for the time it took, failures not
 * at all; a version is the SHA-256 of its model's name; `webhook` comes back with a prediction, also in the list; a page
 * holds 100. `[lab:output=array]` and `[lab:output=object]` change the shape of the output, `[lab:webhook-disorder]` sends `start`
 * after `completed`. A token with `invalid` in it is not accepted, one with `broke` has no credit.
 */
export const replicate: LabVendor = {
  id: 'replicate',
  usage: (baseUrl) => `new Replicate({ auth: 'r8_lab', baseUrl: '${baseUrl}' })`,
  async routes(app, lab) {
    const secret = `whsec_${randomBytes(24).toString('base64')}`
    // In a scope of its own: downloads are for everyone.
    await app.register(async (api) => {
      api.addHook('onRequest', guard)
      api.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
        problem(reply, error.statusCode ?? 500, 'Error', error.message),
      )
      api.get('/webhooks/default/secret', () => ({ key: secret }))
      api.get<{ Params: { owner: string; name: string } }>('/models/:owner/:name', ({ params: { owner, name } }, reply) =>
        Object.hasOwn(replicateModels, `${owner}/${name}`)
          ? { owner, name, visibility: 'public', latest_version: { id: versionOf(`${owner}/${name}`) } }
          : notFound(reply),
      )
      api.post<{ Params: { owner: string; name: string } }>('/models/:owner/:name/predictions', (request, reply) =>
        create(lab, secret, request, reply, `${request.params.owner}/${request.params.name}`),
      )
      api.post('/predictions', (request, reply) => {
        const { version = '' } = (request.body ?? {}) as { version?: string }
        const hash = version.split(':').at(-1)
        return create(
          lab,
          secret,
          request,
          reply,
          Object.keys(replicateModels).find((name) => name === version || versionOf(name) === hash),
        )
      })
      predictions(api, lab)
    })
  },
}

const versionOf = (model: string): string => createHash('sha256').update(model).digest('hex')

function problem(reply: FastifyReply, status: number, title: string, detail: string, more: Record<string, unknown> = {}): FastifyReply {
  return reply.code(status).send({ title, detail, status, ...more })
}
const notFound = (reply: FastifyReply): FastifyReply => problem(reply, 404, 'Not found', 'The requested resource could not be found.')

async function guard(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const token = /^(?:Bearer|Token) (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined || token.includes('invalid'))
    return problem(reply, 401, 'Unauthenticated', 'You did not pass a valid authentication token')
  if (request.method === 'POST' && token.includes('broke'))
    return problem(reply, 402, 'Insufficient credit', 'You have insufficient credit to run this model.')
  return undefined
}

const order = z.object({
  input: z.record(z.string(), z.unknown()),
  webhook: z.url().optional(),
  webhook_events_filter: z.array(z.enum(['start', 'output', 'logs', 'completed'])).optional(),
})
type Ordered = z.infer<typeof order>

interface Data {
  model: string
  ordered: Ordered
}
const dataOf = (work: Work) => work.data as unknown as Data

async function create(lab: Lab, secret: string, request: FastifyRequest, reply: FastifyReply, model: string | undefined): Promise<unknown> {
  const schema = model === undefined ? undefined : replicateModels[model]
  if (model === undefined || schema === undefined) return notFound(reply)
  const asked = order.safeParse(request.body ?? {})
  if (!asked.success) return invalid(reply, asked.error, '')
  const parsed = schema.safeParse(asked.data.input)
  if (!parsed.success) return invalid(reply, parsed.error, 'input.')
  const { prompt, spec, amountMicroUsd } = parsed.data
  const taken = await lab.take(request, {
    prompt,
    outputs: [spec],
    amountMicroUsd,
    charged: 'done',
    inputRefusal: 'end',
    id: newId(),
    data: { model, ordered: asked.data },
    onChange: (work) => changed(lab, secret, work),
  })
  if ('refused' in taken) return refuse(reply, taken)
  const { work } = taken
  const wait = /\bwait(?:=(\d+))?/.exec(String(request.headers['prefer'] ?? ''))
  if (wait) await Promise.race([work.ended, lab.clock.wait(Math.min(MOST_WAIT_SECONDS, Number(wait[1] ?? MOST_WAIT_SECONDS)))])
  return reply.code(wait && work.endedAt === null ? 202 : 201).send(predictionOf(lab, work))
}

/** 26 letters and digits in lower case. */
const newId = (): string => Array.from(randomBytes(26), (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join('')

function invalid(reply: FastifyReply, error: z.ZodError, prefix: string): FastifyReply {
  const fields = error.issues.map(({ path, message }) => ({
    type: 'value_error',
    field: `${prefix}${path.join('.')}`,
    description: message,
  }))
  const detail = fields.map(({ field, description }) => `- ${field}: ${description}`).join('\n')
  return problem(reply, 422, 'Input validation failed', detail, { invalid_fields: fields })
}

/** The delay stands in the words; the header is there for those that count on it. */
function refuse(reply: FastifyReply, taken: Extract<Taken, { refused: unknown }>): FastifyReply {
  switch (taken.refused) {
    case 'throttle': {
      const seconds = taken.retryAfterSeconds
      if (seconds !== undefined) void reply.header('retry-after', String(seconds))
      return problem(reply, 429, 'Too Many Requests', `Request was throttled. Your rate limit resets in ~${seconds ?? 30}s.`)
    }
    case 'server-error':
      return problem(reply, 503, 'Service Unavailable', 'Service unavailable')
    case 'sunset':
      return notFound(reply)
    case 'refuse-input':
      return problem(reply, 422, 'Input validation failed', 'The prompt was flagged as sensitive. (E005)')
  }
}

interface OfPrediction {
  Params: { id: string }
}

function predictions(api: FastifyInstance, lab: Lab): void {
  api.get<{ Querystring: { cursor?: string } }>('/predictions', ({ query }) => {
    const all = lab.works.list()
    const from = query.cursor === undefined ? 0 : all.findIndex(({ id }) => id === query.cursor)
    const works = from < 0 ? [] : all.slice(from, from + PAGE)
    const following = from < 0 ? undefined : all[from + PAGE]
    return {
      previous: null,
      next: following === undefined ? null : lab.url(`/predictions?cursor=${following.id}`),
      results: works.map((work) => predictionOf(lab, work)),
    }
  })

  api.get<OfPrediction>('/predictions/:id', ({ params }, reply) => {
    const work = lab.works.get(params.id)
    return work === undefined ? notFound(reply) : predictionOf(lab, work)
  })

  api.post<OfPrediction>('/predictions/:id/cancel', ({ params }, reply) => {
    const work = lab.works.get(params.id)
    if (work === undefined) return notFound(reply)
    lab.works.cancel(work.id)
    return predictionOf(lab, work)
  })
}

function predictionOf(lab: Lab, work: Work): Record<string, unknown> {
  const { model, ordered } = dataOf(work)
  const ageSeconds = work.endedAt === null ? 0 : (lab.clock.now().getTime() - work.endedAt.getTime()) / 1000
  const removed = ageSeconds >= KEPT_SECONDS
  const self = lab.url(`/predictions/${work.id}`)
  return {
    id: work.id,
    model,
    version: versionOf(model),
    input: removed ? {} : ordered.input,
    output: removed || work.state !== 'done' ? null : outputOf(lab, work, KEPT_SECONDS - ageSeconds),
    error: work.failure === null ? null : errorOf(work),
    logs: removed || work.startedAt === null ? '' : `${Math.floor(work.progress * 100)}%|####      | ${Math.floor(work.progress * 50)}/50`,
    status: statusOf(work),
    source: 'api',
    data_removed: removed,
    created_at: work.createdAt.toISOString(),
    ...(work.startedAt !== null && { started_at: work.startedAt.toISOString() }),
    ...(work.endedAt !== null && {
      completed_at: work.endedAt.toISOString(),
      metrics: {
        predict_time: (work.endedAt.getTime() - (work.startedAt ?? work.endedAt).getTime()) / 1000,
        total_time: (work.endedAt.getTime() - work.createdAt.getTime()) / 1000,
      },
    }),
    ...(ordered.webhook !== undefined && { webhook: ordered.webhook }),
    ...(ordered.webhook_events_filter !== undefined && { webhook_events_filter: ordered.webhook_events_filter }),
    urls: { get: self, cancel: `${self}/cancel`, web: `https://replicate.com/p/${work.id}` },
  }
}

function statusOf(work: Work): string {
  switch (work.state) {
    case 'queued':
      return 'starting'
    case 'running':
      return 'processing'
    case 'done':
      return 'succeeded'
    case 'failed':
      return 'failed'
    case 'cancelled':
      return work.startedAt === null ? 'aborted' : 'canceled'
  }
}

function outputOf(lab: Lab, work: Work, ttlSeconds: number): unknown {
  const urls = work.outputs.map((output) => lab.files.url(output, { ttlSeconds }))
  const shape = /\[lab:output=(array|object)\]/.exec(work.prompt)?.[1]
  return shape === 'array' ? urls : shape === 'object' ? { seed: 1, video: urls[0] } : (urls[0] ?? null)
}

function errorOf({ failure }: Work): string {
  switch (failure?.reason) {
    case 'refuse-input':
      return failure.detail ?? 'The prompt was flagged as sensitive. Please try again with different inputs. (E005)'
    case 'refuse-output':
      return failure.detail ?? 'NSFW content detected. Try running it again, or try a different prompt.'
    default:
      return failure?.detail ?? 'CUDA out of memory. (E1001)'
  }
}

/** A cancelled one pays for its time. Then whoever wants to know is told. */
async function changed(lab: Lab, secret: string, work: Work): Promise<void> {
  if (work.state === 'cancelled' && work.startedAt !== null)
    lab.book.charge(work.id, lab.vendor, Math.round(work.amountMicroUsd * work.progress))
  const { webhook, webhook_events_filter: events = ['start', 'completed'] } = dataOf(work).ordered
  if (webhook === undefined) return
  const send = (body: string) =>
    lab.webhooks.send(work, webhook, (attempt) => ({ body, headers: standardWebhookHeaders(secret, attempt, body) }))
  const body = JSON.stringify(predictionOf(lab, work))
  const disorder = work.prompt.includes('[lab:webhook-disorder]')
  if (work.endedAt === null) {
    if (disorder) work.data['started'] = body
    else if (events.includes('start')) await send(body)
    return
  }
  if (events.includes('completed')) await send(body)
  if (typeof work.data['started'] === 'string') await send(work.data['started'])
}
