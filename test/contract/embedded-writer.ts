/**
 * A process to be killed: opens the embedded database of the data folder it is given and writes numbers, one line of
 * output for each event: `open <adopted> <pid of the server>`, `has <how many numbers>`, `ack <number>`; `fail <code>`
 * when the folder cannot be opened.
 */
import pg from 'pg'
import { createEmbeddedPostgres } from '../../src/drivers/store/embedded/embedded-postgres.ts'
import { readPostmasterFile } from '../../src/drivers/store/embedded/postmaster-file.ts'

const dataFolder = process.argv[2] ?? ''
const say = (line: string): boolean => process.stdout.write(`${line}\n`)

try {
  const { connection, adopted } = await createEmbeddedPostgres({ dataFolder })
  say(`open ${adopted} ${readPostmasterFile(`${dataFolder}/postgres/data`)?.pid}`)
  const client = new pg.Client(connection)
  // A server that is killed ends it by the query that fails.
  client.on('error', () => {})
  await client.connect()
  await client.query('create table if not exists number (n integer primary key)')
  const { rows } = await client.query<{ count: number; last: number }>(
    'select count(*)::integer as count, coalesce(max(n), 0) as last from number',
  )
  const { count = 0, last = 0 } = rows[0] ?? {}
  say(`has ${count} ${last}`)
  for (let n = last + 1; ; n++) {
    await client.query('insert into number values ($1)', [n])
    say(`ack ${n}`)
  }
} catch (error) {
  say(`fail ${error instanceof Error && 'code' in error ? error.code : ''} ${error}`)
  process.exitCode = 1
}
