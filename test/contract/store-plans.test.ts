import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { StepId } from '../../src/domain/ids.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { newJob, newStep } from '../../src/testing/entities.ts'
import { kinds, type TestDatabases } from './databases.ts'

const BACKLOG = 3_000
const AT_ONCE = 32
const HINT_AGAIN_MS = 60_000

/** What a connection planned while the tables were empty, it keeps. */
describe.each(kinds)('a backlog that came faster than the statistics: $name', ({ missing, start }) => {
  if (missing) {
    it('is worked off', ({ skip }) => skip(missing))
    return
  }
  let databases: TestDatabases
  beforeAll(async () => {
    databases = await start()
  })
  afterAll(() => databases.dispose())

  it('is worked off by an index, a few rows at a time', async () => {
    const pool = (await databases.create()).open()
    const store = createSqlStore({ pool })
    onTestFinished(() => store.close())
    await store.migrate()
    await pool.query('analyze')
    const job = newJob()
    await store.jobs.insert([job])

    async function insert(count: number): Promise<StepId[]> {
      const steps = Array.from({ length: count }, () => newStep(job.id, { name: 'generate', takeId: 'tak_1' as never }))
      await store.steps.insert(steps)
      return steps.map(({ id }) => id)
    }

    async function workOff(ids: StepId[]): Promise<void> {
      await store.steps.hintAll(new Map([['io', AT_ONCE]]), HINT_AGAIN_MS)
      await store.steps.hint(ids, HINT_AGAIN_MS)
      await store.steps.nextDueInMs(['io'], 1_000)
      const claimed = await Promise.all(ids.map((id) => store.steps.claim(id, 'prc_1', 60_000)))
      expect(claimed.map((step) => step?.id)).toEqual(ids)
      await Promise.all(ids.map((id) => store.steps.leave(id, 1, { state: 'done' }, 0)))
    }

    /** Rows of steps, and entries of their indexes, that were read so far by every connection. */
    async function read(): Promise<{ whole: number; entries: number }> {
      const { rows } = await pool.query<{ whole: string; entries: string }>(`
        select pg_stat_clear_snapshot(), pg_stat_force_next_flush(),
          (select seq_scan from pg_stat_user_tables where relid = 'sluice.step'::regclass) as whole,
          (select sum(idx_tup_read) from pg_stat_user_indexes where relid = 'sluice.step'::regclass) as entries`)
      return { whole: Number(rows[0]?.whole), entries: Number(rows[0]?.entries) }
    }

    // Each connection makes its plans.
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 4 }, async () => workOff(await insert(1))))
    const ids = await insert(BACKLOG)
    await read()
    const before = await read()
    for (let at = 0; at < 10; at++) await workOff(ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE))
    await read()
    const after = await read()
    expect(after.whole - before.whole).toBe(0)
    // Some for each step and statement, and never the backlog.
    expect(after.entries - before.entries).toBeGreaterThan(10 * AT_ONCE)
    expect(after.entries - before.entries).toBeLessThan(3 * BACKLOG)
  })
})
