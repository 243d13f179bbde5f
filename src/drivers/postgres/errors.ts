import { SluiceError } from '../../domain/errors.ts'

/** Node's names for a server that is not there or a connection that broke. */
const BROKEN = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
])

/**
 * SQLSTATEs (PostgreSQL, appendix A) of a server that cannot serve us now: shutting down, crashing, starting, session ended
 * by a timeout, too many connections, out of memory, a standby, wrong login, no such database.
 */
const UNAVAILABLE = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '53300', '53200', '25006', '28000', '28P01', '3D000'])

const DISK_FULL = '53100'
const SERIALISATION_FAILURE = '40001'
const DEADLOCK = '40P01'

/** What `pg` and `pg-pool` say without a code. */
const BROKEN_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|not queryable|after calling end on the pool|client was closed|query read timeout/i

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** Whether the same transaction may succeed when it is run again from its start. */
export function mayRetryTransaction(error: unknown): boolean {
  const code = codeOf(error)
  return code === SERIALISATION_FAILURE || code === DEADLOCK
}

function isConnectionError(error: unknown): boolean {
  const code = codeOf(error)
  return (
    BROKEN.has(code) || UNAVAILABLE.has(code) || code.startsWith('08') || (error instanceof Error && BROKEN_MESSAGE.test(error.message))
  )
}

/**
 * What went wrong on the way to PostgreSQL, as Sluice says it: `store_unavailable` when it cannot be reached,
 * `storage_full` when its disk is full. Anything else is returned as it came.
 */
export function databaseError(error: unknown): unknown {
  if (SluiceError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  if (codeOf(error) === DISK_FULL) {
    return new SluiceError('storage_full', 'There is no space left on the disk of the database.', {
      fix: 'Free some space there (the embedded database lies in the data folder). What was waiting then goes on by itself.',
      cause: error,
    })
  }
  if (!isConnectionError(error)) return error
  return new SluiceError('store_unavailable', `The database cannot be reached: ${message}`, {
    fix: 'Check that PostgreSQL runs and that DATABASE_URL is right; `sluice doctor` tries it.',
    cause: error,
  })
}
