import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type JobSnapshot } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import type { AssetView } from '../../src/wire/assets.ts'
import type { EventPage } from '../../src/wire/events.ts'
import type { JobInput, JobView, ReportView } from '../../src/wire/jobs.ts'
import { type Fault, scriptedProvider } from '../helpers/scripted-provider.ts'

/** The gate over the whole house, with takes that are wrong at a known place. */
let app: App
let folder: string
let provider: ReturnType<typeof scriptedProvider>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-gate-'))
  const takes = join(folder, 'takes')
  await mkdir(takes)
  provider = scriptedProvider(takes)
  const config = loadConfig({ SLUICE_DATA: join(folder, 'data'), SLUICE_PORT: '0' })
  app = await startApp(config, { api: true, lanes: LANES, schedules: true }, createLogger('silent'), { provider })
})

afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** The faults of the takes to come, in their order. */
function house(faults: Fault[]): { url: string } {
  provider.script(faults)
  return { url: app.url ?? '' }
}

const clip = (policy: JobInput['policy'] = {}): JobInput => ({
  kind: 'video',
  prompt: 'a test',
  durationSeconds: 7,
  size: '640x360',
  formats: ['hls', 'mp4'],
  policy,
})
const music = (policy: JobInput['policy'] = {}): JobInput => ({
  kind: 'music',
  prompt: 'a test',
  durationSeconds: 6,
  formats: ['hls', 'm4a'],
  policy,
})

/** Runs the job to its end and returns it with its log. */
async function run(url: string, input: JobInput): Promise<{ job: JobView; events: EventPage['events'] }> {
  const handle = await createClient({ baseUrl: url }).submit(input)
  await handle.wait({ timeoutMs: 60_000 }).catch(() => undefined)
  const job = handle.getSnapshot() as JobSnapshot
  const page = (await (
    await fetch(`${url}/v1/jobs/${job.id}/events?after=0`, { headers: { accept: 'application/json' } })
  ).json()) as EventPage
  return { job, events: page.events }
}

const segments = (events: EventPage['events']) => events.filter(({ type }) => type === 'segment').length
const takes = (events: EventPage['events']) =>
  events.filter(({ type, data }) => type === 'take' && (data as { state: string }).state === 'planned').length

