import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensureStudio } from '../../scripts/setup/studio.mjs'
import { type Client, createClient, type WebhookMessage } from '../../src/client/index.ts'
import { eventually } from '../helpers/eventually.ts'
import { type Server, startServer } from '../helpers/server.ts'
import { expectRefusal, sluice } from '../helpers/sluice.ts'
import { type WebhookReceiver, webhookReceiver } from '../helpers/webhook-receiver.ts'
import { launchBrowser } from './helpers/browser.ts'
import { accessibilityFaults, openPage, overflowOf } from './helpers/studio-page.ts'

const root = join(import.meta.dirname, '..', '..')
const WITHIN_MS = 60_000

/** Webhooks as their owner has them: a real server, the command line, a real receiver, the page in a real browser. */
describe('webhooks', () => {
  let folder: string
  let server: Server
  let receiver: WebhookReceiver
  let browser: Browser
  let client: Client
  let context: BrowserContext
  let secret: string
  let id: string

  beforeAll(async () => {
    ensureStudio(root, process.execPath)
    folder = await mkdtemp(join(tmpdir(), 'sluice-studio-webhooks-'))
    server = await startServer(join(folder, 'data'), { SLUICE_WEBHOOK_PRIVATE: 'true' })
    receiver = await webhookReceiver()
    client = createClient({ baseUrl: server.url, lingerMs: 0 })
    browser = await launchBrowser()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await receiver?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  afterEach(async () => {
    await context?.close()
  })

  async function visit(options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; complaints: string[] }> {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const opened = await openPage(context)
    await opened.page.goto(`${server.url}/webhooks`)
    await opened.page.getByRole('heading', { name: 'Webhooks' }).waitFor()
    return opened
  }

  const command = (...args: string[]) => sluice(['webhooks', '--server', server.url, ...args])
  const verified = () =>
    receiver.received.map(({ headers, body }) => new Webhook(secret).verify(body, headers as Record<string, string>) as WebhookMessage)

  it('says how to add the first one, and the command adds it', async () => {
    const { page } = await visit()
    await page.getByText('sluice webhooks add').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    expectRefusal(await command('add', 'ftp://app.example'), /not an address a webhook can be sent to/, /Write it as https/)
    const added = await command('add', receiver.url, '--events', 'job.playable, job.succeeded,job.failed')
    expect(added.exitCode, added.stderr).toBe(0)
    secret = added.stdout.trim()
    expect(secret).toMatch(/^whsec_/)
    id = /whk_[0-9a-z]+/.exec(added.stderr)?.[0] ?? ''
    const listed = await command('list')
    expect(listed.stdout).toMatch(new RegExp(`^${id}  enabled   ${receiver.url}  job.playable,job.succeeded,job.failed\n$`))
    expect(listed.stdout).not.toContain(secret)
  })

  it('tells a server of its job as it becomes playable and is done, signed so that it can be believed', async () => {
    receiver.answers.push({ status: 500, body: 'still starting' })
    const job = await client.submit({
      kind: 'sound',
      prompt: 'a bell',
      durationSeconds: 3,
      formats: ['hls', 'm4a'],
      metadata: { page: 'front' },
    })
    await job.wait({ timeoutMs: 240_000 })
    await receiver.has(3)
    const types = verified().map(({ type }) => type)
    // The first was refused once, and the second waited for it.
    expect(types).toEqual(['job.playable', 'job.playable', 'job.succeeded'])
    const last = verified().at(-1)
    expect(last).toMatchObject({
      data: { job: { id: job.id, state: 'succeeded', metadata: { page: 'front' } }, event: { type: 'status' } },
    })
    const log = await eventually(
      () => client.webhooks.deliveries(id),
      ({ deliveries }) => deliveries.every(({ state }) => state === 'delivered'),
      WITHIN_MS,
    )
    expect(log.deliveries.map(({ type, attempts }) => [type, attempts])).toEqual([
      ['job.succeeded', 1],
      ['job.playable', 2],
    ])
    const shown = await command('deliveries', id)
    expect(shown.stdout).toMatch(
      /delivered {2}job\.succeeded .* 1 attempt {2}200 in \d+ ms\n.*delivered {2}job\.playable .* 2 attempts {2}200/,
    )
  })

  it('shows what was sent, and sends it again by keyboard alone', async () => {
    const { page, complaints } = await visit()
    const panel = page.getByRole('region', { name: receiver.url })
    await panel.getByText('Enabled', { exact: true }).waitFor()
    const messages = panel.getByRole('list', { name: 'Messages, newest first' }).getByRole('listitem')
    await messages.nth(1).waitFor()
    expect(await messages.first().textContent()).toMatch(/^Delivered job\.succeeded .*1 attempt: Answered 200 in \d+ ms\. its job$/)
    const before = receiver.received.length
    await panel.getByRole('button', { name: 'Send a test' }).focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await receiver.has(before + 1)
    await page.getByRole('status').getByText('job.succeeded is sent again.').waitFor({ state: 'attached' })
    const [original, again] = [receiver.received[before - 1], receiver.received[before]]
    expect(again?.headers['webhook-id']).toBe(original?.headers['webhook-id'])

    await panel.getByRole('button', { name: 'Send a test' }).click()
    await receiver.has(before + 2)
    await messages.first().getByText('webhook.test').waitFor()
    expect(verified().at(-1)).toMatchObject({ type: 'webhook.test', data: { webhookId: id } })
    expect(await accessibilityFaults(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('says why one was disabled, and enables it again', async () => {
    receiver.answers.push({ status: 410, body: 'moved away' })
    await client.webhooks.test(id)
    const { page } = await visit()
    const panel = page.getByRole('region', { name: receiver.url })
    await panel.getByText('Its receiver answered 410').waitFor()
    await panel.getByText('It was answered with 410: moved away').waitFor()
    expect((await command('list')).stdout).toContain('disabled')
    expect(await accessibilityFaults(page)).toEqual([])
    await panel.getByRole('button', { name: 'Enable again' }).click()
    await panel.getByText('It is enabled again.').waitFor()
    await panel.getByText('Enabled', { exact: true }).waitFor()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [380, 1280]) {
      it(`has no fault axe-core knows and fits, in ${colorScheme} at ${width} px`, async () => {
        const { page, complaints } = await visit({ colorScheme, viewport: { width, height: 900 } })
        await page.getByRole('listitem').getByText('job.playable').waitFor()
        expect(await accessibilityFaults(page)).toEqual([])
        expect(await overflowOf(page)).toBe(0)
        expect(complaints).toEqual([])
      })
    }
  }
})
