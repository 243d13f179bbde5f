import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SluicePlayerElement, SluiceProgressElement } from '../../src/elements/contract.ts'
import { launchBrowser } from './helpers/browser.ts'
import { elementPage } from './helpers/element-page.ts'
import { makeGrowingMedia } from './helpers/growing-media.ts'
import { type JobServer, type Route, startJobServer } from './helpers/job-server.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const TOKEN = 'page-token'
const DURATION_SECONDS = 16
const BODY = `
<sluice-progress id="progress"></sluice-progress>
<sluice-preview id="preview"></sluice-preview>
<sluice-player id="player" autoplay></sluice-player>`

type Media = Awaited<ReturnType<typeof makeGrowingMedia>>

/** What the page writes down of the player, from the first moment on. */
interface Diary {
  events: { type: string; detail: Record<string, number | string | boolean>; released: number }[]
  /** Places where the picture's time did not go on with the wall's. */
  jumps: { from: number; to: number; wallSeconds: number }[]
  sources: string[]
}

let browser: Browser
let pageRoute: Route
let media: Media
let server: JobServer
let page: Page
let errors: string[]

beforeAll(async () => {
  ;[browser, pageRoute] = await Promise.all([launchBrowser(), elementPage(BODY)])
}, 120_000)
afterAll(() => browser?.close())

beforeEach(async () => {
  media = await makeGrowingMedia(DURATION_SECONDS)
  server = await startJobServer({ open: pageRoute, guarded: media.route })
  server.faults.token = TOKEN
  server.add('job_a')
}, 120_000)
afterEach(async () => {
  await page?.close()
  await server?.close()
})

async function openPage(options: { reducedMotion?: 'reduce'; colorScheme?: 'dark' } = {}): Promise<void> {
  page = await browser.newPage({ viewport: { width: 800, height: 900 }, ...options })
  errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(server.url)
  await page.waitForFunction(() => customElements.get('sluice-player') !== undefined)
  await page.evaluate(
    ({ token }) => {
      const { createClient } = (globalThis as unknown as { sluice: typeof import('../../src/client/index.ts') }).sluice
      const job = createClient({ auth: token }).job('job_a')
      const player = document.querySelector('sluice-player') as SluicePlayerElement
      const diary: Diary = { events: [], jumps: [], sources: [] }
      Object.assign(globalThis, { diary })
      for (const type of ['attached', 'first-frame', 'produced', 'starved', 'resumed', 'vod', 'ended', 'engine-error']) {
        player.addEventListener(`sluice-${type}`, (event) => {
          diary.events.push({ type, detail: (event as CustomEvent).detail, released: player.producedSeconds })
        })
      }
      const video = player.media
      new MutationObserver(() => diary.sources.push(video.src)).observe(video, { attributeFilter: ['src'] })
      let last = { media: 0, wall: performance.now() }
      // not the time of the frame, which is late on a busy machine
      const watch = (): void => {
        const now = { media: video.currentTime, wall: performance.now() }
        const wallSeconds = (now.wall - last.wall) / 1000
        const moved = now.media - last.media
        if (moved < -0.01 || moved > wallSeconds + 0.3) diary.jumps.push({ from: last.media, to: now.media, wallSeconds })
        last = now
        requestAnimationFrame(watch)
      }
      requestAnimationFrame(watch)
      for (const element of document.querySelectorAll<SluiceProgressElement>('sluice-progress, sluice-preview, sluice-player'))
        element.job = job
    },
    { token: TOKEN },
  )
}

const diary = () => page.evaluate(() => (globalThis as unknown as { diary: Diary }).diary)
const player = <T>(read: (player: SluicePlayerElement) => T) => page.locator('sluice-player').evaluate(read as never) as Promise<T>
const reached = (seconds: number) =>
  page.waitForFunction((at) => (document.querySelector('sluice-player') as SluicePlayerElement).media.currentTime >= at, seconds, {
    timeout: 60_000,
  })
const told = (type: string) =>
  page.waitForFunction((wanted) => (globalThis as unknown as { diary: Diary }).diary.events.some((event) => event.type === wanted), type, {
    timeout: 60_000,
  })

