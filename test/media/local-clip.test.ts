import { execFile, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Scene } from '../../src/domain/generate.ts'
import { drawClip } from '../../src/drivers/provider/local/clip/draw-clip.ts'
import { drawKeyframes } from '../../src/drivers/provider/local/clip/draw-keyframes.ts'
import { encodeFrames } from '../../src/drivers/provider/local/clip/encode.ts'
import { createLocalPlanner } from '../../src/drivers/provider/local/plan/planner.ts'
import { ffmpeg, ffprobe, media, paths, unaborted, workFolder } from './helpers/masters.ts'

const execute = promisify(execFile)
const watch = { signal: unaborted, progress: () => {} }
const GREY = { width: 160, height: 90 }
/** -60 dB of full scale, the mean difference below which two frames count as the same. */
const FREEZE_LEVELS = 0.255

let work: Awaited<ReturnType<typeof workFolder>>
beforeAll(async () => {
  work = await workFolder('local-clip')
})
afterAll(() => work.remove())

async function greyFrames(path: string): Promise<Buffer[]> {
  const { stdout } = await ffmpeg('-i', path, '-vf', `scale=${GREY.width}:${GREY.height}:flags=area,format=gray`, '-f', 'rawvideo', '-')
  const size = GREY.width * GREY.height
  return Array.from({ length: stdout.length / size }, (_, n) => stdout.subarray(n * size, (n + 1) * size))
}

const mean = (frame: Buffer): number => frame.reduce((sum, value) => sum + value, 0) / frame.length
const difference = (a: Buffer, b: Buffer): number => a.reduce((sum, value, n) => sum + Math.abs(value - (b[n] as number)), 0) / a.length

/** The longest time, in frames, in which no frame differs from the one before. */
function longestStill(frames: Buffer[]): number {
  let longest = 0
  let still = 0
  for (const [n, frame] of frames.slice(1).entries()) {
    still = difference(frames[n] as Buffer, frame) < FREEZE_LEVELS ? still + 1 : 0
    longest = Math.max(longest, still)
  }
  return longest
}

/** The longest time, in frames, that a frame stays like it was: FFmpeg's freezedetect. */
function longestFreeze(frames: Buffer[]): number {
  let longest = 0
  let from = 0
  for (const [n, frame] of frames.entries()) {
    if (difference(frames[from] as Buffer, frame) > FREEZE_LEVELS) from = n
    longest = Math.max(longest, n - from)
  }
  return longest
}

const scene: Scene = { layout: 'title', headline: 'Solar passes coal', lines: [], figures: [], index: 0, count: 3, hue: 255 }
const order = { kind: 'video' as const, prompt: '', seed: 1 }

