import type { FastifyReply } from 'fastify'
import type { Taken } from '../../lab.ts'

/** `google.rpc.Status` as the HTTP answers of Google carry it. */
export function refuse(reply: FastifyReply, code: number, status: string, message: string, details: unknown[] = []): FastifyReply {
  return reply.code(code).send({ error: { code, message, status, ...(details.length > 0 && { details }) } })
}

export function invalidArgument(reply: FastifyReply, field: string, description: string): FastifyReply {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] }]
  return refuse(reply, 400, 'INVALID_ARGUMENT', description, details)
}

const errorInfo = (reason: string) => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' })

/** The Developer API says of a wrong key that it is a bad request. */
export const keyInvalid = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [errorInfo('API_KEY_INVALID')])

export const creditsDepleted = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted. Please manage your project and billing.')

export const tokenInvalid = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials. Expected OAuth 2 access token.')

export const billingDisabled = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 403, 'PERMISSION_DENIED', 'This API method requires billing to be enabled.', [errorInfo('BILLING_DISABLED')])

/** Google tells the wait inside the body, not by Retry-After. */
export function refuseOrder(reply: FastifyReply, model: string, { refused, retryAfterSeconds }: Extract<Taken, { refused: unknown }>) {
  switch (refused) {
    case 'throttle': {
      const retryDelay =
        retryAfterSeconds === undefined
          ? []
          : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` }]
      return refuse(reply, 429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).', retryDelay)
    }
    case 'server-error':
      return refuse(reply, 503, 'UNAVAILABLE', 'The service is currently unavailable.')
    case 'sunset':
      return refuse(reply, 404, 'NOT_FOUND', `models/${model} is not found or is no longer available.`)
    case 'refuse-input':
      return refuse(
        reply,
        400,
        'INVALID_ARGUMENT',
        'The prompt could not be submitted. It contains words that violate Google’s Responsible AI practices. Try rephrasing the prompt.',
      )
  }
}
