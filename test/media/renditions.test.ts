import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { captionsVtt } from '../../src/domain/captions.ts'
import { locateFfmpeg } from '../../src/media/ffmpeg/locate.ts'
import { createToolRunner } from '../../src/media/ffmpeg/run.ts'
import { jpegSize } from '../../src/media/renditions/jpeg-size.ts'
import { createRenditions } from '../../src/media/renditions/renditions.ts'
import { storyboardGrid } from '../../src/media/renditions/storyboard.ts'
import type { Logger } from '../../src/ports/logger.ts'

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const paths = await locateFfmpeg()
const renditions = createRenditions(createToolRunner({ ...paths, sandbox: 'auto', log: quiet }))
const signal = new AbortController().signal
const TITLE = 'Tides & "moons": 50 % of it\nall'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'renditions-'))
  // 24 s of grey that steps up every 2 s, and a tone; cut as the ladder is, with a key frame at each step.
  make('ladder', 24, '640x360', 0, 60)
  // Its steps come a little after each second tile.
  make('short', 5, '180x320', 1.9, 60)
  make('one-key-frame', 24, '320x180', 0, 10_000)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Brightness of one step, as a share of the luma range. */
const STEP = 0.05
function make(name: string, seconds: number, size: string, offsetSeconds: number, keyFrameInterval: number): void {
  execFileSync('mkdir', [join(folder, name)])
  const picture = `color=gray:s=${size}:r=30:d=${seconds},eq=brightness='floor((t+${offsetSeconds})/2)*${STEP}-0.3':eval=frame,format=yuv420p`
  const hls = [
    '-f',
    'hls',
    '-hls_time',
    '2',
    '-hls_playlist_type',
    'event',
    '-hls_segment_type',
    'fmp4',
    '-hls_segment_filename',
    join(folder, name, 'seg%03d.m4s'),
  ]
  ffmpeg([
    '-f',
    'lavfi',
    '-i',
    picture,
    '-f',
    'lavfi',
    '-i',
    `sine=440:r=48000:d=${seconds},pan=stereo|c0=c0|c1=c0`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    String(keyFrameInterval),
    '-sc_threshold',
    '0',
    '-c:a',
    'aac',
    ...hls,
    join(folder, name, 'index.m3u8'),
  ])
}

function ffmpeg(args: string[]): Buffer {
  return execFileSync(paths.ffmpegPath, ['-nostdin', '-v', 'error', '-y', ...args], { maxBuffer: 2 ** 28 })
}

/** Init segment, then segments, in pieces that do not fall on their borders. */
async function* segments(name: string): AsyncGenerator<Uint8Array> {
  const files = ['init.mp4', ...(await readdir(join(folder, name))).filter((file) => file.endsWith('.m4s')).sort()]
  for (const file of files) {
    const bytes = await readFile(join(folder, name, file))
    for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007)
  }
}

interface Probed {
  format: { format_name: string; duration: string; tags?: Record<string, string> }
  streams: { codec_name: string; codec_type: string; duration?: string; bit_rate?: string; width?: number; height?: number }[]
}

function probe(path: string): Probed {
  return JSON.parse(
    execFileSync(paths.ffprobePath, ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', path], { encoding: 'utf8' }),
  ) as Probed
}

/** Types of the top-level boxes of an MP4, in order. */
async function boxes(path: string): Promise<string[]> {
  const bytes = await readFile(path)
  const types: string[] = []
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at)) types.push(bytes.toString('latin1', at + 4, at + 8))
  return types
}

const order = (output: string) => ({ output: join(folder, output), title: TITLE, signal })

