import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '../src/client/index.ts'
import { exampleText } from '../src/compose/package-files.ts'
import { launchBrowser } from '../test/e2e/helpers/browser.ts'
import { diaryOf, openPage } from '../test/e2e/helpers/studio-page.ts'
import type { Server } from '../test/helpers/server.ts'
import { type Figure, seconds } from './figures.ts'

const WITHIN_MS = 180_000

/**
 * The Studio's job page in a real Chromium while the demo's video is being made: when it paints, whether it stalls, whether
 * it gets to the end. `screenshotFolder` keeps the page at three moments.
 */
export async function benchPlayback(start: () => Promise<Server>, screenshotFolder?: string): Promise<Figure> {
  const text = await readFile(exampleText, 'utf8')
  const server = await start()
  const browser = await launchBrowser()
  try {
    const { page } = await openPage(await browser.newContext({ viewport: { width: 1280, height: 900 } }))
    const look = (name: string) => (screenshotFolder ? page.screenshot({ path: join(screenshotFolder, `${name}.png`) }) : undefined)
    const job = await createClient({ baseUrl: server.url }).submit({ kind: 'presentation', text, seed: 7, formats: ['hls', 'mp4'] })
    await page.goto(`${server.url}/jobs/${job.id}`)
    await page.waitForFunction(() => document.querySelector('sluice-preview') !== null, null, { timeout: WITHIN_MS })
    await page.waitForTimeout(1_500)
    await look('1-before')
    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'first-frame'), null, { timeout: WITHIN_MS })
    await page.waitForTimeout(4_000)
    await look('2-while-it-is-made')
    await page.waitForFunction(() => window.diary.events.some(({ type }) => type === 'ended'), null, { timeout: WITHIN_MS })
    await look('3-ended')
    const diary = await diaryOf(page)
    const first = diary.events.find(({ type }) => type === 'first-frame')
    const stalls = diary.events.filter(({ type }) => type === 'starved').length
    const ms = Number(first?.detail['ms'])
    const whileMade = first?.jobState === 'running'
    return {
      name: 'first checked segment → first painted frame, Studio in Chromium, 720p',
      measured: `${seconds(ms / 1000)}, ${stalls} stalls, ${diary.jumps.length} jumps, ${first?.readySeconds?.toFixed(0)} s were ready`,
      target: 'no stall, no jump, while it is being made',
      met: whileMade && stalls === 0 && diary.jumps.length === 0 && diary.sameElement,
      against: 'the same two cores draw, encode and decode in software',
    }
  } finally {
    await browser.close()
    await server.stop()
  }
}
