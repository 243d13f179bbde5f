import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import { startRedisServer, whyNoRedis } from './redis-server.ts'

test('a whole job runs with its queue on BullMQ and its bus on Redis, which is emptied and started again meanwhile', async ({ skip }) => {
  const missing = whyNoRedis()
  if (missing) return skip(missing)
  const redis = await startRedisServer()
  onTestFinished(() => redis.dispose())
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const config = loadConfig({
    SLUICE_DATA: folder,
    SLUICE_PORT: '0',
    SLUICE_QUEUE: 'bullmq',
    SLUICE_BUS: 'redis',
    SLUICE_REDIS_URL: redis.url,
  })
  const app = await startApp(config, { api: true, lanes: LANES, schedules: true }, createLogger('silent'))
  onTestFinished(() => app[Symbol.asyncDispose]())
  const client = createClient({ baseUrl: app.url ?? '' })
  const submit = () => client.submit({ kind: 'sound', prompt: 'A door slams', durationSeconds: 0.5, formats: ['hls'] })

  expect((await (await submit()).wait()).durationSeconds).toBeCloseTo(0.5, 1)
  expect(Number(await redis.ask(['get', 'bull:sluice-io:id'])), 'steps that went through BullMQ').toBeGreaterThan(0)
  expect(String(await redis.ask(['info', 'commandstats'])), 'the events that were announced').toContain('cmdstat_publish')

  const second = await submit()
  await redis.stop()
  await redis.start()
  expect((await second.wait()).durationSeconds).toBeCloseTo(0.5, 1)
})
