import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { findBinaries, linkLibraries } from '../../src/drivers/store/embedded/binaries.ts'
import { createEmbeddedPostgres, type EmbeddedPostgres } from '../../src/drivers/store/embedded/embedded-postgres.ts'
import { chooseIdentity } from '../../src/drivers/store/embedded/identity.ts'
import { isPostgresOn, livingPostmaster, readPostmasterFile } from '../../src/drivers/store/embedded/postmaster-file.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'

const WRITER = fileURLToPath(new URL('./embedded-writer.ts', import.meta.url))
const ROOT = process.getuid?.() === 0
const NOBODY = 65534
const DAEMON = 1
const NAMELESS = 4242

/** Rounds of kill -9. More by `KILL_ROUNDS=200 npx vitest run test/contract/embedded-postgres.test.ts`. */
const KILL_ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 24)

let folder: string
const open: EmbeddedPostgres[] = []
const children: ChildProcess[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const postgres of open.splice(0)) await postgres.stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The data folder of the tests that need no place or state of their own: a cluster takes a second to make. */
let made: Promise<string> | undefined
function sharedFolder(): Promise<string> {
  made ??= (async () => {
    const dataFolder = join(folder, 'shared')
    await (await createEmbeddedPostgres({ dataFolder })).stop()
    return dataFolder
  })()
  return made
}

async function start(dataFolder: string): Promise<EmbeddedPostgres> {
  const postgres = await createEmbeddedPostgres({ dataFolder })
  open.push(postgres)
  return postgres
}

async function stop(postgres: EmbeddedPostgres): Promise<void> {
  open.splice(open.indexOf(postgres), 1)
  await postgres.stop()
}

