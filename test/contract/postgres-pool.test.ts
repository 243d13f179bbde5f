import { expect, test } from 'vitest'
import { createPostgresPool } from '../../src/drivers/store/postgres/pool.ts'
import { startPostgresServer, whyNoPostgres } from './postgres-server.ts'

test('the server ends the session of a machine that is lost within 25 s, and its locks with it', async ({ skip, onTestFinished }) => {
  const missing = whyNoPostgres()
  if (missing) return skip(missing)
  const server = await startPostgresServer({ host: '127.0.0.1' })
  onTestFinished(() => server.dispose())
  const pool = createPostgresPool(await server.createDatabase())
  onTestFinished(() => pool.end())
  const setting = async (name: string) =>
    Number((await pool.query('select setting from pg_settings where name = $1', [name])).rows[0]?.setting)
  const [idle = 0, interval = 0, count = 0] = await Promise.all(
    ['tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count'].map(setting),
  )
  expect(idle + interval * count).toBe(25)
  expect(await setting('tcp_user_timeout')).toBe(25_000)
})
