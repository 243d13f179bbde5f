import Replicate, { type FileOutput, type Prediction, validateWebhook } from 'replicate'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { replicate } from '../../src/lab/vendors/replicate.ts'
import { createMailbox } from '../helpers/mailbox.ts'
import { playable } from '../helpers/takes.ts'

const MODEL = 'bytedance/seedance-1-pro-fast'
let lab: RunningLab
let client: Replicate

const clientWith = (auth: string): Replicate => new Replicate({ auth, baseUrl: `${lab.url}/replicate` })

beforeAll(async () => {
  lab = await createLab({ vendors: [replicate] })
  client = clientWith('r8_lab')
})
beforeEach(() => {
  lab.clock.speed = 1_000
})
afterAll(() => lab?.close())

const input = (prompt: string, more: Record<string, unknown> = {}) => ({ prompt, duration: 2, resolution: '480p', seed: 3, ...more })
const create = (prompt: string, more: Record<string, unknown> = {}) =>
  client.predictions.create({ model: MODEL, input: input(prompt), ...more })
const ended = (prediction: Prediction) => client.wait(prediction, { interval: 5 })
const statusOf = (failure: unknown): number => (failure as { response: Response }).response.status

describe('the official client of Replicate against the lab', () => {
  test('create, wait, download', async () => {
    const made = await ended(await create('a lighthouse'))
    expect(made).toMatchObject({ status: 'succeeded', model: MODEL, error: null, data_removed: false, input: { seed: 3 } })
    expect(made.metrics?.predict_time).toBeGreaterThanOrEqual(0)
    const bytes = new Uint8Array(await (await fetch(String(made.output))).arrayBuffer())
    expect(await playable(bytes)).toMatchObject({ durationSeconds: 2, height: 480 })
    expect(lab.book.of(made.id)).toBe(30_000)
  })

  test('run holds the connection by Prefer: wait, by name and by version', async () => {
    // Only addresses with https become a file of the client; the lab's are plain.
    const url = (output: unknown) => (typeof output === 'string' ? output : String((output as FileOutput).url()))
    expect(url(await client.run(MODEL, { input: input('by name') }))).toContain('/files/')
    const { latest_version: version } = await client.models.get('bytedance', 'seedance-1-pro-fast')
    expect(url(await client.run(`${MODEL}:${version?.id}`, { input: input('by version') }))).toContain('/files/')
  })

  test('Prefer: wait may come back unfinished', async () => {
    const unfinished = await create('a long one [lab:zombie]', { wait: 1 })
    expect(['starting', 'processing']).toContain(unfinished.status)
    expect(await client.predictions.cancel(unfinished.id)).toMatchObject({ id: unfinished.id })
  })

  test('outputs come as string, list or object', async () => {
    expect((await ended(await create('x'))).output).toBeTypeOf('string')
    expect((await ended(await create('x [lab:output=array]'))).output).toEqual([expect.stringContaining('/files/')])
    expect((await ended(await create('x [lab:output=object]'))).output).toMatchObject({ video: expect.stringContaining('/files/') })
  })

  test('a failure says why in words', async () => {
    await expect(client.run(MODEL, { input: input('bad [lab:refuse-output]') })).rejects.toThrow('NSFW content detected')
    await expect(create('breaks [lab:fail]').then(ended)).rejects.toThrow('E1001')
  })

  test('a token, a model and an input that are none', async () => {
    await expect(clientWith('invalid').predictions.list()).rejects.toSatisfy((error) => statusOf(error) === 401)
    await expect(client.predictions.create({ model: 'no/model', input: {} })).rejects.toSatisfy((error) => statusOf(error) === 404)
    await expect(client.predictions.create({ model: MODEL, input: input('x', { duration: 99 }) })).rejects.toSatisfy(
      (error) => statusOf(error) === 422,
    )
    await expect(client.predictions.get('nobody')).rejects.toSatisfy((error) => statusOf(error) === 404)
  })

  test('cancel before the start aborts, after it cancels', async () => {
    lab.clock.speed = 1
    const { id } = await create('never begun')
    expect(await client.predictions.cancel(id)).toMatchObject({ status: 'aborted' })
    lab.clock.speed = 1_000
    const begun = await create('begun [lab:zombie]')
    await expect.poll(() => client.predictions.get(begun.id)).toMatchObject({ status: 'processing' })
    expect(await client.predictions.cancel(begun.id)).toMatchObject({ status: 'canceled' })
  })

  test('the list is paged, the newest first', async () => {
    const { id } = await create('the newest [lab:zombie]')
    for (let others = 0; others < 100; others++) await create('[lab:zombie]')
    const ids: string[] = []
    let pages = 0
    for await (const page of client.paginate(client.predictions.list)) {
      pages++
      ids.push(...page.map((prediction) => prediction.id))
    }
    expect(pages).toBeGreaterThan(1)
    expect(ids.indexOf(id)).toBe(100)
    expect(new Set(ids).size).toBe(lab.works.of('replicate').list().length)
  })

  test("an hour later a prediction's data is gone", async () => {
    const { id } = await ended(await create('nobody came'))
    lab.clock.advance(3_601)
    expect(await client.predictions.get(id)).toMatchObject({ status: 'succeeded', output: null, input: {}, data_removed: true })
    lab.clock.advance(-3_601)
  })

  test('webhooks: the events that were asked for, signed so that the client believes them', async () => {
    const mailbox = await createMailbox()
    const { id } = await create('tell me', { webhook: mailbox.url, webhook_events_filter: ['start', 'completed'] })
    const mails = await mailbox.first(2)
    const { key } = await client.webhooks.default.secret.get()
    for (const { headers, rawBody } of mails) {
      const body = rawBody.toString()
      const { 'webhook-id': messageId = '', 'webhook-timestamp': timestamp = '', 'webhook-signature': signature = '' } = headers
      expect(await validateWebhook({ id: messageId, timestamp, signature, body, secret: key })).toBe(true)
      expect(await validateWebhook({ id: messageId, timestamp, signature, body: `${body} `, secret: key })).toBe(false)
    }
    expect(mails.map(({ rawBody }) => JSON.parse(String(rawBody)))).toMatchObject([
      { id, status: 'processing' },
      { id, status: 'succeeded', output: expect.stringContaining('/files/') },
    ])
    await mailbox.close()
  })
})
