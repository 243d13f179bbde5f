import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { type Client, createClient, type DeadLetterView } from '../../src/client/index.ts'
import { systemClock } from '../../src/compose/clock.ts'
import { ids } from '../../src/compose/ids.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { createApiKey } from '../../src/delivery/auth.ts'
import type { Rendition } from '../../src/domain/asset.ts'
import { SluiceError } from '../../src/domain/errors.ts'
import type { AssetId, JobId } from '../../src/domain/ids.ts'
import { type Job, jobEnded } from '../../src/domain/job.ts'
import { countFrom } from '../../src/domain/retention.ts'
import type { StepName } from '../../src/domain/step.ts'
import { silentMetrics } from '../../src/drivers/metrics/silent/metrics.ts'
import { silentTracer } from '../../src/drivers/tracer/silent/tracer.ts'
import type { StepHandler } from '../../src/ports/stages.ts'
import { startWebhookSender } from '../../src/realtime/webhook-sender.ts'
import { newStep, newTake, newWebhook } from '../../src/testing/entities.ts'
import { DeadLetterList, DeadLetterView as DeadLetterSchema, OperationsView } from '../../src/wire/operations.ts'
import { webhookReceiver } from '../helpers/webhook-receiver.ts'
import { createWorld, type Served, type World } from './http-server.ts'

/** The real store, queue, engine, sender and routes; what a step does is scripted. */
const done: StepHandler = async () => ({ then: 'done' })
const broken = (code: 'internal' | 'prompt_refused' = 'internal') => new SluiceError(code, 'It broke on purpose.', { retry: 'never' })
const never = async () => Promise.reject(broken())
const HOUR_MS = 3_600_000

let world: World
let server: Served
let client: Client
let scripts: Partial<Record<StepName, StepHandler>> = {}

beforeAll(async () => {
  const scripted: StepHandler = (run) => (scripts[run.step.work.name] ?? done)(run)
  world = await createWorld(() => ({ analyse: scripted, rendition: scripted, cleanup: scripted }))
  await world.engine.start({
    lanes: ['io', 'cpu', 'resident'],
    schedules: true,
    api: true,
    host: 'here',
    pid: process.pid,
    version: '0.0.0',
    isRunning: () => true,
  })
  server = await world.serve()
  client = createClient({ baseUrl: server.url, lingerMs: 0 })
})
afterEach(async () => {
  scripts = {}
  for (const letter of await letters()) await client.operations.dismiss(letter.id)
})
afterAll(() => world.close())

const at = (path = '') => `${server.url}/v1/operations${path}`
const post = (path: string, headers: Record<string, string> = {}) => fetch(at(path), { method: 'POST', headers })
const letters = async () => DeadLetterList.parse(await (await fetch(at('/dead-letters'))).json()).deadLetters
const letterOf = ({ id }: Pick<Job, 'id'>): Promise<DeadLetterView> =>
  vi.waitFor(async () => {
    const letter = (await letters()).find(({ jobId }) => jobId === id)
    if (!letter) throw new Error(`no dead letter of ${id} yet`)
    return letter
  }, 20_000)
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const retriesOf = async (id: JobId) => (await world.store.jobs.list(world.tenant, { limit: 100 })).filter(({ retryOf }) => retryOf === id)

/** A job that has succeeded, and whose WebM is still to be made. */
async function published(): Promise<{ job: Job; assetId: AssetId }> {
  scripts.analyse = async () => ({ then: 'park', wakeAt: new Date(Date.now() + HOUR_MS), reason: 'for good' })
  const job = await world.submit()
  const assetId = await world.begin(job)
  await world.release(job, assetId, 0, true)
  await world.change(job, async (tx) => {
    await tx.changeAsset({ renditions: ['hls', 'webm'].map((format) => ({ format: format as 'hls', state: 'making' })) })
    await tx.addSteps([{ name: 'rendition', format: 'webm' }])
    await tx.succeed()
  })
  return { job, assetId }
}
const webmOf = async (id: AssetId): Promise<Rendition | undefined> =>
  (await world.store.assets.get(id))?.renditions.find(({ format }) => format === 'webm')

