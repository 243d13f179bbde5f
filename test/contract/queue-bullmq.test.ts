import { createRedisBackend, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import type { StepId } from '../../src/domain/ids.ts'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { bullOnPostgres } from '../../src/drivers/queue/bullmq/on-postgres.ts'
import { bullOnRedis } from '../../src/drivers/queue/bullmq/on-redis.ts'
import { createBullQueue } from '../../src/drivers/queue/bullmq/queue.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { testIds } from '../../src/testing/entities.ts'
import { queueContract } from '../../src/testing/queue-contract.ts'
import { kinds, type TestDatabases } from './databases.ts'
import { type RedisServer, startRedisServer, whyNoRedis } from './redis-server.ts'

const onRedis = (url: string): Queue => createBullQueue({ storage: bullOnRedis({ url }) })
const message = (): { stepId: StepId; priority: number } => ({ stepId: testIds.next('stp'), priority: 0 })

/** A consumer that only looked, every two seconds, would need forty. */
const WOKEN_WITHIN = { timeout: 20_000 }

describe('on Redis', () => {
  const missing = whyNoRedis()
  if (missing) {
    test('the queue contract', ({ skip }) => skip(missing))
    return
  }

  describe('the queue contract', () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await startRedisServer()
    })
    afterAll(() => server.dispose())

    queueContract({
      name: 'bullmq on Redis',
      make: async () => {
        await server.ask(['flushall'])
        const [queue, other] = [onRedis(server.url), onRedis(server.url)]
        return { queue, other, dispose: () => closeAll(queue, other) }
      },
    })

    test('a consumer is woken by each message', WOKEN_WITHIN, () => isWoken(onRedis(server.url), onRedis(server.url)))
  })

  // Each has a server of its own, and most wait for a time limit to pass.
  describe.concurrent('in bad times', () => {
    const withServer =
      (work: (server: RedisServer) => Promise<void>, ...options: string[]) =>
      async ({ onTestFinished }: TestContext): Promise<void> => {
        const server = await startRedisServer(...options)
        onTestFinished(() => server.dispose())
        await work(server)
      }

    test(
      'a restart of Redis ends no consumer, and what is sent then comes',
      withServer(async (server) => {
        const [queue, sender] = [onRedis(server.url), onRedis(server.url)]
        const taken: string[] = []
        await queue.consume('io', 4, async (id) => {
          taken.push(id)
        })
        for (let round = 0; round < 2; round++) {
          await server.stop()
          await server.start()
          const sent = message()
          await until(() => sends(sender, sent))
          await until(() => taken.includes(sent.stepId))
        }
        await closeAll(queue, sender)
      }),
    )

    test(
      'a Redis that was emptied has lost hints and nothing else',
      withServer(async (server) => {
        const queue = onRedis(server.url)
        const sent = [message(), message(), message()]
        await queue.send('io', sent)
        await server.ask(['flushall'])
        expect(await queue.depth('io')).toBe(0)
        await queue.send('io', sent)
        expect(await queue.depth('io')).toBe(3)
        const taken: string[] = []
        await queue.consume('io', 1, async (id) => {
          taken.push(id)
        })
        await until(() => taken.length === 3)
        await server.ask(['flushall'])
        await queue.send('io', sent)
        await until(() => taken.length === 6)
        await closeAll(queue)
      }),
    )

    test(
      'a message of which Redis threw all but the id away is taken, and can be sent again',
      withServer(async (server) => {
        const queue = onRedis(server.url)
        const sent = message()
        await queue.send('io', [sent])
        expect(await server.ask(['del', `bull:sluice-io:${sent.stepId}`])).toBe(1)
        const taken: string[] = []
        await queue.consume('io', 1, async (id) => {
          taken.push(id)
        })
        await until(() => taken.length === 1)
        await queue.send('io', [sent])
        await until(() => taken.length === 2)
        expect(taken).toEqual([sent.stepId, sent.stepId])
        await closeAll(queue)
      }),
    )

    test(
      'a Redis that is not there is said to be, at once, and served once it comes',
      withServer(async (server) => {
        await server.stop()
        const queue = onRedis(server.url)
        const sent = message()
        const unreachable = { code: 'store_unavailable', message: expect.stringContaining('ECONNREFUSED') }
        await Promise.all([
          expect(queue.send('io', [sent])).rejects.toMatchObject(unreachable),
          expect(queue.depth('io')).rejects.toMatchObject(unreachable),
          expect(queue.consume('io', 1, async () => {})).rejects.toMatchObject(unreachable),
        ])
        await server.start()
        await until(() => sends(queue, sent))
        expect(await queue.depth('io')).toBe(1)
        await closeAll(queue)
      }),
    )

    test(
      'a Redis that does not answer is said to be unreachable, in time, and served once it does',
      withServer(async (server) => {
        const queue = onRedis(server.url)
        const taken: string[] = []
        await queue.consume('io', 1, async (id) => {
          taken.push(id)
        })
        await queue.send('io', [message()])
        server.freeze()
        await expect(queue.send('io', [message()])).rejects.toMatchObject({ code: 'store_unavailable' })
        server.goOn()
        const sent = message()
        await until(() => sends(queue, sent))
        await until(() => taken.includes(sent.stepId))
        await closeAll(queue)
      }),
    )

    test(
      'a wrong password is said to be wrong, at once and without repeating it',
      withServer(
        async (server) => {
          const queue = onRedis(server.url.replace('right', 'mistyped'))
          const error = await queue.send('io', [message()]).catch((error: unknown) => error)
          expect(error).toMatchObject({
            code: 'store_unavailable',
            message: expect.stringContaining('does not let us in: WRONGPASS'),
            fix: expect.stringContaining('SLUICE_REDIS_URL'),
          })
          expect(String(error)).not.toContain('mistyped')
          await closeAll(queue)
        },
        '--requirepass',
        'right',
      ),
    )

    test(
      'a message whose taker died as it took it comes back',
      withServer(async (server) => {
        const queue = onRedis(server.url)
        const sent = message()
        await queue.send('io', [sent])
        const redis = new Redis(server.url, { maxRetriesPerRequest: null })
        const dying = new Worker('sluice-io', null, { connection: redis, lockDuration: 100 }, createRedisBackend)
        expect((await dying.getNextJob('any', { block: false }))?.id).toBe(sent.stepId)
        await dying.close(true)
        redis.disconnect()
        const taken: string[] = []
        await queue.consume('io', 1, async (id) => {
          taken.push(id)
        })
        await until(() => taken.length > 0)
        expect(taken).toEqual([sent.stepId])
        await closeAll(queue)
      }),
    )
  })
})

