import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/compose/config.ts'
import { examineRedis } from '../../src/compose/examine-redis.ts'
import { startRedisServer, whyNoRedis } from './redis-server.ts'

const look = (url: string) => examineRedis(loadConfig({ SLUICE_BUS: 'redis', SLUICE_REDIS_URL: url }))

test('a Redis that nothing uses is not looked at', async () => {
  expect(await examineRedis(loadConfig({ SLUICE_REDIS_URL: 'redis://127.0.0.1:1' }))).toEqual([])
})

test('one that is not there is said to be', async () => {
  await expect(look('redis://me:secret@127.0.0.1:1')).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'Redis at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
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
      await redis.ask(['config', 'set', 'maxmemory-policy', 'allkeys-lru'])
      expect(await look(redis.url)).toMatchObject([
        { state: 'optional', found: expect.stringContaining('maxmemory-policy allkeys-lru'), fix: expect.stringContaining('noeviction') },
      ])
    } finally {
      await redis.dispose()
    }
  })
})
