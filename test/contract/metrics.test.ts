import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { counters, gauges, histograms } from '../../src/domain/metrics.ts'
import { LANES } from '../../src/domain/step.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { labVendors } from '../../src/lab/vendors/index.ts'
import type { JobView } from '../../src/wire/jobs.ts'
import { eventually } from '../helpers/eventually.ts'
import { samplesOf } from '../helpers/metrics-text.ts'
import { expectProblem } from '../helpers/problem.ts'
import { promtool, whyNoPromtool } from '../helpers/promtool.ts'

const TOKEN = 'a-token-of-this-test'
const log = createLogger('silent')
let folder: string
let lab: RunningLab
let app: App

const start = (name: string, env: Record<string, string> = {}, roles = { api: true, lanes: LANES, schedules: true }): Promise<App> =>
  startApp(loadConfig({ SLUICE_DATA: join(folder, name), SLUICE_PORT: '0', SLUICE_TRANSCRIBER: 'off', ...env }), roles, log)
const scrape = (headers: Record<string, string> = {}, of = app): Promise<Response> => fetch(of.metricsUrl ?? '', { headers })
const samples = async (): Promise<Map<string, number>> => samplesOf(await (await scrape()).text())

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-metrics-'))
  lab = await createLab({ vendors: labVendors })
  app = await start('one', { SLUICE_LAB_URL: lab.url })
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await lab?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Sum over the samples whose text matches. */
const sum = (all: Map<string, number>, pattern: RegExp): number =>
  [...all].reduce((total, [name, value]) => total + (pattern.test(name) ? value : 0), 0)

