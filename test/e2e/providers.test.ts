import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProblemCode } from '../../src/domain/problems.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { labVendors } from '../../src/lab/vendors/index.ts'
import type { JobInput, JobView } from '../../src/wire/jobs.ts'
import type { TakeView, UsageView } from '../../src/wire/spend.ts'
import { eventually } from '../helpers/eventually.ts'
import { expectProblem } from '../helpers/problem.ts'
import { type Server, startServer } from '../helpers/server.ts'
import { sluice } from '../helpers/sluice.ts'
import { type WebhookRelay, webhookRelay } from '../helpers/webhook-relay.ts'

const CLIP_MICRO_USD = 240_000
const WITHIN_MS = 120_000

let folder: string
let lab: RunningLab
let relay: WebhookRelay
let server: Server

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-providers-'))
  lab = await createLab({ vendors: labVendors })
  relay = await webhookRelay()
  server = await startServer(join(folder, 'data'), {
    SLUICE_LAB_URL: lab.url,
    SLUICE_PUBLIC_URL: relay.url,
    SLUICE_HOOK_SECRET: 'a secret of this test alone',
    // An account without money: every order is refused, and none is charged.
    SLUICE_FAL_KEY: 'key_broke',
    SLUICE_FAL_URL: `${lab.url}/fal`,
  })
  relay.target = server.url
}, 120_000)
afterAll(async () => {
  await server?.stop()
  await relay?.close()
  await lab?.close()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

type VideoInput = Extract<JobInput, { kind: 'video' }>
const clip = (prompt: string, more: Partial<VideoInput> = {}): VideoInput => ({
  kind: 'video',
  prompt,
  durationSeconds: 2,
  formats: ['mp4'],
  providers: ['runway/gen4.5'],
  ...more,
})
const post = (path: string, body?: unknown, at = server) =>
  fetch(`${at.url}${path}`, {
    method: 'POST',
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
const get = async <T>(path: string, at = server): Promise<T> => (await (await fetch(`${at.url}${path}`)).json()) as T

async function submit(input: JobInput, at = server): Promise<JobView> {
  const answer = await post('/v1/jobs', input, at)
  const job = (await answer.json()) as JobView
  expect(answer.status, JSON.stringify(job)).toBe(202)
  return job
}
const jobOf = ({ id }: JobView, at = server) => get<JobView>(`/v1/jobs/${id}`, at)
const takesOf = async ({ id }: JobView, at = server) => (await get<{ takes: TakeView[] }>(`/v1/jobs/${id}/takes`, at)).takes
const ended = (job: JobView, at = server) =>
  eventually(
    () => jobOf(job, at),
    ({ endedAt }) => endedAt !== null,
    WITHIN_MS,
  )
/** Resolves once its one take is there: ordered, and its reference saved. */
const making = (job: JobView) =>
  eventually(
    () => takesOf(job),
    (takes) => takes.some(({ state }) => state === 'making'),
    WITHIN_MS,
  )
/** Resolves once nothing is set aside for it any more. */
const settled = (job: JobView, at = server) =>
  eventually(
    () => takesOf(job, at),
    (takes) => takes.every(({ state, cost }) => !['planned', 'ordering', 'making'].includes(state) && cost?.state !== 'reserved'),
    WITHIN_MS,
  )
/** What the vendors have taken for works of this prompt, refunds considered. */
const booked = (prompt: string): number =>
  lab.works
    .all()
    .filter((work) => work.prompt === prompt)
    .reduce((total, work) => total + lab.book.of(work.id), 0)
const ordered = (prompt: string, vendor: string): number =>
  lab.works
    .of(vendor)
    .list()
    .filter((work) => work.prompt === prompt).length
const spentOn = (takes: TakeView[]): number =>
  takes.reduce((total, { cost }) => total + (cost?.state === 'settled' ? cost.amountMicroUsd : 0), 0)

describe('a video by a provider', () => {
  it('ends with an asset, at the price that was quoted, reckoned and charged', async () => {
    const input = clip('A lighthouse in the fog')
    const quote = (await (await post('/v1/quotes', input)).json()) as { amountMicroUsd: number }
    expect(quote.amountMicroUsd).toBe(CLIP_MICRO_USD)
    const job = await ended(await submit(input))
    expect(job).toMatchObject({ state: 'succeeded', cost: { estimateMicroUsd: CLIP_MICRO_USD, actualMicroUsd: CLIP_MICRO_USD } })
    expect(job.assetId).not.toBeNull()
    expect(booked(input.prompt)).toBe(job.cost.actualMicroUsd)
    const [take, ...more] = await takesOf(job)
    expect(more).toEqual([])
    expect(take).toMatchObject({ provider: 'runway', model: 'gen4.5', state: 'accepted', cost: { state: 'settled', basis: 'vendor' } })
    const file = await fetch(`${server.url}/v1/assets/${job.assetId}/files/video.mp4`)
    expect(file.status).toBe(200)
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(10_000)
  })

  it('goes to the next provider when the first charged nothing', async () => {
    const input = clip('A harbour at noon', { providers: ['fal', 'runway/gen4.5'] })
    const job = await ended(await submit(input))
    expect(job).toMatchObject({ state: 'succeeded', cost: { actualMicroUsd: CLIP_MICRO_USD } })
    expect(await takesOf(job)).toMatchObject([
      { provider: 'fal', state: 'failed', cost: { state: 'released' }, outcome: { class: 'billing', charged: 'no' } },
      { provider: 'runway', state: 'accepted', cost: { state: 'settled', amountMicroUsd: CLIP_MICRO_USD } },
    ])
    expect(booked(input.prompt)).toBe(CLIP_MICRO_USD)
    expect(ordered(input.prompt, 'fal')).toBe(0)
  })

  it('does not go to the next one after a charge', async () => {
    const input = clip('A storm [lab:fail=SAFETY.INPUT.TEXT]', { providers: ['runway/gen4.5', 'replicate'] })
    const job = await ended(await submit(input))
    expect(job).toMatchObject({
      state: 'failed',
      cost: { actualMicroUsd: CLIP_MICRO_USD },
      outcome: { class: 'refused_input', field: 'prompt', charged: 'yes', amountMicroUsd: CLIP_MICRO_USD },
    })
    expect(booked(input.prompt)).toBe(CLIP_MICRO_USD)
    expect(ordered(input.prompt, 'replicate')).toBe(0)
  })
})

describe('budgets', () => {
  it('a job that would cost more than it may is refused, and one whose retakes would ends', async () => {
    const dear = clip('A dear one', { policy: { maxCostMicroUsd: CLIP_MICRO_USD - 1 } })
    const told = await expectProblem(await post('/v1/jobs', dear), 'budget_exceeded', server.url)
    expect(told.field).toBe('policy.maxCostMicroUsd')
    expect(ordered(dear.prompt, 'runway')).toBe(0)

    const limit = 60_000
    const failing = clip('One that fails half way [lab:fail]', {
      providers: ['replicate'],
      policy: { maxCostMicroUsd: limit, maxTakesPerShot: 5 },
    })
    const job = await ended(await submit(failing))
    expect(job).toMatchObject({ state: 'failed', outcome: { code: 'budget_exceeded', charged: 'no' } })
    expect(ordered(failing.prompt, 'replicate')).toBe(1)
    expect(booked(failing.prompt)).toBeLessThanOrEqual(limit)
    expect(job.cost.actualMicroUsd).toBeLessThanOrEqual(limit)
    expect(job.cost.actualMicroUsd).toBeGreaterThanOrEqual(booked(failing.prompt))
  })

  it('a tenant never spends more than its limit, with many jobs at once; the limit is set and keys are made while the server runs', async () => {
    const dataFolder = join(folder, 'limited')
    const told = (args: string[]) => sluice(args, { env: { SLUICE_DATA: dataFolder, SLUICE_LOG: 'warn' } })
    const limited = await startServer(dataFolder, { SLUICE_LAB_URL: lab.url })
    try {
      expect(await told(['budget', '--limit-usd', '0.60'])).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/limit\s+\$0\.60\n[\s\S]*left\s+\$0\.60/),
        stderr: '',
      })
      const jobs = await Promise.all([1, 2, 3, 4, 5].map((nth) => submit(clip(`At once, ${nth}`), limited)))
      const ends = await Promise.all(jobs.map((job) => ended(job, limited)))
      expect(ends.map(({ state }) => state).sort()).toEqual(['failed', 'failed', 'failed', 'succeeded', 'succeeded'])
      for (const { state, outcome } of ends)
        if (state === 'failed') expect(outcome).toMatchObject({ code: 'budget_exceeded', charged: 'no' })
      const { budget } = await get<UsageView>('/v1/usage', limited)
      expect(budget).toEqual({ limitMicroUsd: 600_000, reservedMicroUsd: 0, spentMicroUsd: 2 * CLIP_MICRO_USD })
      expect([1, 2, 3, 4, 5].reduce((total, nth) => total + booked(`At once, ${nth}`), 0)).toBe(2 * CLIP_MICRO_USD)

      const { exitCode, stdout: key } = await told(['keys', 'create', 'laptop', '--tenant', 'ada'])
      expect(exitCode).toBe(0)
      const usage = await fetch(`${limited.url}/v1/usage`, { headers: { authorization: `Bearer ${key.trim()}` } })
      expect(await usage.json()).toMatchObject({ budget: { limitMicroUsd: null, spentMicroUsd: 0 } })
      expect((await fetch(`${limited.url}/v1/usage`)).status).toBe(401)
    } finally {
      await limited.stop()
    }
    const after = await told(['budget', '--limit-usd', 'none'])
    expect(after, after.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/limit\s+none\nspent\s+\$0\.48/) })
  })
})

