import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensureStudio } from '../../scripts/setup/studio.mjs'
import type { Job, ReviewView } from '../../src/client/index.ts'
import { launchBrowser } from './helpers/browser.ts'
import { startHeldHouse } from './helpers/held-house.ts'
import { accessibilityFaults, openPage, overflowOf } from './helpers/studio-page.ts'

const root = join(import.meta.dirname, '..', '..')
const WITHIN_MS = 60_000

/** Somebody at a keyboard decides about what a real server holds back, in a real browser. */
describe('the Studio where something is held', () => {
  let house: Awaited<ReturnType<typeof startHeldHouse>>
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    ensureStudio(root, process.execPath)
    house = await startHeldHouse()
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await house?.stop()
  })

  afterEach(async () => {
    await context?.close()
    const { jobs } = await house.client.jobs.list({ state: 'held', limit: 100 })
    for (const { id } of jobs) await house.client.job(id).cancel()
  })

  async function visit(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; complaints: string[] }> {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const opened = await openPage(context)
    await opened.page.goto(house.url + path)
    await opened.page.getByRole('main').waitFor()
    return opened
  }

  const reviewOf = async (job: Job): Promise<ReviewView> => {
    const { reviews } = await house.client.reviews.list({ limit: 100 })
    return reviews.find(({ jobId }) => jobId === job.id) as ReviewView
  }
  /** The recording is there and can be gone through. */
  const untilLoaded = (page: Page) => page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2)
  const placeOf = (page: Page) =>
    page.evaluate(() => {
      const video = document.querySelector('video') as HTMLVideoElement
      return { seconds: video.currentTime, paused: video.paused }
    })
  /** What has the focus, by its role and words; the page itself is nobody's. */
  const focused = (page: Page) =>
    page.evaluate(() => {
      const at = document.activeElement as HTMLElement
      return at === document.body ? 'nothing' : `${at.tagName.toLowerCase()} ${at.textContent?.trim() ?? ''}`.trim()
    })
  const nameIs = (page: Page, name: string) => page.getByRole('textbox', { name: 'Your name' }).fill(name)
  /** Keys mean something else in a field. */
  const leaveFields = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement).blur())

  it('leads from the job to its review, shows there what nobody else can see, and lets it through by keyboard alone', async () => {
    const job = await house.held('A lock at first light.')
    const { page, complaints } = await visit(`/jobs/${job.id}`)
    const note = page.getByRole('region', { name: 'Held for review' })
    await note.getByText('Frozen picture, 0:01.50 to 0:02.70').waitFor()
    await page.getByText('Held for review', { exact: true }).first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    const { assetId } = (await house.client.jobs.get(job.id)) as { assetId: string }
    expect((await fetch(`${house.url}/v1/assets/${assetId}/hls/master.m3u8`)).status).toBe(404)

    await note.getByRole('link', { name: 'Review: Picture of shot 1' }).press('Enter')
    await page.getByRole('heading', { name: 'Picture of shot 1' }).waitFor()
    await untilLoaded(page)
    await page.keyboard.press('j')
    expect((await placeOf(page)).seconds).toBeCloseTo(1, 2)
    await page.getByText('Finding 1 of 3: Frozen picture, 0:01.50 to 0:02.70').waitFor({ state: 'attached' })
    await page.keyboard.press('ArrowDown')
    expect((await placeOf(page)).seconds).toBeCloseTo(3, 2)
    expect(await page.getByRole('listitem').filter({ hasText: 'Black picture' }).getAttribute('aria-current')).toBe('true')
    await page.keyboard.press('j')
    await page.getByText('Finding 3 of 3: Loudness').waitFor({ state: 'attached' })
    expect((await placeOf(page)).seconds).toBeCloseTo(3, 2)
    await page.keyboard.press('k')
    await page.keyboard.press('k')
    expect((await placeOf(page)).seconds).toBeCloseTo(1, 2)
    await page.keyboard.press('Space')
    await page.waitForFunction(() => !(document.querySelector('video') as HTMLVideoElement).paused)
    await page.keyboard.press('Space')
    expect((await placeOf(page)).paused).toBe(true)

    await page.keyboard.press('a')
    await page.getByText('Say who decides.').waitFor()
    expect(await focused(page)).toBe('input')
    await page.keyboard.type('Ann a')
    expect((await reviewOf(job)).decisions).toEqual([])
    await leaveFields(page)
    await page.keyboard.press('r')
    await page.getByText('Say why it is rejected, then press Enter.').waitFor()
    expect(await focused(page)).toBe('textarea')
    await page.keyboard.press('Escape')
    await page.getByText('Say why it is rejected').waitFor({ state: 'detached' })
    expect(await focused(page)).toContain('article')
    await page.keyboard.press('n')
    await page.keyboard.type('It is night there.')
    await page.keyboard.press('Escape')
    await page.keyboard.press('a')
    await page.getByText('Picture of shot 1: approved. It is let through.').waitFor()
    await page.getByRole('heading', { name: 'Nothing is held' }).waitFor()
    expect(await focused(page)).toBe('h2 Nothing is held')

    const asset = await job.wait({ timeoutMs: WITHIN_MS })
    expect(asset.durationSeconds).toBeCloseTo(7, 1)
    const review = await reviewOf(job)
    expect(review).toMatchObject({ state: 'approved', decisions: [{ decision: 'approve', by: 'Ann a', note: 'It is night there.' }] })
    await page.goto(`${house.url}/review?id=${review.id}`)
    await page.getByText('It was approved and is let through.').waitFor()
    expect(await page.getByRole('list', { name: 'What was decided' }).textContent()).toContain('Ann a approved it')
    expect(complaints).toEqual([])
  })

  it('orders another take with what it should do better, and goes on to the next that is held', async () => {
    const first = await house.held('A ferry in the fog.')
    await house.held('A train on a bridge.')
    const { page } = await visit('/review')
    await page.getByRole('article').getByRole('link', { name: 'A ferry in the fog.' }).waitFor()
    await nameIs(page, 'Ann')
    await leaveFields(page)
    await page.keyboard.press('g')
    await page.getByText('Say what the next take should do better').waitFor()
    await page.keyboard.type('Not black.')
    await page.keyboard.press('Enter')
    await page.getByText('Picture of shot 1: another take is ordered.').waitFor()
    await page.getByRole('article').getByRole('link', { name: 'A train on a bridge.' }).waitFor()
    expect(await focused(page)).toBe('h2 Picture of shot 1')
    await first.wait({ timeoutMs: WITHIN_MS })
    const takes = await first.takes()
    expect(takes.map(({ state }) => state)).toEqual(['rejected', 'accepted'])
    expect(takes[0]?.outcome?.detail).toBe('Another take was asked for by Ann: Not black.')
  })

  it('takes two people to let through what needs two, and says so to the one who is first', async () => {
    const job = await house.held('A crane over the harbour.', { reviewers: 2 })
    const { page } = await visit('/review')
    await page.getByText('2 people must approve it.').waitFor()
    await nameIs(page, 'Ann')
    const approve = page.getByRole('button', { name: 'Approve' })
    await approve.press('Enter')
    await page.getByText('Your approval is taken down. One more person must approve it.').waitFor()
    expect(await focused(page)).toBe('button Approve')
    await page.getByRole('list', { name: 'What was decided' }).getByText('Ann').waitFor()
    await approve.press('Enter')
    await page.getByRole('alert').getByText('Another person must approve this').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await nameIs(page, 'Ben')
    await approve.press('Enter')
    await page.getByText('Picture of shot 1: approved.').waitFor()
    await job.wait({ timeoutMs: WITHIN_MS })
  })

  it('rejects with the reason, which the job tells', async () => {
    const job = await house.held('A quiet street.')
    const { page } = await visit('/review')
    await nameIs(page, 'Ann')
    await page.getByRole('textbox', { name: 'Note' }).fill('A face can be told.')
    await page.getByRole('button', { name: 'Reject' }).click()
    await page.getByText('Picture of shot 1: rejected. Its job has ended.').waitFor()
    await expect(job.wait()).rejects.toMatchObject({ outcome: { class: 'quality', detail: 'Rejected by Ann: A face can be told.' } })
    await page.goto(`${house.url}/jobs/${job.id}`)
    await page.getByText('Rejected by Ann: A face can be told.').first().waitFor()
  })

  it('says so when another person decides about what lies on the desk, and leaves it there', async () => {
    const job = await house.held('A loud street.')
    const { page } = await visit('/review')
    await untilLoaded(page)
    const { id } = await reviewOf(job)
    await house.client.reviews.decide(id, { decision: 'reject', note: 'no', by: 'Eve' })
    await page.getByText('It was rejected, and its job has ended.').waitFor({ timeout: 20_000 })
    expect(await page.getByRole('list', { name: 'What was decided' }).textContent()).toContain('Eve rejected it')
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  })

  it('leaves the keys alone for who turned them off, and remembers that', async () => {
    await house.held('A bridge.')
    const { page } = await visit('/review')
    await untilLoaded(page)
    await page.getByRole('checkbox', { name: 'Use these keys' }).uncheck()
    await page.keyboard.press('j')
    expect((await placeOf(page)).seconds).toBe(0)
    await page.reload()
    await untilLoaded(page)
    expect(await page.getByRole('checkbox', { name: 'Use these keys' }).isChecked()).toBe(false)
    await page.getByRole('button', { name: 'Black picture, 0:03.50 to 0:07.00' }).press('Enter')
    expect((await placeOf(page)).seconds).toBeCloseTo(3, 2)
  })

  it('has no fault axe-core knows and fits, in light and dark, on a phone and a desk', async () => {
    await house.held('A harbour at dawn, seen from the lock, with a ferry that leaves.')
    await house.held('A harbour at dusk.', { reviewers: 2 })
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [380, 1280]) {
        const { page, complaints } = await visit('/review', { colorScheme, viewport: { width, height: 900 } })
        await page.getByText('2 parts are held').waitFor()
        await untilLoaded(page)
        await page.keyboard.press('j')
        await page.keyboard.press('r')
        const where = `in ${colorScheme} at ${width} px`
        expect(await accessibilityFaults(page), where).toEqual([])
        expect(await overflowOf(page), where).toBe(0)
        expect(complaints, where).toEqual([])
        await context.close()
      }
    }
  })
})
