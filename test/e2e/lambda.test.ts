import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { examineTranscoder } from '../../src/compose/examine-transcoder.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import { createScratch } from '../../src/drivers/objects/fs/scratch.ts'
import { type Bucket, connectTo } from '../../src/drivers/objects/s3/bucket.ts'
import { createS3Objects, type S3Objects } from '../../src/drivers/objects/s3/driver.ts'
import { createLambdaTranscoder, type LambdaTranscoder } from '../../src/drivers/transcode/lambda/driver.ts'
import { createFunctionClient } from '../../src/drivers/transcode/lambda/function-client.ts'
import { createMediaTool } from '../../src/media/media-tool.ts'
import type { FinishOrder, FinishPiece } from '../../src/ports/media-tool.ts'
import type { AssetView } from '../../src/wire/assets.ts'
import type { EventPage } from '../../src/wire/events.ts'
import type { ReportView } from '../../src/wire/jobs.ts'
import { type LambdaServer, startLambdaServer, whyNoLambda } from '../contract/lambda-server.ts'
import { type S3Server, startS3Server, whyNoS3Server } from '../contract/s3-server.ts'
import { eventually } from '../helpers/eventually.ts'
import { type ScriptedProvider, scriptedProvider } from '../helpers/scripted-provider.ts'
import { finishOrder, makePicture, makeTone, paths, quiet } from '../media/helpers/masters.ts'
import { launchBrowser } from './helpers/browser.ts'

const run = promisify(execFile)
const missing = (await whyNoS3Server()) ?? whyNoLambda()
if (missing) process.stderr.write(`skipped: encoding in Lambda is not tested: ${missing}\n`)

const SECONDS = 30
const FPS = 24
const FRAMES = SECONDS * FPS
/** Bits of a frame's number, each a box of this size at the top of the picture: white is 1. */
const BITS = 10
const BOX = 40
const INVOCATIONS = 3
const CONCURRENCY = 2
/** 15 segments of 2 s. */
const CHUNKS = 5