describe('webhooks', () => {
  const byReplicate = (prompt: string) => clip(prompt, { providers: ['replicate'] })
  const mailsOf = async (job: JobView) => {
    const [take] = await takesOf(job)
    return relay.relayed.filter(({ path }) => path.includes(`/${take?.id}/`))
  }

  it('wake a take; one that never comes costs time and nothing else', async () => {
    const silent = await submit(byReplicate('Nobody calls [lab:webhook-never]'))
    await making(silent)
    const called = await submit(byReplicate('Somebody calls'))
    await eventually(
      () => takesOf(called),
      (takes) => takes.some(({ state }) => state === 'delivered' || state === 'accepted'),
      WITHIN_MS,
    )
    // It was ordered before the other, and nobody has asked for it yet.
    expect(await takesOf(silent)).toMatchObject([{ state: 'making' }])
    expect((await mailsOf(called)).map(({ status }) => status)).toEqual([204])
    expect(await ended(called)).toMatchObject({ state: 'succeeded', cost: { actualMicroUsd: 50_000 } })
    expect(await ended(silent)).toMatchObject({ state: 'succeeded', cost: { actualMicroUsd: 50_000 } })
    expect(await mailsOf(silent)).toEqual([])
  })

  it('a forged one gets 401 and changes nothing; one that comes twice changes nothing', async () => {
    const job = await submit(byReplicate('Two calls and a liar [lab:webhook-forged] [lab:webhook-double]'))
    expect(await ended(job)).toMatchObject({ state: 'succeeded', cost: { actualMicroUsd: 50_000 } })
    const mails = await eventually(
      () => mailsOf(job),
      ({ length }) => length >= 3,
      WITHIN_MS,
    )
    expect(mails.map(({ status }) => status)).toEqual([401, 204, 204])
    expect(await takesOf(job)).toMatchObject([{ number: 1, state: 'accepted', cost: { amountMicroUsd: 50_000 } }])
    expect(booked('Two calls and a liar [lab:webhook-forged] [lab:webhook-double]')).toBe(50_000)

    const held = await submit(byReplicate('A call that never comes [lab:webhook-never] [lab:zombie]'))
    const [take] = await making(held)
    const [, truth] = mails
    if (!truth || !take) throw new Error('there is no webhook to forge')
    const send = (path: string, headers = truth.headers, body = truth.body) =>
      fetch(`${server.url}${path}`, { method: 'POST', headers, body: new Uint8Array(body) })
    const own = truth.path.split('/')
    const guesses = [
      send(`/hooks/replicate/${take.id}/${own.at(-1)}`),
      send(`/hooks/replicate/${take.id}/`),
      send(truth.path, { ...truth.headers, 'webhook-signature': 'v1,AAAA' }),
      send(truth.path, truth.headers, Buffer.from('{"id":"another","status":"succeeded"}')),
      send(truth.path, {}),
    ]
    for (const answer of await Promise.all(guesses)) expect([401, 404], answer.url).toContain(answer.status)
    expect(await takesOf(held)).toMatchObject([{ id: take.id, state: 'making', cost: { state: 'reserved' } }])
    await post(`/v1/jobs/${held.id}/cancel`)
  })
})