describe('the gate', () => {
  it('lets a good clip through', async () => {
    const { url } = house([undefined])
    const { job, events } = await run(url, clip())
    expect(job.state).toBe('succeeded')
    expect(segments(events)).toBe(4)
  })

  it('keeps a black clip back whole, makes it again with another seed, and lets that through', async () => {
    const { url } = house(['black', undefined])
    const { job, events } = await run(url, clip())
    expect(job.state).toBe('succeeded')
    expect(takes(events)).toBe(2)
    expect(provider.orders[0]?.seed).not.toBe(provider.orders[1]?.seed)
    const rejected = events.findIndex(({ type, data }) => type === 'take' && (data as { state: string }).state === 'rejected')
    const firstSegment = events.findIndex(({ type }) => type === 'segment')
    expect(rejected).toBeGreaterThan(0)
    expect(firstSegment).toBeGreaterThan(rejected)
  })

  it('gives up after the takes the job allows, and says why in words', async () => {
    const { url } = house(['black', 'black'])
    const { job, events } = await run(url, clip({ maxTakesPerShot: 2 }))
    expect(job).toMatchObject({ state: 'failed', outcome: { class: 'quality' } })
    expect(job.outcome?.detail).toMatch(/black/i)
    expect(segments(events)).toBe(0)
    expect(job.playback).toBeNull()
  })

  it.each([
    ['black-start', 7 - 0.8],
    ['black-end', 6],
  ] as const)('cuts a clip that is %s off there, and orders nothing for that', async (fault, seconds) => {
    const { url } = house([fault])
    const { job, events } = await run(url, clip())
    expect(job.state).toBe('succeeded')
    expect(takes(events)).toBe(1)
    expect(events.find(({ type }) => type === 'repair')?.data).toMatchObject({ check: 'black', action: 'trim', costMicroUsd: 0 })
    const asset = (await (await fetch(`${url}/v1/assets/${job.assetId}`)).json()) as AssetView
    expect(asset.durationSeconds).toBeCloseTo(seconds, 2)
    expect(asset.verdicts.find(({ check }) => check === 'black')).toMatchObject({
      verdict: 'repaired',
      detail: expect.stringMatching(/cut off/),
    })
    expect(asset.verdicts.some(({ verdict }) => verdict === 'fail')).toBe(false)
    const playlist = await (await fetch(`${url}/v1/assets/${job.assetId}/hls/360p/playlist.m3u8`)).text()
    expect(playlist).toContain('#EXT-X-ENDLIST')
  })

  it('goes on behind what was shown with a part that was made again, and never serves the part at fault', async () => {
    const { url } = house(['black-later', undefined])
    const { job, events } = await run(url, clip())
    expect(job.state).toBe('succeeded')
    expect(segments(events)).toBe(4)
    expect(takes(events)).toBe(2)
    const order = events.map(({ type }) => type)
    // The first segment was shown before the fault was found, the second one after it was mended.
    expect(order.indexOf('segment')).toBeLessThan(order.indexOf('repair'))
    expect(order.lastIndexOf('segment')).toBeGreaterThan(order.indexOf('repair'))
    expect(events.find(({ type }) => type === 'repair')?.data).toMatchObject({
      check: 'black',
      action: 'reseed',
      reason: expect.stringMatching(/seed/),
    })
    expect(provider.orders[0]?.seed).not.toBe(provider.orders[1]?.seed)
    // Nothing of the whole is black.
    const { verdicts } = (await (await fetch(`${url}/v1/jobs/${job.id}/report`)).json()) as ReportView
    expect(verdicts.filter(({ check, verdict }) => check === 'black' && verdict === 'pass')).toHaveLength(1)
  })

  it('ends where the fault begins when nothing can mend it; what was shown stays playable, ended', async () => {
    const { url } = house(['black-later', 'black-later'])
    const { job, events } = await run(url, clip())
    expect(job).toMatchObject({ state: 'failed', outcome: { class: 'quality' } })
    expect(segments(events)).toBe(1)
    const playlist = await (await fetch(`${url}/v1/assets/${job.assetId}/hls/360p/playlist.m3u8`)).text()
    expect(playlist.match(/#EXTINF/g)).toHaveLength(1)
    expect(playlist).toContain('#EXT-X-ENDLIST')
    const held = await fetch(`${url}/v1/assets/${job.assetId}/hls/360p/1.m4s`)
    expect(held.status).toBe(404)
  })

  describe('of a profile that leaves it to a person', () => {
    /** A job whose second part is held, and its review. */
    async function heldJob(faults: Fault[]) {
      const { url } = house(faults)
      await fetch(`${url}/v1/profiles/by-hand`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ rules: { black: 'review' } }),
      })
      const client = createClient({ baseUrl: url })
      const job = await client.submit(clip({ profile: 'by-hand' }))
      const held = await new Promise<JobSnapshot>((resolve) => {
        const look = () => {
          const snapshot = job.getSnapshot()
          if (snapshot?.state === 'held') resolve(snapshot)
        }
        job.subscribe(look)
        look()
      })
      const decide = (decision: string) =>
        fetch(`${url}/v1/reviews/${held.reviews[0]?.id}/decision`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ decision, note: 'seen', by: 'Ada' }),
        })
      const ended = async () => {
        await job.wait({ timeoutMs: 60_000 }).catch(() => undefined)
        return job.getSnapshot() as JobSnapshot
      }
      return { url, held, decide, ended }
    }

    it('holds it with the exact place, and shows nothing of it', async () => {
      const { url, held, decide, ended } = await heldJob(['black-later'])
      expect(held.reviews).toMatchObject([{ state: 'open', shot: 0, findings: [{ check: 'black', onTimeline: { startSeconds: 3.5 } }] }])
      expect((await fetch(`${url}/v1/assets/${held.assetId}/hls/360p/1.m4s`)).status).toBe(404)
      expect((await decide('reject')).status).toBe(200)
      expect(await ended()).toMatchObject({ state: 'failed', outcome: { class: 'quality', detail: expect.stringContaining('Ada') } })
    })

    it('lets through what was approved, and the report says who did', async () => {
      const { url, decide, ended } = await heldJob(['black-later'])
      expect((await decide('approve')).status).toBe(200)
      const job = await ended()
      expect(job.state).toBe('succeeded')
      const { verdicts } = (await (await fetch(`${url}/v1/jobs/${job.id}/report`)).json()) as ReportView
      expect(verdicts.find(({ check }) => check === 'black')).toMatchObject({
        verdict: 'warn',
        detail: expect.stringMatching(/let it through/),
      })
    })

    it('makes it again when that was decided, as nothing of it was shown', async () => {
      const { decide, ended } = await heldJob(['black', undefined])
      expect((await decide('regenerate')).status).toBe(200)
      expect((await ended()).state).toBe('succeeded')
      expect(provider.orders).toHaveLength(2)
    })
  })

  it('in mode asset shows nothing of a clip whose end is wrong', async () => {
    const { url } = house(['black-later', 'black-later'])
    const { job, events } = await run(url, clip({ gate: 'asset' }))
    expect(job).toMatchObject({ state: 'failed', playable: false })
    expect(segments(events)).toBe(0)
    const playlist = await fetch(`${url}/v1/assets/${job.assetId}/hls/360p/playlist.m3u8`)
    expect(playlist.status).toBe(404)
  })

  it('in mode asset shows a good clip only when all of it is judged', async () => {
    const { url } = house([undefined])
    const { job, events } = await run(url, clip({ gate: 'asset' }))
    expect(job).toMatchObject({ state: 'succeeded', playable: true })
    const playable = events.findIndex(({ type }) => type === 'playable')
    const ended = events.findIndex(({ type, data }) => type === 'status' && (data as { state: string }).state === 'succeeded')
    expect(playable).toBeGreaterThan(0)
    expect(events.slice(playable, ended).every(({ type }) => type !== 'take')).toBe(true)
    expect((await fetch(`${url}/v1/assets/${job.assetId}/hls/360p/playlist.m3u8`)).status).toBe(200)
  })

  it('switched off only reports', async () => {
    const { url } = house(['black'])
    const { job, events } = await run(url, clip({ gate: 'off' }))
    expect(job.state).toBe('succeeded')
    expect(
      events.some(
        ({ type, data }) =>
          type === 'check' &&
          (data as { check: string; verdict: string }).check === 'black' &&
          (data as { verdict: string }).verdict === 'fail',
      ),
    ).toBe(true)
  })

  it('only warns of a frozen picture by default, and holds it back when it is strict', async () => {
    const { url } = house(['frozen', 'frozen', undefined])
    const lenient = await run(url, clip())
    expect(lenient.job.state).toBe('succeeded')
    expect(
      lenient.events.some(
        ({ type, data }) =>
          type === 'check' &&
          (data as { check: string; verdict: string }).check === 'freeze' &&
          (data as { verdict: string }).verdict === 'warn',
      ),
    ).toBe(true)
    const strict = await run(url, clip({ profile: 'strict' }))
    expect(strict.events.find(({ type }) => type === 'repair')?.data).toMatchObject({ check: 'freeze', action: 'reseed' })
    expect(takes(strict.events)).toBeGreaterThan(1)
  })

  it('refuses a clip that is shorter than ordered before anything is encoded', async () => {
    const { url } = house(['short', 'short'])
    const { job } = await run(url, clip())
    expect(job).toMatchObject({ state: 'failed', outcome: { class: 'quality' } })
    expect(job.outcome?.detail).toMatch(/3\.5\d? s/)
  })

  it('refuses silence where sound was ordered', async () => {
    const { url } = house(['silent', 'silent'])
    const { job, events } = await run(url, music())
    expect(job.state).toBe('failed')
    expect(segments(events)).toBe(0)
  })

  it('repairs loudness by a gain and says so', async () => {
    const { url } = house([undefined])
    const { job, events } = await run(url, music())
    expect(job.state).toBe('succeeded')
    const loudness = events
      .filter(({ type, data }) => type === 'check' && (data as { check: string }).check === 'loudness')
      .map(({ data }) => data as { verdict: string; value: number })
    expect(loudness.map(({ verdict }) => verdict)).toEqual(['repaired', 'pass'])
    expect(loudness.at(-1)?.value).toBeCloseTo(-16, 0)
  })

  it('refuses clipped sound', async () => {
    const { url } = house(['clipped', 'clipped'])
    const { job } = await run(url, music())
    expect(job).toMatchObject({ state: 'failed', outcome: { class: 'quality' } })
    expect(job.outcome?.detail).toMatch(/full scale|clip/i)
  })
})