describe('MP4', () => {
  test('has the same picture and sound, its index first, its title, and a track of captions', async () => {
    const captionsPath = join(folder, 'captions.vtt')
    const cues = [
      { startSeconds: 1, endSeconds: 3.5, text: 'The first sentence, with <markup> & more.' },
      { startSeconds: 20, endSeconds: 22, text: 'The last one.' },
    ]
    await writeFile(captionsPath, captionsVtt(cues))
    await renditions.remuxMp4({ ...order('whole.mp4'), segments: segments('ladder'), captionsPath })
    const path = join(folder, 'whole.mp4')
    const { format, streams } = probe(path)
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac', 'mov_text'])
    expect(streams[0]).toMatchObject({ width: 640, height: 360 })
    expect(Number(format.duration)).toBeCloseTo(24, 1)
    expect(Number(streams[0]?.duration)).toBeCloseTo(24, 2)
    expect(Number(streams[1]?.duration)).toBeCloseTo(24, 1)
    expect(format.tags?.title).toBe('Tides & "moons": 50 % of it all')
    const types = await boxes(path)
    expect(types.indexOf('moov')).toBeGreaterThan(0)
    expect(types.indexOf('moov')).toBeLessThan(types.indexOf('mdat'))
    expect(types).not.toContain('moof')
    expect(ffmpeg(['-i', path, '-map', '0:s:0', '-f', 'webvtt', 'pipe:1']).toString()).toContain('00:20.000 --> 00:22.000\nThe last one.')
    // Not one frame was encoded again.
    const hash = (input: string) => ffmpeg(['-i', input, '-map', '0:v', '-f', 'md5', 'pipe:1']).toString()
    expect(hash(path)).toBe(hash(join(folder, 'ladder', 'index.m3u8')))
  })

  test('without captions has two tracks', async () => {
    await renditions.remuxMp4({ ...order('plain.mp4'), segments: segments('ladder') })
    expect(probe(join(folder, 'plain.mp4')).streams.map(({ codec_type }) => codec_type)).toEqual(['video', 'audio'])
  })

  test('a captions file that points elsewhere is not followed', async () => {
    const captionsPath = join(folder, 'trap.vtt')
    await writeFile(captionsPath, `ffconcat version 1.0\nfile '${join(folder, 'captions.vtt')}'\n`)
    await renditions.remuxMp4({ ...order('trapped.mp4'), segments: segments('ladder'), captionsPath })
    expect(ffmpeg(['-i', join(folder, 'trapped.mp4'), '-map', '0:s:0', '-f', 'webvtt', 'pipe:1']).toString()).not.toContain('-->')
  })

  test('what goes wrong with the segments is told as it is', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* segments('short')
      throw new Error('the store broke off')
    }
    await expect(renditions.remuxMp4({ ...order('broken.mp4'), segments: broken() })).rejects.toThrow('the store broke off')
  })

  test('stops with its signal', async () => {
    const stop = new AbortController()
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield* segments('short')
      stop.abort(new Error('enough'))
      for (;;) yield new Uint8Array(1_000_000)
    }
    await expect(renditions.remuxMp4({ ...order('stopped.mp4'), segments: endless(), signal: stop.signal })).rejects.toThrow('enough')
  })
})

describe('sound alone', () => {
  test('M4A is the same sound, index first', async () => {
    await renditions.remuxM4a({ ...order('sound.m4a'), segments: segments('ladder') })
    const path = join(folder, 'sound.m4a')
    const { format, streams } = probe(path)
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(['aac'])
    expect(Number(format.duration)).toBeCloseTo(24, 1)
    expect((await readFile(path)).toString('latin1', 8, 12)).toBe('M4A ')
    const types = await boxes(path)
    expect(types.indexOf('moov')).toBeLessThan(types.indexOf('mdat'))
  })

  test('MP3 at 192 kbit/s, with progress to the end', async () => {
    await renditions.remuxM4a({ ...order('for-mp3.m4a'), segments: segments('ladder') })
    const seen: number[] = []
    await renditions.encodeMp3({
      ...order('sound.mp3'),
      input: join(folder, 'for-mp3.m4a'),
      durationSeconds: 24,
      progress: (fraction) => seen.push(fraction),
    })
    const { format, streams } = probe(join(folder, 'sound.mp3'))
    expect(streams.map(({ codec_name, bit_rate }) => [codec_name, bit_rate])).toEqual([['mp3', '192000']])
    expect(Number(format.duration)).toBeCloseTo(24, 1)
    expect(format.tags?.title).toContain('Tides')
    expect(seen.at(-1)).toBe(1)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })
})

test('WebM is VP9 and Opus, with progress', async () => {
  await renditions.remuxMp4({ ...order('for-webm.mp4'), segments: segments('ladder') })
  const seen: number[] = []
  await renditions.encodeWebm({
    ...order('video.webm'),
    input: join(folder, 'for-webm.mp4'),
    durationSeconds: 24,
    progress: (fraction) => seen.push(fraction),
  })
  const { format, streams } = probe(join(folder, 'video.webm'))
  expect(streams.map(({ codec_name }) => codec_name)).toEqual(['vp9', 'opus'])
  expect(streams[0]).toMatchObject({ width: 640, height: 360 })
  expect(Number(format.duration)).toBeCloseTo(24, 1)
  expect(seen.at(-1)).toBe(1)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(Math.max(...seen)).toBeLessThanOrEqual(1)
})

test('x', async () => {
  await writeFile(join(folder, 'note.mp4'), '#EXTM3U\n#EXTINF:2,\nsegment.m4s\n')
  const failure = renditions.encodeMp3({
    ...order('never.mp3'),
    input: join(folder, 'note.mp4'),
    durationSeconds: 1,
    progress: () => undefined,
  })
  await expect(failure).rejects.toMatchObject({ code: 'media_unreadable' })
})

