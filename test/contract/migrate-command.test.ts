import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrations } from '../../src/drivers/store/sql/migrations/index.ts'
import { expectRefusal, sluice } from '../helpers/sluice.ts'
import { type PostgresServer, startPostgresServer, whyNoPostgres } from './postgres-server.ts'

const missing = whyNoPostgres()
const newest = Math.max(...migrations.map(({ version }) => version))
const all = migrations.map(({ version, name }) => `${String(version).padStart(4)}  ${name}\n`).join('')

const migrate = (databaseUrl: string) => sluice(['migrate'], { env: { DATABASE_URL: databaseUrl, SLUICE_LOG: 'warn' } })

describe('sluice migrate', () => {
  if (missing) {
    test('says what ran', ({ skip }) => skip(missing))
    return
  }
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgresServer()
  })
  afterAll(() => server.dispose())

  test('of two at once each migration is run by one; a third finds nothing to do', async () => {
    const url = await server.createDatabase()
    const both = await Promise.all([migrate(url), migrate(url)])
    expect(both.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(Array(2).fill({ exitCode: 0, stderr: '' }))
    const answers = both.map(({ stdout }) => stdout).sort()
    const nothing = `The schema has version ${newest}: nothing to do.\n`
    expect(answers).toEqual([`${all}The schema has version ${newest}: ${migrations.length} migrations ran.\n`, nothing].sort())
    expect((await migrate(url)).stdout).toBe(nothing)
  })

  test('a database of a newer program is refused and left as it is', async () => {
    const url = await server.createDatabase()
    await migrate(url)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query("insert into sluice.migration (version, name) values (9001, 'of-tomorrow')")
      expectRefusal(await migrate(url), /schema version 9001; this Sluice knows up to \d+/, /newer Sluice that wrote it/)
      const { rows } = await client.query('select version from sluice.migration order by version')
      expect(rows.map(({ version }) => version)).toEqual([...migrations.map(({ version }) => version), 9001])
    } finally {
      await client.end()
    }
  })
})

test('a worker names the lanes there are when it is given another', async () => {
  const { exitCode, stderr } = await sluice(['worker', '--lanes', 'io,gpu'])
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/option '--lanes <list>' argument 'io,gpu' is invalid\. Lanes are io, cpu, resident, with a comma between them\./)
})
