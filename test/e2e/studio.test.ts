import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensureStudio } from '../../scripts/setup/studio.mjs'
import { type Client, createClient, type JobInput } from '../../src/client/index.ts'
import { type Server, startServer } from '../helpers/server.ts'
import { launchBrowser } from './helpers/browser.ts'
import { accessibilityFaults, diaryOf, openPage, overflowOf } from './helpers/studio-page.ts'

const root = join(import.meta.dirname, '..', '..')
/** A job of its own is made on two cores within this; what is waited for ends the wait, not the clock. */
const MADE_WITHIN_MS = 240_000

const SHORT: JobInput = {
  kind: 'presentation',
  text: 'The ferry over the bay sails again from Friday. The new boat carries 240 people and 30 cars. Tickets cost 4 euros.',
  durationSeconds: 10,
  size: '640x360',
  formats: ['hls', 'mp4'],
}

/** The Studio as its user has it: the real server on its embedded default, in a real browser. */
describe('the Studio', () => {
  let folder: string
  let server: Server
  let browser: Browser
  let client: Client
  let context: BrowserContext
  /** Made in the first test, looked at again in the library. */
  let finished: { jobId: string; title: string } | null = null

  beforeAll(async () => {
    ensureStudio(root, process.execPath)
    folder = await mkdtemp(join(tmpdir(), 'sluice-studio-'))
    server = await startServer(join(folder, 'data'))
    client = createClient({ baseUrl: server.url })
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  afterEach(async () => {
    await context?.close()
  })

  async function visit(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; complaints: string[] }> {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const opened = await openPage(context)
    await opened.page.goto(server.url + path)
    await opened.page.getByRole('main').waitFor()
    return opened
  }

  const jobIdOf = (page: Page): string => /\/jobs\/(job_[0-9a-z]+)$/.exec(page.url())?.[1] ?? ''
  const arriveAtJob = (page: Page): Promise<void> => page.waitForURL(/\/jobs\/job_/)

  it('goes from a text to a video that plays while it is made, to its end, and stays as the finished one', async () => {
    const { page, complaints } = await visit('/')
    await page.getByRole('button', { name: 'Use an example' }).click()
    // Small, so that two cores make it faster than it plays while Chromium decodes on them too.
    await page.locator('summary', { hasText: 'Options' }).click()
    await page.getByRole('combobox', { name: 'Size' }).selectOption('640x360')
    const quote = page.getByRole('region', { name: 'Before it runs' })
    await quote.getByText('Ready in').waitFor()
    expect(await quote.textContent()).toMatch(/Free/)
    expect(await quote.textContent()).toMatch(/\d+ shots/)

    await page.getByRole('button', { name: 'Make the presentation' }).click()
    await arriveAtJob(page)
    const jobId = jobIdOf(page)
    const screen = page.getByTestId('screen')
    const before = await screen.boundingBox()

    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'first-frame'), null, { timeout: MADE_WITHIN_MS })
    const after = await screen.boundingBox()
    expect({ y: after?.y, width: after?.width, height: after?.height }).toEqual({
      y: before?.y,
      width: before?.width,
      height: before?.height,
    })

    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'ended'), null, { timeout: MADE_WITHIN_MS })
    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'settled'), null, { timeout: MADE_WITHIN_MS })
    const diary = await diaryOf(page)
    const of = (type: string) => diary.events.filter((event) => event.type === type)
    const job = await client.jobs.get(jobId)
    expect(job.state).toBe('succeeded')
    const [attached] = of('attached')
    expect(attached?.readySeconds).toBeLessThan(job.playback?.readySeconds ?? 0)
    expect(of('first-frame').map(({ jobState }) => jobState)).toEqual(['running'])
    // Never out of media that had not been made yet; a busy machine's own hiccups, with media at hand, are not the product's.
    const dry = of('starved').filter(({ detail, readySeconds }) => (readySeconds ?? 0) - Number(detail['atSeconds']) < 1)
    expect(dry).toEqual([])
    expect(of('engine-error').filter(({ detail }) => detail['fatal'] === true)).toEqual([])
    expect(of('vod')).toHaveLength(1)
    expect(of('attached')).toHaveLength(1)
    expect(diary.sameElement).toBe(true)
    expect(diary.jumps).toEqual([])

    const files = page.getByRole('region', { name: 'Files' })
    await files.getByRole('link', { name: /\.mp4/ }).waitFor()
    const download = page.waitForEvent('download')
    await files.getByRole('link', { name: /captions\.vtt/ }).click()
    expect((await download).suggestedFilename()).toBe('captions.vtt')
    const checks = page.getByRole('region', { name: 'Checks' })
    expect(await checks.getByRole('listitem').count()).toBeGreaterThan(4)
    expect(await page.getByTestId('measured').textContent()).toMatch(
      /first checked segment \d+\.\d\d s.*first frame \+\d+\.\d\d s.*complete/,
    )
    expect(await accessibilityFaults(page)).toEqual([])
    expect(complaints).toEqual([])
    finished = { jobId, title: job.title }
  })

  it('takes a job by keyboard alone, and survives a reload in the middle of it', async () => {
    const { page, complaints } = await visit('/')
    const words = page.getByRole('textbox', { name: /news text/ })
    for (let presses = 0; presses < 12 && !(await words.evaluate((area) => area === document.activeElement)); presses++)
      await page.keyboard.press('Tab')
    await page.keyboard.type(
      'The ferry over the bay sails again from Friday. The new boat carries 240 people and 30 cars. Tickets cost 4 euros.',
    )
    await page.keyboard.press('Control+Enter')
    await arriveAtJob(page)
    const jobId = jobIdOf(page)
    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'attached'), null, { timeout: MADE_WITHIN_MS })
    const bar = page.getByRole('progressbar', { name: 'Progress' })
    const shown = Number(await bar.getAttribute('aria-valuenow'))

    await page.reload()
    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'attached'), null, { timeout: MADE_WITHIN_MS })
    expect(jobIdOf(page)).toBe(jobId)
    expect(Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThanOrEqual(shown)
    await page.getByRole('region', { name: 'Shots' }).getByRole('listitem').nth(1).waitFor()
    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'vod'), null, { timeout: MADE_WITHIN_MS })
    expect((await diaryOf(page)).events.filter(({ type, detail }) => type === 'engine-error' && detail['fatal'] === true)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('cancels, says so, and tries again as another job', async () => {
    const job = await client.submit({ ...SHORT, durationSeconds: 60 })
    const { page, complaints } = await visit(`/jobs/${job.id}`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'Cancelled', exact: true }).waitFor()
    expect((await client.jobs.get(job.id)).state).toBe('cancelled')
    expect(await page.getByRole('main').textContent()).toContain('Nothing was charged.')

    await page.getByRole('button', { name: 'Try again' }).click()
    await page.waitForURL((url) => url.pathname.startsWith('/jobs/job_') && !url.pathname.endsWith(job.id))
    const again = await client.jobs.get(jobIdOf(page))
    expect(again.retryOf).toBe(job.id)
    await client.job(again.id).cancel()
    await page.getByRole('heading', { name: 'Cancelled', exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  it('says at the field what is wrong with it and how to mend it', async () => {
    const { page } = await visit('/')
    await page.getByRole('button', { name: 'Use an example' }).click()
    await page.locator('summary', { hasText: 'Options' }).click()
    const length = page.getByRole('spinbutton', { name: 'Length, seconds' })
    await length.fill('5')
    await page.getByRole('button', { name: 'Make the presentation' }).click()
    await page.getByText('Must be at least 10.').waitFor()
    expect(await length.getAttribute('aria-invalid')).toBe('true')
    expect(await length.evaluate((field) => field === document.activeElement)).toBe(true)
    const described = await length.getAttribute('aria-describedby')
    expect(await page.locator(`#${selectorOf(described?.split(' ').at(-1))}`).textContent()).toContain('Must be at least 10.')
    expect(await page.getByRole('textbox', { name: /news text/ }).inputValue()).not.toBe('')
    expect(await accessibilityFaults(page)).toEqual([])

    await length.fill('30')
    await page.getByRole('textbox', { name: /news text/ }).fill('Канал между двумя озёрами снова открыт для лодок после двух лет ремонта.')
    await page.locator('#words-error').waitFor()
    expect(await page.locator('#words-error').textContent()).toMatch(/voice|speak/i)
  })

  it('shows a job in the library while it is made, and its asset in the same place after', async () => {
    const { page, complaints } = await visit('/library')
    const tiles = page.getByRole('list', { name: 'Made and being made' }).getByRole('listitem')
    await tiles.first().waitFor()
    if (finished) await tiles.filter({ hasText: finished.title }).waitFor()
    const before = await tiles.count()

    const job = await client.submit(SHORT)
    const tile = tiles.filter({ has: page.locator(`a[href="/jobs/${job.id}"]`) })
    await tile.waitFor()
    expect(await tiles.count()).toBe(before + 1)
    await tile.getByText(/Queued|Starting|\d+ %/).waitFor()
    await job.wait({ timeoutMs: MADE_WITHIN_MS })
    await tile.getByText(/^Length 0:\d\d$/).waitFor()
    expect(await tiles.count()).toBe(before + 1)

    const picture = tile.locator('img').first()
    expect(await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBeGreaterThan(0)
    await tile.getByRole('link').hover({ position: { x: 20, y: 40 } })
    const still = tile.getByTestId('still')
    await still.waitFor()
    const place = () => still.evaluate((element) => getComputedStyle(element).backgroundPosition)
    const left = await place()
    await tile.getByRole('link').hover({ position: { x: 200, y: 40 } })
    expect(await place()).not.toBe(left)

    await page.getByRole('radio', { name: 'Audio' }).check({ force: true })
    await page.getByText('Nothing of this kind yet.').waitFor()
    await page.getByRole('radio', { name: 'All' }).check({ force: true })
    await tile.getByRole('link').click()
    await arriveAtJob(page)
    await page.getByRole('region', { name: 'Files' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('says what a wrong address or an unknown job is', async () => {
    const { page } = await visit('/jobs/job_00000000000000000000000000')
    await page.getByRole('heading', { name: 'There is no such job' }).waitFor()
    await page.goto(`${server.url}/nowhere`)
    await page.getByRole('heading', { name: 'Nothing is at this address' }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [380, 1280]) {
      it(`has no fault axe-core knows and fits, in ${colorScheme} at ${width} px, in each room`, async () => {
        const rooms = ['/', '/library', ...(finished ? [`/jobs/${finished.jobId}`] : [])]
        for (const room of rooms) {
          const { page, complaints } = await visit(room, { colorScheme, viewport: { width, height: 900 } })
          await page.getByRole('heading', { level: 1 }).waitFor()
          if (room === '/') await page.getByRole('button', { name: 'Use an example' }).click()
          if (room === '/') await page.getByText('Ready in').waitFor()
          if (room === '/library') await page.locator('li img').first().waitFor()
          if (room.startsWith('/jobs')) await page.getByRole('region', { name: 'Files' }).waitFor()
          expect(await accessibilityFaults(page), room).toEqual([])
          expect(await overflowOf(page), room).toBe(0)
          expect(complaints, room).toEqual([])
          await context.close()
        }
      })
    }
  }
})

/** React's ids hold characters that mean something in a selector. */
function selectorOf(id: string | undefined): string {
  return (id ?? '').replace(/[^\w-]/g, (character) => `\\${character}`)
}
