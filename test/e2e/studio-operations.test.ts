import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensureStudio } from '../../scripts/setup/studio.mjs'
import { eventually } from '../helpers/eventually.ts'
import { launchBrowser } from './helpers/browser.ts'
import { startOperationsHouse } from './helpers/operations-house.ts'
import { accessibilityFaults, openPage, overflowOf } from './helpers/studio-page.ts'

const root = join(import.meta.dirname, '..', '..')
const WITHIN_MS = 60_000

/** Who keeps the house running, before a real server in a real browser. */
describe('the Studio where the house is looked after', () => {
  let house: Awaited<ReturnType<typeof startOperationsHouse>>
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    ensureStudio(root, process.execPath)
    house = await startOperationsHouse()
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await house?.stop()
  })

  afterEach(async () => {
    await context?.close()
  })

  async function visit(options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; complaints: string[] }> {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const opened = await openPage(context)
    await opened.page.goto(`${house.url}/operations`)
    await opened.page.getByRole('heading', { name: 'Processes' }).waitFor()
    return opened
  }

  /** Nothing is cut off, out of anyone's reach, or complained of. */
  async function fits({ page, complaints }: Awaited<ReturnType<typeof visit>>): Promise<void> {
    await page.getByText('The database could not be reached.').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    expect([await overflowOf(page), complaints]).toEqual([0, []])
  }

  it('says what empty means; shows by itself what was given up, and by keyboard alone has it done again', async () => {
    const { page, complaints } = await visit()
    await page.getByText('Everything of yours goes on by itself.').waitFor()
    const part = page.getByRole('region', { name: 'Given up' })
    await part.getByText('Nothing was.').waitFor()
    await page.getByRole('region', { name: 'Processes' }).getByText('Schedules').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])

    const asset = await (await house.submit()).wait({ timeoutMs: WITHIN_MS })
    const webm = async () => (await house.client.assets.get(asset.id)).renditions.find(({ format }) => format === 'webm')
    const again = part.getByRole('button', { name: 'Do again: A further format: A harbour at dawn' })
    await again.waitFor({ timeout: WITHIN_MS })
    expect(await part.textContent()).toContain('Install a complete FFmpeg build')
    expect((await webm())?.state).toBe('failed')

    await house.mend()
    await again.focus()
    await page.keyboard.press('Enter')
    const said = part.getByText('It is done again.')
    await said.waitFor()
    expect(await said.evaluate((element) => element === document.activeElement)).toBe(true)
    expect(await again.count()).toBe(0)
    await eventually(webm, (one) => one?.state === 'ready' && one.url !== null, WITHIN_MS)
    await page.reload()
    await part.getByText('Nothing was.').waitFor()
    expect(complaints).toEqual([])
  })

  it('shows each kind of trouble with the way to mend it, in any light and width, and lets go of what is let go', async () => {
    await house.trouble()
    const narrow = await visit({ colorScheme: 'light', viewport: { width: 380, height: 900 } })
    await fits(narrow)
    await context.close()
    const wide = await visit({ colorScheme: 'dark' })
    await fits(wide)
    const { page } = wide
    const stuck = page.getByRole('region', { name: 'Stuck' })
    await stuck.getByText('3 times in a row').waitFor()
    for (const mend of ['See its job', 'Say what you found', 'Decide', 'See its messages'])
      await stuck.getByRole('link', { name: mend }).waitFor()
    const providers = page.getByRole('region', { name: 'Providers' })
    expect(await providers.getByRole('row', { name: /Runway/ }).textContent()).toMatch(/7 of 10.*1 in doubt.*Paused until/)
    expect(await providers.getByRole('row', { name: /ElevenLabs/ }).textContent()).toContain('does not accept the key')
    const part = page.getByRole('region', { name: 'Given up' })
    await part.getByRole('button', { name: /Dismiss: Job failed/ }).click()
    await part.getByText('Dismissed.').waitFor()
    expect((await house.client.operations.deadLetters()).deadLetters).toEqual([])
  })
})