describe('a job of a sound', () => {
  test('is counted: its steps, waits, verdicts, end, forecast and events, and what it cost', async () => {
    const client = createClient({ baseUrl: app.url ?? '' })
    const before = await samples()
    expect(sum(before, /^sluice_step_seconds_count/)).toBe(0)
    const free = await client.submit({
      kind: 'sound',
      prompt: 'A door slams',
      durationSeconds: 0.5,
      formats: ['hls'],
      providers: ['local'],
    })
    await free.wait()
    const paid = await client.submit({ kind: 'sound', prompt: 'A bell', durationSeconds: 1, formats: ['hls'], providers: ['elevenlabs'] })
    await paid.wait()
    const view = (await (await fetch(`${app.url}/v1/jobs/${paid.id}`)).json()) as JobView
    expect(view.cost.actualMicroUsd).toBeGreaterThan(0)

    // A step is counted when its commit is back, a moment after the job has ended.
    const now = await eventually(samples, (all) => sum(all, /^sluice_step_seconds_count\{step="publish",outcome="done"/) === 2, 20_000)
    for (const step of ['analyse', 'generate', 'ingest', 'finish'])
      expect(sum(now, new RegExp(`^sluice_step_seconds_count\\{step="${step}",outcome="done"`)), step).toBe(2)
    expect(sum(now, /^sluice_dispatch_seconds_count/)).toBeGreaterThanOrEqual(10)
    expect(now.get('sluice_jobs_ended_total{kind="sound",state="succeeded"}')).toBe(2)
    expect(now.get('sluice_spend_micro_usd_total{provider="elevenlabs"}')).toBe(view.cost.actualMicroUsd)
    expect(sum(now, /^sluice_spend_micro_usd_total/)).toBe(view.cost.actualMicroUsd)
    expect(now.get('sluice_provider_call_seconds_count{provider="elevenlabs",operation="start",outcome="answered"}')).toBe(1)
    expect(sum(now, /^sluice_provider_call_seconds_count\{provider="local",operation="start"/)).toBe(1)
    expect(now.get('sluice_eta_ratio_count{basis="quote"}')).toBe(2)
    expect(sum(now, /^sluice_eta_jobs_total/)).toBe(2)

    const reports = await Promise.all(
      [free, paid].map(async ({ id }) =>
        (await fetch(`${app.url}/v1/jobs/${id}/events`, { headers: { accept: 'application/json' } })).json(),
      ),
    )
    const events = reports.flatMap((page) => (page as { events: { type: string; data: { check?: string; verdict?: string } }[] }).events)
    const told = events.filter(({ type }) => type === 'check')
    expect(told.length).toBeGreaterThan(5)
    expect(sum(now, /^sluice_verdicts_total/)).toBe(told.length)
    const decoded = told.filter(({ data }) => data.check === 'decodes' && data.verdict === 'pass')
    expect(now.get('sluice_verdicts_total{check="decodes",verdict="pass"}')).toBe(decoded.length)
    expect(now.get('sluice_events_sent_total')).toBeGreaterThan(5)
    expect(now.get('sluice_event_delay_seconds_count')).toBeGreaterThan(0)
    expect(now.get('sluice_events_written_total')).toBe(events.length - 2)
  })

  test('is told by readings of the house too, and by the process', async () => {
    const now = await samples()
    expect(now.get('sluice_store_up')).toBe(1)
    for (const lane of LANES) {
      expect(now.get(`sluice_queue_depth_steps{lane="${lane}"}`)).toBeGreaterThanOrEqual(0)
      expect(now.get(`sluice_steps_running{lane="${lane}"}`)).toBeGreaterThanOrEqual(0)
    }
    expect(now.get('sluice_scheduler_looks_total{outcome="succeeded"}')).toBeGreaterThan(0)
    expect(now.get('sluice_storage_free_bytes')).toBeGreaterThan(1e6)
    expect(now.get('sluice_event_streams_open')).toBe(0)
    expect(now.get('process_cpu_seconds_total')).toBeGreaterThan(0)
  })

  test('leaves no id and nothing a user wrote in the text, and each metric says what it is', async () => {
    const text = await (await scrape()).text()
    expect(text).not.toMatch(/(job|tak|stp|ten|ast)_[A-Za-z0-9]{10}|A door slams/)
    for (const [name, { help }] of Object.entries({ ...counters, ...histograms })) expect(text).toContain(`# HELP ${name} ${help}\n`)
    // Nothing is to be said where there is no order, and nothing stored when it was last looked.
    const absent = /^sluice_(orders_in|stored_bytes|storage_quota)/
    for (const name of Object.keys(gauges).filter((one) => !absent.test(one))) expect(text).toContain(`# TYPE ${name} gauge\n`)
  })

  test('makes a text that promtool finds no fault with', async ({ skip }) => {
    const missing = whyNoPromtool()
    if (missing) return skip(missing)
    expect(promtool(['check', 'metrics'], await (await scrape()).text())).toBe('')
  })
})

describe('who may read the metrics', () => {
  test('without a token only this machine, and nobody a proxy or another name stands for', async () => {
    const answer = await scrape()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    await expectProblem(await scrape({ 'x-forwarded-for': '203.0.113.9' }), 'unauthorized', app.url ?? '')
  })

  test('with a token who has it, and nobody else; a worker without the API serves them on a port of its own', async () => {
    const worker = await start(
      'worker',
      { SLUICE_METRICS_PORT: '0', SLUICE_METRICS_TOKEN: TOKEN },
      { api: false, lanes: ['io'], schedules: true },
    )
    onTestFinished(() => worker[Symbol.asyncDispose]())
    expect(worker.url).toBeNull()
    await expectProblem(await scrape({}, worker), 'unauthorized', app.url ?? '')
    await expectProblem(await scrape({ authorization: `Bearer ${TOKEN.toUpperCase()}` }, worker), 'unauthorized', app.url ?? '')

    // A database that is gone is told, and the rest is shown all the same.
    worker.store.steps.backlog = () => Promise.reject(new Error('gone on purpose'))
    const answer = await scrape({ authorization: `Bearer ${TOKEN}` }, worker)
    expect(answer.status).toBe(200)
    const now = samplesOf(await answer.text())
    expect(now.get('sluice_steps_running{lane="io"}')).toBe(0)
    expect(now.get('sluice_store_up')).toBe(0)
    expect([...now.keys()].filter((name) => name.startsWith('sluice_queue'))).toEqual([])
  })
})
