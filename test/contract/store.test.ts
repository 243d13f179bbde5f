import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { type StoreContract, storeContract } from '../../src/testing/store-contract.ts'
import { webhooksContract } from '../../src/testing/webhooks-contract.ts'
import { kinds, type TestDatabases } from './databases.ts'

for (const { name, missing, start } of kinds) {
  describe(name, () => {
    if (missing) {
      test('the store contract', ({ skip }) => skip(missing))
      return
    }
    let databases: TestDatabases
    beforeAll(async () => {
      databases = await start()
    })
    afterAll(() => databases.dispose())

    const made: StoreContract = {
      name,
      make: async () => {
        const { open } = await databases.create()
        const store = createSqlStore({ pool: open() })
        await store.migrate()
        return { store, dispose: () => store.close() }
      },
    }
    storeContract(made)
    webhooksContract(made)

    test('who holds a lock is told when it is gone with its connection', async () => {
      const { open } = await databases.create()
      const [pool, other] = [open(), open()]
      const store = createSqlStore({ pool })
      try {
        const holds = Promise.withResolvers<void>()
        const told = store.exclusively('test', (lost) => {
          holds.resolve()
          return new Promise((resolve) => lost.addEventListener('abort', () => resolve('told')))
        })
        await holds.promise
        await other.query(
          `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
            where l.locktype = 'advisory' and d.datname = current_database()`,
        )
        expect(await told).toBe('told')
      } finally {
        await Promise.all([store.close(), other.end()])
      }
    })

    test('a connection that is ended between two statements fails the next one, and the process lives', async () => {
      const { open } = await databases.create()
      const [pool, other] = [open(), open()]
      try {
        const client = await pool.connect()
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
        const gone = new Promise((resolve) => client.once('end', resolve))
        await other.query('select pg_terminate_backend($1)', [rows[0]?.pid])
        await gone
        await expect(client.query('select 1')).rejects.toThrow()
        client.release()
        expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
      } finally {
        await Promise.all([pool.end(), other.end()])
      }
    })
  })
}