describe('a clip', () => {
  test.each([
    { durationSeconds: 2, fps: 30, width: 640, height: 360 },
    { durationSeconds: 1.5, fps: 25, width: 360, height: 640 },
    { durationSeconds: 0.7, fps: 60, width: 320, height: 320 },
  ])('has exactly the frames ordered, in the size and colours ordered, and no sound: %j', async (size) => {
    const path = work.path(`clip-${size.fps}.mp4`)
    const bytes = await drawClip({ ...order, ...size, scene }, { ffmpegPath: paths.ffmpegPath, path }, watch)
    const { streams, format } = JSON.parse(await ffprobe('-count_frames', '-show_streams', '-show_format', '-of', 'json', path)) as {
      streams: Record<string, string | number>[]
      format: { size: string }
    }
    expect(streams).toHaveLength(1)
    expect(streams[0]).toMatchObject({
      codec_name: 'h264',
      width: size.width,
      height: size.height,
      pix_fmt: 'yuv420p',
      r_frame_rate: `${size.fps}/1`,
      color_space: 'bt709',
      color_range: 'tv',
      nb_read_frames: String(Math.round(size.durationSeconds * size.fps)),
    })
    expect(Number(format.size)).toBe(bytes)
    expect((await media.probe(path, unaborted)).video?.fps).toBeCloseTo(size.fps, 3)
  })

  test('white stays white and the ground keeps its colour through the encoder', async () => {
    const encoder = encodeFrames({ ffmpegPath: paths.ffmpegPath, path: work.path('flat.mp4'), width: 64, height: 64, fps: 10 })
    const pixels = Buffer.alloc(64 * 64 * 4)
    for (let n = 0; n < 64 * 64; n++) pixels.set(n % 64 < 32 ? [255, 255, 255, 255] : [230, 80, 30, 255], 4 * n)
    for (let frame = 0; frame < 5; frame++) await encoder.write(pixels)
    await encoder.end()
    const { stdout } = await ffmpeg(
      '-i',
      work.path('flat.mp4'),
      '-vf',
      'scale=in_color_matrix=bt709:in_range=tv',
      '-frames:v',
      '1',
      '-pix_fmt',
      'rgb24',
      '-f',
      'rawvideo',
      '-',
    )
    const at = (x: number): number[] => [...stdout.subarray(3 * (32 * 64 + x), 3 * (32 * 64 + x) + 3)]
    for (const [x, colour] of [
      [10, [255, 255, 255]],
      [52, [230, 80, 30]],
    ] as const) {
      for (const [n, value] of at(x).entries()) expect(Math.abs(value - (colour[n] as number)), `${at(x)}`).toBeLessThan(7)
    }
  })

  test('given up, it leaves no FFmpeg behind', async () => {
    const stop = new AbortController()
    const marked = work.path('given-up.mp4')
    const drawing = drawClip(
      { ...order, durationSeconds: 60, fps: 30, width: 320, height: 180, scene },
      { ffmpegPath: paths.ffmpegPath, path: marked },
      {
        signal: stop.signal,
        progress: () => stop.abort(),
      },
    )
    await expect(drawing).rejects.toThrow()
    const running = async (): Promise<boolean> => (await execute('ps', ['-eo', 'args'])).stdout.includes(`file:${marked}`)
    while (await running()) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  test('an FFmpeg that dies in the middle is told with its name', async () => {
    const encoder = encodeFrames({ ffmpegPath: paths.ffmpegPath, path: '/nowhere/at-all.mp4', width: 64, height: 64, fps: 10 })
    const write = async (): Promise<void> => {
      for (;;) await encoder.write(Buffer.alloc(64 * 64 * 4))
    }
    await expect(write()).rejects.toMatchObject({ code: 'media_tool_failed', message: expect.stringMatching(/No such file/) })
  })

  test('a full disk is said as such', async ({ skip }) => {
    const folder = work.path('small')
    try {
      await execute('mkdir', [folder])
      await execute('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', folder])
    } catch (error) {
      const reason = `needs a small file system, and mounting one failed: ${String(error)}`
      process.stderr.write(`skipped: ${reason}\n`)
      return skip(reason)
    }
    try {
      const drawing = drawClip(
        { ...order, durationSeconds: 4, fps: 30, width: 640, height: 360, scene },
        { ffmpegPath: paths.ffmpegPath, path: `${folder}/clip.mp4` },
        watch,
      )
      await expect(drawing).rejects.toMatchObject({ code: 'storage_full', retry: 'same' })
    } finally {
      await execute('umount', ['-l', folder])
    }
  })
})

describe('a whole presentation', () => {
  test('is never black, never frozen, and flows from scene to scene without a flash', async () => {
    const text = await readFile(new URL('../../examples/solar-passes-coal.txt', import.meta.url), 'utf8')
    const { scenes } = createLocalPlanner().plan({ text, durationSeconds: 30, seed: 7 })
    const frames: Buffer[] = []
    const joints: number[] = []
    for (const [n, planned] of scenes.entries()) {
      const path = work.path(`scene-${n}.mp4`)
      await drawClip(
        { ...order, durationSeconds: planned.estimatedSeconds, fps: 30, width: 320, height: 180, scene: planned.scene },
        { ffmpegPath: paths.ffmpegPath, path },
        watch,
      )
      frames.push(...(await greyFrames(path)))
      joints.push(frames.length)
    }
    const brightness = frames.map(mean)
    expect(Math.min(...brightness)).toBeGreaterThan(30)
    expect(Math.max(...brightness)).toBeLessThan(160)
    expect(longestStill(frames), 'frames like the one before').toBeLessThan(60)
    expect(longestFreeze(frames), 'frames like an earlier one').toBeLessThan(10)
    for (const joint of joints.slice(0, -1))
      expect(difference(frames[joint - 1] as Buffer, frames[joint] as Buffer), `joint at ${joint}`).toBeLessThan(8)
    for (const [n, frame] of frames.slice(1).entries()) expect(difference(frames[n] as Buffer, frame), `frame ${n + 1}`).toBeLessThan(12)
  })

  test.each([30, 60])('a long, finished scene still moves at %i fps', async (fps) => {
    const path = work.path(`long-${fps}.mp4`)
    const still: Scene = { ...scene, layout: 'statement', headline: 'Nothing more comes', index: 1 }
    await drawClip(
      { ...order, durationSeconds: 14, fps, width: 320, height: 180, scene: still },
      { ffmpegPath: paths.ffmpegPath, path },
      watch,
    )
    const frames = await greyFrames(path)
    expect(longestFreeze(frames)).toBeLessThan(fps / 3)
  })
})

describe('a clip of a bare prompt', () => {
  test.each([
    'A quiet harbour at dawn',
    'x',
    'word '.repeat(120),
    'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
    '😀',
    'Тихая гавань',
  ])('moves and is lit: %j', async (prompt) => {
    const path = work.path('prompt.mp4')
    await drawClip(
      { ...order, prompt, durationSeconds: 3, fps: 30, width: 320, height: 180 },
      { ffmpegPath: paths.ffmpegPath, path },
      watch,
    )
    const frames = await greyFrames(path)
    expect(frames).toHaveLength(90)
    expect(Math.min(...frames.map(mean))).toBeGreaterThan(30)
    expect(longestFreeze(frames)).toBeLessThan(10)
  })
})

test('keyframes: one JPEG per scene, in order, each with its content revealed', async () => {
  const scenes: Scene[] = [scene, { ...scene, layout: 'bullets', headline: 'Causes', lines: ['One', 'Two', 'Three'], index: 1 }]
  const stills: Uint8Array[] = []
  for await (const still of drawKeyframes({ kind: 'keyframes', scenes, width: 640, height: 360, seed: 1 }, watch)) stills.push(still)
  expect(stills).toHaveLength(2)
  for (const still of stills) {
    const child = spawn(paths.ffprobePath, [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name,width,height',
      '-of',
      'csv=p=0',
      '-i',
      'pipe:0',
    ])
    child.stdin.end(still)
    expect((await new Response(child.stdout as never).text()).trim()).toBe('mjpeg,640,360')
  }
  expect(Buffer.from(stills[0] as Uint8Array).equals(stills[1] as Uint8Array)).toBe(false)
  expect((await readdir(work.folder)).length).toBeGreaterThan(0)
})
