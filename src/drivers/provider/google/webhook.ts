import { verify } from 'node:crypto'
import { SluiceError } from '../../../domain/errors.ts'
import type { WebhookHint } from '../../../ports/provider.ts'
import type { Jwks } from '../../http/jwks.ts'
import { WebhookEvent } from './api.ts'

const WINDOW_SECONDS = 300
/** Of a token that says when it ends but not when it began. */
const MAX_LIFE_SECONDS = 24 * 3600

export interface DynamicWebhook {
  jwks: Jwks
  /** `aud` of the token, where the operator knows it. */
  audience?: string
  headers: Readonly<Record<string, string | undefined>>
  rawBody: Uint8Array
  now: () => number
}

/**
 * Believes a dynamic webhook of the Gemini API: `Webhook-Signature` is a JWT (RFC 7519) signed with RS256 by a key of Google's
 * published set. Source: https://ai.google.dev/gemini-api/docs/webhooks. UNVERIFIED there: which claims the token has. When it
 * holds the event itself, the body must be about the same interaction; when it does not, it vouches for the sender and the time alone,
 * which is enough for a hint: what the body names is asked with our own key.
 */
export async function verifyDynamicWebhook({ jwks, audience, headers, rawBody, now }: DynamicWebhook): Promise<WebhookHint> {
  const [head = '', payload = '', signature = '', ...more] = (headers['webhook-signature'] ?? '').split('.')
  const header = decoded(head)
  const claims = decoded(payload)
  if (header === undefined || claims === undefined || signature === '' || more.length > 0) throw invalid('it carries no token')
  if (header['alg'] !== 'RS256') throw invalid('its token is not signed with RS256')
  const signed = Buffer.from(`${head}.${payload}`)
  const keyId = typeof header['kid'] === 'string' ? header['kid'] : undefined
  const believed = await jwks.verify(
    keyId,
    (key) => key.asymmetricKeyType === 'rsa' && verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url')),
  )
  if (!believed) throw invalid('its signature does not match')
  checkTime(claims, headers['webhook-timestamp'], now() / 1000)
  if (audience !== undefined && ![claims['aud']].flat().includes(audience)) throw invalid('it is meant for somebody else')

  const told = WebhookEvent.safeParse(parsed(Buffer.from(rawBody).toString('utf8')))
  if (!told.success) throw invalid('its body is not an event')
  const { type, data } = told.data
  const vouched = WebhookEvent.safeParse(claims)
  if (vouched.success && (vouched.data.data.id !== data.id || vouched.data.type !== type))
    throw invalid('its body is not the one that was signed')
  const messageId = headers['webhook-id'] ?? (typeof claims['jti'] === 'string' ? claims['jti'] : undefined)
  return { dedupeKey: messageId ?? `${type}:${data.id}`, ref: refOf(data.id) }
}

/** The reference of an interaction. The same from the answer to the order and from a webhook. */
export const refOf = (id: string): { interaction: string } => ({ interaction: id.replace(/^interactions\//, '') })

/** A token counts until it ends, and within the window around when it was issued or sent; one that tells no time never counts. */
function checkTime(claims: Record<string, unknown>, sentAt: string | undefined, nowSeconds: number): void {
  const near = (seconds: number): boolean => Math.abs(nowSeconds - seconds) <= WINDOW_SECONDS
  const { exp, iat, nbf } = claims
  if (typeof exp === 'number' && nowSeconds > exp) throw invalid('its token has expired')
  if (typeof nbf === 'number' && nowSeconds < nbf - WINDOW_SECONDS) throw invalid('its token is not valid yet')
  if (typeof iat === 'number' && !near(iat)) throw invalid(`its token was not issued within ${WINDOW_SECONDS} seconds of now`)
  if (sentAt !== undefined && !near(Number(sentAt))) throw invalid(`its time is more than ${WINDOW_SECONDS} seconds from ours`)
  const bounded = typeof exp === 'number' && exp - nowSeconds <= MAX_LIFE_SECONDS
  if (typeof iat !== 'number' && !bounded) throw invalid('its token does not say when it was made')
}

function decoded(part: string): Record<string, unknown> | undefined {
  const value = parsed(Buffer.from(part, 'base64url').toString('utf8'))
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(why: string): SluiceError {
  return new SluiceError('webhook_invalid', `The webhook is not believed to be from Google: ${why}.`)
}
