import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/compose/config.ts'
import { examineRedis } from '../../src/compose/examine-redis.ts'
import { bullOnRedis } from '../../src/drivers/queue/bullmq/on-redis.ts'
import { createBullQueue } from '../../src/drivers/queue/bullmq/queue.ts'
import { testIds } from '../../src/testing/entities.ts'
import { startRedisServer, whyNoRedis } from './redis-server.ts'

const look = (url: string) => examineRedis(loadConfig({ SLUICE_BUS: 'redis', SLUICE_REDIS_URL: url }))

test('a Redis that nothing uses is not looked at', async () => {
  expect(await examineRedis(loadConfig({ SLUICE_REDIS_URL: 'redis://127.0.0.1:1' }))).toEqual([])
})

test('one that is not there is said to be', async () => {
  await expect(look('redis://me:secret@127.0.0.1:1')).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'Redis at 127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1',
    fix: expect.stringContaining('SLUICE_REDIS_URL'),
  })
})

describe('one that answers', () => {
  const missing = whyNoRedis()
  if (missing) {
    test('is told of', ({ skip }) => skip(missing))
    return
  }

  test('is told with its version, and whether it may throw messages away', async () => {
    const redis = await startRedisServer('--maxmemory', '100mb', '--requirepass', 'secret')
    try {
      expect(await look(redis.url)).toEqual([
        { what: 'Redis', state: 'ok', found: expect.stringMatching(/^\d+\.\d+\.\d+ at 127\.0\.0\.1:\d+$/) },
      ])
      for (const [url, wrong, fix] of [
        [redis.url.replace('secret', 'hunter2'), /does not let us in: WRONGPASS/, /Correct the user and the password/],
        [redis.url.replace(':secret@', ''), /does not let us in: NOAUTH/, /Correct the user and the password/],
        [`${redis.url}/99`, /DB index is out of range/, /number of the database/],
      ] as const) {
        const error = await look(url).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'store_unavailable', message: expect.stringMatching(wrong), fix: expect.stringMatching(fix) })
        expect(String(error)).not.toContain('hunter2')
      }

      await redis.ask(['config', 'set', 'maxmemory', '100kb'])
      expect(await look(redis.url)).toMatchObject([{ state: 'missing', found: expect.stringContaining('takes nothing more') }])
      const queue = createBullQueue({ storage: bullOnRedis({ url: redis.url }), prefix: 'full' })
      try {
        await expect(queue.send('io', [{ stepId: testIds.next('stp'), priority: 0 }])).rejects.toMatchObject({
          code: 'store_unavailable',
          fix: expect.stringContaining('What is due waits in the database'),
        })
        await redis.ask(['config', 'set', 'maxmemory', '100mb'])
        await queue.send('io', [{ stepId: testIds.next('stp'), priority: 0 }])
      } finally {
        await queue.close()
      }
      await redis.ask(['config', 'set', 'maxmemory-policy', 'allkeys-lru'])
      expect(await look(redis.url)).toMatchObject([
        { state: 'optional', found: expect.stringContaining('maxmemory-policy allkeys-lru'), fix: expect.stringContaining('noeviction') },
      ])
    } finally {
      await redis.dispose()
    }
  })
})
