import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../src/client/index.ts'
import { exampleText } from '../../src/compose/package-files.ts'
import type { AssetView } from '../../src/wire/assets.ts'
import type { EventPage } from '../../src/wire/events.ts'
import { type Server, startServer } from '../helpers/server.ts'

const run = promisify(execFile)

interface Probe {
  streams: {
    codec_type: string
    codec_name: string
    width?: number
    height?: number
    r_frame_rate: string
    nb_read_packets?: string
    duration?: string
  }[]
  format: { duration: string }
}

async function probe(path: string): Promise<Probe> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-count_packets', '-show_streams', '-show_format', '-of', 'json', path])
  return JSON.parse(stdout) as Probe
}

/** The main job as a user has it: a news text, over HTTP, on the embedded default. */
describe('a presentation from a news text', () => {
  let folder: string
  let server: Server
  let client: Client
  let asset: AssetView
  let jobId: string
  let readyWhenPlayable: { state: string; readySeconds: number; planned: number } | null = null
  const shown: (number | null)[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'))
    server = await startServer(join(folder, 'data'))
    client = createClient({ baseUrl: server.url })
    const text = await readFile(exampleText, 'utf8')
    asset = await client.generate(
      { kind: 'presentation', text, seed: 7 },
      {
        timeoutMs: 240_000,
        onSubmitted: (job) => {
          jobId = job.id
        },
        onUpdate: (snapshot) => {
          shown.push(snapshot.progress)
          if (snapshot.playback && !readyWhenPlayable) {
            const { readySeconds, plannedDurationSeconds: planned } = snapshot.playback
            readyWhenPlayable = { state: snapshot.state, readySeconds, planned }
          }
        },
      },
    )
  }, 300_000)

  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const download = async (name: string): Promise<string> => {
    const file = asset.files.find((known) => known.name === name)
    if (!file) throw new Error(`the asset has no ${name}: ${asset.files.map((known) => known.name).join(', ')}`)
    const response = await fetch(new URL(file.url, server.url))
    expect(response.status).toBe(200)
    const path = join(folder, name)
    await writeFile(path, new Uint8Array(await response.arrayBuffer()))
    return path
  }
  const log = async (): Promise<EventPage['events']> => {
    const events: EventPage['events'] = []
    for (let after = 0; ; ) {
      const page = (await (
        await fetch(`${server.url}/v1/jobs/${jobId}/events?after=${after}`, { headers: { accept: 'application/json' } })
      ).json()) as EventPage
      events.push(...page.events)
      if (page.events.length === 0) return events
      after = page.next
    }
  }

  it('can be played from its first segment while the rest is still being made', () => {
    expect(readyWhenPlayable?.state).toBe('running')
    expect(readyWhenPlayable?.readySeconds).toBeGreaterThan(0)
    expect(readyWhenPlayable?.readySeconds).toBeLessThan((readyWhenPlayable?.planned ?? 0) / 2)
  })

  it('is 1280x720 at 30 frames a second, 25 to 35 s long, H.264 and AAC', async () => {
    const { streams, format } = await probe(await download('video.mp4'))
    const video = streams.find(({ codec_type }) => codec_type === 'video')
    const audio = streams.find(({ codec_type }) => codec_type === 'audio')
    expect(video).toMatchObject({ codec_name: 'h264', width: 1280, height: 720, r_frame_rate: '30/1' })
    expect(audio).toMatchObject({ codec_name: 'aac' })
    expect(streams.some(({ codec_type }) => codec_type === 'subtitle')).toBe(true)
    expect(Number(format.duration)).toBeGreaterThan(25)
    expect(Number(format.duration)).toBeLessThan(35)
    expect(Number(video?.nb_read_packets)).toBe(Math.round((asset.durationSeconds ?? 0) * 30))
  })

  it('speaks: while a caption is shown the sound is well above silence', async () => {
    const path = await download('video.mp4')
    const captions = await readFile(await download('captions.vtt'), 'utf8')
    const cues = [...captions.matchAll(/(\d\d):(\d\d):(\d\d\.\d+) --> (\d\d):(\d\d):(\d\d\.\d+)/g)].map((found) => {
      const [h1 = 0, m1 = 0, s1 = 0, h2 = 0, m2 = 0, s2 = 0] = found.slice(1).map(Number)
      return { start: h1 * 3600 + m1 * 60 + s1, end: h2 * 3600 + m2 * 60 + s2 }
    })
    expect(cues.length).toBeGreaterThanOrEqual(5)
    expect(cues.at(-1)?.end).toBeLessThanOrEqual((asset.durationSeconds ?? 0) + 0.1)
    for (const { start, end } of cues) {
      const { stderr } = await run('ffmpeg', [
        '-nostdin',
        '-hide_banner',
        '-ss',
        `${start}`,
        '-t',
        `${end - start}`,
        '-i',
        path,
        '-vn',
        '-af',
        'volumedetect',
        '-f',
        'null',
        '-',
      ])
      const mean = Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1])
      expect(mean, `cue at ${start} s`).toBeGreaterThan(-32)
    }
  })

  it('lists the same timeline in every rung, ended', async () => {
    const master = await (await fetch(new URL(asset.playbackUrl ?? '', server.url))).text()
    const rungs = master.split('\n').filter((line) => line && !line.startsWith('#'))
    expect(rungs.length).toBeGreaterThanOrEqual(2)
    expect(master).toContain('RESOLUTION=1280x720')
    expect(master).toContain('RESOLUTION=640x360')
    for (const rung of rungs) {
      const playlist = await (await fetch(new URL(rung, new URL(asset.playbackUrl ?? '', server.url)))).text()
      const lengths = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds))
      expect(lengths.reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(asset.durationSeconds ?? 0, 2)
      expect(playlist).toContain('#EXT-X-PLAYLIST-TYPE:EVENT')
      expect(playlist.trimEnd().endsWith('#EXT-X-ENDLIST')).toBe(true)
    }
  })

  it('decodes over HLS without an error and without a gap', async () => {
    const url = new URL(asset.playbackUrl ?? '', server.url).href
    const { stderr } = await run('ffmpeg', [
      '-nostdin',
      '-v',
      'error',
      '-xerror',
      '-i',
      url,
      '-map',
      '0:v:0',
      '-map',
      '0:a:0',
      '-f',
      'null',
      '-',
    ])
    expect(stderr).toBe('')
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-select_streams',
      'v:0',
      '-show_entries',
      'packet=pts_time',
      '-of',
      'csv=p=0',
      url,
    ])
    const times = stdout
      .trim()
      .split('\n')
      .map(Number.parseFloat)
      .toSorted((a, b) => a - b)
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(Math.max(...steps)).toBeLessThan(1.5 / 30)
    expect(Math.min(...steps)).toBeGreaterThan(0.5 / 30)
  })

  it('never moved its bar back and showed 100 % only at the end', async () => {
    const known = shown.filter((fraction) => fraction !== null)
    expect(known.length).toBeGreaterThan(5)
    known.reduce((before, now) => {
      expect(now).toBeGreaterThanOrEqual(before)
      return now
    }, 0)
    const log = (await (await fetch(`${server.url}/v1/jobs/${jobId}`)).json()) as { progress: number }
    expect(log.progress).toBe(1)
  })

  it('says every stage in its log, ids without a gap, the end once and last', async () => {
    const events = await log()
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    const done = events
      .filter(({ type, data }) => type === 'stage' && (data as { state: string }).state === 'done')
      .map(({ data }) => (data as { key: string }).key)
    expect(done.toSorted()).toEqual(['analyse', 'check', 'keyframes', 'optimise', 'publish', 'render', 'voice'])
    expect(events.filter(({ type, data }) => type === 'status' && (data as { state: string }).state === 'succeeded')).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({ type: 'status', data: { state: 'succeeded' } })
    expect(events.some(({ type }) => type === 'preview')).toBe(true)
  })

  it('has a report in which nothing failed, and a manifest that says how it was made', async () => {
    const report = JSON.parse(await readFile(await download('report.json'), 'utf8')) as {
      verdicts: { check: string; verdict: string }[]
      profile: { name: string }
    }
    expect(report.verdicts.filter(({ verdict }) => verdict === 'fail')).toEqual([])
    const checks = new Set(report.verdicts.map(({ check }) => check))
    for (const check of ['decodes', 'duration', 'size', 'fps', 'av_mismatch', 'black', 'freeze', 'silence', 'loudness', 'clipping'])
      expect(checks, check).toContain(check)
    const manifest = JSON.parse(await readFile(await download('manifest.json'), 'utf8')) as {
      seed: number
      tools: Record<string, string>
      segments: unknown[]
      takes: unknown[]
    }
    expect(manifest.seed).toBe(7)
    expect(Object.keys(manifest.tools)).toContain('ffmpeg')
    expect(manifest.segments.length).toBeGreaterThan(20)
  })

  it('gets its WebM and MP3 in the background', async () => {
    for (;;) {
      asset = await client.assets.get(asset.id)
      if (asset.renditions.every(({ state }) => state !== 'making')) break
      await new Promise((next) => setTimeout(next, 250))
    }
    expect(asset.renditions.map(({ format, state }) => [format, state]).toSorted()).toEqual([
      ['hls', 'ready'],
      ['m4a', 'ready'],
      ['mp3', 'ready'],
      ['mp4', 'ready'],
      ['webm', 'ready'],
    ])
    const { streams } = await probe(await download('video.webm'))
    expect(streams.map(({ codec_name }) => codec_name).toSorted()).toEqual(['opus', 'vp9'])
    expect((await probe(await download('audio.mp3'))).streams[0]?.codec_name).toBe('mp3')
  })
})