describe('stills', () => {
  /** Luma of the middle of each tile. */
  function levels(path: string, tiles: { columns: number; rows: number; tileWidth: number; tileHeight: number; count: number }): number[] {
    const width = tiles.columns * tiles.tileWidth
    const grey = ffmpeg(['-i', path, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'])
    expect(grey.length).toBe(width * tiles.rows * tiles.tileHeight)
    return Array.from({ length: tiles.count }, (_, index) => {
      const x = (index % tiles.columns) * tiles.tileWidth + tiles.tileWidth / 2
      const y = Math.floor(index / tiles.columns) * tiles.tileHeight + Math.floor(tiles.tileHeight / 2)
      return grey[y * width + x] ?? -1
    })
  }
  /** Which of the source's steps a luma is. Its limited range of 219 levels became a full one. */
  const stepOf = (luma: number, first: number) => Math.round((luma - first) / (STEP * 255 * (255 / 219)))

  test('the poster is the frame at its time, in the size of the video', async () => {
    await renditions.remuxMp4({ ...order('for-poster.mp4'), segments: segments('ladder') })
    const input = join(folder, 'for-poster.mp4')
    await renditions.poster({ input, output: join(folder, 'poster.jpg'), atSeconds: 12.5, signal })
    await renditions.poster({ input, output: join(folder, 'first.jpg'), atSeconds: 0, signal })
    expect(await jpegSize(join(folder, 'poster.jpg'))).toEqual({ width: 640, height: 360 })
    const whole = { columns: 1, rows: 1, tileWidth: 640, tileHeight: 360, count: 1 }
    const [first = 0] = levels(join(folder, 'first.jpg'), whole)
    expect(levels(join(folder, 'poster.jpg'), whole).map((luma) => stepOf(luma, first))).toEqual([6])
    await expect(renditions.poster({ input, output: join(folder, 'late.jpg'), atSeconds: 30, signal })).rejects.toMatchObject({
      code: 'media_unreadable',
    })
  })

  test('the storyboard of a long video has a tile every two seconds, each from its own time', async () => {
    await renditions.remuxMp4({ ...order('for-board.mp4'), segments: segments('ladder') })
    const output = join(folder, 'board.jpg')
    const board = await renditions.storyboard({ input: join(folder, 'for-board.mp4'), output, durationSeconds: 24, signal })
    expect(board).toEqual({ intervalSeconds: 2, count: 12, columns: 10, rows: 2, tileWidth: 160, tileHeight: 90 })
    expect(await jpegSize(output)).toEqual({ width: 1600, height: 180 })
    const found = levels(output, board)
    expect(found.map((luma) => stepOf(luma, found[0] ?? 0))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  test('the storyboard of a short upright video keeps its shape', async () => {
    await renditions.remuxMp4({ ...order('for-short.mp4'), segments: segments('short') })
    const output = join(folder, 'short.jpg')
    const board = await renditions.storyboard({ input: join(folder, 'for-short.mp4'), output, durationSeconds: 5, signal })
    expect(board).toEqual({ intervalSeconds: 0.5, count: 10, columns: 10, rows: 1, tileWidth: 160, tileHeight: 284 })
    const found = levels(output, board)
    expect(found.map((luma) => stepOf(luma, found[0] ?? 0))).toEqual([0, 1, 1, 1, 1, 2, 2, 2, 2, 3])
  })

  test('a video with a single key frame has the same tile everywhere, not an empty one', async () => {
    await renditions.remuxMp4({ ...order('for-one.mp4'), segments: segments('one-key-frame') })
    const output = join(folder, 'one.jpg')
    const board = await renditions.storyboard({ input: join(folder, 'for-one.mp4'), output, durationSeconds: 24, signal })
    const found = levels(output, board)
    expect(found).toHaveLength(12)
    expect(new Set(found).size).toBe(1)
    expect(found[0]).toBeGreaterThan(20)
  })

  test.each([
    [0.03, { count: 1 }],
    [19.9, { intervalSeconds: 2, count: 10 }],
    [31, { intervalSeconds: 2, count: 16, columns: 10, rows: 2 }],
    [200, { intervalSeconds: 2, count: 100, rows: 10 }],
    [3600, { intervalSeconds: 36, count: 100 }],
  ])('a grid for %f s', (seconds, expected) => {
    const grid = storyboardGrid(seconds)
    expect(grid).toMatchObject(expected)
    expect(grid.count * grid.intervalSeconds).toBeGreaterThanOrEqual(seconds - 1e-6)
    expect((grid.count - 1) * grid.intervalSeconds).toBeLessThan(seconds)
  })
})
