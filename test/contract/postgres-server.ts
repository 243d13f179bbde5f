import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { chmod, chown, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

const BINARIES = '/usr/lib/postgresql'
const USER = 'tests'
const NOBODY = 65534

/** A private server of the system's own PostgreSQL, on a unix socket in a temporary folder. */
export interface PostgresServer {
  version: string
  /** A new, empty database; its connection URL. */
  createDatabase(): Promise<string>
  /** Stops it, `fast` as an operator does or `immediate` as a crash does, and starts it again on the same data. */
  restart(how: 'fast' | 'immediate'): Promise<void>
  dispose(): Promise<void>
}

export interface PostgresOptions {
  /** An address to listen on as well, on port 5432, for anybody who reaches it. Default: the socket alone. */
  host?: string
  /** Default 200. */
  maxConnections?: number
}

/** Why there is none here and how to get one; `undefined` when there is. */
export function whyNoPostgres(): string | undefined {
  return binaries() ? undefined : `no PostgreSQL server below ${BINARIES}; on Debian and Ubuntu: RUNLEVEL=1 apt-get install -y postgresql`
}

export async function startPostgresServer({ host, maxConnections = 200 }: PostgresOptions = {}): Promise<PostgresServer> {
  const found = binaries()
  if (!found) throw new Error(whyNoPostgres())
  const folder = mkdtempSync(join(tmpdir(), 'pg-server-'))
  const root = process.getuid?.() === 0
  const ids = root ? { uid: NOBODY, gid: NOBODY } : {}
  await chmod(folder, 0o700)
  if (root) await chown(folder, NOBODY, NOBODY)
  const data = join(folder, 'data')
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' }
  await promisify(execFile)(join(found, 'initdb'), ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...ids,
    env,
    cwd: '/',
    timeout: 60_000,
  })
  // Who is called `guarded` needs a password.
  const anybody = host === undefined ? '' : 'host all all all trust\n'
  await writeFile(join(data, 'pg_hba.conf'), `local all guarded scram-sha-256\nlocal all all trust\n${anybody}`)
  const settings = [`listen_addresses=${host ?? ''}`, `max_connections=${maxConnections}`, 'fsync=off']
  const start = (): ChildProcess =>
    spawn(join(found, 'postgres'), ['-D', data, '-k', folder, '-p', '5432', ...settings.flatMap((setting) => ['-c', setting])], {
      ...ids,
      env,
      cwd: '/',
      stdio: 'ignore',
    })
  let server = start()
  const url = (database: string, at = encodeURIComponent(folder)): string => `postgres://${USER}@${at}:5432/${database}`
  const ask = async (text: string): Promise<string> => {
    const client = new pg.Client({ connectionString: url('postgres') })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query<{ server_version?: string }>(text)
      return rows[0]?.server_version ?? ''
    } finally {
      await client.end().catch(() => {})
    }
  }
  const up = (): Promise<string> =>
    untilUp(
      () => ask('show server_version'),
      () => server.exitCode !== null,
    )
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }
  const version = await up()
  let made = 0
  return {
    version,
    async createDatabase() {
      made += 1
      await ask(`create database test_${made}`)
      return url(`test_${made}`, host)
    },
    async restart(how) {
      await stop(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
      server = start()
      await up()
    },
    async dispose() {
      // Immediate shutdown: nothing here is worth writing out.
      await stop('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function untilUp<T>(ask: () => Promise<T>, died: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (died()) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** The newest one installed. */
function binaries(): string | undefined {
  if (!existsSync(BINARIES)) return undefined
  const versions = readdirSync(BINARIES).sort((a, b) => Number(b) - Number(a))
  return versions
    .map((version) => join(BINARIES, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}
