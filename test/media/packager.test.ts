import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { createFragmentReader, type ReadSample } from '../../src/media/packager/fmp4/fragment-reader.ts'
import { codecsOf, initSegment } from '../../src/media/packager/fmp4/init-segment.ts'
import { mediaSegment } from '../../src/media/packager/fmp4/media-segment.ts'
import { ffmpeg, ffprobe, workFolder } from './helpers/masters.ts'

const work = await workFolder('packager')
afterAll(() => work.remove())

/** With frames out of order, which our own encoder leaves out: the format must hold them all the same. */
const source = work.path('source.mp4')
const args = ['-bf', '2', '-g', '15', '-video_track_timescale', '90000', '-movflags', 'empty_moov+default_base_moof+frag_every_frame']
await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30:d=1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', ...args, `file:${source}`)
const bytes = await readFile(source)

function readAll(chunkBytes: number): { samples: ReadSample[]; header: { timescale: number; avcC: Uint8Array } } {
  const reader = createFragmentReader()
  const samples: ReadSample[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) samples.push(...reader.push(bytes.subarray(at, at + chunkBytes)))
  return { samples, header: reader.header() }
}

describe('what FFmpeg writes', () => {
  it('is read frame by frame, however it is cut', () => {
    const whole = readAll(bytes.length)
    expect(whole.header.timescale).toBe(90_000)
    expect(whole.samples.length).toBe(30)
    expect(whole.samples.flatMap(({ sync }, i) => (sync ? [i] : []))).toEqual([0, 15])
    const shown = whole.samples.map(({ presentationTime }) => presentationTime)
    expect(shown.toSorted((a, b) => a - b)).not.toEqual(shown)
    for (const chunkBytes of [1, 7, 1_000]) expect(readAll(chunkBytes).samples).toEqual(whole.samples)
  })

  it('that is cut off or no MP4 at all is not taken for frames', () => {
    const reader = createFragmentReader()
    expect(() => reader.header()).toThrow('no header')
    expect(() => reader.push(new Uint8Array(16))).toThrow('a box of 0 bytes')
  })
})

describe('what we write', () => {
  const { samples, header } = readAll(bytes.length)
  const video = { width: 320, height: 180, timescale: 90_000, avcC: header.avcC }
  const origin = samples[0]?.presentationTime ?? 0
  const segment = (from: number, to: number) =>
    mediaSegment({
      sequence: 1,
      video: {
        decodeTime: from * 3_000,
        samples: samples.slice(from, to).map((sample, i) => ({
          bytes: sample.bytes,
          duration: 3_000,
          compositionOffset: sample.presentationTime - origin - (from + i) * 3_000,
          sync: sample.sync,
        })),
      },
      audio: null,
    })

  it('decodes to the same pictures in the same order, with offsets below zero', async () => {
    const ours = work.path('ours.mp4')
    await writeFile(ours, Buffer.concat([initSegment({ video, audio: null }), segment(0, 15), segment(15, 30)]))
    const hashes = async (path: string) => {
      const { stdout } = await ffmpeg('-i', path, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1')
      return [...stdout.toString().matchAll(/[0-9a-f]{32}/g)].map(([hash]) => hash)
    }
    expect(await hashes(ours)).toEqual(await hashes(source))
    expect((await hashes(ours)).length).toBe(30)
  })

  it('says which codec it is and how colours are meant', async () => {
    const ours = work.path('tags.mp4')
    await writeFile(ours, Buffer.concat([initSegment({ video, audio: null }), segment(0, 15)]))
    expect(codecsOf({ video, audio: { bitsPerSecond: 1 } })).toMatch(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/)
    expect(await ffprobe('-show_entries', 'stream=codec_name,color_primaries,time_base', '-of', 'csv=p=0', ours)).toBe(
      'h264,bt709,1/90000\n',
    )
  })

  it('depends on nothing but its arguments', () => {
    const audio = { bitsPerSecond: 128_000 }
    expect(initSegment({ video, audio })).toEqual(initSegment({ video, audio }))
  })

  it('puts a time far out in 64 bits', () => {
    const far = mediaSegment({
      sequence: 1,
      video: null,
      audio: { decodeTime: 2 ** 33 + 5, samples: [{ bytes: new Uint8Array(3), duration: 1_024, compositionOffset: 0, sync: true }] },
    })
    const at = Buffer.from(far).indexOf('tfdt')
    expect(Buffer.from(far).readBigUInt64BE(at + 8)).toBe(2n ** 33n + 5n)
  })
})
