import type pg from 'pg'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import { createPool } from '../../postgres/pool.ts'

/**
 * The pool of the server at `DATABASE_URL` (`postgres://user:password@host:5432/database?sslmode=...`).
 * Nothing is connected yet; `Store.migrate` checks that the server is PostgreSQL 15 or newer.
 * Throws `config_invalid` when the text is no such URL; its password is never repeated.
 */
export function createPostgresPool(url: string, options: { log?: Logger; max?: number } = {}): pg.Pool {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new SluiceError('config_invalid', 'DATABASE_URL is not a PostgreSQL URL.', {
      field: 'DATABASE_URL',
      fix: 'Write it as postgres://user:password@host:5432/database; characters such as @ and / in the password are percent-encoded.',
    })
  }
  return createPool({ connection: { connectionString: url }, ...options })
}
