import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Taken } from '../../lab.ts'

export interface ApiError {
  message: string
  type: string
  param?: string | null
  code?: string | number | null
}

/** Errors of a server: OpenAI's `{error}` or FastAPI's `{detail}`. */
export type ErrorStyle = 'openai' | 'fastapi'

export function sendError(reply: FastifyReply, status: number, error: ApiError, style: ErrorStyle = 'openai'): FastifyReply {
  if (style === 'fastapi') return reply.code(status).send({ detail: error.message })
  const { message, type, param = null, code = null } = error
  return reply.code(status).header('x-request-id', `req_${reply.request.id}`).send({ error: { message, type, param, code } })
}

/**
 * The answer to an order that was not taken. That a refused prompt is called `moderation_blocked` and a model that is gone
 * `model_not_found` is UNVERIFIED.
 */
export function sendRefusal(reply: FastifyReply, taken: Exclude<Taken, { work: unknown }>, param: string, style: ErrorStyle): FastifyReply {
  switch (taken.refused) {
    case 'throttle':
      if (taken.retryAfterSeconds !== undefined) reply.header('retry-after', taken.retryAfterSeconds)
      return sendError(reply, 429, { message: 'Rate limit reached for requests.', type: 'requests', code: 'rate_limit_exceeded' }, style)
    case 'server-error':
      return sendError(reply, 500, { message: 'The server had an error while processing your request.', type: 'server_error' }, style)
    case 'sunset':
      return sendError(
        reply,
        404,
        {
          message: 'The model has been deprecated.',
          type: 'invalid_request_error',
          param: 'model',
          code: taken.detail ?? 'model_not_found',
        },
        style,
      )
    case 'refuse-input':
      return sendError(
        reply,
        400,
        {
          message: 'Your request was blocked by our moderation system.',
          type: 'invalid_request_error',
          param,
          code: taken.detail ?? 'moderation_blocked',
        },
        style,
      )
  }
}

/**
 * Any key will do, but for three words in it, so that refusals of keys can be tried: `invalid` (401), `forbidden` (403) and
 * `broke` (429 `insufficient_quota`). Returns whether the request was answered.
 */
export function refusedKey(request: FastifyRequest, reply: FastifyReply): boolean {
  const key = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined || key.includes('invalid'))
    sendError(reply, 401, { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' })
  else if (key.includes('forbidden'))
    sendError(reply, 403, { message: 'Your project does not have access.', type: 'invalid_request_error', code: 'permission_denied' })
  else if (key.includes('broke') && request.method === 'POST')
    sendError(reply, 429, {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    })
  return reply.sent
}
