import type { Insertable } from 'kysely'
import type { Statement } from './database.ts'
import type { Database } from './schema.ts'

type Table = keyof Database
type ColumnTypes<T extends Table> = { [Column in keyof Insertable<Database[T]>]-?: string }

/**
 * Makes the insert of a table: any number of rows in one statement of constant text, one array a column.
 * @param types the SQL type of each column that is written
 * @param conflict what follows the insert, e.g. an `on conflict` clause
 */
export function inserter<T extends Table>(table: T, types: ColumnTypes<T>, conflict = ''): (rows: Insertable<Database[T]>[]) => Statement {
  const columns = Object.keys(types) as (keyof typeof types & string)[]
  const arrays = columns.map((column, index) => `$${index + 1}::${types[column]}[]`)
  const text = `insert into ${table} (${columns.map((column) => `"${column}"`).join(', ')}) select * from unnest(${arrays.join(', ')}) ${conflict}`
  return (rows) => ({ sql: text, parameters: columns.map((column) => rows.map((row) => row[column as keyof typeof row] ?? null)) })
}

/** Sorts behind every id: where a list begins that is not gone on with. A condition that is there in any case can go by the index. */
export const AFTER_ALL = '~'

/** JSON text of a nested value; SQL null for null. */
export function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** JSON text of a value that is never null. */
export function jsonText(value: object): string {
  return JSON.stringify(value)
}

/** Turns the ISO strings under `keys` back into Dates; nothing else is touched, above all no text of a user that looks like one. */
export function withDates<T>(value: unknown, keys: readonly string[]): T {
  const copy = { ...(value as Record<string, unknown>) }
  for (const key of keys) {
    const stored = copy[key]
    if (typeof stored === 'string') copy[key] = new Date(stored)
  }
  return copy as T
}

/** A text column takes any character but U+0000, which becomes U+FFFD. */
export function text(value: string): string {
  return value.replaceAll('\0', '\uFFFD')
}
