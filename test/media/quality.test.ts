import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profiles } from '../../src/domain/profiles.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { locateFfmpeg } from '../../src/media/ffmpeg/locate.ts'
import { GREY_HEIGHT, GREY_WIDTH } from '../../src/ports/media-tool.ts'
import { createInspector } from '../../src/quality/inspector.ts'

// Our checks against FFmpeg's own filters, on the same made file: two ways to one answer.

const FPS = 30
const SECONDS = 12
const { ffmpegPath } = await locateFfmpeg()
let folder: string
let file: string
let verdicts: Verdict[]

function ffmpeg(args: string[]): { stdout: Buffer; stderr: string } {
  const run = spawnSync(ffmpegPath, ['-nostdin', '-hide_banner', '-nostats', '-y', ...args], { maxBuffer: 2 ** 28 })
  if (run.status !== 0) throw new Error(run.stderr.toString())
  return { stdout: run.stdout, stderr: run.stderr.toString() }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quality-'))
  file = join(folder, 'faulty.mp4')
  // Black from 2 to 3.1 s, still from 5 to 8.2 s, silent from 4 to 7.5 s, eight times too loud from 9 to 10 s.
  const picture = [
    `testsrc2=s=640x360:r=${FPS}:d=${SECONDS}`,
    'loop=loop=96:size=1:start=150,setpts=N/30/TB',
    "drawbox=color=black:t=fill:enable='gte(n,60)*lt(n,93)'",
    `trim=end_frame=${SECONDS * FPS},format=yuv420p`,
  ]
  const sound = "volume=0:enable='between(t,4,7.5)',volume=8:enable='between(t,9,10)',pan=stereo|c0=c0|c1=c0"
  ffmpeg([
    ...['-v', 'error', '-f', 'lavfi', '-i', picture.join(','), '-f', 'lavfi', '-i', `sine=440:r=48000:d=${SECONDS},volume=2,${sound}`],
    // Lossless, so that what was made still is still, and what was clipped is clipped.
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-c:a', 'flac', '-f', 'matroska', file],
  ])
  const grey = ffmpeg([
    '-v',
    'error',
    '-i',
    file,
    '-an',
    '-vf',
    `scale=${GREY_WIDTH}:${GREY_HEIGHT}:flags=area,format=gray`,
    '-f',
    'rawvideo',
    'pipe:1',
  ]).stdout
  const pcm = ffmpeg(['-v', 'error', '-i', file, '-vn', '-f', 's16le', 'pipe:1']).stdout
  const inspection = createInspector().inspect(profiles.strict, { startSeconds: 0, durationSeconds: SECONDS, fps: FPS, audible: true })
  const size = GREY_WIDTH * GREY_HEIGHT
  expect(grey.length).toBe(size * FPS * SECONDS)
  for (let frame = 0; frame * size < grey.length; frame++) inspection.picture(frame / FPS, grey.subarray(frame * size, (frame + 1) * size))
  inspection.sound(0, new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength)))
  verdicts = inspection.end()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The places FFmpeg's filter names, in seconds. */
function filterSays(filter: string, medium: 'v' | 'a', start: RegExp, end: RegExp): { start: number; end: number }[] {
  const { stderr } = ffmpeg(['-v', 'info', '-i', file, medium === 'v' ? '-vf' : '-af', filter, '-map', `0:${medium}`, '-f', 'null', '-'])
  const numbers = (pattern: RegExp) => [...stderr.matchAll(pattern)].map(([, value]) => Number(value))
  const ends = numbers(end)
  return numbers(start).map((from, index) => ({ start: from, end: ends[index] ?? Number.NaN }))
}

function found(check: string): { start: number; end: number }[] {
  return verdicts
    .filter((verdict) => verdict.check === check && verdict.verdict === 'fail')
    .map(({ range }) => ({ start: range?.startSeconds ?? -1, end: range?.endSeconds ?? -1 }))
}

function expectSame(ours: { start: number; end: number }[], theirs: { start: number; end: number }[], toleranceSeconds: number): void {
  expect(theirs.length).toBeGreaterThan(0)
  expect(ours).toHaveLength(theirs.length)
  for (const [index, place] of theirs.entries()) {
    expect(Math.abs((ours[index]?.start ?? -1) - place.start)).toBeLessThanOrEqual(toleranceSeconds)
    expect(Math.abs((ours[index]?.end ?? -1) - place.end)).toBeLessThanOrEqual(toleranceSeconds)
  }
}

describe('the checks agree with FFmpeg', () => {
  test('blackdetect, to the frame', () => {
    const theirs = filterSays('blackdetect=d=0.5:pix_th=0.10', 'v', /black_start:([\d.]+)/g, /black_end:([\d.]+)/g)
    expectSame(found('black'), theirs, 1 / FPS + 1e-3)
    expect(found('black')[0]?.start).toBeCloseTo(2, 3)
  })

  test('freezedetect, to the frame', () => {
    const theirs = filterSays('freezedetect=n=-60dB:d=2', 'v', /freeze_start: ([\d.]+)/g, /freeze_end: ([\d.]+)/g)
    expectSame(found('freeze'), theirs, 1 / FPS + 1e-3)
    expect(found('freeze')[0]?.start).toBeCloseTo(5, 1)
  })

  test('silencedetect, within 20 ms', () => {
    const theirs = filterSays('silencedetect=n=-50dB:d=2.5', 'a', /silence_start: ([\d.]+)/g, /silence_end: ([\d.]+)/g)
    expectSame(found('silence'), theirs, 0.02)
  })

  test('and the made clipping is found at its place', () => {
    expectSame(found('clipping'), [{ start: 9, end: 10 }], 0.02)
  })
})
