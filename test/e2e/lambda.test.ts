import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import { connectTo } from '../../src/drivers/objects/s3/bucket.ts'
import type { AssetView } from '../../src/wire/assets.ts'
import { type LambdaServer, startLambdaServer, whyNoLambda } from '../contract/lambda-server.ts'
import { type S3Server, startS3Server, whyNoS3Server } from '../contract/s3-server.ts'
import { eventually } from '../helpers/eventually.ts'
import { scriptedProvider } from '../helpers/scripted-provider.ts'
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
    ...['-f', 'lavfi', '-i', `sine=f=330:r=48000:d=${SECONDS},volume=-6dB`, '-vf', boxes.join(','), '-c:v', 'libx264', '-preset', 'ultrafast'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', path],
  ])
}

/** The numbers its frames have, as they are decoded one after the other. */
async function numbersOf(path: string, height: number): Promise<number[]> {
  const box = (BOX * height) / 480
  const look = `crop=${BITS * box}:${box}:0:0,scale=${BITS}:1:flags=area,format=gray`
  const args = ['-nostdin', '-v', 'error', '-xerror', '-i', path, '-map', '0:v', '-fps_mode', 'passthrough', '-vf', look, '-f', 'rawvideo', 'pipe:1']
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
    const client = connectTo(
      { name: 'sluice', prefix: '', endpoint: s3.endpoint, region: undefined, keys: s3 },
      { sockets: 2, idleMs: 20_000 },
    )
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

    const provider = () => {
      const made = scriptedProvider(join(folder, 'takes'))
      made.script([{ master: clip }])
      return made
    }
    const start = (name: string, env: Record<string, string>) =>
      startApp(loadConfig({ SLUICE_DATA: join(folder, name), SLUICE_PORT: '0', ...env }), { api: true, lanes: LANES }, createLogger(process.env.TESTLOG ?? 'silent'), {
        provider: provider(),
      })
    here = await start('here', {})
    away = await start('away', {
      ...s3Env(),
      SLUICE_TRANSCODE: 'lambda',
      SLUICE_LAMBDA_FUNCTION: 'encode',
      SLUICE_LAMBDA_ENDPOINT: lambda.endpoint,
      SLUICE_LAMBDA_INVOCATIONS: String(INVOCATIONS),
    })
  }, 180_000)
  afterAll(async () => {
    await here?.[Symbol.asyncDispose]()
    await away?.[Symbol.asyncDispose]()
    await lambda?.dispose()
    await s3?.dispose()
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true, force: true })
  })

  async function make(app: App): Promise<AssetView> {
    const client = createClient({ baseUrl: app.url ?? '' })
    return client.generate(
      { kind: 'video', prompt: 'a test', durationSeconds: SECONDS, size: '854x480', fps: FPS, formats: ['hls', 'mp4'] },
      { timeoutMs: 120_000 },
    )
  }

  test('x', async () => {
    const [a, b] = [await make(here), await make(away)]
    console.log(a.playbackUrl, b.playbackUrl)
  })
})
