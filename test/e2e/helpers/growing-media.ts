import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Route } from './job-server.ts'

const run = promisify(execFile)
const SEGMENT_SECONDS = 2
const FPS = 24

interface Rung {
  name: string
  size: string
  bandwidth: number
  codecs: string
  kilobits: number
}

/** Small, so that a busy machine decodes them in time. */
const RUNGS: Rung[] = [
  { name: '180p', size: '320x180', bandwidth: 400_000, codecs: 'avc1.4d401e,mp4a.40.2', kilobits: 200 },
  { name: '360p', size: '640x360', bandwidth: 900_000, codecs: 'avc1.4d401e,mp4a.40.2', kilobits: 600 },
]

/**
 * A two-rung HLS ladder made with FFmpeg, of which the server lists as much as was released: a growing EVENT playlist
 * with blocking reload, then, with the last segment, a finished one at the same address. Below `/media/`.
 */
export async function makeGrowingMedia(durationSeconds: number) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-media-'))
  for (const rung of RUNGS) await encode(join(folder, rung.name), rung, durationSeconds)
  const count = (await segmentNames(join(folder, '360p'))).length
  const files = new Map<string, Buffer>()
  const lengths = await segmentSeconds(join(folder, '360p', 'index.m3u8'))
  for (const { name } of RUNGS) {
    for (const file of ['init.mp4', ...(await segmentNames(join(folder, name)))])
      files.set(`${name}/${file}`, await readFile(join(folder, name, file)))
  }
  await rm(folder, { recursive: true, force: true })

  let released = 0
  let cutShort = false
  let broken = false
  const waiting = new Set<() => void>()
  const complete = () => cutShort || released >= count

  function playlist(): string {
    return [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}`,
      '#EXT-X-PLAYLIST-TYPE:EVENT',
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-START:TIME-OFFSET=0',
      '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=6.0',
      '#EXT-X-MAP:URI="init.mp4"',
      ...lengths.slice(0, released).flatMap((seconds, index) => [`#EXTINF:${seconds.toFixed(6)},`, `${index}.m4s`]),
      ...(complete() ? ['#EXT-X-ENDLIST'] : []),
      '',
    ].join('\n')
  }

  const multivariant = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-START:TIME-OFFSET=0',
    ...RUNGS.flatMap(({ name, size, bandwidth, codecs }) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},RESOLUTION=${size},FRAME-RATE=${FPS}.000,CODECS="${codecs}"`,
      `${name}/index.m3u8`,
    ]),
    '',
  ].join('\n')

  const captions = () =>
    [
      'WEBVTT',
      '',
      ...Array.from({ length: released }, (_, index) =>
        [`${stamp(2 * index)} --> ${stamp(2 * index + 1.9)}`, `Sentence ${index + 1}`, ''].join('\n'),
      ),
    ].join('\n')

  function send(response: ServerResponse, status: number, type: string, body: string | Buffer, cache = 'no-store'): void {
    response.writeHead(status, { 'content-type': type, 'cache-control': cache }).end(body)
  }

  const route: Route = (_request, response, url) => {
    if (!url.pathname.startsWith('/media/')) return false
    const path = url.pathname.slice('/media/'.length)
    if (broken) send(response, 503, 'text/plain', 'not now')
    else if (released === 0) send(response, 404, 'text/plain', 'not yet')
    else if (path === 'main.m3u8') send(response, 200, 'application/vnd.apple.mpegurl', multivariant)
    else if (path === 'captions.vtt') send(response, 200, 'text/vtt', captions())
    else if (path.endsWith('/index.m3u8')) {
      const answer = () => send(response, 200, 'application/vnd.apple.mpegurl', playlist())
      const wanted = Number(url.searchParams.get('_HLS_msn') ?? -1)
      if (wanted < released || complete()) answer()
      else hold(wanted, answer)
    } else {
      const index = Number(/(\d+)\.m4s$/.exec(path)?.[1] ?? -1)
      const body = index < released ? files.get(path) : undefined
      if (body) send(response, 200, 'video/mp4', body, 'max-age=31536000, immutable')
      else send(response, 404, 'text/plain', 'not released')
    }
    return true
  }

  /** As the real server: answers when the segment is there, or after three target durations with what there is. */
  function hold(wanted: number, answer: () => void): void {
    const look = () => {
      if (wanted >= released && !complete()) return
      clearTimeout(timer)
      waiting.delete(look)
      answer()
    }
    const timer = setTimeout(
      () => {
        waiting.delete(look)
        answer()
      },
      3 * SEGMENT_SECONDS * 1000,
    )
    waiting.add(look)
  }

  const wake = () => {
    for (const look of [...waiting]) look()
  }

  return {
    route,
    count,
    durationSeconds: lengths.reduce((total, seconds) => total + seconds, 0),
    get released() {
      return released
    },
    /** Lists one more segment; with the last one the playlist ends. Returns its range. */
    release() {
      const startSeconds = lengths.slice(0, released).reduce((total, seconds) => total + seconds, 0)
      const index = released
      released += 1
      wake()
      return { index, startSeconds, endSeconds: startSeconds + (lengths[index] ?? 0) }
    },
    /** Ends the playlist where it is. */
    cut() {
      cutShort = true
      wake()
    },
    /** Answers everything with 503 until it is called again with `false`. */
    outage(on: boolean) {
      broken = on
    },
  }
}

async function encode(folder: string, { size, kilobits }: Rung, durationSeconds: number): Promise<void> {
  await mkdir(folder)
  await run(
    process.env.SLUICE_FFMPEG || 'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
      ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${FPS}`, '-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000'],
      ...[
        '-t',
        String(durationSeconds),
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-profile:v',
        'main',
        '-level',
        '3.0',
        '-pix_fmt',
        'yuv420p',
      ],
      ...['-b:v', `${kilobits}k`, '-g', String(FPS * SEGMENT_SECONDS), '-keyint_min', String(FPS * SEGMENT_SECONDS), '-sc_threshold', '0'],
      ...['-c:a', 'aac', '-b:a', '96k', '-ac', '2'],
      ...['-f', 'hls', '-hls_time', String(SEGMENT_SECONDS), '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'],
      ...['-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', join(folder, '%d.m4s'), join(folder, 'index.m3u8')],
    ],
    { timeout: 120_000 },
  )
}

async function segmentNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.m4s'))
}

async function segmentSeconds(path: string): Promise<number[]> {
  return [...(await readFile(path, 'utf8')).matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds))
}

function stamp(seconds: number): string {
  return `00:${String(Math.floor(seconds / 60)).padStart(2, '0')}:${(seconds % 60).toFixed(3).padStart(6, '0')}`
}
