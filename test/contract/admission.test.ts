import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { ids } from '../../src/compose/ids.ts'
import type { TenantId } from '../../src/domain/ids.ts'
import type { Lane } from '../../src/domain/step.ts'
import { NO_TURNS, orderOfTurns } from '../../src/domain/turns.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { createAdmission, type Room } from '../../src/engine/admission.ts'
import type { Store } from '../../src/ports/store.ts'
import { newJob, newStep } from '../../src/testing/entities.ts'
import { kinds, type TestDatabases } from './databases.ts'

const MOST = 4
const HINTED_FOR_MS = 60_000
const rooms = (free: Record<Lane, number>): Map<Lane, Room> =>
  new Map(Object.entries(free).map(([lane, room]) => [lane as Lane, { free: room, most: MOST }]))

for (const { name, missing, start } of kinds) {
  describe(`admission: ${name}`, () => {
    if (missing) {
      test('turns', ({ skip }) => skip(missing))
      return
    }
    let databases: TestDatabases
    let store: Store
    let tenants: TenantId[]
    beforeAll(async () => {
      databases = await start()
      const { open } = await databases.create()
      store = createSqlStore({ pool: open() })
      await store.migrate()
      tenants = [await store.tenants.ensure('one', ids.next('ten')), await store.tenants.ensure('two', ids.next('ten'))]
    })
    afterAll(() => databases.dispose())

    it('a look at the other lanes, while one is full, leaves its turns where they are', async () => {
      const jobs = tenants.flatMap((tenantId) => Array.from({ length: 12 }, () => newJob({ tenantId })))
      await store.jobs.insert(jobs)
      await store.steps.insert(jobs.map((job) => ({ ...newStep(job.id, { name: 'analyse' }), tenantId: job.tenantId, costSeconds: 0.3 })))
      const expected = orderOfTurns(await store.steps.waiting(['entry'], 100), new Map(), NO_TURNS).map(({ tenantId }) => tenantId)

      const admission = await createAdmission({ store, config: { hintAgainMs: HINTED_FOR_MS, jobsAtOnce: null, tenantJobsAtOnce: null } })
      const given: TenantId[] = []
      while (given.length < jobs.length) {
        const { given: steps } = await admission.next(rooms({ io: 1, cpu: MOST, resident: MOST }))
        expect(steps).toHaveLength(1)
        given.push(...(await Promise.all(steps.map(async ({ id }) => (await store.steps.get(id))?.tenantId as TenantId))))
        await admission.next(rooms({ io: 0, cpu: MOST, resident: MOST }))
        const turns = (await store.turns.all()).get('entry') ?? NO_TURNS
        const told = orderOfTurns(await store.steps.waiting(['entry'], 100), new Map(), turns).map(({ tenantId }) => tenantId)
        expect(told.slice(given.length), 'as the places say').toEqual(expected.slice(given.length))
      }
      expect(given).toEqual(expected)
      await admission.next(rooms({ io: MOST, cpu: MOST, resident: MOST }))
      expect((await store.turns.all()).get('entry'), 'nobody keeps what is left of a turn').toEqual(NO_TURNS)
    })
  })
}
