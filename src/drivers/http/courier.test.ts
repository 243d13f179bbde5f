import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { MockAgent } from 'undici'
import { afterAll, describe, expect, test } from 'vitest'
import { type WebhookReceiver, webhookReceiver } from '../../../test/helpers/webhook-receiver.ts'
import { createCourier } from './courier.ts'
import { createNetwork } from './network.ts'

const network = createNetwork()
afterAll(() => network.close())
const open = createCourier({ network, allowPrivate: true, userAgent: 'Sluice/test', timeoutMs: 300 })
const closed = createCourier({ network, allowPrivate: false, userAgent: 'Sluice/test', timeoutMs: 300 })

const secret = () => `whsec_${randomBytes(32).toString('base64')}`
const secrets = [secret(), secret()]
const never = new AbortController().signal
const refused = expect.objectContaining({ code: 'address_refused', field: 'url' })

const to = (receiver: Pick<WebhookReceiver, 'url'>, signal = never) =>
  open.deliver({ url: receiver.url, messageId: 'evt_1', body: '{"type":"webhook.test"}', secrets }, signal)

describe('the courier', () => {
  test('delivers what the reference implementation believes, by each secret', async () => {
    await using receiver = await webhookReceiver()
    expect(await to(receiver)).toEqual({ status: 200, error: null, retryAfterMs: null, tookMs: expect.any(Number) })
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[0]]
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Sluice/test', 'webhook-id': 'evt_1' })
    for (const each of secrets) expect(new Webhook(each).verify(body, headers as Record<string, string>)).toEqual({ type: 'webhook.test' })
    expect(() => new Webhook(secret()).verify(body, headers as Record<string, string>)).toThrow()
  })

  test('says what went wrong: the answer, a redirect it does not follow, no answer, nobody there', async () => {
    await using receiver = await webhookReceiver()
    const words = `${'no such table '.repeat(1_000)}`
    receiver.answers.push(
      { status: 500, body: words },
      { status: 503, headers: { 'retry-after': '7' } },
      { status: 308, headers: { location: `${receiver.url}/moved` } },
      { status: 200, after: new Promise(() => undefined) },
    )
    const first = await to(receiver)
    expect(first).toMatchObject({ status: 500, retryAfterMs: null })
    expect(first.error).toMatch(/^It was answered with 500: no such table no such table/)
    expect(first.error?.length).toBeLessThan(5_000)
    expect(await to(receiver)).toMatchObject({ status: 503, error: 'It was answered with 503.', retryAfterMs: 7_000 })
    expect(await to(receiver)).toMatchObject({
      status: 308,
      error: `It was redirected (308) to ${receiver.url}/moved; redirects are not followed.`,
    })
    expect(await to(receiver)).toMatchObject({ status: null, error: 'No answer within 0.3 s.' })
    expect(receiver.received).toHaveLength(4)
    await receiver[Symbol.asyncDispose]()
    expect(await to(receiver)).toMatchObject({ status: null, error: expect.stringContaining('ECONNREFUSED') })
  })

  test('an attempt that is called off rejects with the reason', async () => {
    await using receiver = await webhookReceiver()
    receiver.answers.push({ status: 200, after: new Promise(() => undefined) })
    const stop = new AbortController()
    const attempt = to(receiver, stop.signal)
    await receiver.has(1)
    stop.abort(new RangeError('enough'))
    await expect(attempt).rejects.toThrow('enough')
  })

  test.each([
    'http://app.example/hook',
    'https://127.0.0.1/hook',
    'https://localhost:3000/hook',
    'https://api.localhost/hook',
    'https://10.0.0.8/hook',
    'https://[::1]/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://me:secret@app.example/hook',
    'ftp://app.example/hook',
    'app.example/hook',
    '',
  ])('%j is refused, and nothing is sent there', async (url) => {
    expect(() => closed.check(url)).toThrow(refused)
    expect(await closed.deliver({ url, messageId: 'evt_1', body: '{}', secrets }, never)).toMatchObject({
      status: null,
      error: expect.any(String),
    })
  })

  test('private addresses and http are taken where the operator allows them; credentials and other protocols never', () => {
    for (const url of ['http://localhost:3000/hook', 'https://10.0.0.8/hook', 'https://app.example/hook'])
      expect(() => open.check(url)).not.toThrow()
    for (const url of ['http://me:secret@localhost/hook', 'ftp://localhost/hook']) expect(() => open.check(url)).toThrow(refused)
    expect(() => closed.check('https://app.example/hook')).not.toThrow()
  })

  test('a public name goes out only the guarded way, which looks at the address that is connected to', async () => {
    const guarded = new MockAgent()
    const trusted = new MockAgent()
    for (const agent of [guarded, trusted]) agent.disableNetConnect()
    guarded.get('https://app.example').intercept({ path: '/hook', method: 'POST' }).reply(204)
    const courier = createCourier({
      network: { guarded, trusted, close: async () => undefined },
      allowPrivate: false,
      userAgent: 'Sluice/test',
    })
    const receipt = await courier.deliver({ url: 'https://app.example/hook', messageId: 'evt_1', body: '{}', secrets }, never)
    expect(receipt).toMatchObject({ status: 204, error: null })
    guarded.assertNoPendingInterceptors()
    await Promise.all([guarded.close(), trusted.close()])
  })
})
