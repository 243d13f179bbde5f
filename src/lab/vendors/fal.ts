import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type * as z from 'zod'
import type { Lab, LabVendor, Taken, WebhookAttempt, Work } from '../lab.ts'
import { falEndpoints } from './fal-endpoints.ts'

const USER = 'lab-user'
/** Past half of its work a runner no longer hears that it is to stop. */
const STOPPABLE_UNTIL = 0.5

/**
 * fal's queue as `@fal-ai/client` 1.10.1 (`queue.js`, `response.js`, `streaming.js`) and fal's documentation describe it:
 * 202 until a request is over and 200 then, no state of failure, addresses without the endpoint's subpath, webhooks signed
 * with ED25519. Its three hosts are one here: queue, keys of webhooks (`/.well-known/jwks.json`) and files.
 *
 * Chosen where nothing readable says it: inputs are judged by the app, so what does not pass its schema is taken and ends as
 * a 422; only what succeeded is charged; the status of a platform's failure carries `error` and `error_type`, that of a
 * model's does not; a stopped request is COMPLETED with a 499 result; the wish to stop is taken at any time and followed in
 * the first half of the work; an exhausted balance is a 403. A key with `invalid` in it is not accepted, one with `broke` has no
 * balance. `POST /lab/rotate-keys` changes the keys of webhooks, as fal may at any time.
 */
export const fal: LabVendor = {
  id: 'fal',
  usage: (baseUrl) =>
    `createFalClient({ credentials: 'key_lab', fetch: (url, init) => fetch(String(url).replace('https://queue.fal.run', '${baseUrl}'), init) })`,
  async routes(app, lab) {
    const keys = createKeys()
    app.get('/.well-known/jwks.json', () => keys.jwks())
    app.post('/lab/rotate-keys', () => {
      keys.rotate()
      return keys.jwks()
    })
    // In a scope of its own: downloads and keys are for everyone.
    await app.register(async (queue) => {
      queue.addHook('onRequest', guard)
      queue.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
        reply.code(error.statusCode ?? 500).send({ detail: error.message }),
      )
      queue.post<{ Params: { '*': string } }>('/*', (request, reply) => submit(lab, keys, request, reply))
      requests(queue, lab)
    })
  },
}

async function guard(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const key = /^Key (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined || key.includes('invalid'))
    return reply.code(401).send({ detail: 'Cannot access application. Authentication is required.' })
  if (request.method === 'POST' && key.includes('broke'))
    return reply.code(403).send({ detail: 'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.' })
  return undefined
}

interface Data {
  app: string
  seed: number | undefined
  /** Why the app does not take the input. */
  invalid: Problem[]
}
interface Problem {
  loc: (string | number)[]
  msg: string
  type: string
}
const dataOf = (work: Work) => work.data as unknown as Data

async function submit(lab: Lab, keys: Keys, request: FastifyRequest<{ Params: { '*': string } }>, reply: FastifyReply): Promise<unknown> {
  const endpoint = request.params['*']
  const schema = falEndpoints[endpoint]
  if (schema === undefined) return gone(reply, endpoint)
  const parsed = schema.safeParse(request.body ?? {})
  const given = (request.body ?? {}) as { prompt?: unknown }
  const webhook = (request.query as { fal_webhook?: string }).fal_webhook
  const data: Data = {
    app: endpoint.split('/').slice(0, 2).join('/'),
    seed: parsed.data?.seed,
    invalid: parsed.success ? [] : parsed.error.issues.map(problemOf),
  }
  const taken = await lab.take(request, {
    prompt: parsed.data?.prompt ?? String(given.prompt ?? ''),
    outputs: parsed.success ? [parsed.data.spec] : [],
    amountMicroUsd: parsed.data?.amountMicroUsd ?? 0,
    charged: 'done',
    inputRefusal: 'end',
    data: { ...data },
    async onChange(work) {
      if (webhook !== undefined && work.endedAt !== null)
        await lab.webhooks.send(work, webhook, (attempt) => webhookOf(lab, keys, work, attempt))
    },
  })
  if ('refused' in taken) return refuse(reply, endpoint, taken)
  return reply.header('x-fal-request-id', taken.work.id).send({ ...addressesOf(lab, taken.work), status: 'IN_QUEUE', queue_position: 0 })
}

