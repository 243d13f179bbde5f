import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { openMixer } from '../../src/media/mix/mixer.ts'
import type { Stem } from '../../src/ports/media-tool.ts'
import {
  collect,
  type Finished,
  ffmpeg,
  ffprobe,
  finishOrder,
  makePicture,
  makeTone,
  media,
  rungBytes,
  smallLadder,
  workFolder,
} from './helpers/masters.ts'

const FPS = 30
const RATE = 48_000
const FIRST_SECONDS = 3.2
const SECOND_SECONDS = 4.7
const WHOLE_SECONDS = FIRST_SECONDS + SECOND_SECONDS

const work = await workFolder('finish')
afterAll(() => work.remove())
const [first, second, tone] = await Promise.all([
  makePicture(work.path('first.mp4'), { seconds: FIRST_SECONDS }),
  makePicture(work.path('second.mp4'), { seconds: SECOND_SECONDS + 1 }),
  makeTone(work.path('tone.pcm'), { seconds: WHOLE_SECONDS + 1 }),
])
const stems: Stem[] = [{ pcmPath: tone, role: 'own', startSeconds: 0, gainDb: 0 }]
const picture = (path: string) => ({ path, width: 320, height: 180, fps: FPS })
const firstOrder = finishOrder({ video: picture(first), durationSeconds: FIRST_SECONDS, final: false, stems })
const secondOrder = finishOrder({
  video: picture(second),
  startSeconds: FIRST_SECONDS,
  durationSeconds: SECOND_SECONDS,
  firstSegment: 2,
  stems,
})

const [one, two] = await Promise.all([collect(media.finish(firstOrder)), collect(media.finish(secondOrder))])
const initOf = (finished: Finished) => {
  if (!finished.init) throw new Error('there was no init segment')
  return finished.init
}
const whole = async (name: string, segments = [...one.segments, ...two.segments], file = `${name}.mp4`) => {
  await writeFile(work.path(file), rungBytes(name, initOf(one), segments))
  return work.path(file)
}

interface Packet {
  pts: number
  dts: number
  key: boolean
}
async function packets(path: string, stream: 'v' | 'a'): Promise<Packet[]> {
  const text = await ffprobe('-select_streams', `${stream}:0`, '-show_entries', 'packet=pts,dts,flags', '-of', 'csv=p=0', path)
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [pts, dts, flags] = line.split(',')
      return { pts: Number(pts), dts: Number(dts), key: flags?.startsWith('K') ?? false }
    })
}
async function decodedSound(path: string): Promise<Int16Array> {
  const { stdout } = await ffmpeg('-i', path, '-map', '0:a', '-f', 's16le', '-ac', '2', 'pipe:1')
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length))
}

