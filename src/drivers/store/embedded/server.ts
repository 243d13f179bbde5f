import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import { commandOf, idsOf, serverEnvironment, USER } from './cluster.ts'
import type { Identity } from './identity.ts'
import { isPostgresOn, livingPostmaster, readPostmasterFile } from './postmaster-file.ts'
import { chooseSocketFolder, removeSocketFolder } from './socket-folder.ts'

const DATABASE = 'sluice'

/** Recovery after a crash replays what was not yet written out; on a slow disk that takes its time. */
const START_TIMEOUT_MS = 120_000
/** How long a living server may refuse connections before it is replaced. */
const DEAF_TIMEOUT_MS = 3_000
/** How long the orphans of a killed server may hold its shared memory. */
const ORPHANS_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 20_000
const WATCH_EVERY_MS = 500
const RESTART_DELAY_MS = 1_000
/** Stands in the log before what each start says, so that one is not explained by the failure of another. */
const ATTEMPT_MARK = '-- start --\n'
const MAX_LOG_BYTES = 10 * 1024 * 1024

/** SQLSTATEs of a server that starts, stops or is full: it answers, if not as we wish. */
const ANSWERS = new Set(['57P01', '57P02', '57P03', '53300'])
const NO_DATABASE = '3D000'

const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  shared_buffers: '64MB',
  max_connections: '60',
  // One process instead of four; reads come from the page cache.
  io_method: 'sync',
  // Our statements are short; compiling them costs more than it saves.
  jit: 'off',
  logging_collector: 'off',
  log_checkpoints: 'off',
}

export interface ServerOptions {
  /** Ours alone: holds `data`, the log and, where its path is short enough, the socket. */
  folder: string
  data: string
  postgres: string
  identity: Identity
  log?: Logger
  signal?: AbortSignal
}

export interface Server {
  connection: pg.PoolConfig
  version: string
  /** Whether it was running already, left by a process that was killed. */
  adopted: boolean
  stop(): Promise<void>
}

/**
 * Runs one PostgreSQL and keeps it running.
 *
 * - starting: a living server of this data directory is adopted; otherwise what a dead one left is cleared and a new one
 *   spawned. It counts as up when a query goes through. → up, or the start fails
 * - up: watched; when its process is gone, it is started again on the same socket. → starting, stopping
 * - stopping: told to end (fast: sessions are ended, data is written out), then forced. The end.
 */
export async function runServer(options: ServerOptions): Promise<Server> {
  const { folder, data, log, signal } = options
  const socketFolder = livingPostmaster(data)?.socketFolder || newSocketFolder(options)
  const connection = connectionBy(socketFolder)
  let stopping = false
  let current = await start(options, connection, signal)
  const { adopted } = current
  const version = await prepareDatabase(connection).catch(async (error: unknown) => {
    await end(current.pid, data)
    throw error
  })
  let restarting: Promise<void> | null = null

  async function restart(): Promise<void> {
    log?.error({ logFile: logFileOf(folder) }, 'the embedded database died; starting it again')
    while (!stopping) {
      try {
        current = await start(options, connection)
        log?.info({ pid: current.pid }, 'the embedded database is back')
        return
      } catch (error) {
        log?.error({ err: error }, 'the embedded database does not start; trying again')
        await sleep(RESTART_DELAY_MS)
      }
    }
  }

  const watch = setInterval(() => {
    if (stopping || restarting || isPostgresOn(current.pid, data)) return
    restarting = restart().finally(() => {
      restarting = null
    })
  }, WATCH_EVERY_MS)
  watch.unref()

  let stopped: Promise<void> | undefined
  async function stop(): Promise<void> {
    stopping = true
    clearInterval(watch)
    await restarting
    await end(current.pid, data)
    removeSocketFolder(socketFolder, folder)
  }

  return {
    connection,
    version,
    adopted,
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}

export const connectionBy = (socketFolder: string): pg.PoolConfig => ({
  host: socketFolder,
  port: 5432,
  user: USER,
  database: DATABASE,
  // Given, so that PGSSLMODE and PGOPTIONS of the environment are not.
  ssl: false,
  options: '-c client_min_messages=warning',
})

interface Running {
  pid: number
  adopted: boolean
}

async function start(options: ServerOptions, connection: pg.PoolConfig, signal?: AbortSignal): Promise<Running> {
  const attempt: { child?: ChildProcess } = {}
  try {
    return await bringUp(options, connection, attempt, signal)
  } catch (error) {
    if (attempt.child?.pid) await end(attempt.child.pid, options.data)
    if (!(error instanceof pg.DatabaseError)) throw error
    // A server that says why it refuses will say so again.
    throw startFailure(options, `refuses: ${error.message}`)
  }
}

async function bringUp(
  options: ServerOptions,
  connection: pg.PoolConfig,
  attempt: { child?: ChildProcess },
  signal?: AbortSignal,
): Promise<Running> {
  const { data } = options
  const socketFolder = connection.host ?? ''
  const startedAt = Date.now()
  const waited = (): number => Date.now() - startedAt
  let deafSince: number | undefined
  for (;;) {
    signal?.throwIfAborted()
    if (waited() > START_TIMEOUT_MS) throw startFailure(options, `did not answer within ${START_TIMEOUT_MS / 1000} s`)
    if (attempt.child && hasExited(attempt.child)) {
      const { signalCode, exitCode } = attempt.child
      if (!heldByOrphans(options) || waited() > ORPHANS_TIMEOUT_MS) throw startFailure(options, `ended at once (${signalCode ?? exitCode})`)
      delete attempt.child
      await sleep(100)
    }
    const living = livingPostmaster(data)
    if (!attempt.child && !living) {
      clearStaleFiles(data, socketFolder)
      attempt.child = spawnServer(options, socketFolder)
      deafSince = undefined
    }
    const answer = await ask(connection)
    if (answer === 'up') {
      const pid = attempt.child?.pid ?? living?.pid
      if (pid) return { pid, adopted: !attempt.child }
    } else if (answer === 'deaf' && living && !attempt.child) {
      // It lives, but its socket is gone.
      deafSince ??= Date.now()
      if (Date.now() - deafSince > DEAF_TIMEOUT_MS) await end(living.pid, data)
    }
    await sleep(20)
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined
}

function spawnServer({ folder, data, postgres, identity }: ServerOptions, socketFolder: string): ChildProcess {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command, args] = commandOf(identity, postgres, ['-D', data, '-k', socketFolder, '-p', '5432', ...settings])
  const logFile = logFileOf(folder)
  if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) truncateSync(logFile)
  const output = openSync(logFile, 'a', 0o600)
  try {
    writeSync(output, ATTEMPT_MARK)
    // A group of its own: Ctrl-C in the terminal is ours to handle, the database goes last.
    const child = spawn(command, args, {
      ...idsOf(identity),
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', output, output],
      detached: true,
    })
    child.on('error', () => {})
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}

/** `up`: a query went through. `waiting`: the server is starting or stopping. `deaf`: nobody answers. A refusal is thrown. */
async function ask(connection: pg.PoolConfig): Promise<'up' | 'waiting' | 'deaf'> {
  const client = new pg.Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return 'up'
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) return 'deaf'
    if (ANSWERS.has(error.code ?? '')) return 'waiting'
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}

