import { createHmac, timingSafeEqual } from 'node:crypto'
import { SluiceError } from '../../../domain/errors.ts'
import type { WebhookHint } from '../../../ports/provider.ts'
import { FlowWebhook } from './api.ts'

const WINDOW_SECONDS = 1_800

/**
 * Believes a webhook of the workspace: `ElevenLabs-Signature: t=<seconds>,v0=<hex>` over `<t>.<body>`, HMAC-SHA256 with the
 * secret as it stands, within 30 minutes of our clock. Throws `webhook_invalid`.
 */
export function readWebhook(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  rawBody: Uint8Array,
  nowMs: number,
): WebhookHint {
  const parts = (headers['elevenlabs-signature'] ?? '').split(',').map((part) => part.trim())
  const time = parts.find((part) => part.startsWith('t='))?.slice(2) ?? ''
  const signatures = parts.filter((part) => part.startsWith('v0=')).map((part) => Buffer.from(part.slice(3), 'hex'))
  if (!/^\d{1,12}$/.test(time) || signatures.length === 0) throw invalid('it has no signature')
  const expected = createHmac('sha256', secret).update(`${time}.`).update(rawBody).digest()
  if (!signatures.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected)))
    throw invalid('its signature does not match')
  if (Math.abs(nowMs / 1000 - Number(time)) > WINDOW_SECONDS) throw invalid('it is more than 30 minutes from our time')

  const flow = FlowWebhook.safeParse(parsed(rawBody))
  if (!flow.success) throw invalid('it is not about a generation')
  return { dedupeKey: `${flow.data.id}:${flow.data.status}`, ref: { id: flow.data.id } }
}

function parsed(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody))
  } catch {
    throw invalid('it is not JSON')
  }
}

function invalid(why: string): SluiceError {
  return new SluiceError('webhook_invalid', `The webhook is not believed to be from ElevenLabs: ${why}.`)
}