describe('the end of a job is the end of its takes', () => {
  it('past its deadline the take is called off upstream, and nothing stays set aside', async () => {
    const input = clip('A train that never comes [lab:zombie]', { policy: { deadlineSeconds: 10 } })
    const job = await ended(await submit(input))
    expect(job).toMatchObject({ state: 'expired', outcome: { class: 'expired', code: 'deadline_exceeded' } })
    expect(await settled(job)).toMatchObject([
      {
        state: 'cancelled',
        cost: { state: 'settled', basis: 'assumed' },
        outcome: { detail: expect.stringContaining('stopped upstream'), charged: 'unknown' },
      },
    ])
    // Runway gives the money back and forgets the task: what it took cannot be asked for, so the price counts as spent.
    expect(booked(input.prompt)).toBe(0)
    expect((await jobOf(job)).cost.actualMicroUsd).toBe(CLIP_MICRO_USD)
  })

  it('cancelled in time it is stopped, cancelled too late it costs what it costs, and both are said', async () => {
    // Its own words at each try: what was booked is found by them.
    const march = `A long march at ${Date.now()}`
    const slow = clip(`${march} [lab:zombie]`)
    const done = clip(`${march}, and a short walk`)
    const marching = await submit(slow)
    await making(marching)
    const walking = await submit(done)
    await making(walking)
    await eventually(
      async () => lab.works.all().find(({ prompt }) => prompt === done.prompt)?.state,
      (state) => state === 'done',
      WITHIN_MS,
    )
    // At once: the engine asks for it some seconds after the order, and has it then.
    for (const job of [walking, marching]) expect((await post(`/v1/jobs/${job.id}/cancel`)).ok).toBe(true)
    expect(await settled(marching)).toMatchObject([
      {
        state: 'cancelled',
        cost: { state: 'settled', basis: 'assumed' },
        outcome: { detail: expect.stringContaining('stopped upstream'), charged: 'unknown' },
      },
    ])
    expect(await settled(walking)).toMatchObject([
      {
        state: 'cancelled',
        cost: { state: 'settled', amountMicroUsd: CLIP_MICRO_USD },
        outcome: { detail: expect.stringContaining('could not be stopped'), charged: 'yes', amountMicroUsd: CLIP_MICRO_USD },
      },
    ])
    expect([booked(slow.prompt), booked(done.prompt)]).toEqual([0, CLIP_MICRO_USD])
    expect((await jobOf(walking)).cost.actualMicroUsd).toBe(CLIP_MICRO_USD)
  })
})

