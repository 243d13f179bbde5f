import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { WebhookVerificationError } from './errors.ts'
import { verifyWebhook } from './verify-webhook.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const other = `whsec_${randomBytes(32).toString('base64')}`
const AT_MS = 1_790_000_000_000
const message = { type: 'webhook.test', timestamp: '2026-09-21T14:13:20.000Z', data: { webhookId: 'a café at dawn' } }
const body = JSON.stringify(message)

/** As the reference implementation signs. */
function signed({ text = body, id = 'evt_1', by = secret } = {}) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(AT_MS / 1000),
    'webhook-signature': new Webhook(by).sign(id, new Date(AT_MS), text),
  }
}

test('believes what the reference implementation signed, however headers and body come', async () => {
  const headers = signed()
  const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]))
  for (const each of [headers, new Headers(headers), shouted])
    for (const bytes of [body, new TextEncoder().encode(body)]) expect(await verifyWebhook(secret, each, bytes, AT_MS)).toEqual(message)
  expect(await verifyWebhook(secret.slice('whsec_'.length), headers, body, AT_MS + 300_000)).toEqual(message)
})

test('one of several signatures is enough, with either secret of a rotation', async () => {
  const both = `${signed({ by: other })['webhook-signature']} v2,AAAA v1,*** ${signed()['webhook-signature']}`
  const headers = { ...signed(), 'webhook-signature': both }
  expect(await verifyWebhook(secret, headers, body, AT_MS)).toEqual(message)
  expect(await verifyWebhook(other, headers, body, AT_MS)).toEqual(message)
})

test('does not believe a changed body, id or time, a missing header, another secret, an old message or what is no secret', async () => {
  const headers = signed()
  const refused = [
    verifyWebhook(secret, headers, `${body} `, AT_MS),
    verifyWebhook(secret, { ...headers, 'webhook-id': 'evt_2' }, body, AT_MS),
    verifyWebhook(secret, { ...headers, 'webhook-timestamp': String(AT_MS / 1000 + 1) }, body, AT_MS),
    verifyWebhook(secret, { ...headers, 'webhook-signature': undefined }, body, AT_MS),
    verifyWebhook(secret, { ...headers, 'webhook-signature': 'v1,' }, body, AT_MS),
    verifyWebhook(other, headers, body, AT_MS),
    verifyWebhook(secret, headers, body, AT_MS + 301_000),
    verifyWebhook(secret, headers, body, AT_MS - 301_000),
    verifyWebhook('whsec_', headers, body, AT_MS),
    verifyWebhook('not a secret', headers, body, AT_MS),
  ]
  for (const one of await Promise.allSettled(refused)) {
    expect(one.status).toBe('rejected')
    expect((one as PromiseRejectedResult).reason).toBeInstanceOf(WebhookVerificationError)
  }
})
