import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createPostgresPool } from '../../src/drivers/store/postgres/pool.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import type { Store } from '../../src/ports/store.ts'
import { type PostgresServer, startPostgresServer, whyNoPostgres } from './postgres-server.ts'

const missing = whyNoPostgres()
const cli = new URL('../../src/cli/main.ts', import.meta.url).pathname

describe('sluice scheduler', () => {
  if (missing) {
    test('another takes over', ({ skip }) => skip(missing))
    return
  }
  let server: PostgresServer
  let url: string
  let store: Store
  const schedulers: ChildProcess[] = []

  beforeAll(async () => {
    server = await startPostgresServer()
    url = await server.createDatabase()
    store = createSqlStore({ pool: createPostgresPool(url) })
    await store.migrate()
  })
  afterAll(async () => {
    for (const scheduler of schedulers) scheduler.kill('SIGKILL')
    await store.close()
    await server.dispose()
  })

  function startOne(): ChildProcess {
    const env = { PATH: process.env['PATH'], DATABASE_URL: url, SLUICE_DATA: tmpdir(), SLUICE_LOG: 'warn' }
    const scheduler = spawn(process.execPath, [cli, 'scheduler'], { env, stdio: 'ignore' })
    schedulers.push(scheduler)
    return scheduler
  }

  /** Resolves once exactly these are listed, and in these roles. */
  const untilRoles = (roles: Record<number, 'active' | 'standby'>) =>
    vi.waitFor(
      async () => {
        const listed = (await store.processes.list()).map(({ pid, scheduling }) => [pid, scheduling])
        expect(Object.fromEntries(listed)).toEqual(roles)
      },
      { timeout: 20_000, interval: 50 },
    )

  test('one is active; another takes over when it hangs, is killed, or leaves', async () => {
    const first = startOne()
    await untilRoles({ [pidOf(first)]: 'active' })
    const second = startOne()
    await untilRoles({ [pidOf(first)]: 'active', [pidOf(second)]: 'standby' })

    first.kill('SIGSTOP')
    await vi.waitFor(async () => expect(await activePid()).toBe(pidOf(second)), { timeout: 20_000, interval: 50 })
    first.kill('SIGCONT')
    await untilRoles({ [pidOf(first)]: 'standby', [pidOf(second)]: 'active' })

    second.kill('SIGKILL')
    await untilRoles({ [pidOf(first)]: 'active' })

    const third = startOne()
    await untilRoles({ [pidOf(first)]: 'active', [pidOf(third)]: 'standby' })
    const ended = once(first, 'exit')
    first.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    await untilRoles({ [pidOf(third)]: 'active' })
  })

  async function activePid(): Promise<number | undefined> {
    const holder = await store.leases.holder('scheduler')
    return (await store.processes.list()).find(({ id }) => id === holder)?.pid
  }
})

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('it was not started')
  return pid
}