describe('two stretches on one timeline', () => {
  it('are cut where ordered', () => {
    const cuts = [...one.segments, ...two.segments].map(({ index, startSeconds, durationSeconds }) =>
      [index, startSeconds, durationSeconds].map((n) => Math.round(n * 1e6) / 1e6),
    )
    expect(cuts).toEqual([
      [0, 0, 2],
      [1, 2, 1.2],
      [2, 3.2, 2],
      [3, 5.2, 2],
      [4, 7.2, 0.7],
    ])
    expect(one.segments.every(({ rungs }) => rungs.map(({ name }) => name).join() === '180p,90p')).toBe(true)
  })

  it('share one init segment and say what codecs they need', () => {
    expect(initOf(one)).toEqual(initOf(two))
    expect(initOf(one).rungs.map(({ codecs }) => codecs)).toEqual(
      smallLadder.map(() => expect.stringMatching(/^avc1\.6400[0-9a-f]{2},mp4a\.40\.2$/)),
    )
  })

  it.each(smallLadder.map(({ name }) => name))('decode in rung %s without a complaint, every frame once and in place', async (name) => {
    const path = await whole(name)
    const { stderr } = await ffmpeg('-xerror', '-i', path, '-f', 'null', '-')
    expect(stderr).toBe('')
    const video = await packets(path, 'v')
    const frames = Math.round(WHOLE_SECONDS * FPS)
    expect(video.map(({ pts }) => pts).toSorted((a, b) => a - b)).toEqual(Array.from({ length: frames }, (_, i) => i * 3_000))
    expect(video.map(({ dts }) => dts)).toEqual(Array.from({ length: frames }, (_, i) => i * 3_000))
    expect(video.flatMap(({ key, pts }) => (key ? [pts / 90_000] : []))).toEqual([0, 2, 3.2, 5.2, 7.2])
    const decoded = await ffprobe(
      '-select_streams',
      'v:0',
      '-count_frames',
      '-show_entries',
      'stream=nb_read_frames',
      '-of',
      'csv=p=0',
      path,
    )
    expect(Number(decoded)).toBe(frames)
  })

  it('carry sound frame after frame, to the end and not beyond one frame', async () => {
    const audio = await packets(await whole('180p'), 'a')
    expect(audio.map(({ pts }) => pts)).toEqual(Array.from({ length: Math.ceil((WHOLE_SECONDS * RATE) / 1_024) }, (_, i) => i * 1_024))
  })

  it('sound as one: no gap, no click at the joint', async () => {
    const heard = await decodedSound(await whole('180p'))
    await using mixer = await openMixer(stems)
    const ideal = await mixer.read(0, heard.length / 2)
    const errorIn = (fromSeconds: number, toSeconds: number) => {
      let worst = 0
      for (let i = Math.round(fromSeconds * RATE) * 2; i < Math.round(toSeconds * RATE) * 2; i++)
        worst = Math.max(worst, Math.abs((heard[i] ?? 0) - (ideal[i] ?? 0)))
      return worst
    }
    const usual = errorIn(1, 3)
    const atJoint = errorIn(FIRST_SECONDS - 0.1, FIRST_SECONDS + 0.1)
    // The tone has a peak of 4,096; AAC misses it by about 100 everywhere.
    expect(usual).toBeLessThan(250)
    expect(atJoint).toBeLessThan(Math.max(2 * usual, 150))
  })

  it('hand on every picture and every sample, before the segment that holds them', () => {
    for (const { finished, order } of [
      { finished: one, order: firstOrder },
      { finished: two, order: secondOrder },
    ]) {
      const frames = Math.round(order.durationSeconds * FPS)
      expect(finished.pictures.map(({ seconds }) => Math.round((seconds - order.startSeconds) * FPS))).toEqual(
        Array.from({ length: frames }, (_, i) => i),
      )
      let at = Math.round(order.startSeconds * RATE)
      for (const { seconds, pcm } of finished.sounds) {
        expect(Math.round(seconds * RATE)).toBe(at)
        at += pcm.length / 2
      }
      expect(at).toBe(Math.round((order.startSeconds + order.durationSeconds) * RATE))
      let seen = 0
      for (const piece of finished.order) {
        if (piece.kind === 'picture') seen = piece.seconds + 1 / FPS
        if (piece.kind === 'segment') expect(seen).toBeCloseTo(piece.startSeconds + piece.durationSeconds, 6)
      }
    }
  })
})

it('shows in grey what the picture shows, black as 0 and white as 255', async () => {
  const halves = work.path('halves.mp4')
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'color=black:s=320x180:r=30:d=0.5,drawbox=x=160:w=160:c=white:t=fill',
    '-pix_fmt',
    'yuv420p',
    `file:${halves}`,
  )
  const { pictures } = await collect(media.finish(finishOrder({ video: picture(halves), durationSeconds: 0.5 })))
  const { grey } = pictures.at(-1) ?? { grey: new Uint8Array() }
  expect(grey.length).toBe(160 * 90)
  expect(grey[45 * 160 + 40]).toBeLessThan(3)
  expect(grey[45 * 160 + 120]).toBeGreaterThan(252)
})

