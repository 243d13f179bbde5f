import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensureStudio } from '../../scripts/setup/studio.mjs'
import { type Client, createClient, type Job, type JobInput } from '../../src/client/index.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { labVendors } from '../../src/lab/vendors/index.ts'
import { type Server, startServer } from '../helpers/server.ts'
import { startSluice } from '../helpers/sluice.ts'
import { launchBrowser } from './helpers/browser.ts'
import { accessibilityFaults, openPage, overflowOf } from './helpers/studio-page.ts'

const root = join(import.meta.dirname, '..', '..')
const MADE_WITHIN_MS = 240_000
/** Five seconds of gen4.5 at the price of the list. */
const CLIP_MICRO_USD = 600_000

const clip = (prompt: string): JobInput => ({
  kind: 'video',
  prompt,
  durationSeconds: 5,
  formats: ['hls', 'mp4'],
  providers: ['runway/gen4.5'],
})

/** Money in the Studio, as its user has it: a real server that orders from vendors played by the lab, in a real browser. */
describe('the Studio where vendors are paid', () => {
  let folder: string
  let lab: RunningLab
  let server: Server
  let browser: Browser
  let client: Client
  let context: BrowserContext

  beforeAll(async () => {
    ensureStudio(root, process.execPath)
    folder = await mkdtemp(join(tmpdir(), 'sluice-studio-spend-'))
    const { exitCode, stderr } = await startSluice(['budget', '--limit-usd', '20'], { env: { SLUICE_DATA: join(folder, 'data') } }).ended
    expect(exitCode, stderr).toBe(0)
    lab = await createLab({ vendors: labVendors, speed: 100 })
    server = await startServer(join(folder, 'data'), {
      SLUICE_LAB_URL: lab.url,
      SLUICE_SUNO: 'reseller',
      SLUICE_SUNO_URL: `${lab.url}/suno`,
    })
    client = createClient({ baseUrl: server.url, lingerMs: 0 })
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await lab?.close()
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

  /** A job whose one order was taken and paid, and whose answer never came. */
  async function doubtful(prompt: string): Promise<Job> {
    const job = await client.submit(clip(`${prompt} [lab:lost-reply]`))
    const asked = job.events({ after: 0 })
    for await (const message of asked) if (message.type === 'notice' && message.data.text?.includes('cannot be asked')) break
    return job
  }

  const panelOf = (page: Page) => page.getByRole('region', { name: 'Did Runway take this order?' })
  const chargesOf = (prompt: string) => {
    const works = lab.works.all().filter((work) => work.vendor === 'runway' && work.prompt.startsWith(prompt))
    return works.map(({ id }) => id)
  }
  const isFocused = (element: Element): boolean => element === document.activeElement

  /** A video at Runway in the form, as a user chooses it. */
  async function compose(page: Page, prompt: string): Promise<void> {
    await page.getByRole('radio', { name: 'Video' }).check({ force: true })
    await page.getByRole('textbox', { name: /Describe one clip/ }).fill(prompt)
    await page.getByRole('combobox', { name: 'Made by' }).selectOption('runway/gen4.5')
    await page.locator('summary', { hasText: 'Options' }).click()
    await page.getByRole('spinbutton', { name: 'Length, seconds' }).fill('5')
  }

  it('orders a clip at a vendor for the quoted price, shows it, and what it cost', async () => {
    const { page, complaints } = await visit('/')
    await compose(page, 'A lock at first light.')
    const quote = page.getByRole('region', { name: 'Before it runs' })
    await quote.getByText('$0.60').waitFor()

    await page.getByRole('button', { name: 'Make the video' }).click()
    await page.waitForURL(/\/jobs\/job_/)
    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'ended'), null, { timeout: MADE_WITHIN_MS })
    const shots = page.getByRole('region', { name: 'Shots' })
    await shots.getByText('Runway gen4.5, $0.60 paid').waitFor({ timeout: MADE_WITHIN_MS })
    await page.getByRole('region', { name: 'Files' }).waitFor()
    expect(await page.getByRole('main').textContent()).toContain('Cost$0.60')
    expect(await accessibilityFaults(page)).toEqual([])

    await page.getByRole('link', { name: 'Spend' }).click()
    const row = page.getByRole('row', { name: /gen4\.5/ })
    await row.waitFor()
    const { usage } = await client.usage()
    const gen45 = usage.find(({ provider, model }) => provider === 'runway' && model === 'gen4.5')
    expect(gen45).toMatchObject({ takes: 1, spentMicroUsd: CLIP_MICRO_USD, reservedMicroUsd: 0 })
    expect(await row.getByRole('cell').allTextContents()).toEqual(['1', '$0.00', '$0.60'])
    const budget = page.getByRole('region', { name: 'Budget' })
    expect(await budget.getByRole('definition').allTextContents()).toEqual(expect.arrayContaining(['$0.60', '$0.00', '$20.00', '$19.40']))
    expect(await budget.textContent()).toContain('3 % of the budget is spent, 0 % reserved.')
    expect(lab.book.totals()['runway']).toBe(CLIP_MICRO_USD)
    expect(complaints).toEqual([])
  })

  it('says at the fields of the money what a vendor cannot do and what is too dear', async () => {
    const { page } = await visit('/')
    await compose(page, 'A lock at first light.')
    const size = page.getByRole('combobox', { name: 'Size' })
    await size.selectOption('1920x1080')
    await page.getByText('gen4.5 does not make 1920x1080.').waitFor()
    expect(await size.getAttribute('aria-invalid')).toBe('true')
    await size.selectOption('1280x720')

    const limit = page.getByRole('textbox', { name: 'Cost limit, US dollars' })
    await limit.fill('0.10')
    await page.getByRole('button', { name: 'Make the video' }).click()
    await page.getByText(/quoted at/).waitFor()
    expect(await limit.getAttribute('aria-invalid')).toBe('true')
    expect(await limit.evaluate(isFocused)).toBe(true)
    expect(await accessibilityFaults(page)).toEqual([])

    await page.getByRole('radio', { name: 'Music' }).check({ force: true })
    const makers = page.getByRole('combobox', { name: 'Made by' })
    const suno = await makers.locator('optgroup[label="Suno"] option').first().getAttribute('value')
    await makers.selectOption(suno)
    await page.getByRole('note').getByText('Suno has no official public API.').waitFor()
  })

  it('asks about an order in doubt, gives it up only once the risk is agreed to, by keyboard alone', async () => {
    const job = await doubtful('A ferry in the fog.')
    const { page, complaints } = await visit(`/jobs/${job.id}`)
    const panel = panelOf(page)
    await panel.waitFor()
    expect(await panel.textContent()).toContain('$0.60 is at stake.')
    expect(await panel.getByRole('radio').count()).toBe(4)
    await page.getByRole('status').getByText('An order is in doubt and waits for your decision.').waitFor({ state: 'attached' })
    await page.getByRole('region', { name: 'Shots' }).getByText('Runway gen4.5, $0.60 reserved').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])

    await panel.getByRole('radio', { name: /I found it there/ }).focus()
    await page.keyboard.press('ArrowUp')
    expect(await panel.getByRole('radio', { name: /give up/ }).isChecked()).toBe(true)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await panel.getByText('Tick it if you agree; nothing was sent.').waitFor()
    const agree = panel.getByRole('checkbox')
    expect(await agree.evaluate(isFocused)).toBe(true)
    expect(await accessibilityFaults(page)).toEqual([])
    expect((await job.takes())[0]?.state).toBe('submit_unknown')

    await page.keyboard.press('Space')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const said = page.getByText('Decided: the job is given up.')
    await said.waitFor()
    expect(await said.evaluate(isFocused)).toBe(true)
    await panel.waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'It is not known whether the provider took the order' }).waitFor()
    await page.getByRole('region', { name: 'Shots' }).getByText('Runway gen4.5, $0.60 counted as paid').waitFor()
    await expect(job.wait()).rejects.toMatchObject({ outcome: { class: 'submit_unknown', charged: 'unknown' } })
    expect(chargesOf('A ferry in the fog.')).toHaveLength(1)
    expect(complaints).toEqual([])
  })

  it('follows an order that its user found at the vendor, and pays for it once', async () => {
    const job = await doubtful('A crane over the harbour.')
    const [remoteId = ''] = chargesOf('A crane over the harbour.')
    const { page, complaints } = await visit(`/jobs/${job.id}`)
    const panel = panelOf(page)
    await panel.getByRole('button', { name: 'Follow this order' }).click()
    const id = panel.getByRole('textbox', { name: 'Its id at Runway' })
    expect(await id.getAttribute('aria-invalid')).toBe('true')
    expect(await id.evaluate(isFocused)).toBe(true)
    await id.fill(remoteId)
    await page.keyboard.press('Enter')
    await page.getByText('Decided: the order you found is followed.').waitFor()
    await job.wait({ timeoutMs: MADE_WITHIN_MS })
    await page.getByRole('region', { name: 'Shots' }).getByText('Runway gen4.5, $0.60 paid').waitFor()
    expect(chargesOf('A crane over the harbour.')).toEqual([remoteId])
    expect(complaints).toEqual([])
  })

  it('says which input a vendor refused and that it took the money, and which take it gave the money back for', async () => {
    const refused = await client.submit(clip('A quiet street. [lab:refuse-input]'))
    const spoilt = await client.submit(clip('A loud street. [lab:refuse-output]'))
    for (const job of [refused, spoilt]) await job.wait({ timeoutMs: MADE_WITHIN_MS }).catch(() => null)
    const { page } = await visit(`/jobs/${refused.id}`)
    await page.getByRole('heading', { name: 'The input was refused' }).waitFor()
    const shots = page.getByRole('region', { name: 'Shots' })
    await shots.getByText('Runway gen4.5, $0.60 paid').waitFor()
    expect(await shots.textContent()).toContain('It was about the description. $0.60 was charged.')

    await page.goto(`${server.url}/jobs/${spoilt.id}`)
    await page.getByRole('heading', { name: 'The provider would not deliver the result' }).waitFor()
    await shots.getByText('Runway gen4.5, not charged').first().waitFor()
    expect(await shots.textContent()).toContain('Nothing was charged.')
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [380, 1280]) {
      it(`has no fault axe-core knows and fits, in ${colorScheme} at ${width} px, where money is`, async () => {
        const job = await doubtful(`A harbour in ${colorScheme} at ${width}.`)
        for (const room of ['/', '/spend', `/jobs/${job.id}`]) {
          const { page, complaints } = await visit(room, { colorScheme, viewport: { width, height: 900 } })
          if (room === '/') await compose(page, 'A lock at first light.')
          if (room === '/') await page.getByText('$0.60').waitFor()
          if (room === '/spend') await page.getByRole('row', { name: /gen4\.5/ }).waitFor()
          if (room.startsWith('/jobs')) await panelOf(page).waitFor()
          expect(await accessibilityFaults(page), room).toEqual([])
          expect(await overflowOf(page), room).toBe(0)
          expect(complaints, room).toEqual([])
          await context.close()
        }
        const [take] = await job.takes()
        await job.decide(take?.id ?? '', { decision: 'give-up' })
      })
    }
  }
})
