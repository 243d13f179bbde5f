import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRedisBus } from '../../src/drivers/bus/redis/bus.ts'
import { busContract } from '../../src/testing/bus-contract.ts'
import { type RedisServer, startRedisServer, whyNoRedis } from './redis-server.ts'

describe('on Redis', () => {
  const missing = whyNoRedis()
  if (missing) {
    test('the bus contract', ({ skip }) => skip(missing))
    return
  }
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedisServer()
  })
  afterAll(() => server.dispose())

  busContract({
    name: 'redis',
    make: async () => {
      const [bus, other] = [createRedisBus({ url: server.url }), createRedisBus({ url: server.url })]
      return {
        bus,
        other,
        async cut() {
          await server.ask(['client', 'kill', 'type', 'pubsub'])
        },
        async dispose() {
          await bus.close()
          await other.close()
        },
      }
    },
  })

  test('a restart of Redis is a gap, told once the bus hears again', async () => {
    const [bus, other] = [createRedisBus({ url: server.url }), createRedisBus({ url: server.url })]
    const heard: string[] = []
    let gaps = 0
    other.subscribe(
      'job:cancel',
      ({ jobId }) => heard.push(jobId),
      () => {
        gaps += 1
      },
    )
    await until(() => gaps === 1)
    await server.stop()
    await server.start()
    await until(() => gaps === 2)
    // The connection that speaks comes back by itself as well.
    await until(() => bus.publish('job:cancel', { jobId: 'job_after' }).then(() => heard.length > 0, isUnavailable))
    expect(new Set(heard)).toEqual(new Set(['job_after']))
    await bus.close()
    await other.close()
  })

  test('a server that is not there is said to be, at once', async () => {
    const gone = await startRedisServer()
    await gone.stop()
    const bus = createRedisBus({ url: gone.url })
    await expect(bus.publish('job:cancel', { jobId: 'job' })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await bus.close()
    await gone.dispose()
  })
})

function isUnavailable(error: unknown): false {
  expect(error).toMatchObject({ code: 'store_unavailable' })
  return false
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}
