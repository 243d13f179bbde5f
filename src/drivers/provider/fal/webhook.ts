import { createHash, verify } from 'node:crypto'
import { SluiceError } from '../../../domain/errors.ts'
import type { WebhookHint } from '../../../ports/provider.ts'
import type { Jwks } from '../../http/jwks.ts'
import { webhookBody } from './api.ts'

const WINDOW_SECONDS = 300

/**
 * Believes a webhook of fal: ED25519 over four lines, the request's id, the user's id, the time and the SHA-256 of the body,
 * with any of fal's public keys, within 300 seconds of our clock.
 */
export async function verifyFalWebhook(
  headers: Readonly<Record<string, string | undefined>>,
  rawBody: Uint8Array,
  jwks: Jwks,
  now: () => number,
): Promise<WebhookHint> {
  const [id, user, timestamp, signature] = ['request-id', 'user-id', 'timestamp', 'signature'].map(
    (name) => headers[`x-fal-webhook-${name}`],
  )
  if (!id || !user || !timestamp || !signature) throw invalid('it lacks one of the headers X-Fal-Webhook-*')
  if (!/^\d{1,15}$/.test(timestamp)) throw invalid('its time cannot be read')
  // Before the keys are asked for, so that an old message costs fal nothing.
  if (Math.abs(now() / 1000 - Number(timestamp)) > WINDOW_SECONDS)
    throw invalid(`its time is more than ${WINDOW_SECONDS} seconds from ours`)
  if (!/^[0-9a-f]{128}$/i.test(signature)) throw invalid('its signature is none')
  const signed = Buffer.from([id, user, timestamp, createHash('sha256').update(rawBody).digest('hex')].join('\n'))
  const believed = await jwks.verify(
    undefined,
    (key) => key.asymmetricKeyType === 'ed25519' && verify(null, signed, key, Buffer.from(signature, 'hex')),
  )
  if (!believed) throw invalid('its signature matches none of the keys')

  const { request_id: requestId, gateway_request_id: gatewayId } = bodyOf(rawBody)
  // The gateway's is the one an order was answered with; where they differ, either may be the one we know.
  const known = gatewayId ?? requestId ?? id
  const other = [requestId, id].find((name) => name != null && name !== known)
  return { dedupeKey: id, ref: { requestId: known, ...(other != null && { otherId: other }) } }
}

function bodyOf(rawBody: Uint8Array) {
  try {
    return webhookBody.parse(JSON.parse(Buffer.from(rawBody).toString('utf8')))
  } catch {
    throw invalid('its body cannot be read')
  }
}

function invalid(why: string): SluiceError {
  return new SluiceError('webhook_invalid', `The webhook is not believed to be from fal: ${why}.`)
}
