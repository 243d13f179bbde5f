import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core'

export interface Chromium extends AsyncDisposable {
  /** A profile of its own, as a new visitor has. Close it when done. */
  visit(options?: BrowserContextOptions): Promise<BrowserContext>
}

/** Nothing but the page under test may reach for the network. */
const QUIET = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** The system's Chromium, or the one at `SLUICE_CHROMIUM`; headless, without a GPU. */
export async function startChromium(): Promise<Chromium> {
  const executablePath = process.env['SLUICE_CHROMIUM'] ?? '/usr/bin/chromium'
  await access(executablePath).catch(() => {
    throw new Error(`There is no Chromium at ${executablePath}: install it (\`npm test\` does), or name another in SLUICE_CHROMIUM.`)
  })
  const downloads = await mkdtemp(join(tmpdir(), 'sluice-chromium-'))
  const asRoot = process.getuid?.() === 0
  const browser = await chromium.launch({
    executablePath,
    downloadsPath: downloads,
    args: ['--disable-gpu', ...QUIET, ...(asRoot ? ['--no-sandbox'] : [])],
  })
  return {
    visit: (options) => browser.newContext({ viewport: { width: 1280, height: 900 }, ...options }),
    async [Symbol.asyncDispose]() {
      await browser.close()
      await rm(downloads, { recursive: true, force: true })
    },
  }
}