describe('whole pictures', () => {
  it('come twice a second from the first frame on, each behind its grey copy, in the size of the order', () => {
    const frames = two.stills.map(({ seconds }) => Math.round((seconds - FIRST_SECONDS) * FPS))
    expect(frames).toEqual(Array.from({ length: 10 }, (_, n) => n * 15))
    for (const [at, piece] of two.order.entries()) {
      if (piece.kind !== 'still') continue
      expect(two.order[at - 1]).toMatchObject({ kind: 'picture', seconds: piece.seconds })
      expect(piece.frame).toMatchObject({ width: 320, height: 180 })
      expect(piece.frame.yuv420p.length).toBe(320 * 180 * 1.5)
    }
  })

  it('show what FFmpeg decodes at their time', async () => {
    const nth = (n: number) => `select=eq(n\\,${n}),format=yuv420p`
    const { stdout } = await ffmpeg('-i', second, '-vf', nth(45), '-frames:v', '1', '-f', 'rawvideo', 'pipe:1')
    expect(two.stills[3] && Buffer.from(two.stills[3].frame.yuv420p).equals(stdout)).toBe(true)
  })

  it('lie on the first frame from their time on where the rate has no half second', async () => {
    const video = { ...picture(second), fps: 25 }
    const { stills } = await collect(media.finish(finishOrder({ video, durationSeconds: 1.6 })))
    expect(stills.map(({ seconds }) => Math.round(seconds * 25))).toEqual([0, 13, 25, 38])
  })

  it('come again for segments that are out', async () => {
    const again = await collect(media.finish({ ...firstOrder, releasedSegments: 1 }))
    expect(again.stills.map(({ seconds }) => seconds)).toEqual(one.stills.map(({ seconds }) => seconds))
  })
})

/** Bytes that differ from run to run (the encoder's threads see to that) are no matter; what is decoded must fit. */
describe('a finish that was killed', () => {
  it('goes on at the next segment as if nothing had happened', async () => {
    const rest = await collect(media.finish({ ...secondOrder, releasedSegments: 1 }))
    expect(rest.segments.map(({ index }) => index)).toEqual([3, 4])
    expect(rest.init).toEqual(two.init)
    expect(rest.pictures.length).toBe(two.pictures.length)
    expect(rest.sounds.length).toBe(two.sounds.length)
    const path = await whole('180p', [...one.segments, ...two.segments.slice(0, 1), ...rest.segments], 'resumed.mp4')
    expect((await ffmpeg('-xerror', '-i', path, '-f', 'null', '-')).stderr).toBe('')
    expect(await packets(path, 'v')).toEqual(await packets(await whole('180p'), 'v'))
    expect(await packets(path, 'a')).toEqual(await packets(await whole('180p'), 'a'))
    const [resumed, straight] = [await decodedSound(path), await decodedSound(await whole('180p'))]
    expect(resumed.length).toBe(straight.length)
    expect(resumed.reduce((worst, sample, i) => Math.max(worst, Math.abs(sample - (straight[i] ?? 0))), 0)).toBeLessThan(250)
    const similarity = await ffmpeg('-v', 'info', '-i', path, '-i', await whole('180p'), '-lavfi', '[0:v][1:v]ssim', '-f', 'null', '-')
    expect(Number(/All:([\d.]+)/.exec(similarity.stderr)?.[1])).toBeGreaterThan(0.98)
  })

  it('after its last segment only looks and listens again', async () => {
    const again = await collect(media.finish({ ...firstOrder, releasedSegments: 2 }))
    expect(again.segments).toEqual([])
    expect(again.pictures.length).toBe(Math.round(FIRST_SECONDS * FPS))
    expect(again.sounds.length).toBe(one.sounds.length)
  })
})

