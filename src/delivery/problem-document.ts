import type { FastifyError } from 'fastify'
import { asSluiceError, SluiceError } from '../domain/errors.ts'
import { problems } from '../domain/problems.ts'
import type { ProblemView } from '../wire/problem.ts'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** Where the page of a code is, on this server. */
export const problemPage = (code: string): string => `/docs/errors/${code}`

/** RFC 9457. `internal` says nothing of the cause to the outside: that stands in the log under the request id. */
export function problemDocument(error: SluiceError, requestId: string): ProblemView {
  const { title, status } = problems[error.code]
  const hidden = error.code === 'internal'
  const fix = hidden ? 'Try again. If it stays, look for the request id in the log of the server.' : error.fix
  return {
    ...error.facts,
    type: problemPage(error.code),
    title,
    status,
    code: error.code,
    detail: hidden ? 'The request failed inside the server.' : error.message,
    ...(fix !== undefined && { fix }),
    ...(error.field !== undefined && { field: error.field }),
    requestId,
  }
}

const SERVER_FAULT = 500

/** Whatever a route, a hook or the framework threw, as the one error type. */
export function toSluiceError(thrown: unknown, maxBodyBytes: number): SluiceError {
  if (SluiceError.is(thrown)) return thrown
  const { code, message, statusCode } = thrown as Partial<FastifyError>
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new SluiceError('body_too_large', `The body is larger than ${maxBodyBytes} bytes.`, { fix: 'Send a shorter text.' })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new SluiceError('content_type_unsupported', 'The body must be JSON.', {
        fix: 'Send the header `Content-Type: application/json`.',
      })
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new SluiceError('request_invalid', 'The body is empty.', { fix: 'Send a JSON object.' })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new SluiceError('request_invalid', 'The body is not valid JSON.', { fix: 'Check quotes, commas and brackets.' })
    case 'FST_ERR_BAD_URL':
      return new SluiceError('request_invalid', 'The address is not valid: a % must be followed by two hexadecimal digits.', {
        fix: 'Encode the address.',
      })
    default:
      if (statusCode !== undefined && statusCode >= 400 && statusCode < SERVER_FAULT)
        return new SluiceError('request_invalid', message ?? 'The request is not valid.')
      return asSluiceError(thrown)
  }
}
