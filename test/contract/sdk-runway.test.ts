import RunwayML, { type APIError, AuthenticationError, BadRequestError, NotFoundError, TaskFailedError } from '@runwayml/sdk'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { runway } from '../../src/lab/vendors/runway.ts'
import { playable } from '../helpers/takes.ts'

let lab: RunningLab
let client: RunwayML

beforeAll(async () => {
  lab = await createLab({ vendors: [runway] })
  client = new RunwayML({ apiKey: 'key_lab', baseURL: `${lab.url}/runway`, maxRetries: 0 })
})
beforeEach(() => {
  lab.clock.speed = 1_000
})
afterAll(() => lab?.close())

const clip = (promptText: string) => client.textToVideo.create({ model: 'gen4.5', promptText, ratio: '1280:720', duration: 2, seed: 3 })

/** The SDK waits six seconds before it asks after a submit; a task that has ended is told at once. */
async function ended(id: string) {
  await lab.works.of('runway').get(id)?.ended
  return client.tasks.retrieve(id).waitForTaskOutput()
}

const downloaded = async (url: string | undefined) => new Uint8Array(await (await fetch(url ?? '')).arrayBuffer())

test('submits, waits with its own helper, downloads', async () => {
  const created = await clip('a kite')
  expect(created.estimatedCost.credits).toBe(24)
  const task = await ended(created.id)
  expect(task).toMatchObject({ id: created.id, status: 'SUCCEEDED', cost: { credits: 24 } })
  expect(Date.parse(task.createdAt)).toBeGreaterThan(0)
  expect(await playable(await downloaded(task.output[0]))).toMatchObject({ width: 1280, height: 720, durationSeconds: 2 })
})

test('one chain from the order to the output', async () => {
  const task = await client.imageToVideo
    .create({ model: 'gen4_turbo', promptImage: 'https://example.com/a.png', ratio: '960:960', duration: 2 })
    .waitForTaskOutput({ timeout: 30_000 })
  expect((await playable(await downloaded(task.output[0]))).width).toBe(960)
})

test('speech, a sound effect and veo with its own lengths', async () => {
  const speech = await client.textToSpeech.create({
    model: 'eleven_multilingual_v2',
    promptText: 'Good evening.',
    voice: { type: 'runway-preset', presetId: 'Leslie' },
  })
  expect((await playable(await downloaded((await ended(speech.id)).output[0]))).streams).toEqual(['audio'])
  const sound = await client.soundEffect.create({ model: 'eleven_text_to_sound_v2', promptText: 'a door', duration: 1 })
  expect((await playable(await downloaded((await ended(sound.id)).output[0]))).streams).toEqual(['audio'])
  const veo = await client.textToVideo.create({ model: 'veo3.1_fast', promptText: 'a fox', ratio: '1920:1080', duration: 4, audio: false })
  expect(veo.estimatedCost.credits).toBe(40)
  expect(await playable(await downloaded((await ended(veo.id)).output[0]))).toMatchObject({ width: 1920, streams: ['video'] })
})

test('a failure is a TaskFailedError with its code and its cost', async () => {
  const { id } = await clip('[lab:fail=SAFETY.OUTPUT.VIDEO] a fight')
  const error = await ended(id).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TaskFailedError)
  expect((error as TaskFailedError).taskDetails).toMatchObject({
    status: 'FAILED',
    failureCode: 'SAFETY.OUTPUT.VIDEO',
    failure: expect.stringMatching(/\w/),
    cost: { credits: 0 },
  })
})

test('THROTTLED comes before RUNNING', async () => {
  lab.clock.speed = 10
  const { id } = await clip('[lab:hold] a queue')
  expect((await client.tasks.retrieve(id)).status).toBe('THROTTLED')
  lab.clock.speed = 1_000
  expect((await ended(id)).status).toBe('SUCCEEDED')
})

test('addresses die and asking again gives fresh ones', async () => {
  const { id } = await clip('a clock')
  const [first] = (await ended(id)).output
  lab.clock.advance(2 * 86_400)
  expect((await fetch(first ?? '')).status).toBe(403)
  const [second] = (await ended(id)).output
  expect(second).not.toBe(first)
  expect((await fetch(second ?? '')).status).toBe(200)
})

test('delete stops what lives, deletes what has ended, and either is then unknown', async () => {
  lab.clock.speed = 10
  const live = await clip('a long march')
  await client.tasks.delete(live.id)
  await expect(client.tasks.retrieve(live.id)).rejects.toBeInstanceOf(NotFoundError)
  expect(lab.book.of(live.id)).toBe(0)
  lab.clock.speed = 1_000
  const done = await clip('a short walk')
  await ended(done.id)
  await client.tasks.delete(done.id)
  await expect(client.tasks.retrieve(done.id)).rejects.toBeInstanceOf(NotFoundError)
  await expect(client.tasks.delete(done.id)).rejects.toBeInstanceOf(NotFoundError)
  expect(lab.book.of(done.id)).toBe(240_000)
})

test('a wrong key, a missing version, no credits and a body that does not pass', async () => {
  const baseURL = `${lab.url}/runway`
  const params = { model: 'gen4.5', promptText: 'a', ratio: '1280:720', duration: 2 } as const
  await expect(new RunwayML({ apiKey: 'invalid', baseURL, maxRetries: 0 }).textToVideo.create(params)).rejects.toBeInstanceOf(
    AuthenticationError,
  )
  await expect(client.textToVideo.create(params, { headers: { 'X-Runway-Version': '2020-01-01' } })).rejects.toBeInstanceOf(BadRequestError)
  await expect(client.textToVideo.create(params, { headers: { 'X-Runway-Version': null } })).rejects.toBeInstanceOf(BadRequestError)
  await expect(new RunwayML({ apiKey: 'broke', baseURL, maxRetries: 0 }).textToVideo.create(params)).rejects.toThrow(/credits/)
  const error = await client.textToVideo.create({ ...params, duration: 11 }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BadRequestError)
  expect((error as APIError).error).toMatchObject({ issues: [{ path: ['duration'] }] })
  await expect(client.textToVideo.create({ ...params, model: 'gen9' as never })).rejects.toMatchObject({
    error: { issues: [{ path: ['model'] }] },
  })
})

test('its own retries survive a limit, and double an order whose answer was lost: why the adapter has none', async () => {
  const retrying = new RunwayML({ apiKey: 'key_lab', baseURL: `${lab.url}/runway`, maxRetries: 2 })
  const params = { model: 'gen4.5', ratio: '1280:720', duration: 2 } as const
  const { id } = await retrying.textToVideo.create({ ...params, promptText: '[lab:throttle] a limit' })
  expect((await ended(id)).status).toBe('SUCCEEDED')
  const before = lab.works.of('runway').list().length
  await retrying.textToVideo.create({ ...params, promptText: '[lab:lost-reply] a parcel' })
  expect(lab.works.of('runway').list()).toHaveLength(before + 2)
})
