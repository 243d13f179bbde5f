import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { openStore } from '../../src/compose/open-store.ts'
import type { JobId } from '../../src/domain/ids.ts'
import { createFsObjects } from '../../src/drivers/objects/fs/driver.ts'
import { newAsset, newJob } from '../../src/testing/entities.ts'
import { expectRefusal, sluice } from '../helpers/sluice.ts'

const log = createLogger('silent')
const DAY_MS = 24 * 3_600_000
/** Of the first days of 2026, in the form of a real one. */
const old = 'job_01kdvq00000000000000000000' as JobId
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-retention-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const env = () => ({ SLUICE_DATA: join(folder, 'data'), SLUICE_LOG: 'warn', DATABASE_URL: undefined })
const retention = (...args: string[]) => sluice(['retention', ...args], { env: env() })

test('sluice retention counts what is overdue and what nobody knows, removes both, and nothing where the database is another one', async () => {
  const objects = await createFsObjects({ folder: join(folder, 'data', 'files'), log })
  const put = (key: string) => objects.put(key, Buffer.from('0123456789'), { mimeType: 'video/mp4' })
  await put(`jobs/${old}/takes/a`)
  expectRefusal(await retention('--sweep'), /files of 1 jobs, and the database knows none of them/, /DATABASE_URL and SLUICE_DATA/)
  expect(await objects.head(`jobs/${old}/takes/a`)).toBeDefined()

  const ended = new Date(Date.now() - 2 * DAY_MS)
  const job = newJob({ state: { state: 'succeeded', startedAt: ended, playableAt: null, endedAt: ended } })
  const asset = newAsset(job.id, { state: { state: 'ready', readyAt: ended } })
  {
    await using stack = new AsyncDisposableStack()
    const { store } = await openStore(loadConfig(env()), log, stack)
    await store.jobs.insert([{ ...job, assetId: asset.id }])
    await store.assets.insert({ ...asset, retention: { ...asset.retention, expiresAt: ended } })
    const { sizeBytes, sha256 } = await put(`jobs/${job.id}/assets/a.mp4`)
    await store.assets.addFiles(asset.id, [
      { name: 'a.mp4', label: 'A', objectKey: `jobs/${job.id}/assets/a.mp4`, mimeType: 'video/mp4', sizeBytes, sha256 },
    ])
  }
  const counted = `${old}  1 object, 10 bytes, of a job nobody knows\noverdue      1 asset\nleft behind  1 object, 10 bytes\n`
  expect((await retention()).stdout).toBe(counted)
  expect((await retention('--sweep')).stdout).toBe(`${counted}removed      2 objects, 20 bytes\n`)
  expect((await retention()).stdout).toBe('overdue      0 assets\nleft behind  0 objects, 0 bytes\n')
})
