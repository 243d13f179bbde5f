import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Lab, Work } from '../../lab.ts'
import { creditsDepleted, invalidArgument, keyInvalid, refuse, refuseOrder } from './errors.ts'
import { frames, type Resolution } from './frames.ts'

/** Micro-USD per second. */
const MODELS: Record<string, { longest: number; prices: Record<Resolution, number> }> = {
  'gemini-omni-1.2-flash': { longest: 15, prices: { '360p': 23_334, '720p': 70_000, '1080p': 105_000, '4k': 210_000 } },
  'gemini-omni-1.1-flash': { longest: 10, prices: { '360p': 30_000, '720p': 100_000, '1080p': 150_000, '4k': 300_000 } },
}
/** Documentation writes `v1beta`, `@google/genai` 3.1.0 asks `v1`. */
const VERSION = '/:version(^v1(?:beta)?$)'
const TOKENS_PER_SECOND = 5_792
const TOKEN_LIFE_SECONDS = 300

const Format = z.looseObject({
  type: z.literal('video'),
  aspect_ratio: z.enum(['16:9', '9:16']).default('16:9'),
  resolution: z.enum(['360p', '720p', '1080p', '4k']).default('720p'),
  duration: z
    .string()
    .regex(/^\d+s$/)
    .default('8s'),
  delivery: z.enum(['inline', 'uri']).default('inline'),
})

const Body = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional(), data: z.string().optional() }))]),
  background: z.boolean().optional(),
  response_format: z.union([Format, z.array(Format).length(1)]),
  webhook_config: z.object({ uris: z.array(z.url()).optional(), user_metadata: z.record(z.string(), z.unknown()).optional() }).optional(),
})

/** What `[lab:fail=<status>]` may end as; `empty` is `completed` with words instead of a video. */
const UNUSUAL = ['requires_action', 'requires_continuation', 'incomplete', 'budget_exceeded']

/** Where a download of a file is sent to. */
export type RedirectTo = (url: string) => string

/**
 * The Interactions API of the Gemini Developer API, as far as videos go. Sources: `@google/genai` 3.1.0 and
 * https://ai.google.dev/gemini-api/docs/webhooks.
 *
 * Chosen where nothing readable says it: a refused prompt ends as `failed` and a refused video as `incomplete`, both with words
 * in `errors`; only videos that were delivered, and those cancelled, are charged; a wrong key is a 400; the token of a webhook
 * has the event as its claims, lives 300 seconds, and its `aud` is the address it is sent to.
 */