const problemOf = ({ path, message, code }: z.core.$ZodIssue): Problem => ({
  loc: ['body', ...path.map((part) => (typeof part === 'number' ? part : String(part)))],
  msg: message,
  type: code === 'invalid_value' ? 'literal_error' : 'value_error',
})

function gone(reply: FastifyReply, endpoint: string): FastifyReply {
  return reply.code(404).send({ detail: `Application '${endpoint.split('/')[1] ?? endpoint}' not found` })
}

function refuse(reply: FastifyReply, endpoint: string, taken: Extract<Taken, { refused: unknown }>): FastifyReply {
  switch (taken.refused) {
    case 'throttle':
      if (taken.retryAfterSeconds !== undefined) void reply.header('retry-after', String(taken.retryAfterSeconds))
      return reply.code(429).send({ detail: 'Too many requests.', error_type: 'concurrent_requests_limit' })
    case 'server-error':
      return platformFailure(reply, 503, 'runner_scheduling_failure')
    case 'sunset':
      return gone(reply, endpoint)
    case 'refuse-input':
      return reply.code(422).send({ detail: [policyViolation(['body', 'prompt'])] })
  }
}

function addressesOf(lab: Lab, work: Work): Record<'request_id' | 'response_url' | 'status_url' | 'cancel_url', string> {
  const request = lab.url(`/${dataOf(work).app}/requests/${work.id}`)
  return { request_id: work.id, response_url: request, status_url: `${request}/status`, cancel_url: `${request}/cancel` }
}

interface OfRequest {
  Params: { owner: string; app: string; id: string }
}

function requests(queue: FastifyInstance, lab: Lab): void {
  const found = ({ params }: { params: OfRequest['Params'] }): Work | undefined => {
    const work = lab.works.get(params.id)
    return work !== undefined && dataOf(work).app === `${params.owner}/${params.app}` ? work : undefined
  }
  const unknown = (reply: FastifyReply) => reply.code(404).send({ detail: 'Request not found', status: 'NOT_FOUND' })
  const path = '/:owner/:app/requests/:id'

  queue.get<OfRequest>(`${path}/status`, (request, reply) => {
    const work = found(request)
    if (work === undefined) return unknown(reply)
    return reply.code(work.endedAt === null ? 202 : 200).send(statusOf(lab, work))
  })

  queue.get<OfRequest>(`${path}/status/stream`, (request, reply) => {
    const work = found(request)
    return work === undefined ? unknown(reply) : reply.type('text/event-stream').send(Readable.from(statuses(lab, work)))
  })

  queue.get<OfRequest>(path, (request, reply) => {
    const work = found(request)
    if (work === undefined) return unknown(reply)
    if (work.endedAt === null) return reply.code(400).send({ detail: 'Request is still in progress' })
    return sendResult(lab, reply.header('x-fal-request-id', work.id), work)
  })

  queue.put<OfRequest>(`${path}/cancel`, (request, reply) => {
    const work = found(request)
    if (work === undefined) return unknown(reply)
    if (work.endedAt !== null) return reply.code(400).send({ status: 'ALREADY_COMPLETED' })
    if (work.progress < STOPPABLE_UNTIL) lab.works.cancel(work.id)
    return reply.code(202).send({ status: 'CANCELLATION_REQUESTED' })
  })
}

function statusOf(lab: Lab, work: Work): Record<string, unknown> {
  const addresses = addressesOf(lab, work)
  if (work.state === 'queued') return { ...addresses, status: 'IN_QUEUE', queue_position: 0 }
  if (work.endedAt === null) return { ...addresses, status: 'IN_PROGRESS', logs: [] }
  const platform = platformFailureOf(work)
  return {
    ...addresses,
    status: 'COMPLETED',
    logs: [],
    metrics: { inference_time: (work.endedAt.getTime() - (work.startedAt ?? work.createdAt).getTime()) / 1000 },
    ...(platform !== undefined && { error: wordsOf(platform.type), error_type: platform.type }),
  }
}

async function* statuses(lab: Lab, work: Work): AsyncGenerator<string> {
  let last = ''
  for (;;) {
    const status = statusOf(lab, work)
    const event = `data: ${JSON.stringify(status)}\n\n`
    if (event !== last) yield event
    last = event
    if (work.endedAt !== null) return
    await Promise.race([work.ended, lab.clock.wait(1)])
  }
}

