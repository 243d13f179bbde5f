import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type * as z from 'zod'
import type { Taken } from '../../lab.ts'

interface Words {
  code: string
  message: string
  param?: string
  data?: Record<string, unknown>
}

/** The newer body: `{detail: {type, code, message, status, request_id, param?}}`. */
export function said(reply: FastifyReply, status: number, { code, message, param, data }: Words): FastifyReply {
  const type = TYPES[status] ?? (status >= 500 ? 'internal_error' : 'validation_error')
  return reply.code(status).send({
    detail: { type, code, message, status: code, request_id: randomUUID(), ...(param !== undefined && { param }), ...(data && { data }) },
  })
}

/** The older body: `{detail: {status, message}}`. */
export function saidBefore(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ detail: { status: code, message } })
}

/** The body of a request that does not pass: FastAPI's list. */
export function unprocessable(reply: FastifyReply, error: z.ZodError): FastifyReply {
  return reply.code(422).send({
    detail: error.issues.map(({ path, message, code }) => ({ loc: ['body', ...path], msg: message, type: code })),
  })
}

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  402: 'payment_required',
  403: 'authorization_error',
  404: 'not_found',
  429: 'rate_limit_error',
}

/** What `[lab:refuse-input=<code>]` can ask for besides a refused prompt. */
const REFUSALS: Record<string, { status: number; message: string; before?: boolean }> = {
  quota_exceeded: { status: 401, message: 'This request exceeds your quota. You have 0 credits remaining.', before: true },
  insufficient_credits: { status: 402, message: 'You do not have enough credits for this request.' },
  voice_not_found: { status: 404, message: 'A voice with this id was not found.' },
  max_character_limit_exceeded: { status: 400, message: 'The text is longer than the model allows.', before: true },
}

export function refused(reply: FastifyReply, taken: Exclude<Taken, { work: unknown }>): FastifyReply {
  switch (taken.refused) {
    case 'throttle':
      if (taken.retryAfterSeconds === undefined)
        return saidBefore(reply, 429, 'too_many_concurrent_requests', 'Too many concurrent requests.')
      return said(reply.header('retry-after', taken.retryAfterSeconds), 429, {
        code: 'concurrent_limit_exceeded',
        message: 'You have reached the concurrency limit of your plan.',
      })
    case 'server-error':
      return said(reply, 503, { code: 'service_unavailable', message: 'The service is temporarily unavailable.' })
    case 'sunset':
      return saidBefore(reply, 400, 'model_deprecated', 'This model is no longer available.')
    case 'refuse-input': {
      const asked = REFUSALS[taken.detail ?? '']
      if (asked?.before) return saidBefore(reply, asked.status, taken.detail as string, asked.message)
      if (asked) return said(reply, asked.status, { code: taken.detail as string, message: asked.message })
      return promptRefused(reply)
    }
  }
}

export function promptRefused(reply: FastifyReply): FastifyReply {
  return said(reply, 400, {
    code: 'bad_prompt',
    message: 'The prompt goes against our terms of service.',
    data: { prompt_suggestion: 'something calm and entirely original' },
  })
}

export async function guard(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const key = request.headers['xi-api-key']
  if (typeof key !== 'string' || key.includes('invalid')) return saidBefore(reply, 401, 'invalid_api_key', 'Invalid API key')
  if (request.method === 'POST' && key.includes('broke'))
    return saidBefore(reply, 401, 'quota_exceeded', 'This request exceeds your quota. You have 0 credits remaining.')
  return undefined
}