export function interactionRoutes(api: FastifyInstance, lab: Lab, redirectTo: RedirectTo): void {
  const signer = createSigner()
  api.get('/.well-known/jwks.json', () => ({ keys: [signer().jwk] }))

  api.post(`${VERSION}/interactions`, async (request, reply) => {
    if (!allowed(request, reply)) return reply
    const parsed = Body.safeParse(request.body)
    if (!parsed.success)
      return invalidArgument(reply, String(parsed.error.issues[0]?.path.join('.')), String(parsed.error.issues[0]?.message))
    const { model, input, response_format, background, webhook_config: webhook } = parsed.data
    const known = MODELS[model]
    if (known === undefined) return refuseOrder(reply, model, { refused: 'sunset' })
    const [format] = [response_format].flat()
    if (format === undefined) return invalidArgument(reply, 'response_format', 'A format is needed.')
    const seconds = Number.parseInt(format.duration, 10)
    if (seconds < 3 || seconds > known.longest)
      return invalidArgument(reply, 'response_format.duration', `duration must be between 3s and ${known.longest}s.`)
    if (webhook !== undefined && background !== true) return invalidArgument(reply, 'webhook_config', 'webhook_config needs background.')
    const prompt = typeof input === 'string' ? input : input.map(({ text }) => text ?? '').join(' ')
    const image = typeof input === 'string' ? undefined : input.find(({ type }) => type === 'image')?.data
    const taken = await lab.take(request, {
      prompt,
      outputs: [{ kind: 'video', durationSeconds: seconds, ...frames[format.resolution][format.aspect_ratio] }],
      amountMicroUsd: known.prices[format.resolution] * seconds,
      refunds: ['failed', 'refused'],
      inputRefusal: 'end',
      id: `v1_${randomBytes(24).toString('base64url')}`,
      data: { model, delivery: format.delivery, seconds, fileId: randomBytes(6).toString('hex'), image },
      async onChange(work) {
        if (work.endedAt !== null) for (const uri of webhook?.uris ?? []) await notify(work, uri, webhook?.user_metadata)
      },
    })
    return 'refused' in taken ? refuseOrder(reply, model, taken) : interactionOf(taken.work)
  })

  api.get<{ Params: { id: string } }>(`${VERSION}/interactions/:id`, (request, reply) => {
    if (!allowed(request, reply)) return reply
    const work = lab.works.get(request.params.id)
    return work === undefined ? unknown(reply) : interactionOf(work)
  })

  api.post<{ Params: { id: string } }>(`${VERSION}/interactions/:id/cancel`, (request, reply) => {
    if (!allowed(request, reply)) return reply
    const work = lab.works.get(request.params.id)
    if (work === undefined) return unknown(reply)
    if (!lab.works.cancel(work.id)) return refuse(reply, 400, 'FAILED_PRECONDITION', 'The interaction has already ended.')
    return interactionOf(work)
  })

  api.delete<{ Params: { id: string } }>(`${VERSION}/interactions/:id`, (request, reply) => {
    if (!allowed(request, reply)) return reply
    return lab.works.delete(request.params.id) ? {} : unknown(reply)
  })

  /** `files/<id>:download?alt=media`: needs the key, and leads to another host. */
  api.get<{ Params: { name: string }; Querystring: { alt?: string } }>(`${VERSION}/files/:name`, (request, reply) => {
    if (!allowed(request, reply)) return reply
    const [id = '', verb] = request.params.name.split(':')
    const output = lab.works.list().find(({ data }) => data['fileId'] === id)?.outputs[0]
    if (output === undefined) return refuse(reply, 404, 'NOT_FOUND', 'The file does not exist.')
    if (verb !== 'download' || request.query.alt !== 'media')
      return { name: `files/${id}`, mimeType: output.mimeType, sizeBytes: String(output.bytes.length), state: 'ACTIVE' }
    return reply.redirect(redirectTo(lab.files.url(output)), 302)
  })

  function interactionOf(work: Work): Record<string, unknown> {
    const { status, errors, words } = endOf(work)
    const [output] = work.outputs
    const video = output && {
      type: 'video',
      mime_type: output.mimeType,
      ...(work.data['delivery'] === 'inline'
        ? { data: Buffer.from(output.bytes).toString('base64') }
        : { uri: lab.url(`/v1beta/files/${work.data['fileId']}:download?alt=media`) }),
    }
    const content = [...(words === undefined ? [] : [{ type: 'text', text: words }]), ...(video ? [video] : [])]
    return {
      id: work.id,
      object: 'interaction',
      model: work.data['model'],
      status,
      created: work.createdAt.toISOString(),
      updated: (work.endedAt ?? work.startedAt ?? work.createdAt).toISOString(),
      ...(errors !== undefined && { errors: [errors] }),
      ...(content.length > 0 && {
        steps: [
          { type: 'thought', signature: 'c2lnbmVk' },
          { type: 'model_output', content },
        ],
        usage: { total_output_tokens: Number(work.data['seconds']) * TOKENS_PER_SECOND },
      }),
    }
  }

  async function notify(work: Work, url: string, userMetadata: Record<string, unknown> | undefined): Promise<void> {
    const { status, errors } = endOf(work)
    const type = { completed: 'interaction.completed', cancelled: 'interaction.cancelled', requires_action: 'interaction.requires_action' }[
      status
    ]
    const event = {
      type: type ?? 'interaction.failed',
      version: 'v1',
      timestamp: work.endedAt?.toISOString(),
      data: { id: work.id, ...(errors !== undefined && { error_code: errors.code, error_message: errors.message }) },
      ...(userMetadata !== undefined && { user_metadata: userMetadata }),
    }
    await lab.webhooks.send(work, url, ({ id, timestampSeconds }) => ({
      body: JSON.stringify(event),
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signer().token({
          iss: 'https://generativelanguage.googleapis.com',
          aud: url,
          iat: timestampSeconds,
          exp: timestampSeconds + TOKEN_LIFE_SECONDS,
          ...event,
        }),
      },
    }))
  }
}

function endOf({ state, failure }: Work): { status: string; errors?: { code: string; message: string }; words?: string } {
  switch (state) {
    case 'queued':
      return { status: 'queued' }
    case 'running':
      return { status: 'in_progress' }
    case 'done':
      return { status: 'completed' }
    case 'cancelled':
      return { status: 'cancelled' }
    case 'failed':
      break
  }
  if (failure?.reason === 'refuse-input')
    return { status: 'failed', errors: { code: 'invalid_request', message: 'The prompt was blocked by our safety policies.' } }
  if (failure?.reason === 'refuse-output')
    return { status: 'incomplete', errors: { code: 'content_filtered', message: 'The generated video was blocked by our safety filters.' } }
  if (failure?.detail === 'empty') return { status: 'completed', words: 'I have thought about it and made no video.' }
  if (UNUSUAL.includes(failure?.detail ?? '')) return { status: String(failure?.detail) }
  return { status: 'failed', errors: { code: 'internal', message: failure?.detail ?? 'An internal error occurred.' } }
}

/** A key in the header, or in the query as older clients do. `invalid` in it is not accepted, `broke` has no credits. */
function allowed(request: FastifyRequest, reply: FastifyReply): boolean {
  const key = request.headers['x-goog-api-key'] ?? (request.query as { key?: string }).key
  if (typeof key !== 'string' || key === '') refuse(reply, 403, 'PERMISSION_DENIED', 'Method doesn’t allow unregistered callers.')
  else if (key.includes('invalid')) keyInvalid(reply)
  else if (key.includes('broke') && request.method === 'POST') creditsDepleted(reply)
  else return true
  return false
}

const unknown = (reply: FastifyReply): FastifyReply => refuse(reply, 404, 'NOT_FOUND', 'The interaction does not exist.')

/** RS256 tokens. The key is made when it is first needed: that takes a moment. */
function createSigner(): () => { jwk: Record<string, unknown>; token(claims: Record<string, unknown>): string } {
  let made: ReturnType<ReturnType<typeof createSigner>> | undefined
  return () => {
    if (made !== undefined) return made
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = publicKey.export({ format: 'jwk' })
    const kid = createHash('sha256').update(String(jwk.n)).digest('hex').slice(0, 16)
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    made = {
      jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' },
      token(claims) {
        const signed = `${part({ alg: 'RS256', typ: 'JWT', kid })}.${part(claims)}`
        return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
      },
    }
    return made
  }
}
