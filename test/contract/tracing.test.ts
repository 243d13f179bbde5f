import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { createEmbeddedPostgres } from '../../src/drivers/store/embedded/embedded-postgres.ts'
import type { JobView } from '../../src/wire/jobs.ts'
import { createScriptedServer } from '../helpers/scripted-server.ts'
import { startServer } from '../helpers/server.ts'
import { startSluice } from '../helpers/sluice.ts'
import { type CollectedSpan, traceSink } from '../helpers/trace-sink.ts'
import { type ReceivedWebhook, webhookReceiver } from '../helpers/webhook-receiver.ts'

// The example of the specification: https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
const CLIENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
const traceparent = `00-${CLIENT.traceId}-${CLIENT.spanId}-01`
const PROMPT = 'A door slams in an empty house'
const SCRIPT = 'This is never spoken.'
const KEY = 'sk-a-key-that-nobody-takes'

/** What came of two jobs, of which the second is refused by its vendor: an API and a worker, two processes on one database. */
let spans: CollectedSpan[]
let sent: string
let lines: Record<string, unknown>[]
let made: JobView
let refused: JobView
let webhook: ReceivedWebhook
let vendorAsked: Awaited<ReturnType<typeof createScriptedServer>>['asked']

beforeAll(async () => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-tracing-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const database = await createEmbeddedPostgres({ dataFolder: join(folder, 'database') })
  stack.defer(() => database.stop())
  const sink = await traceSink()
  stack.defer(() => sink.close())
  const vendor = await createScriptedServer({ status: 401, body: { error: { message: 'Incorrect API key', code: 'invalid_api_key' } } })
  stack.defer(() => vendor.close())
  const receiver = stack.use(await webhookReceiver())
  const { user, host, port, database: name } = database.connection
  const env = {
    DATABASE_URL: `postgres://${user}@${encodeURIComponent(host ?? '')}:${port}/${name}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    SLUICE_OPENAI_URL: `${vendor.url}/v1`,
    SLUICE_OPENAI_KEY: KEY,
    SLUICE_TRANSCRIBER: 'off',
    SLUICE_WEBHOOK_PRIVATE: 'true',
  }
  const worker = startSluice(['worker'], {
    env: { ...env, SLUICE_DATA: join(folder, 'data'), OTEL_SERVICE_NAME: 'worker', SLUICE_LOG: 'debug' },
  })
  stack.defer(async () => {
    worker.interrupt()
    await worker.ended
  })
  const api = await startServer(join(folder, 'data'), { ...env, OTEL_SERVICE_NAME: 'api' }, ['--no-work'])
  stack.defer(() => api.stop())

  const client = createClient({ baseUrl: api.url })
  await client.webhooks.create({ url: receiver.url, events: ['job.playable'] })
  const submit = async (input: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${api.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(input),
    })
    return (await answer.json()) as JobView
  }
  made = await submit({ kind: 'sound', prompt: PROMPT, durationSeconds: 0.5, formats: ['hls'] }, { traceparent })
  refused = await submit({ kind: 'speech', text: SCRIPT, providers: ['openai/gpt-4o-mini-tts'], formats: ['hls'] })
  await (await client.job(made.id)).wait()
  await expect((await client.job(refused.id)).wait()).rejects.toThrow()
  webhook = (await receiver.has(1))[0] as ReceivedWebhook

  // Both send what they have when they are told to stop.
  worker.interrupt()
  const { stderr } = await worker.ended
  await api.stop()
  lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  spans = sink.spans
  sent = sink.text()
  vendorAsked = [...vendor.asked]
}, 120_000)

/** From the root of its trace down to the span: the id of a parent that somebody else has, then names. */
function chainOf({ service, name, parentSpanId }: CollectedSpan): string[] {
  const above = spans.find(({ spanId }) => spanId === parentSpanId)
  const before = above ? chainOf(above) : parentSpanId === '' ? [] : [parentSpanId]
  return [...before, `${service}: ${name}`]
}

test('one trace leads from the span of the client over API, worker, provider and FFmpeg to the first playable segment', () => {
  const ours = spans.filter(({ attributes, traceId }) => attributes['sluice.job.id'] === made.id || traceId === CLIENT.traceId)
  expect(new Set(ours.map(({ traceId }) => traceId))).toEqual(new Set([CLIENT.traceId]))
  const accepted = [CLIENT.spanId, 'api: POST /v1/jobs', 'api: submit job']
  const chains = ours.map(chainOf)
  for (const chain of [
    ['worker: step analyse'],
    ['worker: step generate', 'worker: provider start'],
    ['worker: step generate', 'worker: provider status'],
    ['worker: step ingest', 'worker: provider fetch'],
    ['worker: step ingest', 'worker: ffmpeg decode sound'],
    ['worker: step finish', 'worker: ffmpeg encode sound'],
    ['worker: step publish'],
    ['worker: take sound'],
    ['worker: first playable'],
    ['worker: webhook deliver'],
  ])
    expect(chains).toContainEqual([...accepted, ...chain])

  const finish = ours.find(({ name, events }) => name === 'step finish' && events.length > 0)
  expect(finish?.attributes).toMatchObject({
    'sluice.job.id': made.id,
    'sluice.step.attempt': expect.any(Number),
    'sluice.waited_ms': expect.any(Number),
    'sluice.step.outcome': 'done',
  })
  expect(finish?.events).toContainEqual({
    name: 'segment released',
    attributes: { 'sluice.segment.index': 0, 'sluice.segment.start_s': 0, 'sluice.segment.end_s': 0.5 },
  })
  expect(finish?.events).toContainEqual({ name: 'first playable', attributes: {} })
  // It began with the submit and ended with the release.
  const playable = ours.find(({ name }) => name === 'first playable')
  const submit = ours.find(({ name }) => name === 'submit job')
  expect(playable?.startMs).toBeGreaterThanOrEqual(Math.floor(submit?.startMs ?? Number.POSITIVE_INFINITY))
  expect(playable?.endMs).toBeGreaterThanOrEqual(finish?.startMs ?? Number.POSITIVE_INFINITY)
  expect(webhook.headers['traceparent']).toMatch(new RegExp(`^00-${CLIENT.traceId}-[0-9a-f]{16}-01$`))
})

test('a refused order is marked with its class, and a trace of its own has nothing of keys or texts, nor the vendor anything of the trace', () => {
  const start = spans.find(({ name, attributes }) => name === 'provider start' && attributes['gen_ai.provider.name'] === 'openai')
  expect(start).toMatchObject({
    failed: true,
    attributes: {
      'error.type': 'provider_key_invalid',
      'sluice.outcome': 'billing',
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.output.type': 'speech',
      'gen_ai.request.model': 'gpt-4o-mini-tts',
    },
  })
  expect(start?.traceId).not.toBe(CLIENT.traceId)
  expect(start && chainOf(start)).toEqual(['api: POST /v1/jobs', 'api: submit job', 'worker: step generate', 'worker: provider start'])
  const take = spans.find(({ name }) => name === 'take speech')
  expect(take).toMatchObject({
    traceId: start?.traceId,
    failed: true,
    attributes: { 'sluice.outcome': 'billing', 'sluice.take.state': 'failed' },
  })
  const ending = spans.flatMap(({ events }) => events).filter(({ name }) => name === 'job ended')
  expect(ending).toContainEqual({
    name: 'job ended',
    attributes: { 'sluice.job.state': 'failed', 'sluice.outcome': 'billing', 'error.type': 'provider_key_invalid' },
  })

  for (const secret of [PROMPT, SCRIPT, KEY, 'Incorrect API key']) expect(sent).not.toContain(secret)
  expect(vendorAsked.length).toBeGreaterThan(0)
  for (const { headers } of vendorAsked)
    expect(Object.keys(headers).filter((header) => /^(trace|baggage|b3|x-b3)/.test(header))).toEqual([])
})

test('what a worker logs while it runs a step carries job, step, take, provider and trace', () => {
  const traceOf = (jobId: unknown) => spans.find(({ attributes }) => attributes['sluice.job.id'] === jobId)?.traceId
  const inSteps = lines.filter(({ msg }) => /^(ffmpeg ended|a step has run|a job has ended|cleaned up)$/.test(String(msg)))
  expect(new Set(inSteps.map(({ msg }) => msg)).size).toBe(4)
  for (const line of inSteps) {
    expect(line).toMatchObject({
      jobId: expect.any(String),
      stepId: expect.any(String),
      step: expect.any(String),
      attempt: expect.any(Number),
    })
    expect(line['traceId']).toBe(traceOf(line['jobId']))
    if (line['step'] === 'generate' || line['step'] === 'ingest')
      expect(line).toMatchObject({ takeId: expect.stringMatching(/^tak_/), provider: expect.stringMatching(/^(local|openai)$/) })
  }
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: 'a job has ended',
      jobId: refused.id,
      step: 'generate',
      provider: 'openai',
      state: 'failed',
      outcome: 'billing',
    }),
  )
})
