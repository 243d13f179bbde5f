import { createHmac } from 'node:crypto'
import type { WebhookAttempt } from './lab.ts'

/** Headers of Standard Webhooks (OpenAI, Replicate, Gemini with a static secret). `secret` with or without `whsec_`: base64 after it, raw bytes without. */
export function standardWebhookHeaders(secret: string, { id, timestampSeconds }: WebhookAttempt, body: string): Record<string, string> {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
  const signature = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': `v1,${signature}` }
}
