import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrations } from '../../src/drivers/store/sql/migrations/index.ts'
import type { JobView } from '../../src/wire/jobs.ts'
import { eventually } from '../helpers/eventually.ts'
import { startServer } from '../helpers/server.ts'
import { expectRefusal, sluice, startSluice } from '../helpers/sluice.ts'
import { type PostgresServer, startPostgresServer, whyNoPostgres } from './postgres-server.ts'

const newest = Math.max(...migrations.map(({ version }) => version))
const WRONG_CLOCK = `--import=${join(import.meta.dirname, '../helpers/wrong-clock.mjs')}`
const missing = whyNoPostgres()

describe('what a fleet stands on, set up wrong', () => {
  if (missing) {
    test('is said in words', ({ skip }) => skip(missing))
    return
  }
  let server: PostgresServer
  let url: string
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'database-faults-'))
    server = await startPostgresServer()
    url = await server.createDatabase()
    await ask(url, "create role guarded login password 'right'; create role full login connection limit 0; create role stranger login")
  })
  afterAll(async () => {
    await server.dispose()
    await rm(folder, { recursive: true, force: true })
  })

  async function ask<T extends pg.QueryResultRow>(databaseUrl: string, text: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      return (await client.query<T>(text)).rows
    } finally {
      await client.end()
    }
  }
  const migrate = (databaseUrl: string) => sluice(['migrate'], { env: { DATABASE_URL: databaseUrl, SLUICE_LOG: 'warn' } })
  const as = (user: string) => url.replace('//tests@', `//${user}@`)
  const versions = async (databaseUrl: string) => {
    const rows = await ask<{ version: number }>(databaseUrl, 'select version from sluice.migration order by version')
    return rows.map(({ version }) => version)
  }

  test.each([
    [
      'a wrong password',
      () => as('guarded:hunter2'),
      /password authentication failed for user "guarded"/,
      /Correct the user and the password/,
    ],
    ['a user that is not there', () => as('nobody'), /role "nobody" does not exist/, /Correct the user in DATABASE_URL/],
    ['a database that is not there', () => url.replace(/[^/]+$/, 'nothing'), /database "nothing" does not exist/, /createdb/],
    ['a user without rights', () => as('stranger'), /permission denied for database/, /grant create on database/],
    ['no connection left', () => as('full'), /too many connections/, /max_connections/],
    ['a host that is not there', () => 'postgres://me:hunter2@nowhere.invalid/db', /nowhere\.invalid/, /DATABASE_URL/],
  ])('%s is said with the setting to mend, and nothing is made', async (_what, databaseUrl, wrong, fix) => {
    const result = await migrate(databaseUrl())
    expectRefusal(result, wrong, fix)
    expect(result.stderr).not.toContain('hunter2')
    expect(await ask(url, "select 1 from pg_namespace where nspname = 'sluice'")).toEqual([])
  })

  test('a migration that fails keeps those before it, is named, and goes on once what stood in its way is gone', async () => {
    const half = await server.createDatabase()
    await ask(half, 'create schema sluice; create table sluice.review (id text)')
    const stoppedAt = migrations.findIndex(({ sql }) => /create table sluice\.review\b/.test(sql))
    const { version, name } = migrations[stoppedAt] as (typeof migrations)[number]
    expectRefusal(
      await migrate(half),
      new RegExp(`Migration ${version} \\(${name}\\) of the database failed: .*already exists`),
      /Nothing of it was kept/,
    )
    expect(await versions(half)).toEqual(migrations.slice(0, stoppedAt).map((each) => each.version))

    await ask(half, 'drop table sluice.review')
    expect((await migrate(half)).stdout).toContain(`The schema has version ${newest}`)
  })

  test('a schema that another process has been changing for too long is said', async () => {
    const busy = await server.createDatabase()
    const holder = new pg.Client({ connectionString: busy })
    await holder.connect()
    try {
      await holder.query("select pg_advisory_lock(hashtextextended('sluice.migrate', 0))")
      expectRefusal(await migrate(`${busy}?statement_timeout=300`), /Another process has been changing the schema/, /pg_stat_activity/)
    } finally {
      await holder.end()
    }
  })

  test('a worker or a scheduler whose broker is not there ends with the reason', async () => {
    const broker = { SLUICE_QUEUE: 'rabbitmq', SLUICE_RABBITMQ_URL: 'amqp://me:hunter2@127.0.0.1:1' }
    const env = { DATABASE_URL: await server.createDatabase(), SLUICE_DATA: folder, SLUICE_LOG: 'silent', ...broker }
    for (const result of await Promise.all(['worker', 'scheduler'].map((role) => sluice([role], { env })))) {
      expectRefusal(result, /RabbitMQ at 127\.0\.0\.1:1 cannot be used: connect ECONNREFUSED/, /SLUICE_RABBITMQ_URL is right/)
      expect(result.stderr).not.toContain('hunter2')
    }
  })

  test('a worker whose clock is ten minutes ahead says so, and ends no job before its time', { timeout: 180_000 }, async () => {
    const env = { DATABASE_URL: await server.createDatabase(), SLUICE_DATA: folder, SLUICE_LOG: 'warn', SLUICE_SANDBOX: 'off' }
    const api = await startServer(folder, env, ['--no-work'])
    const worker = startSluice(['worker'], { env: { ...env, NODE_OPTIONS: WRONG_CLOCK } })
    try {
      await worker.says(/worker runs/)
      const asked = sluice(['doctor'], { env: { ...env, NODE_OPTIONS: WRONG_CLOCK } })
      const body = { kind: 'sound', prompt: 'A door slams', durationSeconds: 0.5, formats: ['hls'], policy: { deadlineSeconds: 300 } }
      const submitted = await fetch(`${api.url}/v1/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const { id } = (await submitted.json()) as JobView
      const job = await eventually(
        async () => (await (await fetch(`${api.url}/v1/jobs/${id}`)).json()) as JobView,
        ({ endedAt }) => endedAt !== null,
        120_000,
      )
      expect(job).toMatchObject({ state: 'succeeded', outcome: null })
      expect(Math.abs(Date.parse(job.endedAt ?? '') - Date.now())).toBeLessThan(300_000)
      const doctor = await asked
      expect(doctor.stdout).toMatch(/^optional +clock +this machine's clock differs from the database's by 600 s \(it is ahead\)$/m)
      expect(doctor.stdout).toMatch(new RegExp(`^ok +schema +version ${newest}$`, 'm'))
    } finally {
      worker.interrupt()
      const { stderr } = await worker.ended
      await api.stop()
      expect(stderr).toContain("this machine's clock differs from the database's by 600 s (it is ahead); the database's is used")
    }
  })
})
