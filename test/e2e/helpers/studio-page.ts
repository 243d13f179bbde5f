import axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import type { JobSnapshot } from '../../../src/client/index.ts'
import type { SluicePlayerElement } from '../../../src/elements/contract.ts'

/** What the page did while it was open: messages of the player, with the job's state at that moment, and every complaint. */
export interface Diary {
  events: {
    type: string
    detail: Record<string, unknown>
    atMs: number
    jobState: JobSnapshot['state'] | null
    readySeconds: number | null
  }[]
  /** Times the media clock went back, or ahead by more than time had passed, in seconds. */
  jumps: { from: number; to: number }[]
  /** The media element that played first is still the one that plays. */
  sameElement: boolean
}

declare global {
  interface Window {
    diary: Diary
  }
}

/** Opens a page that keeps a {@link Diary}, and collects what a developer would see in red. */
export async function openPage(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`)
  })
  await page.addInitScript(keepDiary)
  return { page, complaints }
}

/** Runs in the page, before anything else. */
function keepDiary(): void {
  const diary: Diary = { events: [], jumps: [], sameElement: true }
  window.diary = diary
  let first: HTMLMediaElement | null = null
  const types = ['attached', 'first-frame', 'starved', 'resumed', 'vod', 'ended', 'engine-error', 'settled'] as const
  for (const type of types) {
    document.addEventListener(`sluice-${type}`, (event) => {
      const { detail, target } = event as CustomEvent<Record<string, unknown>>
      const { job, media } = target as SluicePlayerElement
      const snapshot = job?.getSnapshot() as JobSnapshot | null | undefined
      diary.events.push({
        type,
        detail,
        atMs: performance.now(),
        jobState: snapshot?.state ?? null,
        readySeconds: snapshot?.playback?.readySeconds ?? null,
      })
      if (type !== 'attached' || !media) return
      first ??= media
      diary.sameElement &&= first === media
      let at = media.currentTime
      media.addEventListener('timeupdate', () => {
        // The clock of the media may run ahead of the last look by the time between two looks, and by no more than a blink.
        if (media.currentTime < at - 0.05 || media.currentTime > at + 2) diary.jumps.push({ from: at, to: media.currentTime })
        at = media.currentTime
      })
    })
  }
}

export const diaryOf = (page: Page): Promise<Diary> => page.evaluate(() => window.diary)

/** Whatever axe-core finds wrong with the page, one line for each element, web components included. `except`: rules left out. */
export async function accessibilityFaults(page: Page, except: string[] = []): Promise<string[]> {
  await page.evaluate(axe.source)
  const results = await page.evaluate(async (left) => {
    const { run } = (window as unknown as { axe: typeof axe }).axe
    return run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      rules: Object.fromEntries(left.map((rule) => [rule, { enabled: false }])),
    })
  }, except)
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.flat().join(' >> ')}: ${failureSummary}`),
  )
}

/** How far the page is wider than its window, in CSS pixels; 0 when it fits. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth))
}
