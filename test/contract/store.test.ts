import { afterAll, beforeAll, describe, test } from 'vitest'
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
  })
}
