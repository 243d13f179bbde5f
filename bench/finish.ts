import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { profiles } from '../src/domain/profiles.ts'
import { ladderFor } from '../src/media/ladder/ladder.ts'
import type { MediaTool } from '../src/ports/media-tool.ts'
import { createInspector } from '../src/quality/inspector.ts'
import { type Figure, median, ratio, seconds } from './figures.ts'

const run = promisify(execFile)
const ROUNDS = 3
const CLIP_SECONDS = 30
const SEGMENT_SECONDS = 2

interface Timed {
  firstSeconds: number
  allSeconds: number
}

/**
 * A 30 s 720p clip with sound, from its last byte: our finish (ladder, checks, gate) against one FFmpeg that writes the
 * same ladder and checks nothing, and against the usual way: encode everything, then tell the viewer.
 */
export async function benchFinish(media: MediaTool, ffmpegPath: string): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-finish-'))
  try {
    const clip = join(folder, 'clip.mp4')
    await makeClip(ffmpegPath, clip)
    const ours: Timed[] = []
    const plain: Timed[] = []
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(await plainLadder(ffmpegPath, clip, join(folder, `plain-${round}`)))
      ours.push(await ourFinish(media, clip, join(folder, `ours-${round}`)))
    }
    const first = median(ours.map(({ firstSeconds }) => firstSeconds))
    const all = median(ours.map(({ allSeconds }) => allSeconds))
    const plainFirst = median(plain.map(({ firstSeconds }) => firstSeconds))
    const plainAll = median(plain.map(({ allSeconds }) => allSeconds))
    // Whoever transcodes everything first can tell the viewer only at the end of that run.
    const told = plainAll
    return [
      {
        name: 'last byte of a 30 s 720p clip → first checked segment',
        measured: seconds(first),
        target: "≤ 1.0 s and ≤ 1.3x ffmpeg's own first segment",
        met: first <= 1 && first <= 1.3 * plainFirst,
        against: `ffmpeg alone: ${seconds(plainFirst)} (${ratio(first, plainFirst)}); transcode all, then notify: ${seconds(told)} (${ratio(first, told)})`,
      },
      {
        name: 'finish of that clip: ladder, checks and gate',
        measured: seconds(all),
        target: '≤ 1.15x ffmpeg with the same ladder and no checks',
        met: all <= 1.15 * plainAll,
        against: `ffmpeg alone: ${seconds(plainAll)} (${ratio(all, plainAll)})`,
      },
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function makeClip(ffmpegPath: string, output: string): Promise<void> {
  const sources = [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=1280x720:r=30:d=${CLIP_SECONDS}`,
    '-f',
    'lavfi',
    '-i',
    `sine=f=330:r=48000:d=${CLIP_SECONDS},volume=-12dB`,
  ]
  await run(ffmpegPath, [
    '-nostdin',
    '-v',
    'error',
    '-y',
    ...sources,
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-ac',
    '2',
    '-shortest',
    output,
  ])
}

async function ourFinish(media: MediaTool, clip: string, scratchFolder: string): Promise<Timed> {
  await mkdir(scratchFolder)
  const { signal } = new AbortController()
  const begun = performance.now()
  const pcmPath = join(scratchFolder, 'stem.pcm')
  const inspector = createInspector()
  await media.probe(clip, signal)
  const sound = await media.decodeAudio({ input: clip, pcmPath, signal })
  const { gainDb } = inspector.normalise(profiles.standard, sound, -16)
  const inspection = inspector.inspect(profiles.standard, { startSeconds: 0, fps: 30, audible: true })
  let firstSeconds = Number.NaN
  for await (const piece of media.finish({
    video: { path: clip, width: 1280, height: 720, fps: 30 },
    startSeconds: 0,
    durationSeconds: CLIP_SECONDS,
    firstSegment: 0,
    releasedSegments: 0,
    final: true,
    segmentSeconds: SEGMENT_SECONDS,
    rungs: ladderFor({ width: 1280, height: 720 }),
    stems: [{ pcmPath, role: 'own', startSeconds: 0, gainDb }],
    scratchFolder,
    signal,
  })) {
    if (piece.kind === 'picture') inspection.picture(piece.seconds, piece.grey)
    else if (piece.kind === 'still') inspection.still(piece.seconds, piece.frame)
    else if (piece.kind === 'sound') inspection.sound(piece.seconds, piece.pcm)
    else if (piece.kind === 'segment') {
      inspection.judgeUntil(piece.startSeconds + piece.durationSeconds)
      if (Number.isNaN(firstSeconds)) firstSeconds = (performance.now() - begun) / 1000
    }
  }
  inspection.end()
  return { firstSeconds, allSeconds: (performance.now() - begun) / 1000 }
}

/** The same rungs and rates by ffmpeg's own HLS muxer. */
async function plainLadder(ffmpegPath: string, clip: string, folder: string): Promise<Timed> {
  const rungs = ladderFor({ width: 1280, height: 720 })
  for (const { name } of rungs) await mkdir(join(folder, name), { recursive: true })
  const split = `[0:v]split=${rungs.length}${rungs.map((_, i) => `[s${i}]`).join('')}`
  const scaled = rungs.map(({ width, height }, i) => `[s${i}]scale=${width}:${height}:flags=bilinear,format=yuv420p[v${i}]`)
  const rates = rungs.flatMap(({ videoBitsPerSecond: rate }, i) => [
    `-b:v:${i}`,
    `${rate}`,
    `-maxrate:v:${i}`,
    `${Math.round(rate * 1.2)}`,
    `-bufsize:v:${i}`,
    `${Math.round(rate * 1.5)}`,
  ])
  const args = ['-nostdin', '-v', 'error', '-y', '-i', clip, '-filter_complex', [split, ...scaled].join(';')]
  for (const i of rungs.keys()) args.push('-map', `[v${i}]`, '-map', '0:a')
  args.push(
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-profile:v',
    'high',
    '-g',
    '60',
    '-keyint_min',
    '60',
    '-sc_threshold',
    '0',
    ...rates,
    '-c:a',
    'aac',
    '-b:a',
    '128k',
    '-ac',
    '2',
    '-ar',
    '48000',
  )
  args.push(
    '-f',
    'hls',
    '-hls_time',
    `${SEGMENT_SECONDS}`,
    '-hls_playlist_type',
    'event',
    '-hls_segment_type',
    'fmp4',
    '-hls_flags',
    'independent_segments+temp_file',
    '-master_pl_name',
    'master.m3u8',
  )
  args.push(
    '-var_stream_map',
    rungs.map(({ name }, i) => `v:${i},a:${i},name:${name}`).join(' '),
    '-hls_segment_filename',
    join(folder, '%v/seg%03d.m4s'),
    join(folder, '%v/index.m3u8'),
  )
  const begun = performance.now()
  const child = spawn(ffmpegPath, args, { stdio: 'inherit' })
  let ended = false
  const exit = new Promise<void>((resolve, reject) =>
    child.once('exit', (code) => {
      ended = true
      code === 0 ? resolve() : reject(new Error(`ffmpeg ended with ${code}`))
    }),
  )
  while (!ended && !rungs.every(({ name }) => existsSync(join(folder, name, 'seg000.m4s')) && existsSync(join(folder, name, 'index.m3u8'))))
    await sleep(5)
  const firstSeconds = (performance.now() - begun) / 1000
  await exit
  return { firstSeconds, allSeconds: (performance.now() - begun) / 1000 }
}