/** Makes the database on the first start (or after a start that was cut short) and returns the server's version. */
async function prepareDatabase(connection: pg.PoolConfig): Promise<string> {
  const query = async (database: string, text: string): Promise<string> => {
    const client = new pg.Client({ ...connection, database, connectionTimeoutMillis: 10_000, query_timeout: 60_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ server_version?: string }>(text)
      return rows[0]?.server_version ?? ''
    } finally {
      await client.end().catch(() => {})
    }
  }
  try {
    return await query(DATABASE, 'show server_version')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === NO_DATABASE)) throw error
    await query('postgres', `create database ${DATABASE}`)
    return query(DATABASE, 'show server_version')
  }
}

/**
 * PostgreSQL clears the lock files of a dead server by itself, and checks more than we could. It refuses in two cases, which
 * we know to be harmless: the id in the file belongs to another program by now, or the file is empty.
 */
function clearStaleFiles(data: string, socketFolder: string): void {
  const postmaster = readPostmasterFile(data)
  if (!postmaster || exists(postmaster.pid)) rmSync(join(data, 'postmaster.pid'), { force: true })
  rmSync(join(socketFolder, '.s.PGSQL.5432.lock'), { force: true })
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The workers of a server that was killed end by themselves, but not at once; until then its memory cannot be taken over. */
function heldByOrphans({ folder }: ServerOptions): boolean {
  return /shared memory block .* is still in use|lock file ".*" already exists/.test(logTail(folder))
}

async function end(pid: number, data: string): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', STOP_TIMEOUT_MS],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isPostgresOn(pid, data)) return
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    for (const until = Date.now() + patienceMs; Date.now() < until && isPostgresOn(pid, data); ) await sleep(10)
  }
}

function newSocketFolder({ folder, identity, data }: ServerOptions): string {
  const last = readPostmasterFile(data)?.socketFolder
  if (last && last !== folder) removeSocketFolder(last, folder)
  const chosen = chooseSocketFolder(folder)
  mkdirSync(chosen, { recursive: true, mode: 0o700 })
  if (identity.uid !== undefined) chownSync(chosen, identity.uid, identity.gid ?? identity.uid)
  return chosen
}

function startFailure({ folder }: ServerOptions, what: string): SluiceError {
  const tail = logTail(folder).trim()
  return new SluiceError(
    /no space left/i.test(tail) ? 'storage_full' : 'store_unavailable',
    `The embedded database ${what}: ${tail || 'it left no message'}`,
    {
      fix: `See ${logFileOf(folder)}. Or set DATABASE_URL to a PostgreSQL 15 or newer server.`,
    },
  )
}

function logFileOf(folder: string): string {
  return join(folder, 'postgres.log')
}

function logTail(folder: string): string {
  try {
    const last = readFileSync(logFileOf(folder), 'utf8').split(ATTEMPT_MARK).at(-1) ?? ''
    return last.split('\n').slice(-8).join('\n')
  } catch {
    return ''
  }
}
