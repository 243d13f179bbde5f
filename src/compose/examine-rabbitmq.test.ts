import { expect, test } from 'vitest'
import { loadConfig } from './config.ts'
import { examineRabbitmq } from './examine-rabbitmq.ts'

test('RabbitMQ needs its URL, and a wrong one is named without its password', () => {
  expect(() => loadConfig({ SLUICE_QUEUE: 'rabbitmq' })).toThrow(
    /^SLUICE_QUEUE is rabbitmq, which needs its address in SLUICE_RABBITMQ_URL/,
  )
  for (const url of ['http://me:hunter2@host', 'amqp:hunter2', 'amqp://me:hunter2%@host', 'hunter2']) {
    expect(() => loadConfig({ SLUICE_QUEUE: 'rabbitmq', SLUICE_RABBITMQ_URL: url })).toThrow(/^SLUICE_RABBITMQ_URL must (?!.*hunter2)/)
  }
  expect(() => loadConfig({ SLUICE_QUEUE: 'kafka' })).toThrow('must be postgres, bullmq or rabbitmq')
  expect(loadConfig({ SLUICE_QUEUE: 'rabbitmq', SLUICE_RABBITMQ_URL: 'amqps://me:a%25b@host/news' }).rabbitmqUrl).toMatch(/^amqps:/)
})

test('the doctor says that a broker is not there, without its password', async () => {
  const config = loadConfig({ SLUICE_QUEUE: 'rabbitmq', SLUICE_RABBITMQ_URL: 'amqp://me:hunter2@127.0.0.1:1/news' })
  const [finding] = await examineRabbitmq(config)
  expect(finding).toMatchObject({ what: 'RabbitMQ', state: 'missing', found: expect.stringContaining('connect ECONNREFUSED') })
  expect(JSON.stringify(finding)).not.toContain('hunter2')
  expect(await examineRabbitmq(loadConfig({}))).toEqual([])
})
