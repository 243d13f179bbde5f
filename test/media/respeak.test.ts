import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createClient, type JobSnapshot } from '../../src/client/index.ts'
import { startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import { LANES } from '../../src/domain/step.ts'
import { createLocalProvider } from '../../src/drivers/provider/local/provider.ts'
import { locateFfmpeg } from '../../src/media/ffmpeg/locate.ts'
import type { EventPage } from '../../src/wire/events.ts'
import type { ReportView } from '../../src/wire/jobs.ts'
import { createRecogniserServer } from '../helpers/recogniser-server.ts'

const SENTENCES = [
  'The ferry over the bay sails again from Friday.',
  'The new boat carries many people and thirty cars.',
  'The old boat will become a museum in the harbour.',
  'Tickets cost four euros, and children travel free.',
]
const SKIPPED = 2
const WITHOUT = SENTENCES.filter((_, index) => index !== SKIPPED).join(' ')

let stack = new AsyncDisposableStack()
afterEach(async () => {
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
})

/** A server whose voice says these texts instead of those it is ordered to, one order after the other, and who listens to it. */
async function serverThatSays(texts: (string | undefined)[], env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-respeak-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const config = loadConfig({ ...process.env, SLUICE_DATA: join(folder, 'data'), SLUICE_PORT: '0', ...env })
  const log = createLogger('silent')
  const { ffmpegPath } = await locateFfmpeg(config)
  const local = createLocalProvider({ folder: join(folder, 'takes'), ffmpegPath, log })
  const orders: GenerateRequest[] = []
  const provider: typeof local = {
    ...local,
    start(request, context) {
      const text = texts[orders.length]
      orders.push(request)
      return local.start(text !== undefined && request.kind === 'speech' ? { ...request, text } : request, context)
    },
  }
  const app = await startApp(config, { api: true, lanes: LANES, schedules: true }, log, { provider })
  stack.use(app)
  const client = createClient({ baseUrl: app.url ?? '' })
  async function speak() {
    const job = await client.submit({ kind: 'speech', text: SENTENCES.join(' '), formats: ['hls', 'm4a'] })
    await job.wait({ timeoutMs: 90_000 }).catch(() => undefined)
    const page = await fetch(`${app.url}/v1/jobs/${job.id}/events?after=0`, { headers: { accept: 'application/json' } })
    const { verdicts } = (await (await fetch(`${app.url}/v1/jobs/${job.id}/report`)).json()) as ReportView
    return { job: job.getSnapshot() as JobSnapshot, events: ((await page.json()) as EventPage).events, verdicts, orders }
  }
  return { speak }
}

it.each(['offline', 'openai'] as const)(
  'a sentence that was skipped is found at its time by who listens (%s), and only that one is spoken again',
  async (transcriber) => {
    const server = transcriber === 'openai' ? await createRecogniserServer({ sentences: SENTENCES }) : null
    stack.defer(async () => server?.close())
    const { speak } = await serverThatSays([WITHOUT], {
      SLUICE_TRANSCRIBER: transcriber,
      ...(server && { SLUICE_TRANSCRIBER_URL: server.url }),
    })
    const { job, events, verdicts, orders } = await speak()
    expect(job.state).toBe('succeeded')
    expect(orders.map((order) => ('text' in order ? order.text : ''))).toEqual([SENTENCES.join(' '), SENTENCES[SKIPPED]])
    expect(events.find(({ type }) => type === 'repair')?.data).toMatchObject({ action: 'respeak' })
    const found = events.flatMap(({ type, data }) => (type === 'check' ? [data as ReportView['verdicts'][number]] : []))
    const missing = found.find(({ check, verdict }) => check === 'missing_sentence' && verdict === 'fail')
    // Two sentences of about three seconds were said before it.
    expect(missing?.range?.startSeconds).toBeGreaterThan(4)
    expect(missing?.range?.startSeconds).toBeLessThan(9)
    expect(missing?.detail).toContain('museum')
    // What is published says all of it, in its order.
    const of = (name: string) => verdicts.filter(({ check }) => check === name).map(({ verdict }) => verdict)
    expect(of('missing_sentence')).toEqual(['pass'])
    expect(of('words').sort()).toEqual(['pass', 'repaired'])
  },
  120_000,
)

it('a sentence that was spoken again and is wrong again has the whole voice made anew', async () => {
  const { speak } = await serverThatSays([WITHOUT, SENTENCES[0]])
  const { job, events, orders } = await speak()
  expect(job.state).toBe('succeeded')
  expect(orders.map((order) => ('text' in order ? order.text : ''))).toEqual([SENTENCES.join(' '), SENTENCES[SKIPPED], SENTENCES.join(' ')])
  const repairs = events.flatMap(({ type, data }) => (type === 'repair' ? [(data as { action: string }).action] : []))
  expect(repairs).toEqual(['respeak', 'reseed'])
}, 120_000)
