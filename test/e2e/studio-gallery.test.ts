import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureStudio } from '../../scripts/setup/studio.mjs'
import { launchBrowser } from './helpers/browser.ts'
import { accessibilityFaults, openPage, overflowOf } from './helpers/studio-page.ts'

const root = join(import.meta.dirname, '..', '..')
const dist = join(root, 'apps', 'studio', 'dist')
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** Tighter than the server's own: the Studio itself needs no inline style and no `data:`. */
const POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

const EXHIBITS = [
  'queued',
  'running-early',
  'playable',
  'slow-with-a-notice',
  'held-for-review',
  'failed-worth-another-try',
  'failed-final',
  'cancelled',
  'expired',
  'succeeded',
]

/** The built Studio as plain files: the gallery needs no API. */
async function serveFiles(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://studio').pathname
    const body = await readFile(join(dist, path)).catch(() => null)
    const isRoom = body === null && extname(path) === ''
    response.writeHead(body === null && !isRoom ? 404 : 200, {
      'content-type': isRoom ? 'text/html' : (types[extname(path)] ?? 'application/octet-stream'),
      'content-security-policy': POLICY,
    })
    response.end(body ?? (isRoom ? await readFile(join(dist, 'index.html')) : ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

describe('the gallery of every state', () => {
  let server: Server
  let browser: Browser
  let address: string

  beforeAll(async () => {
    ensureStudio(root, process.execPath)
    server = await serveFiles()
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dev/gallery`
    browser = await launchBrowser()
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    server?.closeAllConnections()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [380, 1280]) {
      it(`shows each state in ${colorScheme} at ${width} px, without a fault axe-core knows`, async () => {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
        const { page, complaints } = await openPage(context)
        await page.goto(address)
        await page.getByRole('heading', { name: 'Every state of a job' }).waitFor()
        const shown = await page.locator('[data-exhibit]').evaluateAll((all) => all.map((one) => one.getAttribute('data-exhibit')))
        expect(shown).toEqual(EXHIBITS)
        // Many sheets on one page have each landmark many times; a room shows one sheet.
        expect(await accessibilityFaults(page, ['landmark-unique'])).toEqual([])
        expect(await overflowOf(page)).toBe(0)
        expect(complaints).toEqual([])
        await context.close()
      })
    }
  }

  it('says how a job ended, what it cost and what to do, in words', async () => {
    const context = await browser.newContext()
    const { page } = await openPage(context)
    await page.goto(address)
    const worth = page.locator('[data-exhibit="failed-worth-another-try"]')
    await worth.getByRole('heading', { name: 'The result did not pass its checks' }).waitFor()
    expect(await worth.textContent()).toContain('$0.18 was charged.')
    expect(await worth.getByRole('button', { name: 'Try again' }).isVisible()).toBe(true)
    const final = page.locator('[data-exhibit="failed-final"]')
    expect(await final.textContent()).toContain('Nothing was charged.')
    expect(await final.getByRole('button', { name: 'Try again' }).isVisible()).toBe(false)
    await context.close()
  })

  it('keeps a chosen theme over a reload, and follows the system again when told to', async () => {
    const context = await browser.newContext({ colorScheme: 'light' })
    const { page } = await openPage(context)
    await page.goto(address)
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    const light = await ground()
    await page.getByRole('radio', { name: 'Dark theme' }).check({ force: true })
    const dark = await ground()
    expect(dark).not.toBe(light)
    await page.reload()
    expect(await ground()).toBe(dark)
    await page.getByRole('radio', { name: 'Theme of the system' }).check({ force: true })
    expect(await ground()).toBe(light)
    await page.reload()
    expect(await ground()).toBe(light)
    await context.close()
  })
})