const now = () => new Date().toISOString()
const begin = () => {
  server.push('job_a', 'status', { state: 'running', at: now() })
  server.push('job_a', 'stage', {
    key: 'analyse',
    label: 'Analysing prompt',
    state: 'done',
    progress: null,
    startedAt: now(),
    endedAt: now(),
  })
  server.push('job_a', 'stage', {
    key: 'render',
    label: 'Rendering video',
    state: 'running',
    progress: 0.45,
    startedAt: now(),
    endedAt: null,
  })
  server.push('job_a', 'progress', { progress: 0.4, eta: { p50Seconds: 38, p90Seconds: 75, basis: 'history' } })
}
/** Lets one more segment out; `everySeconds` is what the server would guess the others to take. */
const release = (everySeconds?: number) => {
  const segment = media.release()
  if (segment.index === 0) {
    server.push('job_a', 'playable', {
      url: '/media/main.m3u8',
      kind: 'video',
      plannedDurationSeconds: DURATION_SECONDS + 1,
      readySeconds: segment.endSeconds,
      captionsUrl: '/media/captions.vtt',
      posterUrl: null,
    })
  }
  server.push('job_a', 'segment', segment)
  const seconds = everySeconds === undefined ? null : everySeconds * (media.count - media.released)
  server.push('job_a', 'progress', {
    progress: 0.5,
    eta: seconds === null ? null : { p50Seconds: seconds, p90Seconds: 2 * seconds, basis: 'quote' },
  })
}
/** Lets the others out one by one at this pace; then the job succeeds. */
const releaseRest = (everySeconds: number): void => {
  const releasing = setInterval(() => {
    release(everySeconds)
    if (media.released < media.count) return
    clearInterval(releasing)
    succeed()
  }, everySeconds * 1000)
}
const succeed = () => server.push('job_a', 'status', { state: 'succeeded', assetId: 'ast_1', at: now() })