it('a background copy that was given up is made again in place, once, however many ask at once', async () => {
  let runs = 0
  scripts.rendition = never
  const { job, assetId } = await published()
  const letter = await letterOf(job)
  expect(letter).toMatchObject({
    kind: 'step',
    name: 'rendition',
    jobId: job.id,
    error: { code: 'internal', detail: 'It broke on purpose.' },
  })
  expect(await webmOf(assetId)).toEqual({ format: 'webm', state: 'failed', detail: 'It broke on purpose.' })

  const goOn = Promise.withResolvers<void>()
  scripts.rendition = async () => {
    runs++
    await goOn.promise
    return { then: 'done', write: (tx) => tx.changeAsset({ renditions: [{ format: 'webm', state: 'ready' }] }) }
  }
  const asked = await Promise.all(
    [1, 2, 3].map((key) => post(`/dead-letters/${letter.id}/retry`, { 'idempotency-key': `press ${key}`.replace(' ', '-') })),
  )
  expect(asked.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(asked.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(2)
  for (const answer of asked)
    expect(DeadLetterSchema.parse(await answer.json())).toMatchObject({ id: letter.id, state: 'retried', retriedAs: null })
  expect(await webmOf(assetId)).toEqual({ format: 'webm', state: 'making' })
  goOn.resolve()
  await vi.waitFor(async () => expect(await webmOf(assetId)).toEqual({ format: 'webm', state: 'ready' }), 20_000)
  const steps = await world.store.steps.ofJob(job.id)
  expect(steps.filter(({ work }) => work.name === 'rendition')).toEqual([
    expect.objectContaining({ attempt: 2, failures: 0, state: { state: 'done' } }),
  ])
  // What the second try left is cleaned up and counted as after the first.
  expect(steps.filter(({ work }) => work.name === 'cleanup')).toHaveLength(1)
  expect([runs, await letters()]).toEqual([1, []])

  const reused = await post(`/dead-letters/${letter.id}/dismiss`)
  expect([reused.status, await codeOf(reused)]).toEqual([409, 'dead_letter_closed'])
})

it('a copy that fails again is another dead letter, and one of an asset whose time is over cannot be made', async () => {
  scripts.rendition = never
  const { job, assetId } = await published()
  const first = await letterOf(job)
  await client.operations.retry(first.id)
  const second = await vi.waitFor(async () => {
    const found = await letterOf(job)
    expect(found.id).not.toBe(first.id)
    return found
  }, 20_000)
  const asset = await world.store.assets.get(assetId)
  if (!asset) throw new Error('no asset')
  const over = countFrom({ ...asset.retention, class: 'ephemeral' }, new Date(Date.now() - 48 * HOUR_MS), {
    ephemeralHours: 24,
    standardDays: null,
    masterDays: null,
  })
  await world.store.assets.save({ ...asset, retention: over })
  const refused = await post(`/dead-letters/${second.id}/retry`)
  expect([refused.status, await codeOf(refused)]).toEqual([410, 'asset_gone'])
  expect((await letters()).map(({ id }) => id)).toEqual([second.id])
  expect((await webmOf(assetId))?.state).toBe('failed')
})

it('a job that the house failed is submitted anew, once, and one whose request was refused is no dead letter', async () => {
  scripts.analyse = never
  const job = await world.submit()
  const letter = await letterOf(job)
  expect(letter).toMatchObject({ kind: 'job', name: null, title: 'a bell on a hill', state: 'open' })
  const asked = await Promise.all([client.operations.retry(letter.id), client.operations.retry(letter.id)])
  const again = await retriesOf(job.id)
  expect(again).toHaveLength(1)
  for (const answer of asked) expect(answer).toMatchObject({ state: 'retried', retriedAs: again[0]?.id })

  // Retried where the job is shown, its dead letter is closed as well; a key that stood for something else is refused.
  const second = await letterOf(again[0] as Job)
  const anew = await client.job(second.jobId).retry()
  const known = await post(`/dead-letters/${second.id}/retry`, { 'idempotency-key': 'mine' })
  expect([known.headers.get('idempotent-replayed'), DeadLetterSchema.parse(await known.json()).retriedAs]).toEqual(['true', anew.id])
  const third = await letterOf({ id: anew.id as JobId })
  const reused = await post(`/dead-letters/${third.id}/retry`, { 'idempotency-key': 'mine' })
  expect([reused.status, await codeOf(reused)]).toEqual([409, 'idempotency_key_reused'])

  await client.operations.dismiss(third.id)
  await client.operations.dismiss(third.id)
  const dismissed = await post(`/dead-letters/${third.id}/retry`)
  expect([dismissed.status, await codeOf(dismissed)]).toEqual([409, 'dead_letter_closed'])

  scripts.analyse = async () => Promise.reject(broken('prompt_refused'))
  const refused = await world.submit()
  await vi.waitFor(async () => expect(jobEnded((await world.store.jobs.get(refused.id)) as Job)).toBe(true), 20_000)
  expect(await letters()).toEqual([])
})

it('a message nobody took is sent again under its id, and not to a webhook that is disabled', async () => {
  await using receiver = await webhookReceiver()
  receiver.answers.push(500)
  const sender = startWebhookSender({
    store: world.store,
    courier: world.courier,
    clock: systemClock,
    ids,
    log: createLogger('silent'),
    metrics: silentMetrics,
    tracer: silentTracer,
    waitMs: () => null,
  })
  onTestFinished(() => sender.stop())
  const { id } = await client.webhooks.create({ url: receiver.url, events: ['job.failed'] })
  onTestFinished(() => client.webhooks.remove(id))
  scripts.analyse = async () => Promise.reject(broken('prompt_refused'))
  const job = await world.submit()
  const letter = await letterOf(job)
  expect(letter).toMatchObject({
    kind: 'delivery',
    name: 'job.failed',
    webhookId: id,
    error: { code: null, detail: expect.stringContaining('500') },
  })
  const [given] = await receiver.has(1)

  await client.webhooks.update(id, { enabled: false })
  const refused = await post(`/dead-letters/${letter.id}/retry`)
  expect([refused.status, await codeOf(refused), (await letters()).length]).toEqual([409, 'webhook_disabled', 1])
  await client.webhooks.update(id, { enabled: true })
  expect(await client.operations.retry(letter.id)).toMatchObject({ kind: 'delivery', state: 'retried' })
  const [, again] = await receiver.has(2)
  expect(again?.headers['webhook-id']).toBe(given?.headers['webhook-id'])
  expect(await letters()).toEqual([])
})

it('of the house everybody is told the same, of what is stuck and given up only whose it is', async () => {
  const own = await createWorld(undefined, new Map())
  onTestFinished(() => own.close())
  const { url } = await own.serve()
  const [mine, others] = await Promise.all(['default', 'other'].map((tenant) => createApiKey(own.store, ids, tenant, 'ops')))
  const asked = (auth: string | undefined) => createClient({ baseUrl: url, ...(auth !== undefined && { auth }) })
  const job = await own.submit()
  await own.begin(job)
  const take = newTake(job.id, {
    provider: 'runway',
    state: { state: 'submit_unknown', orderedAt: new Date(1_000).toISOString(), decision: null },
  })
  await own.change(job, async (tx) => {
    await tx.createTakes([take])
    await tx.hold({
      about: 'prompt',
      takeId: null,
      shot: null,
      startSeconds: null,
      useFromSeconds: 0,
      findings: [{ check: 'prompt', verdict: 'fail', value: 1, unit: 'ratio', threshold: 0.5, detail: 'It is about a bell.' }],
      reviewers: 1,
    })
  })
  const [lost, late] = [
    newStep(job.id, { name: 'finish' }, { tenantId: own.tenant }),
    newStep(job.id, { name: 'publish' }, { tenantId: own.tenant, state: { state: 'ready', runAt: new Date(0) } }),
  ]
  await own.store.steps.insert([lost, late])
  for (let claim = 0; claim < 3; claim++) await own.store.steps.claim(lost.id, 'gone', 0)
  const webhook = newWebhook(own.tenant, { failingSince: new Date(2_000) })
  await own.store.webhooks.insert(webhook)
  await own.store.accounts.slowDown('runway', HOUR_MS)
  await own.store.processes.beat({ ...house, id: ids.next('prc') })
  const failed = await own.submit()
  await own.change(failed, (tx) => tx.end('failed', { class: 'internal', detail: 'It broke.', retry: 'same', charged: 'no' }))

  const told = OperationsView.parse(await asked(mine).operations.get())
  expect(told.stuck.map(({ kind }) => kind)).toEqual(['lost', 'late', 'order', 'review', 'webhook'])
  expect(told.stuck).toEqual([
    expect.objectContaining({ stepId: lost.id, title: 'a bell on a hill', detail: expect.stringContaining('2 times in a row') }),
    expect.objectContaining({ stepId: late.id, since: new Date(0).toISOString() }),
    expect.objectContaining({ takeId: take.id, jobId: job.id, since: new Date(1_000).toISOString() }),
    expect.objectContaining({ jobId: job.id, detail: expect.stringContaining('It is about a bell.') }),
    expect.objectContaining({ webhookId: webhook.id, url: webhook.url, since: new Date(2_000).toISOString() }),
  ])
  expect(told.deadLetters).toBe(1)
  expect(told.lanes.find(({ lane }) => lane === 'cpu')).toMatchObject({ depth: 1, running: 1, slots: 2 })
  expect(told.processes).toEqual([
    expect.objectContaining({ host: house.host, alive: true, scheduling: 'active', lanes: [{ lane: 'cpu', running: 1, slots: 2 }] }),
  ])
  expect(told.providers).toEqual([
    expect.objectContaining({ provider: 'runway', limit: null, inFlight: 1, inDoubt: 1, pausedUntil: expect.any(String) }),
  ])

  expect(told.limits.jobs).toMatchObject({ running: 0, waiting: 1, mostWaiting: 1_000, perMinute: 600, atOnce: null, weight: 1 })

  const { lanes, processes, providers, ...theirs } = await asked(others).operations.get()
  expect([lanes.map(({ lane, depth }) => [lane, depth]), processes, providers]).toEqual([
    told.lanes.map(({ lane, depth }) => [lane, depth]),
    told.processes,
    told.providers,
  ])
  expect(theirs).toMatchObject({ stuck: [], deadLetters: 0 })
  expect(JSON.stringify([lanes, processes, providers])).not.toContain(job.id)
  const [letter] = (await asked(mine).operations.deadLetters()).deadLetters
  expect((await asked(others).operations.deadLetters()).deadLetters).toEqual([])
  for (const act of ['retry', 'dismiss'] as const)
    await expect(asked(others).operations[act](letter?.id ?? '')).rejects.toMatchObject({ problem: { code: 'dead_letter_not_found' } })
  expect((await asked(mine).operations.deadLetters()).deadLetters).toEqual([letter])
})

const house = {
  host: 'worker-1.fleet',
  pid: 4_000_000,
  version: '1.2.3',
  api: true,
  scheduling: 'active',
  slots: { cpu: 2 },
  running: { cpu: 1 },
  startedAt: new Date(1_234_567),
} as const