describe('bad input', () => {
  const refused: [string, JobInput, ProblemCode, string][] = [
    ['an unknown model', clip('a', { providers: ['runway/gen9'] }), 'provider_cannot', 'providers.0'],
    ['an unknown model of the second', clip('a', { providers: ['fal', 'runway/gen9'] }), 'provider_cannot', 'providers.1'],
    ['a length the model does not make', clip('a', { durationSeconds: 11 }), 'provider_cannot', 'durationSeconds'],
    ['a size the model does not make', clip('a', { size: '640x360' }), 'provider_cannot', 'width'],
    ['a provider without a key', clip('a', { providers: ['suno'] }), 'provider_cannot', 'providers.0'],
    ['a picture at this machine', clip('a', { imageUrl: 'https://127.0.0.1/a.png' }), 'address_refused', 'imageUrl'],
    ['a picture in a private network', clip('a', { imageUrl: 'https://10.1.2.3/a.png' }), 'address_refused', 'imageUrl'],
    ['a picture at the cloud itself', clip('a', { imageUrl: 'https://169.254.169.254/a' }), 'address_refused', 'imageUrl'],
  ]
  it.each(refused)('%s is refused with its field and a way out, and nothing is ordered', async (_, input, code, field) => {
    const before = lab.book.entries().length
    for (const path of ['/v1/jobs', '/v1/quotes']) {
      const told = await expectProblem(await post(path, input), code, server.url)
      expect(told.field).toBe(field)
    }
    expect(lab.book.entries()).toHaveLength(before)
  })

  it('an output of 30 GB is not taken in: the job ends with the figures, the charge is reckoned', async () => {
    const input = clip('A very long film [lab:oversize]')
    const job = await ended(await submit(input))
    expect(job).toMatchObject({
      state: 'failed',
      outcome: {
        code: 'output_too_large',
        detail: expect.stringMatching(/\d{11}/),
        fix: expect.stringContaining('SLUICE_MAX_OUTPUT_BYTES'),
      },
      cost: { actualMicroUsd: CLIP_MICRO_USD },
    })
    expect(spentOn(await settled(job))).toBe(booked(input.prompt))
    expect(ordered(input.prompt, 'runway')).toBe(1)
  })
})