/** Failures of the platform, by what follows `[lab:fail=`. Any other word is one of a model's, with 422. */
const PLATFORM: Record<string, number> = {
  request_timeout: 504,
  startup_timeout: 504,
  runner_scheduling_failure: 503,
  runner_connection_timeout: 503,
  runner_disconnected: 503,
  runner_incomplete_response: 502,
  runner_server_error: 500,
  internal_error: 500,
}
const wordsOf = (type: string): string => `The request failed: ${type.replaceAll('_', ' ')}.`

function platformFailureOf(work: Work): { status: number; type: string } | undefined {
  if (work.state === 'cancelled') return { status: 499, type: 'client_cancelled' }
  const type = work.failure?.reason === 'fail' ? work.failure.detail : undefined
  const status = type === undefined ? undefined : PLATFORM[type]
  return type === undefined || status === undefined ? undefined : { status, type }
}

function platformFailure(reply: FastifyReply, status: number, type: string): FastifyReply {
  return reply
    .code(status)
    .header('x-fal-error-type', type)
    .send({ detail: wordsOf(type), error_type: type })
}

const policyViolation = (loc: Problem['loc']): Problem => ({
  loc,
  msg: 'The content could not be processed because it contained material flagged by a content checker.',
  type: 'content_policy_violation',
})

/** What a request came to, where that is no failure of the platform. */
function resultOf(lab: Lab, work: Work): { status: number; body: Record<string, unknown> } {
  const { invalid, seed: given } = dataOf(work)
  const refused = (...detail: Problem[]) => ({ status: 422, body: { detail } })
  if (invalid.length > 0) return refused(...invalid)
  switch (work.failure?.reason) {
    case 'refuse-input':
      return refused(policyViolation(['body', 'prompt']))
    case 'refuse-output':
      return refused(policyViolation(['body']))
    case 'fail': {
      const type = work.failure.detail ?? 'internal_server_error'
      const detail = [{ loc: ['body'], msg: `The model failed: ${type.replaceAll('_', ' ')}.`, type }]
      return { status: type === 'internal_server_error' ? 500 : 422, body: { detail } }
    }
  }
  const [output] = work.outputs
  if (output === undefined) return { status: 200, body: {} }
  const file = {
    url: lab.files.url(output),
    content_type: output.mimeType,
    file_name: `${output.spec.kind}.${output.mimeType.split('/')[1]}`,
    file_size: output.bytes.length,
  }
  return { status: 200, body: { [output.spec.kind === 'video' ? 'video' : 'audio']: file, ...(given !== undefined && { seed: given }) } }
}

function sendResult(lab: Lab, reply: FastifyReply, work: Work): FastifyReply {
  const platform = platformFailureOf(work)
  if (platform !== undefined) return platformFailure(reply, platform.status, platform.type)
  const { status, body } = resultOf(lab, work)
  return reply.code(status).send(body)
}

interface Keys {
  jwks(): { keys: Record<string, unknown>[] }
  rotate(): void
  current(): KeyObject
}

/** The one that signs comes last. */
function createKeys(): Keys {
  const pair = () => generateKeyPairSync('ed25519')
  let pairs = [pair(), pair()]
  return {
    jwks: () => ({ keys: pairs.map(({ publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'EdDSA' })) }),
    rotate() {
      pairs = [...pairs.slice(1), pair()]
    },
    current: () => (pairs.at(-1) as (typeof pairs)[number]).privateKey,
  }
}

function webhookOf(
  lab: Lab,
  keys: Keys,
  work: Work,
  { timestampSeconds }: WebhookAttempt,
): { body: string; headers: Record<string, string> } {
  const platform = platformFailureOf(work)
  const { status, body: payload } = resultOf(lab, work)
  const failed = platform !== undefined || status !== 200
  const body = JSON.stringify({
    request_id: work.id,
    gateway_request_id: work.id,
    status: failed ? 'ERROR' : 'OK',
    ...(failed && { error: platform ? wordsOf(platform.type) : `Unexpected status code: ${status}` }),
    payload: platform ? null : payload,
  })
  const hash = createHash('sha256').update(body).digest('hex')
  const signed = [work.id, USER, String(timestampSeconds), hash].join('\n')
  return {
    body,
    headers: {
      'x-fal-webhook-request-id': work.id,
      'x-fal-webhook-user-id': USER,
      'x-fal-webhook-timestamp': String(timestampSeconds),
      'x-fal-webhook-signature': sign(null, Buffer.from(signed), keys.current()).toString('hex'),
    },
  }
}
