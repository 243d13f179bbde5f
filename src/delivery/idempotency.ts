import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { SluiceError } from '../domain/errors.ts'
import type { SubmitOptions } from '../engine/engine.ts'

const KEY_FORM = /^[\x21-\x7e]{1,255}$/

export const IdempotencyHeaders = z.object({
  'idempotency-key': z.string().optional().describe('1 to 255 visible ASCII characters; remembered for 24 hours.'),
})

/** The key and what it stands for: method, path and body exactly as sent. Throws `idempotency_key_invalid`. */
export function idempotencyOf(request: FastifyRequest): Pick<SubmitOptions, 'idempotency'> {
  const key = request.headers['idempotency-key']
  if (key === undefined) return {}
  if (typeof key !== 'string' || !KEY_FORM.test(key)) {
    throw new SluiceError('idempotency_key_invalid', 'An Idempotency-Key is 1 to 255 visible ASCII characters without spaces.', {
      fix: 'Use a UUID, for example.',
    })
  }
  const fingerprint = createHash('sha256').update(`${request.method} ${request.url}\n${request.bodyText}`).digest('hex')
  return { idempotency: { key, fingerprint } }
}
