import { ApiError, createFalClient, type FalClient, ValidationError } from '@fal-ai/client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { fal } from '../../src/lab/vendors/fal.ts'
import { createMailbox } from '../helpers/mailbox.ts'
import { playable } from '../helpers/takes.ts'

const MODEL = 'fal-ai/bytedance/seedance/v1/pro/fast/text-to-video'
const QUEUE = 'https://queue.fal.run'

interface Made {
  video: { url: string; content_type: string; file_size: number }
  seed: number
}

let lab: RunningLab
let client: FalClient

/** The client has no setting for its host; the function that fetches is one. */
function clientWith(credentials: string): FalClient {
  return createFalClient({
    credentials,
    fetch: (url, init) => {
      expect(String(url)).toContain(QUEUE)
      return fetch(String(url).replace(QUEUE, `${lab.url}/fal`), init)
    },
  })
}

beforeAll(async () => {
  lab = await createLab({ vendors: [fal] })
  client = clientWith('key_lab')
})
beforeEach(() => {
  lab.clock.speed = 1_000
})
afterAll(() => lab?.close())

const input = (prompt: string, more: Record<string, unknown> = {}) =>
  ({ prompt, duration: '2', resolution: '480p', seed: 3, ...more }) as never
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('the official client of fal against the lab', () => {
  test('subscribe: submits, asks until it is over, and gives the result', async () => {
    const seen: string[] = []
    const { data, requestId } = await client.subscribe(MODEL, {
      input: input('a lighthouse'),
      pollInterval: 5,
      logs: true,
      onQueueUpdate: ({ status }) => seen.push(status),
    })
    const { video, seed } = data as Made
    expect(seen.at(-1)).toBe('COMPLETED')
    expect(seed).toBe(3)
    expect(lab.works.of('fal').get(requestId)?.state).toBe('done')
    const bytes = new Uint8Array(await (await fetch(video.url)).arrayBuffer())
    expect(bytes.length).toBe(video.file_size)
    expect(await playable(bytes)).toMatchObject({ durationSeconds: 2, height: 480 })
    expect(lab.book.of(requestId)).toBe(19_200)
  })

  test('subscribe by streamed status', async () => {
    lab.clock.speed = 100
    const seen: string[] = []
    const { data } = await client.subscribe(MODEL, {
      input: input('a streamed one'),
      mode: 'streaming',
      onQueueUpdate: ({ status }) => seen.push(status),
    })
    expect((data as Made).video.content_type).toBe('video/mp4')
    expect(seen).toEqual(['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED'])
  })

  test('submit, status, result: 202 until it is over, 400 for a result before that', async () => {
    lab.clock.speed = 1
    const { request_id: requestId, status } = await client.queue.submit(MODEL, { input: input('by hand') })
    expect(status).toBe('IN_QUEUE')
    expect(await client.queue.status(MODEL, { requestId })).toMatchObject({ status: 'IN_QUEUE', queue_position: 0 })
    expect(await caught(client.queue.result(MODEL, { requestId }))).toMatchObject({
      status: 400,
      body: { detail: 'Request is still in progress' },
    })
    lab.clock.speed = 1_000
    await client.queue.subscribeToStatus(MODEL, { requestId, pollInterval: 5 })
    expect(((await client.queue.result(MODEL, { requestId })).data as Made).video.url).toContain('/files/')
  })

  test('a refusal is COMPLETED, and a ValidationError at the result', async () => {
    const error = await caught(client.subscribe(MODEL, { input: input('bad [lab:refuse-input]'), pollInterval: 5 }))
    expect(error).toBeInstanceOf(ValidationError)
    expect((error as ValidationError).getFieldErrors('prompt')).toMatchObject([{ type: 'content_policy_violation' }])
  })

  test('what the app does not take is told by the field, and costs nothing', async () => {
    const error = await caught(client.subscribe(MODEL, { input: input('long', { duration: '40' }), pollInterval: 5 }))
    expect(error).toBeInstanceOf(ValidationError)
    expect((error as ValidationError).getFieldErrors('duration')).toHaveLength(1)
    expect(lab.book.of((error as ValidationError).requestId)).toBe(0)
  })

  test('a failure of the platform is an ApiError with its type', async () => {
    const error = await caught(client.subscribe(MODEL, { input: input('breaks [lab:fail=internal_error]'), pollInterval: 5 }))
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 500, body: { error_type: 'internal_error' } })
  })

  test('a key that is none and a model that is none', async () => {
    expect(await caught(clientWith('invalid').queue.submit(MODEL, { input: input('x') }))).toMatchObject({ status: 401 })
    expect(await caught(client.queue.submit('fal-ai/nothing', { input: input('x') }))).toMatchObject({ status: 404 })
  })

  test('cancel: a result of 499 afterwards; too late is a 400', async () => {
    lab.clock.speed = 1
    const { request_id: requestId } = await client.queue.submit(MODEL, { input: input('stop me') })
    await client.queue.cancel(MODEL, { requestId })
    expect(await client.queue.status(MODEL, { requestId })).toMatchObject({ status: 'COMPLETED' })
    expect(await caught(client.queue.result(MODEL, { requestId }))).toMatchObject({ status: 499, body: { error_type: 'client_cancelled' } })
    expect(await caught(client.queue.cancel(MODEL, { requestId }))).toMatchObject({ status: 400, body: { status: 'ALREADY_COMPLETED' } })
  })

  test('a webhook given with the order brings the result', async () => {
    const mailbox = await createMailbox()
    const { request_id: requestId } = await client.queue.submit(MODEL, { input: input('tell me'), webhookUrl: `${mailbox.url}/fal` })
    const [mail] = await mailbox.first(1)
    expect(JSON.parse(String(mail?.rawBody))).toMatchObject({ request_id: requestId, status: 'OK', payload: { video: {} } })
    await mailbox.close()
  })
})
