import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type JobInput } from '../../../src/client/index.ts'
import { startApp } from '../../../src/compose/app.ts'
import { loadConfig } from '../../../src/compose/config.ts'
import { ids } from '../../../src/compose/ids.ts'
import { createLogger } from '../../../src/compose/logger.ts'
import type { Job } from '../../../src/domain/job.ts'
import { LANES } from '../../../src/domain/step.ts'
import { findOnPath } from '../../../src/media/ffmpeg/locate.ts'
import { newDeadLetter, newJob, newReview, newStep, newTake, newWebhook } from '../../../src/testing/entities.ts'
import { scriptedProvider } from '../../helpers/scripted-provider.ts'

const HOUR_MS = 3_600_000
const running = { state: 'running', startedAt: new Date(), playableAt: null } as const

/** The whole server over an FFmpeg that cannot make VP9 until it is mended, and with as much in trouble as is wished. */
export async function startOperationsHouse() {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-operations-'))
  const at = (name: string) => join(folder, name)
  await mkdir(at('takes'))
  const incomplete = at('without-vp9')
  await writeFile(incomplete, '')
  const [real = '', probe = ''] = await Promise.all([findOnPath('ffmpeg'), findOnPath('ffprobe')])
  const script = `#!/bin/sh
case "$*" in *libvpx*) if [ -e '${incomplete}' ]; then echo "Unknown encoder 'libvpx-vp9'" >&2; exit 1; fi ;; esac
exec '${real}' "$@"
`
  await writeFile(at('ffmpeg'), script, { mode: 0o755 })
  const config = loadConfig({
    SLUICE_DATA: at('data'),
    SLUICE_PORT: '0',
    SLUICE_FFMPEG: at('ffmpeg'),
    SLUICE_FFPROBE: probe,
    // Confined it would not see whether it is mended.
    SLUICE_SANDBOX: 'off',
    SLUICE_IN_FLIGHT: 'runway=10',
  })
  const roles = { api: true, lanes: LANES, schedules: true }
  const { store, url, ...app } = await startApp(config, roles, createLogger('silent'), { provider: scriptedProvider(at('takes')) })
  const client: Client = createClient({ baseUrl: url ?? '', lingerMs: 0 })
  const tenantId = await store.tenants.ensure('default', ids.next('ten'))

  async function insertJob(text: string, change: Partial<Job>): Promise<Job> {
    const { request, ...job } = newJob({ tenantId, id: ids.next('job'), ...change })
    const made = { ...job, request: { ...request, text } as Job['request'] }
    await store.jobs.insert([made])
    return made
  }

  return {
    url: url ?? '',
    client,
    /** The FFmpeg is whole from now on. */
    mend: () => rm(incomplete),
    /** A clip whose WebM can only be made by a whole FFmpeg. */
    submit: () =>
      client.submit({
        kind: 'video',
        prompt: 'A harbour at dawn',
        durationSeconds: 3,
        size: '640x360',
        formats: ['hls', 'webm'],
        policy: { profile: 'draft' },
      } satisfies JobInput),
    /** Puts something into every part of the page. */
    async trouble(): Promise<void> {
      const lost = await insertJob('The ferry that never arrives', { state: running })
      const step = newStep(lost.id, { name: 'finish' }, { tenantId })
      // At once: the engine here must not find it due in between.
      await store.transaction(async (tx) => {
        await tx.steps.insert([step])
        for (const leaseMs of [0, 0, 0, HOUR_MS]) await tx.steps.claim(step.id, 'gone', leaseMs)
      })
      const doubted = await insertJob('Fog over the lower lock', { state: running })
      const orderedAt = new Date(Date.now() - HOUR_MS).toISOString()
      await store.takes.insert([
        newTake(doubted.id, { provider: 'runway', state: { state: 'submit_unknown', orderedAt, decision: null } }),
        ...Array.from({ length: 6 }, () =>
          newTake(doubted.id, { provider: 'runway', state: { state: 'making', ref: {}, progress: null } }),
        ),
      ])
      const held = await insertJob('What the gate saw', { state: { ...running, state: 'held', heldAt: new Date() } })
      await store.reviews.insert(newReview(held))
      const webhook = newWebhook(tenantId, { url: 'https://app.example/a/rather/long/path/for/a/hook', failingSince: new Date() })
      await store.webhooks.insert({ ...webhook, id: ids.next('whk') })
      await store.accounts.slowDown('runway', HOUR_MS)
      await store.accounts.failed('elevenlabs', 'billing')
      await store.processes.beat({
        id: ids.next('prc'),
        host: 'worker-1.fleet.example',
        pid: 4_000_000,
        version: '0.1.0',
        api: false,
        scheduling: 'standby',
        slots: { io: 32, cpu: 4 },
        running: { io: 11, cpu: 4 },
        startedAt: new Date(Date.now() - 30 * HOUR_MS),
      })
      const endedAt = new Date()
      const outcome = { class: 'internal', detail: 'The database was away.', retry: 'same', charged: 'no' } as const
      const failed = await insertJob('Forty-one million for a wall', { state: { state: 'failed', endedAt, outcome } })
      await store.deadLetters.insert(
        newDeadLetter(failed, {
          id: ids.next('dlt'),
          error: { code: 'store_unavailable', detail: 'The database could not be reached.', fix: 'See that it runs.' },
        }),
      )
    },
    async stop() {
      await app[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
