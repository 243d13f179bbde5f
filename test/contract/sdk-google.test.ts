import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiError, GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { google } from '../../src/lab/vendors/google.ts'
import { eventually } from '../helpers/eventually.ts'
import { playable } from '../helpers/takes.ts'

let lab: RunningLab
let ai: GoogleGenAI
let vertex: GoogleGenAI
let folder: string

beforeAll(async () => {
  lab = await createLab({ vendors: [google] })
  folder = await mkdtemp(join(tmpdir(), 'sluice-google-'))
  const httpOptions = { baseUrl: `${lab.url}/google` }
  ai = new GoogleGenAI({ apiKey: 'lab', httpOptions })
  const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer ya29.lab' }) }
  vertex = new GoogleGenAI({
    vertexai: true,
    project: 'our-project',
    location: 'us-central1',
    googleAuthOptions: { authClient: authClient as never },
    httpOptions,
  })
})
afterAll(async () => {
  await lab?.close()
  await rm(folder, { recursive: true, force: true })
})

const ask = (input: string, delivery: 'inline' | 'uri' = 'inline') =>
  ai.interactions.create({
    model: 'gemini-omni-1.2-flash',
    input,
    background: true,
    response_format: { type: 'video', duration: '3s', resolution: '360p', aspect_ratio: '16:9', delivery },
  })
const ended = (id: string) =>
  eventually(
    () => ai.interactions.get(id),
    ({ status }) => status !== 'queued' && status !== 'in_progress',
    20_000,
  )

test('@google/genai: an interaction is made, asked for, and its video comes inside the answer', async () => {
  const { id, status } = await ask('a lighthouse')
  expect(status).toBe('queued')
  const interaction = await ended(id)
  expect(interaction.status).toBe('completed')
  const video = interaction.output_video ?? interaction.steps?.flatMap((step) => ('content' in step ? (step.content ?? []) : [])).at(-1)
  expect(video).toMatchObject({ type: 'video', mime_type: 'video/mp4' })
  const bytes = Buffer.from(String((video as { data?: string }).data), 'base64')
  expect(await playable(bytes)).toMatchObject({ width: 640, height: 360, durationSeconds: 3 })
})

test('@google/genai: a video as a file is downloaded by its own means', async () => {
  const interaction = await ended((await ask('a fox', 'uri')).id)
  const step = interaction.steps?.at(-1) as { content?: { uri?: string }[] }
  const uri = String(step.content?.[0]?.uri)
  const downloadPath = join(folder, 'fox.mp4')
  // It reads names out of https addresses only.
  await ai.files.download({ file: String(/files\/\w+/.exec(uri)), downloadPath })
  await eventually(
    async () => (await readFile(downloadPath).catch(() => Buffer.alloc(0))).length,
    (length) => length === lab.works.of('google').get(interaction.id)?.outputs[0]?.bytes.length,
    5_000,
  )
  expect((await playable(await readFile(downloadPath))).durationSeconds).toBe(3)
})

test('@google/genai: refusals, unusual ends, cancel and delete', async () => {
  expect(await ended((await ask('[lab:refuse-input] x')).id)).toMatchObject({
    status: 'failed',
    errors: [{ message: expect.stringContaining('safety') }],
  })
  expect(await ended((await ask('[lab:fail=requires_continuation] x')).id)).toMatchObject({ status: 'requires_continuation' })
  expect(await ended((await ask('[lab:fail=budget_exceeded] x')).id)).toMatchObject({ status: 'budget_exceeded' })
  lab.clock.speed = 10
  const { id } = await ask('a long march')
  expect(await ai.interactions.cancel(id)).toMatchObject({ id, status: 'cancelled' })
  await ai.interactions.delete(id)
  await expect(ai.interactions.get(id)).rejects.toMatchObject({ status: 404 })
  lab.clock.speed = 1_000
  const wrong = new GoogleGenAI({ apiKey: 'key_invalid', httpOptions: { baseUrl: `${lab.url}/google` } })
  await expect(wrong.interactions.get(id)).rejects.toThrow(/API key not valid/)
})

test('@google/genai: Veo on Vertex is started, followed and decoded; a refusal is done without a video', async () => {
  const make = async (prompt: string) => {
    const operation = await vertex.models.generateVideos({
      model: 'veo-3.1-fast-generate-001',
      source: { prompt },
      config: { durationSeconds: 4, aspectRatio: '16:9', resolution: '720p', seed: 7, numberOfVideos: 1 },
    })
    return eventually(
      () => vertex.operations.getVideosOperation({ operation }),
      ({ done }) => done === true,
      20_000,
    )
  }
  const { response } = await make('a lighthouse')
  const bytes = Buffer.from(String(response?.generatedVideos?.[0]?.video?.videoBytes), 'base64')
  expect(await playable(bytes)).toMatchObject({ width: 1280, height: 720, durationSeconds: 4 })
  const refused = await make('[lab:refuse-output] x')
  expect(refused.error).toBeUndefined()
  expect(refused.response?.generatedVideos ?? []).toEqual([])
  expect(refused.response?.raiMediaFilteredCount).toBe(1)
  expect((await make('[lab:fail] x')).error).toMatchObject({ code: 13 })
  await expect(make('[lab:refuse-input] x')).rejects.toThrow(ApiError)
})
