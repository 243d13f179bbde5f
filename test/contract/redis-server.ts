import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Redis } from 'ioredis'

/** A private server of the system's own Redis, on a free port, that keeps nothing on disk. */
export interface RedisServer {
  /** Of its first database. */
  url: string
  /** Has it do something, as `['flushall']`. */
  ask(command: [string, ...string[]]): Promise<unknown>
  /** Ends it at once, as a crash does. */
  stop(): Promise<void>
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** Neither answers nor goes away, until it is told to go on. */
  freeze(): void
  goOn(): void
  dispose(): Promise<void>
}

/** Why there is none here and how to get one; `undefined` when there is. */
export function whyNoRedis(): string | undefined {
  return program() ? undefined : 'no redis-server on PATH; on Debian and Ubuntu: RUNLEVEL=1 apt-get install -y redis-server'
}

export async function startRedisServer(...options: string[]): Promise<RedisServer> {
  const found = program()
  if (!found) throw new Error(whyNoRedis())
  const folder = mkdtempSync(join(tmpdir(), 'redis-server-'))
  const port = await freePort()
  const password = options[options.indexOf('--requirepass') + 1]
  const url = `redis://${options.includes('--requirepass') ? `:${password}@` : ''}127.0.0.1:${port}`
  let server: ChildProcess

  async function start(): Promise<void> {
    server = spawn(found ?? '', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options], {
      cwd: folder,
      stdio: 'ignore',
    })
    await untilUp(() => server.exitCode !== null)
  }

  async function untilUp(died: () => boolean): Promise<void> {
    for (;;) {
      try {
        await ask(['ping'])
        return
      } catch (error) {
        if (died()) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  async function ask([name, ...rest]: [string, ...string[]]): Promise<unknown> {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.call(name, ...rest)
    } finally {
      client.disconnect()
    }
  }

  async function stop(): Promise<void> {
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }

  await start()
  return {
    url,
    ask,
    stop,
    start,
    freeze: () => server.kill('SIGSTOP'),
    goOn: () => server.kill('SIGCONT'),
    async dispose() {
      if (server.exitCode === null && server.signalCode === null) await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The one the set-up found, else that on PATH. */
function program(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return [process.env['SLUICE_TEST_REDIS'] ?? '', ...folders.map((folder) => join(folder, 'redis-server'))].find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return path !== ''
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
