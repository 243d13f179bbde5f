import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { locateFfmpeg } from '../../../src/media/ffmpeg/locate.ts'
import { createMediaTool } from '../../../src/media/media-tool.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import type { FinishOrder, FinishPiece, RungOrder } from '../../../src/ports/media-tool.ts'

const execute = promisify(execFile)

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
export const paths = await locateFfmpeg()
export const media = createMediaTool({ ...paths, sandbox: 'off', log: quiet })
export const unaborted: AbortSignal = new AbortController().signal

/** Plain FFmpeg, for making fixtures and for judging results by a hand that is not ours. */
export async function ffmpeg(...args: string[]): Promise<{ stdout: Buffer; stderr: string }> {
  const options = { encoding: 'buffer' as const, maxBuffer: 2 ** 28, timeout: 60_000 }
  const { stdout, stderr } = await execute(paths.ffmpegPath, ['-nostdin', '-hide_banner', '-v', 'error', '-y', ...args], options)
  return { stdout, stderr: stderr.toString() }
}

export async function ffprobe(...args: string[]): Promise<string> {
  return (await execute(paths.ffprobePath, ['-v', 'error', ...args], { maxBuffer: 2 ** 26, timeout: 60_000 })).stdout
}

/** A folder that is gone when the tests are over: call `remove` in `afterAll`. */
export async function workFolder(name: string): Promise<{ path: (file: string) => string; folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`))
  return { folder, path: (file) => join(folder, file), remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A moving test picture. */
export async function makePicture(
  path: string,
  { seconds, fps = 30, size = '320x180' }: { seconds: number; fps?: number; size?: string },
): Promise<string> {
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${size}:r=${fps}:d=${seconds}`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    `file:${path}`,
  )
  return path
}

/** A steady tone as raw PCM. */
export async function makeTone(path: string, { seconds, hertz = 440 }: { seconds: number; hertz?: number }): Promise<string> {
  await ffmpeg('-f', 'lavfi', '-i', `sine=f=${hertz}:r=48000:d=${seconds}`, '-ac', '2', '-f', 's16le', `file:${path}`)
  return path
}

export const smallLadder: RungOrder[] = [
  { name: '180p', width: 320, height: 180, videoBitsPerSecond: 600_000, audioBitsPerSecond: 128_000 },
  { name: '90p', width: 160, height: 90, videoBitsPerSecond: 200_000, audioBitsPerSecond: 128_000 },
]

type Piece<K extends FinishPiece['kind']> = Extract<FinishPiece, { kind: K }>

/** All a finish gave, sorted by kind, and the order it came in. */
export interface Finished {
  init: Piece<'init'> | null
  segments: Piece<'segment'>[]
  pictures: Piece<'picture'>[]
  stills: Piece<'still'>[]
  sounds: Piece<'sound'>[]
  order: FinishPiece[]
}

export async function collect(pieces: AsyncIterable<FinishPiece>): Promise<Finished> {
  const finished: Finished = { init: null, segments: [], pictures: [], stills: [], sounds: [], order: [] }
  for await (const piece of pieces) {
    finished.order.push(piece)
    if (piece.kind === 'init') finished.init = piece
    else if (piece.kind === 'segment') finished.segments.push(piece)
    else if (piece.kind === 'picture') finished.pictures.push(piece)
    else if (piece.kind === 'still') finished.stills.push(piece)
    else if (piece.kind === 'sound') finished.sounds.push(piece)
  }
  return finished
}

/** The bytes of one rung: its init and the segments given. */
export function rungBytes(name: string, init: Piece<'init'>, segments: readonly Piece<'segment'>[]): Buffer {
  const of = (rungs: readonly { name: string; bytes: Uint8Array }[]) => rungs.find((rung) => rung.name === name)?.bytes ?? new Uint8Array()
  return Buffer.concat([of(init.rungs), ...segments.map(({ rungs }) => of(rungs))])
}

export const finishOrder = (order: Partial<FinishOrder>): FinishOrder => ({
  video: null,
  startSeconds: 0,
  durationSeconds: 1,
  firstSegment: 0,
  releasedSegments: 0,
  final: true,
  segmentSeconds: 2,
  rungs: smallLadder,
  stems: [],
  scratchFolder: tmpdir(),
  signal: unaborted,
  ...order,
})
