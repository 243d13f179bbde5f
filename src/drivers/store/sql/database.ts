import { type Compilable, DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, type RawBuilder } from 'kysely'
import type pg from 'pg'
import { gather, type Many } from './gather.ts'
import type { Database } from './schema.ts'

/** Kysely as the writer of typed SQL; {@link Sql} runs it. */
export const db = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** SQL with its values. */
export interface Statement<Row = unknown> {
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** Only carries the type of a row. */
  readonly row?: Row
}

/** The text must be constant per call site (arrays instead of lists of values): each connection prepares it once. */
export type Query<Row = unknown> = Statement<Row> | Compilable<Row> | RawBuilder<Row>

/** Runs statements on the pool or inside one transaction. */
export interface Sql {
  rows<Row>(query: Query<Row>): Promise<Row[]>
  /** How many rows it changed. */
  count(query: Query): Promise<number>
  /**
   * A statement nobody needs the answer of. Inside a transaction it is sent and not waited for: a failure, or other than
   * `expected` rows changed, fails the transaction at the latest at its commit.
   */
  write(query: Query, expected?: number): Promise<void>
  /** Single asks, answered by statements for many: on the pool those of the same time together, inside a transaction each by itself. */
  gathered<Ask, Answer>(many: Many<Ask, Answer>): (ask: Ask) => Promise<Answer>
}

const names = new Map<string, string>()

/** A name for the text, so the server parses and plans it once per connection. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (!name) {
    name = `sluice_${names.size + 1}`
    names.set(text, name)
  }
  return name
}

function compiled<Row>(query: Query<Row>): Statement<Row> {
  if ('sql' in query) return query
  return 'isRawBuilder' in query ? query.compile(db) : query.compile()
}

interface Answer<Row> {
  rows: Row[]
  rowCount: number
}

async function run<Row>(on: pg.Pool | pg.PoolClient, query: Query<Row>, expected?: number): Promise<Answer<Row>> {
  const { sql, parameters } = compiled(query)
  const result = await on.query({ name: nameOf(sql), text: sql, values: [...parameters] })
  const rowCount = result.rowCount ?? 0
  if (expected !== undefined && rowCount !== expected) throw new Error(`${rowCount} rows instead of ${expected} were changed by: ${sql}`)
  return { rows: result.rows as Row[], rowCount }
}

/** Each statement by itself, on any connection. Errors pass through `translate`. */
export function poolSql(pool: pg.Pool, translate: (error: unknown) => unknown): Sql {
  async function translated<Row>(query: Query<Row>, expected?: number): Promise<Answer<Row>> {
    try {
      return await run(pool, query, expected)
    } catch (error) {
      throw translate(error)
    }
  }
  return {
    rows: async (query) => (await translated(query)).rows,
    count: async (query) => (await translated(query)).rowCount,
    write: async (query, expected) => {
      await translated(query, expected)
    },
    gathered: gather,
  }
}

/**
 * One transaction on one pipelined connection. `begin` and writes cost no round trip of their own, nor does `commit` when
 * no row count must be checked before it; only reads wait. The first failure is the one thrown: what was sent behind it
 * fails with "current transaction is aborted", which would hide the cause.
 */
export async function inTransaction<T>(pool: pg.Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  const failures: unknown[] = []
  const unchecked: Promise<unknown>[] = []
  let ended = false
  let broken: Error | undefined
  const onError = (error: Error): void => {
    broken = error
  }
  client.on('error', onError)

  function send<Row>(query: Query<Row>, expected?: number): Promise<Answer<Row>> {
    if (ended) return Promise.reject(new Error('the transaction is over'))
    const answer = run(client, query, expected)
    answer.catch((error: unknown) => failures.push(error))
    return answer
  }

  const sql: Sql = {
    rows: async (query) => (await send(query)).rows,
    count: async (query) => (await send(query)).rowCount,
    async write(query, expected) {
      const answer = send(query, expected)
      if (expected !== undefined) unchecked.push(answer)
    },
    gathered:
      <Ask, Answer>(many: Many<Ask, Answer>) =>
      async (ask: Ask) =>
        (await many([ask]))[0] as Answer | Promise<Answer>,
  }

  try {
    send({ sql: 'begin', parameters: [] })
    const value = await work(sql)
    await Promise.all(unchecked)
    ended = true
    // A transaction in which something failed answers ROLLBACK, and that is no error.
    const { command } = await client.query('commit')
    if (failures.length > 0 || command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`)
    return value
  } catch (error) {
    ended = true
    await client.query('rollback').catch((failed: Error) => {
      broken ??= failed
    })
    throw failures[0] ?? error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}
