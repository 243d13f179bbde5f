import { createHmac, timingSafeEqual } from 'node:crypto'
import { SluiceError } from '../../domain/errors.ts'

const WINDOW_SECONDS = 300
const PREFIX = 'whsec_'

export interface StandardWebhook {
  /** As the user knows the sender, for messages. */
  vendor: string
  /** `whsec_` and base64, as the vendor shows it; the prefix may be missing. */
  secret: string
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  /** As it arrived: a body that was parsed and written again has another signature. */
  rawBody: Uint8Array
  now?: () => number
}

/**
 * Believes a message signed after the Standard Webhooks specification (https://www.standardwebhooks.com), as OpenAI,
 * Replicate and Gemini send them: HMAC-SHA256 over `id.timestamp.body`, within 300 seconds of our clock. Of several
 * signatures, as during a change of secrets, one must match. Returns the id of the message, the same for each of its
 * deliveries. Throws `webhook_invalid`, and `config_invalid` for a secret that is none.
 */
export function verifyStandardWebhook({ vendor, secret, headers, rawBody, now = Date.now }: StandardWebhook): string {
  const key = keyOf(vendor, secret)
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (!id || !timestamp || !signatures)
    throw invalid(vendor, 'it lacks one of the headers webhook-id, webhook-timestamp, webhook-signature')
  if (!/^\d{1,15}$/.test(timestamp)) throw invalid(vendor, 'its time cannot be read')

  // The signature first: who cannot sign learns nothing about the clock here.
  const expected = digestOf(key, id, timestamp, rawBody)
  const matches = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64'))
    .filter((signature) => signature.length === expected.length && timingSafeEqual(signature, expected))
  if (matches.length === 0) throw invalid(vendor, 'its signature does not match')
  if (Math.abs(now() / 1000 - Number(timestamp)) > WINDOW_SECONDS)
    throw invalid(vendor, `its time is more than ${WINDOW_SECONDS} seconds from ours`)
  return id
}

/**
 * The headers of a message of ours by the same specification, sent now. Each secret (`whsec_` and base64) signs once, so that
 * a receiver that still has the one before the last can believe it as well.
 */
export function signStandardWebhook(secrets: readonly string[], id: string, body: string, now = Date.now()): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
    return `v1,${digestOf(key, id, timestamp, body).toString('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

const digestOf = (key: Buffer, id: string, timestamp: string, body: string | Uint8Array): Buffer =>
  createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()

function keyOf(vendor: string, secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret
  const key = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0)
  if (key.length > 0) return key
  throw new SluiceError('config_invalid', `The webhook secret of ${vendor} is not one.`, {
    fix: `Copy the secret as ${vendor} shows it: ${PREFIX} and base64.`,
  })
}

function invalid(vendor: string, why: string): SluiceError {
  return new SluiceError('webhook_invalid', `The webhook is not believed to be from ${vendor}: ${why}.`)
}
