import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import type { JobInput, JobView, ReportView } from '../../src/wire/jobs.ts'
import { scriptedProvider } from '../helpers/scripted-provider.ts'
import { turn } from './faults/file.ts'
import { collect, ffmpeg, ffprobe, finishOrder, media } from './helpers/masters.ts'

/** What providers may send besides what was ordered: each a job of its own, to its end. */
const SECONDS = 4
let app: App
let folder: string
let provider: ReturnType<typeof scriptedProvider>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-odd-'))
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

interface Ended {
  job: JobView
  /** Of the report, by check. */
  verdicts: Record<string, string>
}

/** Orders a clip, has the provider deliver this file for it, and waits for the end. */
async function delivered(master: string, policy: JobInput['policy'] = {}): Promise<Ended> {
  provider.script([{ master }])
  const handle = await createClient({ baseUrl: app.url ?? '' }).submit({
    kind: 'video',
    prompt: 'a test',
    durationSeconds: SECONDS,
    size: '640x360',
    formats: ['hls', 'mp4'],
    policy: { maxTakesPerShot: 1, ...policy },
  })
  await handle.wait({ timeoutMs: 60_000 }).catch(() => undefined)
  const job = handle.getSnapshot() as JobView
  const report = (await (await fetch(`${app.url}/v1/jobs/${job.id}/report`)).json()) as ReportView
  return { job, verdicts: Object.fromEntries(report.verdicts.map(({ check, verdict }) => [check, verdict])) }
}

/** It was looked at, and refused with the figures. */
function expectRefused({ job }: Ended, detail: RegExp): void {
  expect(job).toMatchObject({ state: 'failed', playback: null, outcome: { class: 'quality' } })
  expect(job.outcome?.detail).toMatch(detail)
}

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
const moving = ({ size = '640x360', fps = 30, seconds = SECONDS } = {}) => ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${fps}:d=${seconds}`]
async function made(name: string, ...args: string[]): Promise<string> {
  const path = join(folder, `${name}.mp4`)
  await ffmpeg(...args, `file:${path}`)
  return path
}

/** The published MP4, on disk. */
async function published({ assetId }: JobView): Promise<string> {
  const asset = await createClient({ baseUrl: app.url ?? '' }).assets.get(assetId ?? '')
  const file = asset.files.find(({ name }) => name.endsWith('.mp4'))
  const path = join(folder, `${assetId}.mp4`)
  await writeFile(path, Buffer.from(await (await fetch(new URL(file?.url ?? '', app.url ?? ''))).arrayBuffer()))
  return path
}

it('a file of no bytes is refused', async () => {
  const empty = join(folder, 'empty.mp4')
  await writeFile(empty, '')
  const { job } = await delivered(empty)
  expect(job).toMatchObject({ state: 'failed', playback: null, outcome: { detail: 'the file is empty: it has 0 bytes' } })
})

it('one picture is refused as too short', async () => {
  expectRefused(await delivered(await made('one', ...moving(), '-frames:v', '1', ...H264)), /lasts 0\.03 s; 4\.00 s/)
})

it('ten hours are refused as too long, and are not read through for that', async () => {
  const still = ['-f', 'lavfi', '-i', `color=gray:s=64x36:r=1:d=${10 * 3_600}`]
  expectRefused(await delivered(await made('long', ...still, ...H264, '-g', '3600')), /lasts 36000\.00 s; 4\.00 s/)
})

it('8K is refused as too large, and could be decoded', async () => {
  const path = await made('large', ...moving({ size: '7680x4320', fps: 1 }), ...H264)
  expectRefused(await delivered(path), /7680x4320 pixels; 640x360/)
  const video = { path, width: 640, height: 360, fps: 1 }
  expect((await collect(media.finish(finishOrder({ video, durationSeconds: 2 })))).pictures).toHaveLength(2)
})

it('a picture on its side is shown upright', async () => {
  const half = ['-f', 'lavfi', '-i', `color=black:s=360x640:r=30:d=${SECONDS},drawbox=h=320:c=white:t=fill,noise=alls=30:allf=t`]
  const path = await made('turned', ...half, ...H264)
  await turn(path)
  const { job, verdicts } = await delivered(path)
  expect([job.state, verdicts.size]).toEqual(['succeeded', 'pass'])
  // What was above is on the right.
  const { stdout } = await ffmpeg(
    '-i',
    await published(job),
    '-vf',
    'scale=2:1:flags=area,format=gray',
    '-frames:v',
    '1',
    '-f',
    'rawvideo',
    'pipe:1',
  )
  expect(stdout[0]).toBeLessThan(64)
  expect(stdout[1]).toBeGreaterThan(192)
})

it('HDR is told, and refused by a strict profile', async () => {
  const tags = ['-color_trc', 'smpte2084', '-color_primaries', 'bt2020', '-colorspace', 'bt2020nc']
  const path = await made('hdr', ...moving(), ...H264, ...tags)
  const { job, verdicts } = await delivered(path)
  expect([job.state, verdicts.hdr]).toEqual(['succeeded', 'warn'])
  // As strict, but for whom to ask when nothing mends it.
  await fetch(`${app.url}/v1/profiles/no-reviewers`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ extends: 'strict', lastResort: 'fail' }),
  })
  expectRefused(await delivered(path, { profile: 'no-reviewers' }), /high dynamic range \(PQ, SMPTE ST 2084\)/)
})

it('a frame rate that varies is told, and brought to an even one', async () => {
  const uneven = ['-vf', 'settb=1/6000,setpts=(2*floor(N/2)+0.5*mod(N\\,2))/30/TB', '-vsync', 'vfr', '-enc_time_base', '1:6000']
  const { job, verdicts } = await delivered(await made('uneven', ...moving(), ...uneven, ...H264))
  expect([job.state, verdicts.variable_fps]).toEqual(['succeeded', 'warn'])
  const times = (await ffprobe('-select_streams', 'v', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', await published(job)))
    .trim()
    .split('\n')
    .map(Number.parseFloat)
  expect(times).toHaveLength(SECONDS * 30)
  expect(Math.max(...times.slice(1).map((time, n) => time - (times[n] ?? 0)))).toBeLessThan(1.01 / 30)
})

it('a sound without a picture is refused as that', async () => {
  const path = await made('sound', '-f', 'lavfi', '-i', `sine=f=330:r=48000:d=${SECONDS}`, '-c:a', 'aac')
  expectRefused(await delivered(path), /no picture/)
})

it('a picture without a sound is what was ordered', async () => {
  const { job, verdicts } = await delivered(await made('mute', ...moving(), ...H264))
  expect([job.state, verdicts.decodes]).toEqual(['succeeded', 'pass'])
})
