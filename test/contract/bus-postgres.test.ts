import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPostgresBus } from '../../src/drivers/bus/postgres/bus.ts'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { busContract } from '../../src/testing/bus-contract.ts'
import { kinds, type TestDatabases } from './databases.ts'

for (const { name, missing, start } of kinds) {
  describe(name, () => {
    if (missing) {
      test('the bus contract', ({ skip }) => skip(missing))
      return
    }
    let databases: TestDatabases
    beforeAll(async () => {
      databases = await start()
    })
    afterAll(() => databases.dispose())

    busContract({
      name: 'postgres',
      make: async () => {
        const { open } = await databases.create()
        const pools = [open(), open()] as const
        const [bus, other] = [createPostgresBus({ pool: pools[0] }), createPostgresBus({ pool: pools[1] })]
        return {
          bus,
          other,
          async cut() {
            await pools[0].query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice listener'")
          },
          async dispose() {
            await bus.close()
            await other.close()
            for (const pool of pools) await pool.end()
          },
        }
      },
    })
  })
}

test('a server that is not there is said to be', async () => {
  const pool = createPool({ connection: { host: '/nowhere', port: 1, user: 'x', database: 'x' } })
  const bus = createPostgresBus({ pool })
  await expect(bus.publish('job:cancel', { jobId: 'job' })).rejects.toMatchObject({ code: 'store_unavailable' })
  await bus.close()
  await pool.end()
})
