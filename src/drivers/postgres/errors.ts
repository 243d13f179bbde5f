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
 * by a timeout, too many connections, out of memory, a standby, wrong login, no such database, no rights to it.
 */
const UNAVAILABLE = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '53300', '53200', '25006', '28000', '28P01', '3D000', '42501'])

/** Node's names for a certificate whose authority it does not know. */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

/** What to do about those that setting it up wrong brings. */
const remedies: Record<string, string> = {
  '28P01': 'Correct the user and the password in DATABASE_URL; characters such as @ and / in them are percent-encoded.',
  '28000': 'Correct the user in DATABASE_URL, or let it in (pg_hba.conf); a server that wants TLS is asked with ?sslmode=verify-full.',
  '3D000': 'Make the database (createdb), or name another one at the end of DATABASE_URL.',
  '42501': 'Give the user of DATABASE_URL the right to create on the database: grant create on database <name> to <user>.',
  '53300': 'Raise max_connections of PostgreSQL: each process of Sluice has up to 17 connections (docs/operations.md).',
  '25006': 'Point DATABASE_URL at the primary: this server is a standby, or takes no writes.',
  ENOTFOUND: 'Correct the host in DATABASE_URL: no such name is known here.',
}
const DEFAULT_REMEDY = 'Check that PostgreSQL runs and that DATABASE_URL is right; `sluice doctor` tries it.'
const UNTRUSTED_REMEDY = 'Name the certificate of its authority in NODE_EXTRA_CA_CERTS, or by sslrootcert=<file> in DATABASE_URL.'

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
    [BROKEN, UNAVAILABLE, UNTRUSTED].some((codes) => codes.has(code)) ||
    code.startsWith('08') ||
    (error instanceof Error && BROKEN_MESSAGE.test(error.message))
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
  const code = codeOf(error)
  const fix = remedies[code] ?? (UNTRUSTED.has(code) ? UNTRUSTED_REMEDY : DEFAULT_REMEDY)
  return new SluiceError('store_unavailable', `The database cannot be reached: ${message}`, { fix, cause: error })
}
