import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ids } from '../../src/compose/ids.ts'
import type { AssetId } from '../../src/domain/ids.ts'
import type { Job } from '../../src/domain/job.ts'
import { AssetList, AssetView } from '../../src/wire/assets.ts'
import { JobView } from '../../src/wire/jobs.ts'
import { createWorld, request, type Served, type World } from './http-server.ts'
import { readEvents } from './sse-reader.ts'

let world: World
let server: Served

beforeAll(async () => {
  world = await createWorld()
  server = await world.serve()
})
afterAll(() => world.close())

/** A job with an asset of this many segments; `complete`: the last one ends the timeline. */
async function made(
  segments: number,
  { complete = false, ...change }: Parameters<World['submit']>[0] & { complete?: boolean } = {},
): Promise<{ job: Job; assetId: AssetId; bytes: Buffer[]; at: string }> {
  const job = await world.submit(change)
  const assetId = await world.begin(job)
  const bytes = []
  for (let index = 0; index < segments; index++) bytes.push(await world.release(job, assetId, index, complete && index === segments - 1))
  return { job, assetId, bytes, at: `${server.url}/v1/assets/${assetId}` }
}

/** Stores a file and adds it to the asset. */
async function addFile(job: Job, name: string, mimeType: string, body: Buffer): Promise<{ sha256: string }> {
  const { key: objectKey, sizeBytes, sha256 } = await world.objects.put(`jobs/${job.id}/${name}`, body, { mimeType })
  await world.change(job, (tx) => tx.addFiles([{ name, label: name, objectKey, mimeType, sizeBytes, sha256 }]))
  return { sha256 }
}

const failed = { class: 'quality', detail: 'The picture is black.', retry: 'reseed', charged: 'no' } as const
const codeOf = async (response: Response) => [response.status, (await response.json()).code]