/** A moving picture whose every frame says which it is, with a tone. */
async function makeNumberedClip(path: string): Promise<void> {
  const boxes = Array.from({ length: BITS }, (_, bit) => {
    const place = `x=${bit * BOX}:y=0:w=${BOX}:h=${BOX}:t=fill`
    return `drawbox=${place}:c=black,drawbox=${place}:c=white:enable='mod(floor(n/${2 ** bit}),2)'`
  })
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=s=854x480:r=${FPS}:d=${SECONDS}`],
    ...[
      '-f',
      'lavfi',
      '-i',
      `sine=f=330:r=48000:d=${SECONDS},volume=-6dB`,
      '-vf',
      boxes.join(','),
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
    ],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', path],
  ])
}

/** The numbers its frames have, as they are decoded one after the other. */
async function numbersOf(path: string, height: number): Promise<number[]> {
  const box = (BOX * height) / 480
  const look = `crop=${BITS * box}:${box}:0:0,scale=${BITS}:1:flags=area,format=gray`
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-xerror',
    '-i',
    path,
    '-map',
    '0:v',
    '-fps_mode',
    'passthrough',
    '-vf',
    look,
    '-f',
    'rawvideo',
    'pipe:1',
  ]
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 2 ** 24 })
  return Array.from({ length: stdout.length / BITS }, (_, frame) =>
    stdout.subarray(frame * BITS, (frame + 1) * BITS).reduce((sum, level, bit) => sum + (level > 128 ? 2 ** bit : 0), 0),
  )
}

describe.skipIf(missing)('a ladder encoded in Lambda', () => {
  let folder: string
  let s3: S3Server
  let lambda: LambdaServer
  let here: App
  let away: App
  let hereMaker: ScriptedProvider
  let awayMaker: ScriptedProvider

  const bucket = (): Bucket => ({ name: 'sluice', prefix: 'house/', endpoint: s3.endpoint, region: undefined, keys: s3 })
  const lambdaEnv = () => ({
    SLUICE_TRANSCODE: 'lambda',
    SLUICE_LAMBDA_FUNCTION: 'encode',
    SLUICE_LAMBDA_ENDPOINT: lambda.endpoint,
    SLUICE_LAMBDA_SLOTS: String(INVOCATIONS),
  })
  const s3Env = () => ({
    SLUICE_S3_BUCKET: 'sluice',
    SLUICE_S3_PREFIX: 'house',
    SLUICE_S3_ENDPOINT: s3.endpoint,
    SLUICE_S3_ACCESS_KEY: s3.accessKey,
    SLUICE_S3_SECRET_KEY: s3.secretKey,
  })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-lambda-'))
    const clip = join(folder, 'clip.mp4')
    const taskRoot = join(folder, 'task')
    await Promise.all([mkdir(join(folder, 'takes')), mkdir(taskRoot)])
    ;[s3] = await Promise.all([startS3Server(), makeNumberedClip(clip)])
    const client = connectTo(bucket(), { sockets: 2, idleMs: 20_000 })
    await client.send(new CreateBucketCommand({ Bucket: 'sluice' }))
    client.destroy()

    // As in the image, where the sources are compiled: a module of the package, found by the runtime under its name.
    const handler = new URL('../../src/lambda/handler.ts', import.meta.url)
    await writeFile(join(taskRoot, 'package.json'), '{ "type": "module" }')
    await writeFile(join(taskRoot, 'handler.js'), `export { handler } from ${JSON.stringify(handler.href)}\n`)
    lambda = await startLambdaServer({
      name: 'encode',
      taskRoot,
      handler: 'handler.handler',
      env: { ...s3Env(), SLUICE_LOG: 'debug' },
      timeoutSeconds: 120,
      concurrency: CONCURRENCY,
    })
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'tests')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'tests')

    const start = (name: string, env: Record<string, string>, provider: ScriptedProvider) => {
      const config = loadConfig({ SLUICE_DATA: join(folder, name), SLUICE_PORT: '0', ...env })
      return startApp(config, { api: true, lanes: LANES, schedules: true }, createLogger('silent'), { provider })
    }
    ;[hereMaker, awayMaker] = [scriptedProvider(join(folder, 'takes')), scriptedProvider(join(folder, 'takes'))]
    for (const maker of [hereMaker, awayMaker]) maker.script([{ master: clip }])
    here = await start('here', {}, hereMaker)
    away = await start('away', { ...s3Env(), ...lambdaEnv() }, awayMaker)
  }, 180_000)
  afterAll(async () => {
    await here?.[Symbol.asyncDispose]()
    await away?.[Symbol.asyncDispose]()
    await lambda?.dispose()
    await s3?.dispose()
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true, force: true })
  })

  const api = async <T>(app: App, path: string): Promise<T> =>
    (await (await fetch(new URL(path, app.url ?? ''), { headers: { accept: 'application/json' } })).json()) as T

  async function make(app: App): Promise<AssetView> {
    const client = createClient({ baseUrl: app.url ?? '' })
    return client.generate(
      { kind: 'video', prompt: 'a test', durationSeconds: SECONDS, size: '854x480', fps: FPS, formats: ['hls'] },
      { timeoutMs: 240_000 },
    )
  }

  /** A rung's playlist, and the file that its init and segments are one behind the other. */
  async function fetchRung(app: App, { id }: AssetView, rung: string): Promise<{ playlist: string; path: string }> {
    const base = new URL(`/v1/assets/${id}/hls/${rung}/`, app.url ?? '')
    const playlist = await (await fetch(new URL('playlist.m3u8', base))).text()
    const uris = [
      /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1] ?? '',
      ...playlist.split('\n').filter((line) => line && !line.startsWith('#')),
    ]
    const path = join(folder, `${id}-${rung}.mp4`)
    const parts = await Promise.all(uris.map(async (uri) => Buffer.from(await (await fetch(new URL(uri, base))).arrayBuffer())))
    await writeFile(path, Buffer.concat(parts))
    return { playlist, path }
  }

  async function packetTimes(path: string, stream: 'v' | 'a'): Promise<number[]> {
    const show = ['-select_streams', stream, '-show_entries', 'packet=pts', '-of', 'csv=p=0']
    const { stdout } = await run('ffprobe', ['-v', 'error', ...show, path], { maxBuffer: 2 ** 22 })
    return stdout.trim().split('\n').map(Number.parseFloat)
  }

  async function soundOf(path: string): Promise<Buffer> {
    const args = ['-nostdin', '-v', 'error', '-xerror', '-i', path, '-map', '0:a', '-c', 'copy', '-f', 'adts', 'pipe:1']
    return (await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 2 ** 24 })).stdout
  }

  test('in chunks, one of them killed, has the layout of one made here, every frame once and in its place', async () => {
    // The third invocation is ended while its FFmpeg runs.
    let killed: unknown
    lambda.begun = ({ pid, payload, kill }) => {
      if (lambda.invocations.length !== 3) return
      killed = payload
      void eventually(
        () => readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'),
        (children) => children !== '',
        60_000,
      ).then(kill)
    }
    const [ours, theirs] = await Promise.all([make(here), make(away)])

    // One invocation for each chunk, and one more for the one that was lost; never more at once than there are places.
    const asked = lambda.invocations.map(({ payload }) => JSON.stringify(payload))
    expect(new Set(asked).size).toBe(CHUNKS)
    expect(asked.filter((payload) => payload === JSON.stringify(killed))).toHaveLength(2)
    expect(asked).toHaveLength(CHUNKS + 1)
    expect(lambda.mostAtOnce()).toBe(CONCURRENCY)
    // The driver may have three at once, Lambda has two places: it was refused, and did not give up.
    expect(lambda.refused()).toBeGreaterThan(0)

    for (const rung of ['480p', '360p']) {
      const [mine, its] = await Promise.all([fetchRung(here, ours, rung), fetchRung(away, theirs, rung)])
      expect(its.playlist).toBe(mine.playlist)
      expect(its.playlist.match(/#EXTINF:2/g)).toHaveLength(SECONDS / 2)
      const every = Array.from({ length: FRAMES }, (_, frame) => frame)
      expect(await numbersOf(its.path, Number.parseInt(rung, 10))).toEqual(every)
      expect(await packetTimes(its.path, 'v')).toEqual(every.map((frame) => (frame * 90_000) / FPS))
      // Coded as one, here: to the byte what it would have been.
      expect(await packetTimes(its.path, 'a')).toEqual(await packetTimes(mine.path, 'a'))
      expect((await soundOf(its.path)).equals(await soundOf(mine.path))).toBe(true)
    }
    const verdicts = async (app: App, asset: AssetView) =>
      (await api<ReportView>(app, `/v1/jobs/${asset.jobId}/report`)).verdicts.map(({ check, verdict }) => `${check} ${verdict}`)
    expect(await verdicts(away, theirs)).toEqual(await verdicts(here, ours))

    // What was lost on the way, and what only the chunks needed, is gone when the job is done.
    const ladder = `jobs/${theirs.jobId}/assets/${theirs.id}/hls/`
    const left = async () => (await Array.fromAsync(away.objects.list(ladder))).map(({ key }) => key.slice(ladder.length).split('/')[0])
    const kept = await eventually(left, (names) => !names.includes('chunks'), 60_000)
    expect(kept.toSorted()).toEqual(['360p', '480p'].flatMap((rung) => Array.from({ length: SECONDS / 2 + 1 }, () => rung)))

    expect(await play(away, theirs)).toMatchObject({ ended: true, errors: [], ranges: 1 })
  })

  test('is not shown before the gate said so', async () => {
    lambda.begun = () => {}
    awayMaker.script(['black'])
    const before = lambda.invocations.length
    const client = createClient({ baseUrl: away.url ?? '' })
    const request = { kind: 'video' as const, prompt: 'a test', durationSeconds: 7, size: '640x360' as const, formats: ['hls' as const] }
    const job = await client.submit({ ...request, policy: { maxTakesPerShot: 1 } })
    await expect(job.wait({ timeoutMs: 120_000 })).rejects.toThrow(/black/i)
    // Encoded it was, and lies in the bucket, or did; nobody was told of it.
    expect(lambda.invocations.length).toBeGreaterThan(before)
    expect(job.getSnapshot()).toMatchObject({ state: 'failed', playback: null })
    const { events } = await api<EventPage>(away, `/v1/jobs/${job.id}/events?after=0`)
    expect(events.filter(({ type }) => type === 'segment')).toEqual([])
  })

  describe('a stretch', () => {
    const STRETCH_SECONDS = 13
    const prefix = 'jobs/test/hls/'
    let objects: S3Objects
    let clip: { objectKey: string; sha256: string }
    let path: string
    let order: FinishOrder
    const transcoders: LambdaTranscoder[] = []

    beforeAll(async () => {
      lambda.begun = () => {}
      const scratch = await createScratch({ folder: join(folder, 'scratch') })
      objects = await createS3Objects({ bucket: bucket(), scratch, log: quiet })
      path = join(folder, 'stretch.mp4')
      await makePicture(path, { seconds: STRETCH_SECONDS })
      const { key: objectKey, sha256 } = await objects.put('jobs/test/clip.mp4', await readFile(path), { mimeType: 'video/mp4' })
      clip = { objectKey, sha256 }
      const pcmPath = await makeTone(join(folder, 'tone.pcm'), { seconds: STRETCH_SECONDS })
      order = finishOrder({
        video: { path, width: 320, height: 180, fps: 30 },
        durationSeconds: STRETCH_SECONDS,
        stems: [{ pcmPath, role: 'own', startSeconds: 0, gainDb: 0 }],
        elsewhere: { clip, prefix },
      })
    }, 60_000)
    afterAll(() => {
      objects?.close()
      for (const transcoder of transcoders) transcoder.close()
    })

    function mediaBy(changed: { name?: string; prefix?: string } = {}) {
      const transcoder = createLambdaTranscoder({
        function: { name: changed.name ?? 'encode', region: undefined, endpoint: lambda.endpoint },
        bucket: { name: 'sluice', prefix: changed.prefix ?? bucket().prefix },
        invocations: 1,
        log: quiet,
      })
      transcoders.push(transcoder)
      return createMediaTool({ ...paths, sandbox: 'off', log: quiet, transcoder })
    }
    const storedBy = async (pieces: AsyncIterable<FinishPiece>) => {
      const stored: Extract<FinishPiece, { kind: 'stored' }>[] = []
      for await (const piece of pieces) if (piece.kind === 'stored') stored.push(piece)
      return stored
    }
    const keysBelow = async (below: string) => (await Array.fromAsync(objects.list(below))).map(({ key }) => key).toSorted()

    test('that is stopped asks for nothing more, and who goes on has the chunks that were made', async () => {
      const before = lambda.invocations.length
      const stop = new AbortController()
      // Stopped while the second chunk is being encoded, which its invocation does to the end all the same.
      lambda.begun = () => lambda.invocations.length === before + 2 && stop.abort(new Error('stopped'))
      await expect(storedBy(mediaBy().finish({ ...order, signal: stop.signal }))).rejects.toThrow('stopped')
      await eventually(
        () => keysBelow(`${prefix}chunks/`),
        (keys) => keys.length === 2,
        60_000,
      )
      expect(lambda.invocations).toHaveLength(before + 2)
      lambda.begun = () => {}

      const [first] = await storedBy(mediaBy().finish(order))
      const made = await keysBelow(prefix)
      // Seven segments in three chunks, of two rungs.
      expect(made).toHaveLength(7 * 2 + 3)
      expect(first?.rungs.map(({ objectKey }) => objectKey)).toEqual([
        expect.stringMatching(/^jobs\/test\/hls\/180p\/00000-[0-9a-f]{16}\.m4s$/),
        expect.stringMatching(/^jobs\/test\/hls\/90p\/00000-[0-9a-f]{16}\.m4s$/),
      ])
      // Without the clip nothing can be encoded: what is answered now was there.
      await objects.remove(clip.objectKey)
      const rest = await storedBy(mediaBy().finish({ ...order, releasedSegments: 3 }))
      expect(rest.map(({ index }) => index)).toEqual([3, 4, 5, 6])
      expect(await keysBelow(prefix)).toEqual(made)
      await objects.put(clip.objectKey, await readFile(path), { mimeType: 'video/mp4' })
    })

    test('whose clip cannot be read is told of in the words of its cause, and not tried again', async () => {
      const half = (await readFile(path)).subarray(0, 20_000)
      const { key: objectKey, sha256 } = await objects.put('jobs/test/half.mp4', half, { mimeType: 'video/mp4' })
      const before = lambda.invocations.length
      const broken = { ...order, elsewhere: { clip: { objectKey, sha256 }, prefix } }
      await expect(storedBy(mediaBy().finish(broken))).rejects.toMatchObject({
        code: 'media_unreadable',
        message: expect.stringMatching(/^In the function encode: ffmpeg ended with /),
      })
      expect(lambda.invocations.length).toBe(before + 1)
    })

    test('is refused where function and server have different buckets, or there is no such function', async () => {
      await expect(storedBy(mediaBy({ prefix: 'other/' }).finish(order))).rejects.toMatchObject({
        code: 'config_invalid',
        message: 'In the function encode: The server keeps its files in sluice/other/, the function in sluice/house/.',
        fix: expect.stringMatching(/SLUICE_S3_PREFIX/),
      })
      await expect(storedBy(mediaBy({ name: 'encoder' }).finish(order))).rejects.toMatchObject({
        code: 'transcoder_unavailable',
        fix: expect.stringMatching(/^Deploy the function encoder/),
      })
      const doctor = (name: string) => examineTranscoder(loadConfig({ ...s3Env(), ...lambdaEnv(), SLUICE_LAMBDA_FUNCTION: name }))
      expect(await doctor('encode')).toEqual([{ what: 'function', state: 'ok', found: `encode at ${lambda.endpoint}; it may be invoked` }])
      await expect(doctor('encoder')).rejects.toMatchObject({ code: 'transcoder_unavailable', fix: expect.stringMatching(/Deploy/) })
    })

    test('that takes too long for the function says which limit to raise', async () => {
      // Less than it takes to look whether the clip is there.
      lambda.deployed = { ...lambda.deployed, timeoutSeconds: 0.001 }
      const client = createFunctionClient({ name: 'encode', region: undefined, endpoint: lambda.endpoint }, { sockets: 1 })
      // An order of before, elsewhere on the timeline, so that it must be encoded.
      const orders = lambda.invocations.map(({ payload }) => JSON.stringify(payload))
      const payload = orders.find((order) => order.includes(clip.objectKey))?.replace('"startSeconds":0', '"startSeconds":20') ?? ''
      expect(await client.invoke(payload, AbortSignal.timeout(30_000)).finally(() => client.close())).toMatchObject({
        ended: 'failed',
        problem: {
          code: 'media_tool_failed',
          retry: 'same',
          message: expect.stringMatching(/Task timed out after 0\.00 seconds/),
          fix: expect.stringMatching(/time limit/),
        },
      })
    })
  })

  /** Plays the asset in Chromium to its end, faster than it is. */
  async function play(app: App, { id }: AssetView) {
    const browser = await launchBrowser()
    try {
      const page = await browser.newPage({ bypassCSP: true })
      await page.goto(new URL('/healthz', app.url ?? '').href)
      await page.addScriptTag({ path: createRequire(import.meta.url).resolve('hls.js/dist/hls.light.min.js') })
      return await page.evaluate(
        async ({ address, seconds }) => {
          const { Hls } = globalThis as unknown as { Hls: typeof import('hls.js').default }
          const video = document.body.appendChild(document.createElement('video'))
          const hls = new Hls({ maxBufferLength: 60 })
          const errors: string[] = []
          // A busy machine decodes late, which is no fault of what it decodes; a hole that is jumped over is another error.
          hls.on(Hls.Events.ERROR, (_, { details }) => details === 'bufferStalledError' || errors.push(details))
          hls.loadSource(address)
          hls.attachMedia(video)
          video.muted = true
          video.playbackRate = 8
          const whole = () => (hls.media?.buffered.length === 1 ? hls.media.buffered.end(0) : 0) > seconds - 0.1
          await new Promise<void>((resolve) => hls.on(Hls.Events.BUFFER_APPENDED, () => whole() && resolve()))
          const ended = new Promise<boolean>((resolve) => {
            video.addEventListener('ended', () => resolve(true))
            video.addEventListener('error', () => resolve(false))
          })
          await video.play()
          return { ended: await ended, errors, ranges: video.buffered.length }
        },
        { address: `/v1/assets/${id}/hls/master.m3u8`, seconds: SECONDS },
      )
    } finally {
      await browser.close()
    }
  }
})
