import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { verifyStandardWebhook } from './standard-webhooks.ts'

const secret = `whsec_${randomBytes(24).toString('base64')}`
const other = `whsec_${randomBytes(24).toString('base64')}`
const AT_MS = 1_790_000_000_000
const body = '{"id":"p1","prompt":"a café at dawn"}'

/** As the reference implementation signs. */
function signed({ text = body, id = 'msg_1', atMs = AT_MS, by = secret } = {}): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1000)),
    'webhook-signature': new Webhook(by).sign(id, new Date(atMs), text),
  }
}

function verify(headers: Record<string, string | undefined>, text = body, atMs = AT_MS, by = secret): string {
  return verifyStandardWebhook({ vendor: 'Replicate', secret: by, headers, rawBody: Buffer.from(text), now: () => atMs })
}

const invalid = expect.objectContaining({ code: 'webhook_invalid' })

describe('Standard Webhooks', () => {
  test('believes what the reference implementation signed, with and without the prefix of the secret', () => {
    expect(verify(signed())).toBe('msg_1')
    expect(verify(signed(), body, AT_MS, secret.slice('whsec_'.length))).toBe('msg_1')
    expect(verify(signed({ text: '' }), '')).toBe('msg_1')
  })

  test('verifies the bytes as they came, even where they are no text', () => {
    const rawBody = Buffer.from([0x7b, 0xff, 0xfe, 0x7d])
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const signature = createHmac('sha256', key).update('msg_1.1790000000.').update(rawBody).digest('base64')
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1790000000', 'webhook-signature': `v1,${signature}` }
    expect(verifyStandardWebhook({ vendor: 'x', secret, headers, rawBody, now: () => AT_MS })).toBe('msg_1')
  })

  test('one of several signatures is enough, and other versions are passed over', () => {
    const headers = signed()
    const wrong = signed({ by: other })['webhook-signature']
    const right = headers['webhook-signature']
    expect(verify({ ...headers, 'webhook-signature': `${wrong} v1a,${'A'.repeat(43)}= ${right}` })).toBe('msg_1')
    expect(() => verify({ ...headers, 'webhook-signature': `${wrong} ${wrong}` })).toThrow(invalid)
    expect(() => verify({ ...headers, 'webhook-signature': `v2,${right?.slice(3)}` })).toThrow(invalid)
  })

  test('does not believe a changed body, id or time, another secret or half a signature', () => {
    const headers = signed()
    expect(() => verify(headers, `${body} `)).toThrow(invalid)
    expect(() => verify({ ...headers, 'webhook-id': 'msg_2' })).toThrow(invalid)
    expect(() => verify({ ...headers, 'webhook-timestamp': String(AT_MS / 1000 + 1) })).toThrow(invalid)
    expect(() => verify(headers, body, AT_MS, other)).toThrow(invalid)
    expect(() => verify({ ...headers, 'webhook-signature': headers['webhook-signature']?.slice(0, 20) })).toThrow(invalid)
    expect(() => verify({ ...headers, 'webhook-signature': 'v1,' })).toThrow(invalid)
  })

  test('does not believe a message without one of its three headers', () => {
    for (const missing of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      expect(() => verify({ ...signed(), [missing]: undefined }), missing).toThrow(invalid)
    expect(() => verify({ ...signed(), 'webhook-timestamp': 'now' })).toThrow(invalid)
  })

  test('keeps the window of the reference: 300 seconds on both sides', () => {
    expect(verify(signed(), body, AT_MS + 300_000)).toBe('msg_1')
    expect(verify(signed(), body, AT_MS - 300_000)).toBe('msg_1')
    expect(() => verify(signed(), body, AT_MS + 301_000)).toThrow(invalid)
    expect(() => verify(signed(), body, AT_MS - 301_000)).toThrow(invalid)
  })

  test('the reference believes what we believe, at the same hour', () => {
    const headers = signed({ atMs: Date.now() })
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    expect(verifyStandardWebhook({ vendor: 'x', secret, headers, rawBody: Buffer.from(body) })).toBe('msg_1')
  })

  test('names a secret that is none, before it is taken for an empty key', () => {
    for (const bad of ['', 'whsec_', 'whsec_***', 'not a secret'])
      expect(() => verify(signed(), body, AT_MS, bad), bad).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  })
})