describe('an output that is larger than SLUICE_MAX_OUTPUT_BYTES', () => {
  it('stays at its vendor, and a retry after the limit was raised fetches it without a second order', async () => {
    const dataFolder = join(folder, 'small')
    const limited = await startServer(dataFolder, { SLUICE_LAB_URL: lab.url, SLUICE_MAX_OUTPUT_BYTES: '1000' })
    const failing = clip('A wide river [lab:expiring-url]')
    const leaving = clip('A river nobody waits for')
    const spoken: JobInput = { kind: 'speech', text: 'A river that is spoken of.', formats: ['mp3'], providers: ['openai/tts-1'] }
    let jobs: JobView[]
    try {
      jobs = await Promise.all([failing, leaving, spoken].map((input) => submit(input, limited)))
      const [failed, left, said] = jobs as [JobView, JobView, JobView]
      await eventually(
        async () => lab.works.all().find(({ prompt }) => prompt === leaving.prompt)?.state,
        (state) => state === 'done',
        WITHIN_MS,
      )
      await post(`/v1/jobs/${left.id}/cancel`, undefined, limited)
      const tooLarge = { class: 'quality', code: 'output_too_large', charged: 'yes' }
      expect(await ended(failed, limited)).toMatchObject({
        state: 'failed',
        outcome: { ...tooLarge, amountMicroUsd: CLIP_MICRO_USD, fix: expect.stringMatching(/Raise SLUICE_MAX_OUTPUT_BYTES and retry/) },
        cost: { actualMicroUsd: CLIP_MICRO_USD },
      })
      expect(await settled(failed, limited)).toMatchObject([
        { number: 1, state: 'cancelled', cost: { state: 'settled', amountMicroUsd: CLIP_MICRO_USD }, outcome: tooLarge },
      ])
      const [gone] = await settled(left, limited)
      expect(gone).toMatchObject({
        state: 'cancelled',
        cost: { state: 'settled', amountMicroUsd: CLIP_MICRO_USD },
        outcome: { charged: 'yes' },
      })
      // In the detail where it was cancelled before the server knew that it is done, else in the fix.
      expect(JSON.stringify(gone?.outcome)).toContain('SLUICE_MAX_OUTPUT_BYTES')
      // What came with the answer to the order is gone, and that is said: charged, in no doubt, and not ordered again.
      expect(await ended(said, limited)).toMatchObject({
        state: 'failed',
        outcome: { ...tooLarge, detail: expect.stringContaining('cannot be fetched again') },
      })
      expect(await settled(said, limited)).toMatchObject([{ number: 1, state: 'failed', cost: { state: 'settled' } }])
      expect((await jobOf(said, limited)).cost.actualMicroUsd).toBe(booked(spoken.text))
      expect(ordered(spoken.text, 'openai')).toBe(1)
      expect(limited.log()).not.toContain('"step":"cleanup"')
    } finally {
      await limited.stop()
    }
    const raised = await startServer(dataFolder, { SLUICE_LAB_URL: lab.url })
    try {
      const retried = async ({ id }: JobView) => {
        const again = (await (await post(`/v1/jobs/${id}/retry`, undefined, raised)).json()) as JobView
        expect(await ended(again, raised)).toMatchObject({ state: 'succeeded', cost: { actualMicroUsd: 0 } })
        expect(await takesOf(again, raised)).toMatchObject([{ number: 1, provider: 'runway', state: 'accepted' }])
      }
      await Promise.all(jobs.slice(0, 2).map(retried))
      for (const { prompt } of [failing, leaving]) expect([ordered(prompt, 'runway'), booked(prompt)]).toEqual([1, CLIP_MICRO_USD])
      const { budget } = await get<UsageView>('/v1/usage', raised)
      expect(budget).toMatchObject({ reservedMicroUsd: 0, spentMicroUsd: 2 * CLIP_MICRO_USD + booked(spoken.text) })
    } finally {
      await raised.stop()
    }
  })
})
