import type { WebhookMessage } from '../wire/webhooks.ts'
import { WebhookVerificationError } from './errors.ts'

const WINDOW_SECONDS = 300

/** As the platform has them, or Node's `request.headers`. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>

/**
 * Believes a message that a Sluice server has sent, after the Standard Webhooks specification (https://www.standardwebhooks.com):
 * HMAC-SHA256 over `id.timestamp.body`, within 300 seconds of this machine's clock. Needs no Node, only WebCrypto.
 *
 * @param secret `whsec_...`, as it was shown when the webhook was made or its secret rotated
 * @param body the bytes as they came: a body that was parsed and written again has another signature
 * @throws WebhookVerificationError for a message that cannot be believed; answer it with 401
 */
export async function verifyWebhook(
  secret: string,
  headers: WebhookHeaders,
  body: string | Uint8Array<ArrayBuffer>,
  now: number = Date.now(),
): Promise<WebhookMessage> {
  const id = header(headers, 'webhook-id')
  const timestamp = header(headers, 'webhook-timestamp')
  const signatures = header(headers, 'webhook-signature')
  if (!id || !timestamp || !signatures)
    throw new WebhookVerificationError('The message lacks one of the headers webhook-id, webhook-timestamp, webhook-signature.')
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const signed = new Uint8Array([...new TextEncoder().encode(`${id}.${timestamp}.`), ...bytes])
  const key = await crypto.subtle.importKey('raw', keyOf(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  if (!(await anyMatches(key, signatures, signed))) throw new WebhookVerificationError('The signature of the message does not match.')
  if (!/^\d{1,15}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > WINDOW_SECONDS)
    throw new WebhookVerificationError(`The time of the message is more than ${WINDOW_SECONDS} seconds from this machine's.`)
  return JSON.parse(text) as WebhookMessage
}

/** During a change of secrets there are several; one must match. WebCrypto compares in constant time. */
async function anyMatches(key: CryptoKey, signatures: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  for (const signature of signatures.split(' ')) {
    const bytes = signature.startsWith('v1,') ? fromBase64(signature.slice('v1,'.length)) : null
    if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) return true
  }
  return false
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const key = fromBase64(secret.replace(/^whsec_/, ''))
  if (key && key.length > 0) return key
  throw new WebhookVerificationError('The secret is none: copy it as it was shown, whsec_ and base64.')
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

function header(headers: WebhookHeaders, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name)
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? []
  return (typeof value === 'object' ? value[0] : value) ?? null
}
