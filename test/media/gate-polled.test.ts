import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import type { JobInput } from '../../src/wire/jobs.ts'
import type { TakeView } from '../../src/wire/spend.ts'
import { scriptedProvider } from '../helpers/scripted-provider.ts'

/** Jobs one after the other, each with as many faulty takes as it may order. */
const JOBS = 10
const TAKES_A_JOB = 5
const SEGMENT_SECONDS = 2

let app: App
let folder: string
let provider: ReturnType<typeof scriptedProvider>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-polled-'))
  const takes = join(folder, 'takes')
  await mkdir(takes)
  provider = scriptedProvider(takes)
  const config = loadConfig({ SLUICE_DATA: join(folder, 'data'), SLUICE_PORT: '0' })
  app = await startApp(config, { api: true, lanes: LANES, schedules: true }, createLogger('silent'), { provider })
})

afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

it('never serves a segment before its verdict, however fast playlist and segments are asked for', async () => {
  const url = app.url ?? ''
  const client = createClient({ baseUrl: url })
  let faulty = 0
  let asked = 0
  for (let index = 0; index < JOBS; index++) {
    // Black from the beginning, or from the middle on: no segment from there on may ever be seen.
    const [fault, firstFaulty] = index % 2 === 0 ? (['black', 0] as const) : (['black-later', 1] as const)
    provider.script(Array.from({ length: TAKES_A_JOB }, () => fault))
    const input: JobInput = {
      kind: 'video',
      prompt: 'polled',
      durationSeconds: 6,
      size: '640x360',
      formats: ['hls'],
      policy: { maxTakesPerShot: TAKES_A_JOB },
    }
    const job = await client.submit(input)
    const running = { ended: false }
    const seen: string[] = []
    const poll = (async () => {
      while (!running.ended) {
        const assetId = job.getSnapshot()?.assetId
        if (!assetId) {
          await new Promise((resolve) => setImmediate(resolve))
          continue
        }
        const base = `${url}/v1/assets/${assetId}/hls/360p`
        const playlist = await (await fetch(`${base}/playlist.m3u8`)).text()
        const listed = playlist.match(/^\d+\.m4s$/gm)?.length ?? 0
        if (listed > firstFaulty) seen.push(`the playlist lists ${listed} segments`)
        for (let segment = firstFaulty; segment < 6 / SEGMENT_SECONDS; segment++) {
          const answer = await fetch(`${base}/${segment}.m4s`)
          asked++
          if (answer.ok) seen.push(`segment ${segment} was served`)
          await answer.arrayBuffer()
        }
      }
    })()
    await job.wait().catch(() => undefined)
    running.ended = true
    await poll
    expect(seen).toEqual([])
    expect(job.getSnapshot()?.state).toBe('failed')
    const { takes } = (await (await fetch(`${url}/v1/jobs/${job.id}/takes`)).json()) as { takes: TakeView[] }
    faulty += takes.filter(({ state }) => state === 'rejected').length
  }
  expect(faulty).toBe(JOBS * TAKES_A_JOB)
  expect(asked).toBeGreaterThan(faulty)
}, 300_000)