describe('the order and the master', () => {
  it('need not agree on rate, size or shape', async () => {
    const odd = await makePicture(work.path('odd.mp4'), { seconds: 1.5, fps: 24, size: '240x240' })
    const finished = await collect(media.finish(finishOrder({ video: picture(odd), durationSeconds: 1.5 })))
    expect(finished.pictures.length).toBe(45)
    const path = work.path('fitted.mp4')
    await writeFile(path, rungBytes('180p', initOf(finished), finished.segments))
    expect(
      await ffprobe('-show_entries', 'stream=width,height,sample_aspect_ratio,avg_frame_rate,color_space', '-of', 'csv=p=0', path),
    ).toBe('320,180,1:1,bt709,30/1\n')
  })

  it('may differ by a few frames: the last one stands still', async () => {
    const finished = await collect(media.finish({ ...firstOrder, durationSeconds: FIRST_SECONDS + 0.4, stems: [] }))
    expect(finished.pictures.length).toBe(108)
    expect(finished.pictures.at(-1)?.grey).toEqual(finished.pictures.at(-8)?.grey)
  })

  it('may not differ by more than half a second', async () => {
    const run = collect(media.finish({ ...firstOrder, durationSeconds: FIRST_SECONDS + 0.6, stems: [] }))
    await expect(run).rejects.toMatchObject({ code: 'media_unreadable', message: 'the picture ends after 3.20 s of 3.80 s' })
  })

  it('may not need an init segment other than the one players hold', async () => {
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    const publishedInits = initOf(one).rungs.map(({ name, bytes }) => ({ name, sha256: sha256(bytes) }))
    const short = { ...firstOrder, durationSeconds: 0.5, stems: [] }
    await expect(collect(media.finish({ ...short, stems, publishedInits }))).resolves.toBeDefined()
    await expect(collect(media.finish({ ...short, publishedInits }))).rejects.toMatchObject({ code: 'media_tool_failed', retry: 'never' })
  })

  it('must decode', async () => {
    const bytes = await readFile(second)
    const middle = Math.floor(bytes.length / 2)
    bytes.fill(0x55, middle, middle + 4_000)
    await writeFile(work.path('broken.mp4'), bytes)
    await expect(collect(media.finish({ ...secondOrder, video: picture(work.path('broken.mp4')) }))).rejects.toMatchObject({
      code: 'media_unreadable',
    })
  })
})

describe('sound only', () => {
  const rungs = [{ name: 'audio', width: null, height: null, videoBitsPerSecond: 0, audioBitsPerSecond: 96_000 }]

  it('is cut by the same rule and decodes to the whole', async () => {
    const finished = await collect(media.finish(finishOrder({ durationSeconds: 4.5, rungs, stems })))
    expect(finished.segments.map(({ startSeconds, durationSeconds }) => [startSeconds, durationSeconds])).toEqual([
      [0, 2],
      [2, 2],
      [4, 0.5],
    ])
    expect(initOf(finished).rungs[0]?.codecs).toBe('mp4a.40.2')
    expect(finished.pictures).toEqual([])
    const path = work.path('sound.mp4')
    await writeFile(path, rungBytes('audio', initOf(finished), finished.segments))
    const heard = await decodedSound(path)
    expect(heard.length / 2 / 1_024).toBe(Math.ceil((4.5 * RATE) / 1_024))
  })
})

describe('a finish that is no longer wanted', () => {
  it('ends with its signal', async () => {
    const stop = new AbortController()
    const pieces = media.finish({ ...secondOrder, signal: stop.signal })
    await pieces[Symbol.asyncIterator]().next()
    stop.abort(new Error('the lease is lost'))
    await expect(collect(pieces)).rejects.toThrow('the lease is lost')
  })

  it('leaves no process behind when its reader stops', async () => {
    const before = await children()
    const pieces = media.finish(secondOrder)
    for await (const piece of pieces) {
      if (piece.kind === 'picture') break
    }
    expect(await children()).toEqual(before)
  })
})

/** Processes this one has started. */
async function children(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,comm=', '--ppid', String(process.pid)])
  return stdout.split('\n').filter((line) => line.includes('ffmpeg'))
}
