import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32, deflateSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { findOnPath } from '../../src/media/ffmpeg/locate.ts'
import { createMediaTool } from '../../src/media/media-tool.ts'
import { collect, ffmpeg, finishOrder, makePicture, media, paths, quiet, unaborted, workFolder } from './helpers/masters.ts'

const work = await workFolder('hostile')
const visited: string[] = []
const server = createServer((request, response) => {
  visited.push(request.url ?? '')
  response.end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
afterAll(async () => {
  server.close()
  await work.remove()
})
const secret = await makePicture(work.path('secret.mp4'), { seconds: 1 })

/** Lists that FFmpeg recognises by content, whatever their name. */
const lists: Record<string, string> = {
  HLS: `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${address}/a.mp4\n#EXTINF:1,\n${secret}\n#EXT-X-ENDLIST\n`,
  DASH: `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S" minBufferTime="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" width="320" height="180" codecs="avc1.64001f"><BaseURL>${address}/dash.mp4</BaseURL><SegmentBase/></Representation></AdaptationSet></Period></MPD>`,
  concat: `ffconcat version 1.0\nfile 'secret.mp4'\n`,
}

describe.each(Object.keys(lists))('a %s list called .mp4', (kind) => {
  const path = work.path(`${kind}.mp4`)

  it('is refused by everything that reads a master, and nothing it names is opened', async () => {
    await writeFile(path, lists[kind] ?? '')
    const unreadable = { code: 'media_unreadable' }
    await expect(media.probe(path, unaborted)).rejects.toMatchObject(unreadable)
    await expect(media.decodeAudio({ input: path, pcmPath: work.path('out.pcm'), signal: unaborted })).rejects.toMatchObject(unreadable)
    const order = finishOrder({ video: { path, width: 320, height: 180, fps: 30 } })
    await expect(collect(media.finish(order))).rejects.toMatchObject(unreadable)
    await expect(media.poster({ input: path, output: work.path('out.jpg'), atSeconds: 0, signal: unaborted })).rejects.toMatchObject(
      unreadable,
    )
    expect(visited).toEqual([])
  })
})

it('a concat list called .mp4 is read by a plain FFmpeg: the refusal is ours', async () => {
  await writeFile(work.path('plain.mp4'), lists.concat ?? '')
  expect((await ffmpeg('-i', work.path('plain.mp4'), '-f', 'null', '-')).stderr).toBe('')
})

it('a still of 16,000 x 16,000 pixels is refused before it is decoded', async () => {
  const bomb = work.path('bomb.png')
  await writeFile(bomb, blackPng(16_000))
  const small = work.path('small.png')
  await writeFile(small, blackPng(160))
  expect((await media.probe(small, unaborted)).video).toMatchObject({ width: 160, height: 160 })
  await expect(media.probe(bomb, unaborted)).rejects.toMatchObject({ code: 'media_unreadable' })
  await expect(media.poster({ input: bomb, output: work.path('bomb.jpg'), atSeconds: 0, signal: unaborted })).rejects.toMatchObject({
    code: 'media_unreadable',
  })
})

it('a file name is never an option or a protocol', async () => {
  const odd = work.path('-i concat:x|y.mp4')
  await writeFile(odd, await readFile(secret))
  expect((await media.probe(odd, unaborted)).video).toMatchObject({ width: 320, height: 180, frames: 30 })
})

it('without FFmpeg everything says how to get it', async () => {
  const absent = createMediaTool({ ffmpegPath: work.path('ffmpeg'), ffprobePath: work.path('ffprobe'), sandbox: 'off', log: quiet })
  const missing = { code: 'media_tool_missing', fix: expect.stringContaining('Install FFmpeg') }
  await expect(absent.probe(secret, unaborted)).rejects.toMatchObject(missing)
  await expect(collect(absent.finish(finishOrder({ video: { path: secret, width: 320, height: 180, fps: 30 } })))).rejects.toMatchObject(
    missing,
  )
  await expect(absent.versions()).rejects.toMatchObject(missing)
})

const bwrap = await findOnPath('bwrap')
describe(`under bubblewrap${bwrap ? '' : ' (skipped: bwrap is not installed)'}`, () => {
  it.skipIf(!bwrap)('a finish gives the same as without', async () => {
    const jailed = createMediaTool({ ...paths, sandbox: 'auto', log: quiet })
    const order = finishOrder({ video: { path: secret, width: 320, height: 180, fps: 30 } })
    const [free, confined] = [await collect(media.finish(order)), await collect(jailed.finish(order))]
    expect(confined.init).toEqual(free.init)
    expect(confined.pictures).toEqual(free.pictures)
    const probe = await jailed.probe(secret, unaborted)
    expect(probe).toEqual(await media.probe(secret, unaborted))
    await jailed.poster({ input: secret, output: work.path('jailed.jpg'), atSeconds: 0.5, signal: unaborted })
    expect((await readFile(work.path('jailed.jpg'))).readUInt16BE(0)).toBe(0xff_d8)
  })
})

/** A square PNG of one bit a pixel: a few kilobytes, whatever its size. */
function blackPng(side: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
  head.writeUInt32BE(side)
  head.writeUInt32BE(side, 4)
  const rows = deflateSync(Buffer.alloc(side * (1 + side / 8)), { level: 1 })
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