/** Runs the page's accessibility check; the picture element of the browser itself is not ours to judge. */
async function violations(): Promise<string[]> {
  await page.addScriptTag({ path: axe })
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`),
    )
  })
}

/** Keeps a picture for a person to look at, when asked for by `SLUICE_SCREENSHOTS=<folder>`. */
async function picture(name: string): Promise<void> {
  const folder = process.env.SLUICE_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

describe('<sluice-player> in Chromium', () => {
  it('plays while segments are still missing, to the end, without a stall or a jump, at one address', async () => {
    await openPage()
    begin()
    await page.locator('sluice-progress [role=progressbar][aria-valuenow="40"]').waitFor()
    await picture('1-running')
    release()
    await told('first-frame')
    expect(await player(({ media }) => media.paused)).toBe(true)
    await picture('2-first-frame')
    // faster than it plays: 2 s each 1.2 s; the start gate opens once it knows that
    releaseRest(1.2)
    await reached(1)
    expect(media.released).toBeLessThan(media.count)
    await page.locator('sluice-player').hover()
    await picture('3-playing')
    await told('vod')
    await reached(media.durationSeconds - 3)
    await picture('4-complete')
    await told('ended')
    const { events, jumps, sources } = await diary()
    expect(events.filter(({ type }) => type === 'starved' || type === 'engine-error')).toEqual([])
    expect(jumps).toEqual([])
    expect(sources).toHaveLength(1)
    expect(events.find(({ type }) => type === 'ended')?.detail.stalls).toBe(0)
    expect(await player(({ media }) => media.ended)).toBe(true)
    expect(Math.abs((await player(({ media }) => media.duration)) - media.durationSeconds)).toBeLessThan(0.15)
    // from here on it is a file like any other: it goes back to its beginning without loading anything anew
    await player((element) => {
      element.seek(0.5)
      return element.play()
    })
    await reached(1)
    expect((await diary()).sources).toHaveLength(1)
    expect(server.seen.filter(({ path }) => path.startsWith('/media/main.m3u8'))).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('holds the start back while less is made than is played, and then plays through', async () => {
    await openPage()
    begin()
    // 2 s each 4 s: playing at once would stall again and again
    release()
    releaseRest(4)
    await told('first-frame')
    await page.locator('sluice-player').getByText('so that it plays through').waitFor()
    await picture('5-gate')
    await reached(0.5)
    // r = 0.5 of 17 s planned: some 9 s must be there
    expect(media.released).toBeGreaterThanOrEqual(4)
    expect(media.released).toBeLessThan(media.count)
    await told('ended')
    const { events, jumps } = await diary()
    expect(events.filter(({ type }) => type === 'starved')).toEqual([])
    expect(jumps).toEqual([])
  })

  it('waits once instead of many times when the pace falls after the start', async () => {
    await openPage()
    begin()
    release()
    await told('first-frame')
    release()
    release()
    await reached(1)
    await told('starved')
    expect(await player(({ media }) => media.paused)).toBe(true)
    await page.locator('sluice-player').getByText('so that it plays through').waitFor()
    releaseRest(2.5)
    await told('ended')
    const { events, jumps } = await diary()
    expect(events.filter(({ type }) => type === 'starved')).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'resumed')).toHaveLength(1)
    expect(jumps).toEqual([])
  })

  it('goes on after an outage that hls.js gives up on', async () => {
    await openPage()
    begin()
    for (let index = 0; index < 3; index += 1) release()
    await player((element) => element.play())
    await reached(1)
    media.outage(true)
    await page.waitForTimeout(8_000)
    media.outage(false)
    while (media.released < media.count) release()
    succeed()
    await told('ended')
    expect(await player(({ media }) => media.currentTime)).toBeGreaterThan(media.durationSeconds - 0.3)
    expect((await diary()).jumps).toEqual([])
  })

  it('says in words that the rest could not be made, and plays what was shown', async () => {
    await openPage()
    begin()
    release()
    release()
    await told('first-frame')
    media.cut()
    const outcome = { class: 'quality', detail: 'The sound stops at 0:05.', retry: 'reseed', charged: 'no' } as const
    server.push('job_a', 'status', { state: 'failed', outcome, at: now() })
    await page.locator('sluice-player').getByText('The rest could not be made. The sound stops at 0:05.').waitFor()
    await told('ended')
    expect(await player(({ media }) => media.currentTime)).toBeGreaterThan(3.8)
    await picture('6-failed')
    expect(await violations()).toEqual([])
  })

  it('shows captions as they come, each once, and clamps a seek to what is there', async () => {
    await openPage({ reducedMotion: 'reduce' })
    begin()
    for (let index = 0; index < 3; index += 1) release()
    await told('first-frame')
    const cues = () =>
      player(({ media }) =>
        [...media.textTracks].map(({ mode, cues }) => ({ mode, texts: [...(cues ?? [])].map((cue) => (cue as VTTCue).text) })),
      )
    await expect.poll(cues, { timeout: 10_000 }).toEqual([{ mode: 'showing', texts: ['Sentence 1', 'Sentence 2', 'Sentence 3'] }])
    release()
    await expect
      .poll(cues, { timeout: 10_000 })
      .toEqual([{ mode: 'showing', texts: ['Sentence 1', 'Sentence 2', 'Sentence 3', 'Sentence 4'] }])
    await player((element) => element.seek(15))
    await expect.poll(() => player(({ media }) => media.currentTime)).toBeCloseTo(7.5, 1)
    // reduced motion: nothing starts by itself, nothing moves
    expect(await player(({ media }) => media.paused)).toBe(true)
    const moving = await page
      .locator('sluice-progress')
      .evaluate((element) =>
        (element.shadowRoot as ShadowRoot).getAnimations().map((animation) => (animation as CSSAnimation).animationName),
      )
    expect(moving).toEqual([])
  })

  it('passes axe in light and dark, queued, running and playing; and works by keyboard', async () => {
    await openPage()
    await page.locator('sluice-progress').getByText('2 jobs before this one').waitFor()
    expect(await violations()).toEqual([])
    begin()
    for (let index = 0; index < 3; index += 1) release()
    await told('first-frame')
    expect(await violations()).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    await picture('7-dark')
    expect(await violations()).toEqual([])
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' })
    await picture('8-forced-colours')
    await page.emulateMedia({ forcedColors: 'none' })
    await page.locator('sluice-progress').getByRole('button', { name: 'Cancel' }).focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('k')
    await expect.poll(() => player(({ media }) => media.paused)).toBe(false)
    await page.keyboard.press('k')
    await expect.poll(() => player(({ media }) => media.paused)).toBe(true)
    await page.locator('sluice-progress').getByRole('button', { name: 'Cancel' }).press('Enter')
    await expect.poll(() => server.view('job_a')?.state).toBe('cancelled')
    await page.locator('sluice-progress').getByRole('button', { name: 'Try again' }).waitFor()
    const focused = () =>
      page.locator('sluice-progress').evaluate((element) => (element.shadowRoot?.activeElement as HTMLElement | null)?.role)
    await expect.poll(focused).toBe('group')
  })
})
