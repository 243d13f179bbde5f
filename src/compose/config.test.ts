import { expect, test } from 'vitest'
import { loadConfig } from './config.ts'

test('a queue or a bus that was chosen without its address is named', () => {
  const without = (): unknown => loadConfig({ SLUICE_QUEUE: 'bullmq', SLUICE_BUS: 'redis' })
  expect(without).toThrow('SLUICE_QUEUE is bullmq, which needs a Redis in SLUICE_REDIS_URL or a PostgreSQL in DATABASE_URL.')
  expect(without).toThrow('SLUICE_BUS is redis, which needs its address in SLUICE_REDIS_URL.')
  expect(loadConfig({ SLUICE_QUEUE: 'bullmq', DATABASE_URL: 'postgres://host/db' }).queue).toBe('bullmq')
  expect(loadConfig({ SLUICE_QUEUE: 'bullmq', SLUICE_BUS: 'redis', SLUICE_REDIS_URL: 'rediss://host:6380/1' }).bus).toBe('redis')
})

test('the address of a Redis is checked, and its password is not told', () => {
  const wrong = (): unknown => loadConfig({ SLUICE_REDIS_URL: 'http://me:secret@host' })
  expect(wrong).toThrow(/^SLUICE_REDIS_URL must be a URL like redis:/)
  expect(wrong).not.toThrow(/secret/)
})

test('a token for the metrics that could be guessed is refused, and not told', () => {
  const wrong = (): unknown => loadConfig({ SLUICE_METRICS_TOKEN: 'short', SLUICE_METRICS_PORT: '65536' })
  expect(wrong).toThrow('SLUICE_METRICS_TOKEN must be at least 16 characters without spaces.')
  expect(wrong).toThrow('SLUICE_METRICS_PORT is "65536"; it must be a whole number from 0 to 65535.')
  expect(wrong).not.toThrow(/short/)
  expect(loadConfig({ SLUICE_METRICS_PORT: '9464' })).toMatchObject({ metricsPort: 9464, metricsToken: undefined })
})