/** A request whose path is sent exactly as written. */
async function raw(path: string): Promise<{ status: number; body: string }> {
  const [response] = (await once(httpRequest({ port: server.port, path }).end(), 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response) body += chunk
  return { status: response.statusCode ?? 0, body }
}

describe('files', () => {
  let at: string
  let etag: string
  const body = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))

  beforeAll(async () => {
    const { job, assetId } = await made(1)
    etag = `"${(await addFile(job, 'video.mp4', 'video/mp4', body)).sha256}"`
    at = `${server.url}/v1/assets/${assetId}/files/video.mp4`
  })

  it('whole, with all a player and a cache need', async () => {
    const response = await fetch(at)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '100000',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      etag,
    })
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
    expect((await fetch(`${at}?download`)).headers.get('content-disposition')).toBe('attachment; filename="video.mp4"')
  })

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-499', 0, 499],
    ['bytes=500-', 500, 99_999],
    ['bytes=-1', 99_999, 99_999],
    ['bytes=-200000', 0, 99_999],
    ['bytes=99999-99999', 99_999, 99_999],
    ['bytes=99000-200000', 99_000, 99_999],
  ])('%s', async (range, first, last) => {
    const response = await fetch(at, { headers: { range } })
    expect([response.status, response.headers.get('content-range'), response.headers.get('content-length')]).toEqual([
      206,
      `bytes ${first}-${last}/100000`,
      String(last - first + 1),
    ])
    expect(Buffer.from(await response.arrayBuffer()).equals(body.subarray(first, last + 1))).toBe(true)
  })

  it.each(['bytes=100000-', 'bytes=200000-300000', 'bytes=-0'])('%s lies outside', async (range) => {
    const response = await fetch(at, { headers: { range } })
    expect(response.headers.get('content-range')).toBe('bytes */100000')
    expect(response.headers.get('etag')).toBeNull()
    expect(await codeOf(response)).toEqual([416, 'range_not_satisfiable'])
  })

  it.each(['bytes=0-1,5-6', 'bytes=5-2', 'bytes=a-b', 'bytes=-', 'lines=0-5', 'bytes'])('%s gets the whole', async (range) => {
    const response = await fetch(at, { headers: { range } })
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 100_000])
  })

  it('If-None-Match and If-Range', async () => {
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await fetch(at, { headers: { 'if-none-match': tag } })
      expect([response.status, response.headers.get('etag'), (await response.arrayBuffer()).byteLength]).toEqual([304, etag, 0])
    }
    expect((await fetch(at, { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
    expect((await fetch(at, { headers: { range: 'bytes=0-1', 'if-range': etag } })).status).toBe(206)
    expect((await fetch(at, { headers: { range: 'bytes=0-1', 'if-range': '"stale"' } })).status).toBe(200)
  })

  it('HEAD says what GET would', async () => {
    const response = await fetch(at, { method: 'HEAD' })
    expect([response.status, response.headers.get('content-length'), response.headers.get('etag')]).toEqual([200, '100000', etag])
    const part = await fetch(at, { method: 'HEAD', headers: { range: 'bytes=1-3' } })
    expect([part.status, part.headers.get('content-length')]).toEqual([206, '3'])
    expect((await fetch(at.replace('video.mp4', 'gone.mp4'), { method: 'HEAD' })).status).toBe(404)
  })

  it('a reader that leaves in the middle does no harm', async () => {
    const abort = new AbortController()
    const response = await fetch(at, { signal: abort.signal })
    await response.body?.getReader().read()
    abort.abort()
    expect((await fetch(at)).status).toBe(200)
  })

  it('nothing outside an asset can be reached', async () => {
    const base = new URL(at).pathname.replace('/video.mp4', '')
    for (const path of [
      `${base}/../../../jobs`,
      `${base}/..%2f..%2f..%2fpackage.json`,
      `${base}/%2e%2e/video.mp4`,
      `${base}/..\\video.mp4`,
      `${base}/%00`,
      `${base}//etc/passwd`,
      `${base}/..`,
      `${base.replace('/files', '/hls')}/../files/video.mp4`,
      `${base.replace('/files', '/hls')}/..%2f720p/0.m4s`,
    ]) {
      const { status, body: text } = await raw(path)
      expect(status, path).toBe(404)
      expect(JSON.parse(text).code, path).toMatch(/^(not_found|file_not_found)$/)
    }
  })
})

describe('an asset in the making', () => {
  it('shows nothing before the gate opens, then what has passed', async () => {
    const { job, assetId, at } = await made(0)
    for (const path of ['/hls/master.m3u8', '/hls/720p/playlist.m3u8', '/hls/720p/init.mp4', '/hls/720p/0.m4s', '/files/captions.vtt']) {
      expect(await codeOf(await fetch(`${at}${path}`)), path).toEqual([404, 'file_not_found'])
    }
    expect(AssetView.parse(await (await fetch(at)).json())).toMatchObject({ state: 'making', playbackUrl: null, files: [] })

    const bytes = await world.release(job, assetId, 0)
    const view = AssetView.parse(await (await fetch(at)).json())
    expect(view).toMatchObject({ state: 'making', playbackUrl: `/v1/assets/${assetId}/hls/master.m3u8` })
    const master = await fetch(`${server.url}${view.playbackUrl}`)
    expect([master.headers.get('content-type'), master.headers.get('cache-control')]).toEqual(['application/vnd.apple.mpegurl', 'no-store'])
    const rungs = (await master.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    expect(rungs).toEqual(['720p/playlist.m3u8', '360p/playlist.m3u8'])
    for (const rung of rungs) {
      const address = new URL(rung, `${server.url}${view.playbackUrl}`)
      const playlist = await fetch(address)
      expect(playlist.headers.get('cache-control')).toBe('no-store')
      const text = await playlist.text()
      expect(text).not.toContain('ENDLIST')
      const [, init = ''] = text.match(/EXT-X-MAP:URI="([^"]+)"/) ?? []
      expect(await (await fetch(new URL(init, address))).text()).toBe(`init of ${rung.split('/')[0]}`)
      const segments = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      expect(segments).toEqual(['0.m4s'])
      const segment = await fetch(new URL('0.m4s', address))
      expect([segment.headers.get('cache-control'), segment.headers.get('content-type')]).toEqual([
        'private, max-age=31536000, immutable',
        'video/mp4',
      ])
      expect(Buffer.from(await segment.arrayBuffer()).equals(bytes)).toBe(true)
      expect((await fetch(new URL('0.m4s', address), { headers: { range: 'bytes=10-19' } })).status).toBe(206)
    }
    for (const path of ['/hls/720p/1.m4s', '/hls/720p/x.m4s', '/hls/480p/0.m4s', '/hls/480p/playlist.m3u8', '/hls/480p/init.mp4'])
      expect(await codeOf(await fetch(`${at}${path}`)), path).toEqual([404, 'file_not_found'])

    const captions = await fetch(`${at}/files/captions.vtt`)
    expect([captions.headers.get('content-type'), captions.headers.get('cache-control')]).toEqual(['text/vtt; charset=utf-8', 'no-store'])
    expect(await captions.text()).toMatch(/^WEBVTT\n[\s\S]*A bell rings\./)
  })

  it('the last segment and the end of the list are one write', async () => {
    const { job, assetId, at } = await made(1)
    await world.release(job, assetId, 1, true)
    expect(await (await fetch(`${at}/hls/360p/playlist.m3u8`)).text()).toMatch(/1\.m4s\n#EXT-X-ENDLIST\n$/)
  })

  it('complete, the same address ends', async () => {
    const { job, at } = await made(2, { complete: true })
    await world.change(job, (tx) => tx.succeed())
    const playlist = await fetch(`${at}/hls/360p/playlist.m3u8`)
    expect(playlist.headers.get('cache-control')).toBe('private, max-age=60')
    expect(await playlist.text()).toMatch(/1\.m4s\n#EXT-X-ENDLIST\n$/)
    expect(AssetList.parse(await (await fetch(`${server.url}/v1/assets?limit=1`)).json()).assets[0]?.state).toBe('ready')
  })

  it('with gate `asset` nothing is served until all has passed, also not by address', async () => {
    const { job, assetId, at } = await made(2, { complete: true, policy: { ...request.policy, gate: 'asset' } })
    await addFile(job, 'poster.jpg', 'image/jpeg', Buffer.from('jpeg'))
    for (const path of [
      '/hls/master.m3u8',
      '/hls/720p/playlist.m3u8',
      '/hls/720p/playlist.m3u8?_HLS_msn=0',
      '/hls/720p/init.mp4',
      '/hls/720p/0.m4s',
      '/files/captions.vtt',
      '/files/poster.jpg',
    ]) {
      expect(await codeOf(await fetch(`${at}${path}`)), path).toEqual([404, 'file_not_found'])
    }
    expect(JobView.parse(await (await fetch(`${server.url}/v1/jobs/${job.id}`)).json())).toMatchObject({
      playable: false,
      playback: null,
      assetId,
    })
    await world.change(job, (tx) => tx.succeed())
    for (const path of ['/hls/master.m3u8', '/hls/720p/playlist.m3u8', '/hls/720p/0.m4s', '/files/poster.jpg'])
      expect((await fetch(`${at}${path}`)).status, path).toBe(200)
  })

  it('cut short, what was shown stays and ends there', async () => {
    const { job, at } = await made(2)
    await world.change(job, (tx) => tx.end('failed', failed))
    expect(await (await fetch(`${at}/hls/720p/playlist.m3u8`)).text()).toMatch(/1\.m4s\n#EXT-X-ENDLIST\n$/)
    const view = JobView.parse(await (await fetch(`${server.url}/v1/jobs/${job.id}`)).json())
    expect(view).toMatchObject({ state: 'failed', playable: true, playback: { readySeconds: 4 }, outcome: failed })
    await world.change(job, (tx) => tx.discardAsset('Its time was over.'))
    for (const path of ['', '/hls/master.m3u8', '/hls/720p/0.m4s', '/files/captions.vtt']) {
      const problem = await (await fetch(`${at}${path}`)).json()
      expect(problem).toMatchObject({ status: 404, code: 'asset_not_found', detail: expect.stringContaining('Its time was over.') })
    }
  })

  it('one that never showed anything is gone', async () => {
    const { job, at } = await made(0)
    await world.change(job, (tx) => tx.end('failed', failed))
    expect(await codeOf(await fetch(at))).toEqual([404, 'asset_not_found'])
    expect(await codeOf(await fetch(`${server.url}/v1/assets/${ids.next('ast')}`))).toEqual([404, 'asset_not_found'])
  })
})

describe('blocking reload', () => {
  it('is held until the segment is there', async () => {
    const { job, assetId, at } = await made(1)
    let answered = false
    const held = fetch(`${at}/hls/720p/playlist.m3u8?_HLS_msn=1`).then(async (response) => {
      answered = true
      return response.text()
    })
    await expect.poll(() => server.hub.watched).toBe(1)
    await world.change(job, (tx) => tx.notice('still at it'))
    await world.change(job, (tx) => tx.notice(null))
    expect(answered).toBe(false)
    await world.release(job, assetId, 1)
    expect(await held).toContain('1.m4s')
    expect(server.hub.watched).toBe(0)
  })

  it('is answered when the asset ends, and at once when it is there', async () => {
    const { job, at } = await made(1)
    expect(await (await fetch(`${at}/hls/720p/playlist.m3u8?_HLS_msn=0`)).text()).toContain('0.m4s')
    const held = fetch(`${at}/hls/720p/playlist.m3u8?_HLS_msn=1`)
    await expect.poll(() => server.hub.watched).toBe(1)
    await world.change(job, (tx) => tx.end('failed', failed))
    expect(await (await held).text()).toContain('ENDLIST')
  })

  it('after six seconds there is what there is', async () => {
    const { at } = await made(1)
    const text = await (await fetch(`${at}/hls/720p/playlist.m3u8?_HLS_msn=7`)).text()
    expect(text).toMatch(/0\.m4s\n$/)
  })

  it('lets go of a reader that left', async () => {
    const { at } = await made(1)
    const abort = new AbortController()
    const held = fetch(`${at}/hls/720p/playlist.m3u8?_HLS_msn=1`, { signal: abort.signal })
    await expect.poll(() => server.hub.watched).toBe(1)
    abort.abort()
    await expect(held).rejects.toThrow()
    await expect.poll(() => server.hub.watched).toBe(0)
  })
})

describe('previews', () => {
  it('the pictures of a running job, each under its number', async () => {
    const { job } = await made(0)
    const stream = await readEvents(`${server.url}/v1/jobs/${job.id}/events`)
    onTestFinished(() => stream.cut())
    for (const seq of [100, 250]) {
      const { key: objectKey } = await world.objects.put(`jobs/${job.id}/previews/${seq}.jpg`, Buffer.from(`picture ${seq}`), {
        mimeType: 'image/jpeg',
      })
      await world.change(job, (tx) => tx.preview({ kind: 'image', objectKey, seq, alt: 'A bell' }))
    }
    await stream.until(() => stream.messages.filter(({ event }) => event === 'preview').length === 2)
    for (const { message } of stream.messages.filter(({ event }) => event === 'preview')) {
      if (message.type !== 'preview') throw new Error('not a preview')
      const response = await fetch(`${server.url}${message.data.url}`)
      expect([response.headers.get('content-type'), await response.text()]).toEqual(['image/jpeg', `picture ${message.data.seq}`])
    }
    for (const file of ['251.jpg', 'x.jpg', '..%2f720p%2finit.mp4', '250.png'])
      expect((await fetch(`${server.url}/v1/jobs/${job.id}/previews/${file}`)).status).toBe(404)
  })
})
