import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Binaries } from './binaries.ts'
import type { Identity } from './identity.ts'

/** The database's superuser. It has no password: its socket lies in a folder only we may enter. */
export const USER = 'sluice'

const INIT_PREFIX = 'data.init-'
const INIT_TIMEOUT_MS = 120_000

/** What PostgreSQL's programs see of our environment: nothing that would change what they do, such as `PGDATA` or `TZ`. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

/** Program and arguments to run something as `identity`. */
export function commandOf(identity: Identity, program: string, args: string[]): [string, string[]] {
  const [first, ...rest] = [...identity.via, program, ...args]
  return [first ?? program, rest]
}

export function idsOf({ uid, gid }: Identity): { uid?: number; gid?: number } {
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) }
}

/**
 * The data directory in `folder`, made if there is none. It is made beside its place and renamed, so a half-made one is
 * never taken for whole; what an interrupted making left behind is removed.
 */
export async function ensureCluster(
  folder: string,
  binaries: Binaries,
  identity: Identity,
  log?: Logger,
  signal?: AbortSignal,
): Promise<string> {
  const data = join(folder, 'data')
  removeLeftovers(folder)
  if (existsSync(join(data, 'PG_VERSION'))) {
    checkMadeBy(data, binaries)
    return data
  }
  log?.info({ folder }, 'making a new database')
  const made = join(folder, INIT_PREFIX + randomBytes(6).toString('hex'))
  await initdb(binaries.initdb, made, identity, signal)
  renameSync(made, data)
  syncFolder(folder)
  return data
}

/** An initdb whose parent was killed may still be writing into its folder; what then cannot be removed goes at the next start. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(INIT_PREFIX))) {
    try {
      rmSync(join(folder, name), { recursive: true, force: true })
    } catch {}
  }
}

async function initdb(program: string, directory: string, identity: Identity, signal?: AbortSignal): Promise<void> {
  const args = ['-D', directory, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-instructions']
  const [command, rest] = commandOf(identity, program, args)
  try {
    await promisify(execFile)(command, rest, {
      ...idsOf(identity),
      cwd: '/',
      env: serverEnvironment(),
      timeout: INIT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    })
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    signal?.throwIfAborted()
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    if (/no space left/i.test(output)) {
      throw new SluiceError('storage_full', `There is no space left to make the database in ${dirname(directory)}.`, {
        fix: 'Free some space (a new database takes about 50 MB), or name a folder on another disk in SLUICE_DATA.',
        cause: error,
      })
    }
    throw new SluiceError('store_unavailable', `The database could not be made: ${output.trim().slice(-2_000)}`, {
      fix: 'Check the permissions of the data folder, or set DATABASE_URL to a PostgreSQL 15 or newer server.',
      cause: error,
    })
  }
}

/** A data directory belongs to one major version of PostgreSQL. */
function checkMadeBy(data: string, binaries: Binaries): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  const ours = readFileSync(join(binaries.folder, 'package.json'), 'utf8').match(/"version":\s*"(\d+)\./)?.[1]
  if (!ours || found === ours) return
  throw new SluiceError('store_unavailable', `The data folder was made by PostgreSQL ${found}; this Sluice brings PostgreSQL ${ours}.`, {
    fix: 'Run the Sluice that made it, or choose another data folder.',
    retry: 'never',
  })
}

/** Makes a rename survive a power cut. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
