import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ensureStudio } from '../../scripts/setup/studio.mjs'
import { createClient } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import { createLocalProvider } from '../../src/drivers/provider/local/provider.ts'
import { locateFfmpeg } from '../../src/media/ffmpeg/locate.ts'
import type { EventPage } from '../../src/wire/events.ts'
import { spoilingProvider } from '../helpers/spoiling-provider.ts'
import { launchBrowser } from './helpers/browser.ts'
import { diaryOf, openPage } from './helpers/studio-page.ts'

const root = join(import.meta.dirname, '..', '..')
const WITHIN_MS = 240_000
const TEXT = `The ferry over the bay sails again from Friday. The new boat carries 240 people and 30 cars.
Last year 410,000 people crossed the bay. In 2019 it was 380,000.
The old boat was built in 1974 and needed three times the fuel. It will become a museum in the harbour.
Tickets cost 4 euros, and children travel free. A season ticket costs 90 euros.
The first boat leaves at six in the morning. The last one returns at eleven at night.`

let app: App
let folder: string
let browser: Browser
let provider: ReturnType<typeof spoilingProvider>

beforeAll(async () => {
  ensureStudio(root, process.execPath)
  folder = await mkdtemp(join(tmpdir(), 'sluice-mended-'))
  const config = loadConfig({ ...process.env, SLUICE_DATA: join(folder, 'data'), SLUICE_PORT: '0' })
  const log = createLogger('silent')
  const { ffmpegPath } = await locateFfmpeg(config)
  const local = createLocalProvider({ folder: join(folder, 'takes'), ffmpegPath, workers: config.renderers, log })
  let spoilt = 0
  provider = spoilingProvider(local, folder, (request) => {
    // The first take of the third shot goes black in its middle.
    if (request.kind !== 'video' || request.scene?.index !== 2 || spoilt++ > 0) return undefined
    return ['-vf', `drawbox=c=black:t=fill:enable='between(t,1.1,2.6)'`, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
  })
  app = await startApp(config, { api: true, lanes: LANES, schedules: true }, log, { provider })
  browser = await launchBrowser()
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await app?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

it('a faulty third shot is made again while the first two are watched, and the finished video has the mended one', async () => {
  const url = app.url ?? ''
  const job = await createClient({ baseUrl: url }).submit({
    kind: 'presentation',
    text: TEXT,
    durationSeconds: 30,
    size: '640x360',
    formats: ['hls', 'mp4'],
  })
  const { page, complaints } = await openPage(await browser.newContext({ viewport: { width: 1280, height: 900 } }))
  await page.goto(`${url}/jobs/${job.id}`)
  await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'ended'), null, { timeout: WITHIN_MS })
  const ended = await job.wait({ timeoutMs: WITHIN_MS })
  expect(ended.verdicts.filter(({ check, verdict }) => check === 'black' && verdict !== 'pass')).toMatchObject([
    { verdict: 'repaired', detail: expect.stringMatching(/made again with another seed/) },
  ])

  // The log tells the story: shown, found, mended, shown.
  const { events } = (await (
    await fetch(`${url}/v1/jobs/${job.id}/events?after=0`, { headers: { accept: 'application/json' } })
  ).json()) as EventPage
  const plan = events.find(({ type }) => type === 'plan')?.data as { shots: unknown[] }
  expect(plan.shots.length).toBeGreaterThanOrEqual(5)
  const at = (found: (event: (typeof events)[number]) => boolean) => events.findIndex(found)
  const repair = at(({ type }) => type === 'repair')
  expect(events[repair]?.data).toMatchObject({ check: 'black', action: 'reseed', shot: 2 })
  const segments = events.flatMap(({ type }, index) => (type === 'segment' ? [index] : []))
  expect(segments.filter((index) => index < repair).length).toBeGreaterThan(0)
  expect(segments.filter((index) => index > repair).length).toBeGreaterThan(0)
  const clips = provider.orders.filter((request) => request.kind === 'video' && request.scene?.index === 2)
  expect(clips).toHaveLength(2)
  // What the viewer watches never stops being the same stream.
  const diary = await diaryOf(page)
  expect(diary.sameElement).toBe(true)
  expect(diary.jumps).toEqual([])
  expect(diary.events.filter(({ type, detail }) => type === 'engine-error' && detail['fatal'] === true)).toEqual([])
  expect(complaints).toEqual([])
})