// The embedded one has the built-in queue; Bull is asked for with a DATABASE_URL.
for (const { name, missing, start } of kinds.filter((kind) => kind.name !== 'embedded')) {
  describe(`on PostgreSQL, ${name}`, () => {
    if (missing) {
      test('the queue contract', ({ skip }) => skip(missing))
      return
    }
    let databases: TestDatabases
    beforeAll(async () => {
      databases = await start()
    })
    afterAll(() => databases.dispose())

    queueContract({
      name: 'bullmq on PostgreSQL',
      make: async () => {
        const database = await databases.create()
        const open = (): Queue => createBullQueue({ storage: bullOnPostgres({ pool: database.open() }) })
        const [queue, other] = [open(), open()]
        return { queue, other, dispose: () => closeAll(queue, other) }
      },
    })

    test('a consumer is woken by each message', WOKEN_WITHIN, async () => {
      const database = await databases.create()
      const open = (): Queue => createBullQueue({ storage: bullOnPostgres({ pool: database.open() }) })
      await isWoken(open(), open())
    })

    test('a consumer outlives every connection, also one that breaks as it is opened', async () => {
      const database = await databases.create()
      const open = (): Queue => createBullQueue({ storage: bullOnPostgres({ pool: database.open() }) })
      const [queue, other] = [open(), database.open()]
      const breakAll = () =>
        other.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
      const taken: string[] = []
      await queue.consume('io', 4, async (id) => {
        taken.push(id)
      })
      for (let round = 0; round < 2; round++) {
        const late = open()
        const opening = late
          .consume('cpu', 1, async () => {})
          .catch((error: unknown) => expect(error).toMatchObject({ code: 'store_unavailable' }))
        for (let times = 0; times < 10; times++) await breakAll()
        await opening
        const sent = message()
        await until(() => sends(queue, sent))
        await until(() => taken.includes(sent.stepId))
        await closeAll(late)
      }
      await closeAll(queue)
      await other.end()
    })

    test('a server that is not there is said to be', async () => {
      const queue = createBullQueue({
        storage: bullOnPostgres({ pool: createPool({ connection: { host: '/nowhere', port: 1, user: 'x', database: 'x' } }) }),
      })
      await expect(queue.send('io', [message()])).rejects.toMatchObject({ code: 'store_unavailable' })
      await expect(queue.consume('io', 1, async () => {})).rejects.toMatchObject({ code: 'store_unavailable' })
      await closeAll(queue)
    })
  })
}

async function isWoken(queue: Queue, sender: Queue): Promise<void> {
  const taken: string[] = []
  await queue.consume('io', 4, async (id) => {
    taken.push(id)
  })
  for (let round = 1; round <= 20; round++) {
    await sender.send('io', [message()])
    await until(() => taken.length === round)
  }
  await closeAll(queue, sender)
}

/** Whether it could be sent; when not, the reason is the one that is foreseen. */
async function sends(queue: Queue, sent: { stepId: StepId; priority: number }): Promise<boolean> {
  try {
    await queue.send('io', [sent])
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'store_unavailable' })
    return false
  }
}

async function closeAll(...queues: Queue[]): Promise<void> {
  for (const queue of queues) await queue.close()
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}
