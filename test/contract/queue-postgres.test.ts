import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { createPostgresQueue } from '../../src/drivers/queue/postgres/queue.ts'
import { testIds } from '../../src/testing/entities.ts'
import { queueContract } from '../../src/testing/queue-contract.ts'
import { kinds, type TestDatabases } from './databases.ts'

for (const { name, missing, start } of kinds) {
  describe(name, () => {
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
      name: 'postgres',
      make: async () => {
        const { open } = await databases.create()
        const pools = [open(), open()] as const
        const [queue, other] = [createPostgresQueue({ pool: pools[0] }), createPostgresQueue({ pool: pools[1] })]
        return { queue, other, dispose: () => closeAll([queue, other], pools) }
      },
    })

    test('a message whose notification was lost is found by looking', async () => {
      const { open } = await databases.create()
      const pool = open()
      const queue = createPostgresQueue({ pool })
      const { promise: taken, resolve: take } = Promise.withResolvers<string>()
      await queue.consume('io', 1, async (id) => take(id))
      const stepId = testIds.next('stp')
      // As `send` writes it, without the word to those who wait.
      await pool.query("insert into sluice.queue_message (lane, step_id, priority) values ('io', $1, 0)", [stepId])
      expect(await taken).toBe(stepId)
      await closeAll([queue], [pool])
    })

    test('a consumer outlives its listening connection and every other one', async () => {
      const { open } = await databases.create()
      const [pool, other] = [open(), open()]
      const queue = createPostgresQueue({ pool })
      const taken: string[] = []
      await queue.consume('io', 4, async (id) => {
        taken.push(id)
      })
      for (let round = 0; round < 3; round++) {
        await other.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        )
        const stepId = testIds.next('stp')
        await until(() =>
          queue.send('io', [{ stepId, priority: 0 }]).then(
            () => true,
            (error: { code?: string }) => {
              expect(error.code).toBe('store_unavailable')
              return false
            },
          ),
        )
        await until(() => taken.includes(stepId))
      }
      await closeAll([queue], [pool, other])
    })
  })
}

test('a server that is not there is said to be', async () => {
  const pool = createPool({ connection: { host: '/nowhere', port: 1, user: 'x', database: 'x' } })
  const queue = createPostgresQueue({ pool })
  await expect(queue.send('io', [{ stepId: testIds.next('stp'), priority: 0 }])).rejects.toMatchObject({ code: 'store_unavailable' })
  await expect(queue.consume('io', 1, async () => {})).rejects.toMatchObject({ code: 'store_unavailable' })
  await closeAll([queue], [pool])
})

async function closeAll(queues: { close(): Promise<void> }[], pools: readonly pg.Pool[]): Promise<void> {
  for (const queue of queues) await queue.close()
  for (const pool of pools) await pool.end()
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}