async function ask<Row extends pg.QueryResultRow>({ connection }: EmbeddedPostgres, text: string): Promise<Row[]> {
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

const dataOf = (dataFolder: string): string => join(dataFolder, 'postgres', 'data')
const pidFileOf = (dataFolder: string): string => join(dataOf(dataFolder), 'postmaster.pid')

describe('starting and stopping', () => {
  test('makes a database named sluice, real and durable, on a socket only, though half of one lies there', async () => {
    const dataFolder = join(folder, 'first')
    const half = join(dataFolder, 'postgres', 'data.init-0123456789ab')
    mkdirSync(half, { recursive: true })
    writeFileSync(join(half, 'PG_VERSION'), '18\n')
    const postgres = await start(dataFolder)
    expect(postgres).toMatchObject({ version: expect.stringMatching(/^1[5-9]|2\d/), adopted: false })
    const [settings] = await ask(
      postgres,
      `select current_database() as name, current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
        current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding`,
    )
    expect(settings).toEqual({ name: 'sluice', fsync: 'on', commit: 'on', addresses: '', encoding: 'UTF8' })
    const pid = readPostmasterFile(dataOf(dataFolder))?.pid ?? 0
    expect(isPostgresOn(pid, dataOf(dataFolder))).toBe(true)
    await stop(postgres)
    expect(isPostgresOn(pid, dataOf(dataFolder))).toBe(false)
    expect(existsSync(pidFileOf(dataFolder))).toBe(false)
    expect(readdirSync(join(dataFolder, 'postgres')).toSorted()).toEqual(['data', 'postgres.log'])
  })

  test('keeps what was written from one start to the next', async () => {
    const dataFolder = await sharedFolder()
    const first = await start(dataFolder)
    await ask(first, 'create table kept as select 42 as answer')
    await stop(first)
    await first.stop()
    const second = await start(dataFolder)
    expect(await ask(second, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  test('only the owner can enter its folder', async () => {
    const dataFolder = await sharedFolder()
    await start(dataFolder)
    expect(statSync(join(dataFolder, 'postgres')).mode & 0o077).toBe(0)
  })

  test('is deaf to what the environment says to PostgreSQL', async () => {
    const dataFolder = await sharedFolder()
    const names = {
      PGSSLMODE: 'require',
      PGOPTIONS: '-c nonsense=1',
      PGDATA: '/nowhere',
      PGPORT: '1',
      PGPASSWORD: 'x',
      TZ: 'Asia/Tokyo',
      LC_ALL: 'de_DE',
    }
    const before = Object.fromEntries(Object.keys(names).map((name) => [name, process.env[name]]))
    Object.assign(process.env, names)
    try {
      const postgres = await start(dataFolder)
      expect(await ask(postgres, "select current_setting('TimeZone') as zone")).toEqual([{ zone: 'UTC' }])
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
  })

  test('a start can be called off, and lets go of the folder', async () => {
    const dataFolder = join(folder, 'called off')
    for (let i = 0; i < 2; i++) await expect(createEmbeddedPostgres({ dataFolder, signal: AbortSignal.abort() })).rejects.toThrow(/abort/)
    expect(readdirSync(join(dataFolder, 'postgres'))).toEqual([])
  })

  test('a database that died is started again, and the store is there again', async () => {
    const dataFolder = await sharedFolder()
    const postgres = await start(dataFolder)
    const store = createSqlStore({ pool: createPool({ connection: postgres.connection }) })
    await store.migrate()
    const first = readPostmasterFile(dataOf(dataFolder))?.pid ?? 0
    process.kill(first, 'SIGKILL')
    await until(() => !isPostgresOn(first, dataOf(dataFolder)))
    await until(() =>
      store.ping().then(
        () => true,
        (error) => {
          expect(error).toMatchObject({ code: 'store_unavailable' })
          return false
        },
      ),
    )
    expect(livingPostmaster(dataOf(dataFolder))?.pid).not.toBe(first)
    await store.close()
  })
})

describe('one process per data folder', () => {
  test('a second one is told who has it, in this process and in another', async () => {
    const dataFolder = await sharedFolder()
    const postgres = await start(dataFolder)
    const expected = {
      code: 'data_folder_in_use',
      message: expect.stringContaining(`process ${process.pid}`),
      fix: expect.stringContaining('DATABASE_URL'),
    }
    await expect(createEmbeddedPostgres({ dataFolder })).rejects.toMatchObject(expected)
    const writer = startWriter(dataFolder)
    expect(await writer.line('fail')).toContain('data_folder_in_use')
    expect(await ask(postgres, 'select 1 as one'), 'unharmed').toEqual([{ one: 1 }])
    await stop(postgres)
    await start(dataFolder)
  })

  test('two that start at once: one gets it', async () => {
    const dataFolder = await sharedFolder()
    const outcomes = await Promise.allSettled([
      createEmbeddedPostgres({ dataFolder }),
      createEmbeddedPostgres({ dataFolder }),
      createEmbeddedPostgres({ dataFolder }),
    ])
    const up = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value)
    open.push(...up)
    expect(up).toHaveLength(1)
  })

  test('a killed one leaves the lock at once, and its server to be adopted', async () => {
    const dataFolder = await sharedFolder()
    const writer = startWriter(dataFolder)
    const [, , pid] = (await writer.line('open')).split(' ')
    await writer.line('ack 5')
    await writer.kill()
    const postgres = await start(dataFolder)
    expect(postgres.adopted).toBe(true)
    expect(readPostmasterFile(dataOf(dataFolder))?.pid).toBe(Number(pid))
    expect((await ask<{ count: number }>(postgres, 'select count(*)::integer as count from number'))[0]?.count).toBeGreaterThanOrEqual(5)
    await stop(postgres)
    expect(isPostgresOn(Number(pid), dataOf(dataFolder)), 'stopped as well as its own').toBe(false)
  })

  test('an adopted one that dies is started again too', async () => {
    const dataFolder = await sharedFolder()
    const writer = startWriter(dataFolder)
    await writer.line('ack 1')
    await writer.kill()
    const postgres = await start(dataFolder)
    expect(postgres.adopted).toBe(true)
    process.kill(readPostmasterFile(dataOf(dataFolder))?.pid ?? 0, 'SIGKILL')
    await until(() => ask(postgres, 'select 1').then(Boolean, () => false))
  })
})

describe('what a dead server leaves behind', () => {
  const remains: { what: string; pid: () => string }[] = [
    { what: 'the id of a process that is gone', pid: () => String(deadPid()) },
    { what: 'the id of another living program', pid: () => String(process.pid) },
    { what: 'an id that no process can have', pid: () => '99999999' },
    { what: 'nothing: an empty file', pid: () => '' },
    { what: 'rubbish', pid: () => 'rubbish' },
  ]
  for (const { what, pid } of remains) {
    test(`postmaster.pid with ${what} does not hinder a start`, async () => {
      const dataFolder = await sharedFolder()
      const file = `${pid()}\n${dataOf(dataFolder)}\n1\n5432\n${join(dataFolder, 'postgres')}\n\n`
      writeFileSync(pidFileOf(dataFolder), what.includes('empty') ? '' : file)
      writeFileSync(join(dataFolder, 'postgres', '.s.PGSQL.5432.lock'), file)
      expect((await start(dataFolder)).adopted).toBe(false)
    })
  }

  test('postmaster.pid with the id of a zombie named postgres does not hinder a start', async ({ skip }) => {
    if (process.platform !== 'linux') return skip('zombies are looked up in /proc')
    const dataFolder = await sharedFolder()
    const program = sleepNamedPostgres()
    // The shell becomes a sleep, which never asks after its child.
    const parent = spawn('sh', ['-c', `"$0" 0 & echo $!; exec sleep 1000`, program], {
      cwd: dataOf(dataFolder),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(parent)
    const zombie = Number(String((await once(parent.stdout, 'data'))[0]))
    await until(() => / Z /.test(readFileSync(`/proc/${zombie}/stat`, 'utf8')))
    writeFileSync(pidFileOf(dataFolder), `${zombie}\n${dataOf(dataFolder)}\n1\n5432\n${join(dataFolder, 'postgres')}\n\n`)
    expect((await start(dataFolder)).adopted).toBe(false)
  })

  test('a program of that name elsewhere is not taken for our server', async ({ skip }) => {
    if (process.platform !== 'linux') return skip('the working directory is looked up in /proc')
    const dataFolder = await sharedFolder()
    const program = sleepNamedPostgres()
    const namesake = spawn(program, ['1000'], { cwd: folder, stdio: 'ignore' })
    children.push(namesake)
    writeFileSync(pidFileOf(dataFolder), `${namesake.pid}\n${dataOf(dataFolder)}\n1\n5432\n${join(dataFolder, 'postgres')}\n\n`)
    expect((await start(dataFolder)).adopted).toBe(false)
    expect(namesake.exitCode, 'unharmed').toBeNull()
  })

  test('a living server whose socket is gone is replaced', async () => {
    const dataFolder = await sharedFolder()
    const writer = startWriter(dataFolder)
    const [, , pid] = (await writer.line('open')).split(' ')
    await writer.kill()
    rmSync(join(dataFolder, 'postgres', '.s.PGSQL.5432'))
    const postgres = await start(dataFolder)
    expect(postgres.adopted).toBe(false)
    expect(isPostgresOn(Number(pid), dataOf(dataFolder))).toBe(false)
  })

  test('a start waits for the memory that workers of a killed server still hold', async () => {
    const dataFolder = await sharedFolder()
    const writer = startWriter(dataFolder)
    const [, , pid] = (await writer.line('open')).split(' ')
    await writer.line('ack 1')
    const [child] = backendsOf(Number(pid))
    process.kill(child ?? 0, 'SIGSTOP')
    process.kill(Number(pid), 'SIGKILL')
    await writer.kill()
    const log = join(dataFolder, 'postgres', 'postgres.log')
    const refusals = (): number => readFileSync(log, 'utf8').split('still in use').length
    const before = refusals()
    const starting = start(dataFolder)
    await until(() => refusals() > before)
    process.kill(child ?? 0, 'SIGKILL')
    expect((await starting).adopted).toBe(false)
  })

  test('a first start killed before the database was named is completed', async () => {
    const dataFolder = await sharedFolder()
    const first = await start(dataFolder)
    await ask({ ...first, connection: { ...first.connection, database: 'postgres' } }, 'drop database sluice')
    await stop(first)
    expect(await ask(await start(dataFolder), 'select current_database() as name')).toEqual([{ name: 'sluice' }])
  })
})

describe('where it runs', () => {
  test('a path too long for a unix socket, with spaces and umlauts: made, killed, adopted, stopped', async () => {
    const dataFolder = join(folder, 'ä long path '.repeat(10), 'x'.repeat(60))
    const writer = startWriter(dataFolder)
    await writer.line('ack 1')
    const socketFolder = readPostmasterFile(dataOf(dataFolder))?.socketFolder ?? ''
    expect(Buffer.byteLength(socketFolder)).toBeLessThan(100)
    await writer.kill()
    const postgres = await start(dataFolder)
    expect(postgres.adopted).toBe(true)
    expect(postgres.connection.host).toBe(socketFolder)
    await stop(postgres)
    expect(existsSync(socketFolder), 'the folder of the socket').toBe(false)
  })

  test('a data folder behind a link', async () => {
    const dataFolder = await sharedFolder()
    const link = join(folder, 'link')
    symlinkSync(dataFolder, link)
    const writer = startWriter(link)
    await writer.line('ack 1')
    await writer.kill()
    const postgres = await start(dataFolder)
    expect(postgres.adopted).toBe(true)
  })

  test('as root, PostgreSQL runs as someone else, even where that one cannot pass', async ({ skip }) => {
    if (!ROOT) return skip('needs root')
    const closed = mkdtempSync(join(folder, 'closed-'))
    expect(statSync(closed).mode & 0o011, 'mktemp -d lets nobody pass').toBe(0)
    const dataFolder = join(closed, 'data')
    const postgres = await start(dataFolder)
    const pid = readPostmasterFile(dataOf(dataFolder))?.pid
    expect(statSync(`/proc/${pid}`).uid).toBe(NOBODY)
    expect(await ask(postgres, 'select 1 as one')).toEqual([{ one: 1 }])
    await stop(postgres)
    await start(dataFolder)
  })

  test('as root, PostgreSQL is given to the owner of the folder if he has a name, else to nobody', ({ skip }) => {
    if (!ROOT) return skip('needs root')
    for (const [owner, runsAs] of [
      [0, NOBODY],
      [DAEMON, DAEMON],
      [NAMELESS, NOBODY],
    ] as const) {
      const dataFolder = mkdtempSync(join(tmpdir(), 'owned-'))
      const cluster = join(dataFolder, 'postgres')
      mkdirSync(join(cluster, 'data'), { recursive: true })
      chmodSync(dataFolder, 0o755)
      chownSync(dataFolder, owner, owner)
      expect(chooseIdentity(cluster, '/usr/bin')).toMatchObject({ uid: runsAs, gid: runsAs, via: [] })
      expect(statSync(join(cluster, 'data')).uid).toBe(runsAs)
      rmSync(dataFolder, { recursive: true })
    }
  })

  test('an ordinary user runs it as himself; a user without a name is told why not', async ({ skip }) => {
    if (!ROOT) return skip('the other tests have shown it')
    if (!canReach(WRITER, DAEMON)) return skip('another user cannot read the sources here')
    const dataFolder = mkdtempSync(join(tmpdir(), 'ordinary-'))
    chownSync(dataFolder, NAMELESS, NAMELESS)
    expect(await startWriter(dataFolder, { uid: NAMELESS, gid: NAMELESS }).line('fail')).toContain(`the user ${NAMELESS}, who has no name`)
    rmSync(dataFolder, { recursive: true })
    mkdirSync(dataFolder)
    chownSync(dataFolder, DAEMON, DAEMON)
    const writer = startWriter(dataFolder, { uid: DAEMON, gid: DAEMON })
    const [, , pid] = (await writer.line('open')).split(' ')
    await writer.line('ack 1')
    expect(statSync(`/proc/${pid}`).uid).toBe(DAEMON)
    await writer.kill()
    const postgres = await start(dataFolder)
    expect(postgres.adopted, 'by root').toBe(true)
    await stop(postgres)
    rmSync(dataFolder, { recursive: true })
  })

  test('a place that cannot be a folder is refused in words', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    for (const dataFolder of [file, join(file, 'below')]) {
      await expect(createEmbeddedPostgres({ dataFolder })).rejects.toMatchObject({ code: 'storage_unavailable', fix: expect.any(String) })
    }
  })

  test('libraries whose links an install without scripts left out are linked', async () => {
    const { folder: original } = await findBinaries()
    const copy = join(folder, 'package')
    cpSync(join(original, 'native', 'lib'), join(copy, 'native', 'lib'), {
      recursive: true,
      filter: (path) => !lstatSync(path).isSymbolicLink(),
    })
    for (const part of ['native/bin', 'native/pg-symlinks.json']) cpSync(join(original, part), join(copy, part), { recursive: true })
    const runIt = (): string => execFileSync(join(copy, 'native', 'bin', 'postgres'), ['--version'], { encoding: 'utf8', stdio: 'pipe' })
    if (process.platform === 'linux') expect(runIt).toThrow(/libicu|shared librar/)
    linkLibraries(copy)
    expect(runIt()).toContain('PostgreSQL')
    linkLibraries(copy)
  })

  test('a system without such a PostgreSQL is told to set DATABASE_URL', async () => {
    for (const [platform, arch] of [
      ['win32', 'x64'],
      ['linux', 'mips'],
      ['sunos', 'x64'],
    ] as const) {
      await expect(findBinaries(platform, arch)).rejects.toMatchObject({
        code: 'store_unavailable',
        fix: expect.stringContaining('DATABASE_URL'),
      })
    }
  })

  test('a folder made by another major version, or broken, is refused in words, and let go', async () => {
    const dataFolder = await sharedFolder()
    const [version, control] = [join(dataOf(dataFolder), 'PG_VERSION'), join(dataOf(dataFolder), 'global', 'pg_control')]
    const kept = readFileSync(version)
    writeFileSync(version, '14\n')
    await expect(createEmbeddedPostgres({ dataFolder })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('PostgreSQL 14'),
    })
    writeFileSync(version, kept)
    renameSync(control, `${control}.away`)
    await expect(createEmbeddedPostgres({ dataFolder })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('pg_control'),
    })
    renameSync(`${control}.away`, control)
    await start(dataFolder)
  })
})

test(`nothing acknowledged is lost over ${KILL_ROUNDS} kills of the process, the server or both`, {
  timeout: 30_000 + KILL_ROUNDS * 5_000,
}, async () => {
  const dataFolder = join(folder, 'killed')
  let acknowledged = 0
  let adoptions = 0
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const writer = startWriter(dataFolder)
    // The first rounds die at any moment of the first start, initdb included; the others at any moment of writing.
    if (round < KILL_ROUNDS / 4) await sleep((round * 900) / (KILL_ROUNDS / 4) + Math.random() * 100)
    else {
      const opened = await writer.line('open')
      if (opened.startsWith('open true')) adoptions += 1
      const [, count, last] = (await writer.line('has')).split(' ').map(Number)
      expect(last).toBeGreaterThanOrEqual(acknowledged)
      expect(count, 'no number is missing').toBe(last)
      await writer.line('ack')
      await sleep(Math.random() * 100)
    }
    const server = readPostmasterFile(dataOf(dataFolder))?.pid
    const target = round % 3
    if (target !== 1) await writer.kill()
    if (target !== 0 && server && isPostgresOn(server, dataOf(dataFolder))) process.kill(server, 'SIGKILL')
    if (target === 1) await writer.kill()
    acknowledged = Math.max(acknowledged, writer.lastAcknowledged())
  }
  const postgres = await start(dataFolder)
  const [found] = await ask<{ count: number; last: number }>(postgres, 'select count(*)::integer as count, max(n) as last from number')
  expect(found?.last).toBeGreaterThanOrEqual(acknowledged)
  expect(found?.count).toBe(found?.last)
  expect(acknowledged).toBeGreaterThan(0)
  expect(adoptions).toBeGreaterThan(0)
  expect(readdirSync(join(dataFolder, 'postgres')).filter((name) => name.startsWith('data.init-'))).toEqual([])
})

interface Writer {
  /** The next line that begins so. Rejects when the process ends without it. */
  line: (begin: string) => Promise<string>
  lastAcknowledged: () => number
  kill: () => Promise<void>
}

function startWriter(dataFolder: string, ids: { uid?: number; gid?: number } = {}): Writer {
  const child = spawn(process.execPath, [WRITER, dataFolder], { ...ids, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines: string[] = []
  const waiting: { begin: string; resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  const closed = once(createInterface({ input: child.stdout }).on('line', hear), 'close').then(() => {
    for (const { begin, reject } of waiting) reject(new Error(`it ended without '${begin}': ${lines.slice(-3).join(' | ')}`))
  })

  function hear(line: string): void {
    lines.push(line)
    for (const wait of [...waiting]) {
      if (!line.startsWith(wait.begin)) continue
      waiting.splice(waiting.indexOf(wait), 1)
      wait.resolve(line)
    }
  }

  return {
    line(begin) {
      const found = lines.find((line) => line.startsWith(begin))
      return found ? Promise.resolve(found) : new Promise((resolve, reject) => waiting.push({ begin, resolve, reject }))
    },
    lastAcknowledged: () => Number(lines.findLast((line) => line.startsWith('ack'))?.split(' ')[1] ?? 0),
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

/** A program that does nothing, under the name of the server's. */
function sleepNamedPostgres(): string {
  const program = join(folder, 'programs', 'postgres')
  cpSync(realpathSync('/bin/sleep'), program)
  return program
}

/** The processes a server has started. */
function backendsOf(server: number): number[] {
  return execFileSync('ps', ['-o', 'pid=', '--ppid', String(server)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number)
}

/** The id of a process that has just ended. */
function deadPid(): number {
  return Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }))
}

function canReach(path: string, uid: number): boolean {
  try {
    execFileSync('cat', [path], { uid, gid: uid, stdio: 'ignore' })
    execFileSync(process.execPath, ['--version'], { uid, gid: uid, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5)
}
