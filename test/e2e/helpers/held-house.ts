import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type Job } from '../../../src/client/index.ts'
import { startApp } from '../../../src/compose/app.ts'
import { systemClock } from '../../../src/compose/clock.ts'
import { loadConfig } from '../../../src/compose/config.ts'
import { ids } from '../../../src/compose/ids.ts'
import { createLogger } from '../../../src/compose/logger.ts'
import type { JobId } from '../../../src/domain/ids.ts'
import type { Hold } from '../../../src/domain/review.ts'
import { LANES } from '../../../src/domain/step.ts'
import { silentMetrics } from '../../../src/drivers/metrics/silent/metrics.ts'
import { silentTracer } from '../../../src/drivers/tracer/silent/tracer.ts'
import { createForecast } from '../../../src/engine/forecast.ts'
import { changeJob } from '../../../src/engine/job-transaction.ts'
import type { Provider } from '../../../src/ports/provider.ts'
import { eventually } from '../../helpers/eventually.ts'
import { scriptedProvider } from '../../helpers/scripted-provider.ts'

/** What the gate would have asked about: black from the middle on, and a picture that stands still before. */
const findings: Hold['findings'] = [
  {
    check: 'black',
    verdict: 'fail',
    value: 3.5,
    unit: 's',
    threshold: 0.5,
    range: { startSeconds: 3.5, endSeconds: 7 },
    detail: 'The picture is black for 3.5 s.',
  },
  {
    check: 'freeze',
    verdict: 'fail',
    value: 1.2,
    unit: 's',
    threshold: 1,
    range: { startSeconds: 1.5, endSeconds: 2.7 },
    detail: 'The picture stands still for 1.2 s.',
  },
  { check: 'loudness', verdict: 'warn', value: null, unit: 'LUFS', threshold: -16, detail: 'There is no sound.' },
]

/**
 * The whole server with takes that are real clips, and jobs that are held: a review is opened while the one take is still
 * being made, so nothing of it is ever let out before somebody has decided.
 */
export async function startHeldHouse() {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-held-'))
  await mkdir(join(folder, 'takes'))
  const made = scriptedProvider(join(folder, 'takes'))
  let holding = false
  const provider: Provider = {
    ...made,
    status: async (ref, options) => (holding ? { state: 'running', progress: 0.3 } : made.status(ref, options)),
  }
  const log = createLogger('silent')
  const config = loadConfig({ SLUICE_DATA: join(folder, 'data'), SLUICE_PORT: '0' })
  const app = await startApp(config, { api: true, lanes: LANES, schedules: true }, log, { provider })
  const url = app.url ?? ''
  const client: Client = createClient({ baseUrl: url, lingerMs: 0 })
  const bus = { publish: async () => {}, subscribe: () => () => {}, close: async () => {} }
  const changing = {
    store: app.store,
    bus,
    clock: systemClock,
    ids,
    log,
    metrics: silentMetrics,
    inFlight: () => null,
    tracer: silentTracer,
    config: { retention: { ephemeralHours: 24, standardDays: null, masterDays: null } },
    forecast: createForecast(app.store.samples),
    stepsDue: () => {},
  }

  return {
    url,
    client,
    /** A job whose one clip is there, black in its second half, and held. The next take is a good one. */
    async held(prompt: string, { reviewers = 1 }: { reviewers?: 1 | 2 } = {}): Promise<Job> {
      made.script(['black-later'])
      holding = true
      const job = await client.submit({
        kind: 'video',
        prompt,
        durationSeconds: 7,
        size: '640x360',
        formats: ['hls', 'mp4'],
        // Its checks only tell: whoever lets this through has seen it.
        policy: { profile: 'draft' },
      })
      const [take] = await eventually(
        () => app.store.takes.ofJob(job.id as JobId),
        ([one]) => one?.state.state === 'making',
        20_000,
      )
      await changeJob(changing, job.id as JobId, null, async (tx) => {
        await tx.hold({ about: 'take', takeId: take?.id ?? null, shot: 0, startSeconds: 0, useFromSeconds: 0, findings, reviewers })
      })
      holding = false
      await eventually(
        () => app.store.takes.ofJob(job.id as JobId),
        ([one]) => one?.state.state === 'accepted',
        30_000,
      )
      return job
    },
    async stop() {
      await app[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
