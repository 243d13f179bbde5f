import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Connection } from 'rabbitmq-client'

const LIBRARY = '/usr/lib/rabbitmq/lib'
/** How long a broker may hold a message unacknowledged here, and how often it looks; in production 30 min and 60 s. */
export const CONSUMER_TIMEOUT_MS = 1_000
const LOOK_EVERY_MS = 250
const START_TIMEOUT_MS = 50_000
const CONTROL_TIMEOUT_MS = 60_000

/** A private broker of the system's own RabbitMQ: its own ports, cookie, data folder and port mapper. */
export interface RabbitmqServer {
  url: string
  /** Ends it as an operator does, and starts it again on the same data. */
  stop(): Promise<void>
  start(): Promise<void>
  /** What `rabbitmqctl` prints. */
  control(...words: string[]): Promise<string>
  dispose(): Promise<void>
}

/** Why there is none here and how to get one; `undefined` when there is. */
export function whyNoRabbitmq(): string | undefined {
  return programs() ? undefined : `no RabbitMQ server below ${LIBRARY}; on Debian and Ubuntu: RUNLEVEL=1 apt-get install -y rabbitmq-server`
}

export interface RabbitmqOptions {
  /** An address to listen on in place of loopback, for anybody who reaches it. */
  host?: string
  /** How long a start may take. Default 50 s. */
  startTimeoutMs?: number
}

export async function startRabbitmqServer({
  host = '127.0.0.1',
  startTimeoutMs = START_TIMEOUT_MS,
}: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const found = programs()
  if (!found) throw new Error(whyNoRabbitmq())
  const [port, distributionPort, mapperPort] = await freePorts(3)
  const folder = mkdtempSync(join(tmpdir(), 'rabbitmq-server-'))
  const file = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const env = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    // Erlang makes its cookie there.
    HOME: folder,
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `sluice-test-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONF_ENV_FILE: file('environment', ''),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf', `listeners.tcp.1 = ${host}:${port}\nloopback_users.guest = ${host === '127.0.0.1'}\n`),
    RABBITMQ_ADVANCED_CONFIG_FILE: file(
      'advanced.config',
      `[{rabbit, [{consumer_timeout, ${CONSUMER_TIMEOUT_MS}}, {channel_tick_interval, ${LOOK_EVERY_MS}}]}].\n`,
    ),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[].\n'),
  }
  const url = `amqp://guest:guest@${host}:${port}`
  // Started here, so that the broker does not leave one behind.
  const mapper = spawn('epmd', ['-port', String(mapperPort), '-address', '127.0.0.1'], { env, stdio: 'ignore' })
  let broker: ChildProcess

  async function start(): Promise<void> {
    broker = spawn(join(found ?? '', 'rabbitmq-server'), { env, cwd: folder, stdio: 'ignore' })
    const probe = new Connection({ url, retryLow: 100, retryHigh: 100 })
    probe.on('error', () => {})
    await Promise.race([
      probe.onConnect(startTimeoutMs, true),
      once(broker, 'exit').then(() => Promise.reject(new Error(`RabbitMQ ended at its start:\n${logOf(folder)}`))),
    ]).finally(() => probe.unsafeDestroy())
  }

  async function stop(): Promise<void> {
    const gone = once(broker, 'exit')
    broker.kill('SIGTERM')
    await gone
  }

  async function control(...words: string[]): Promise<string> {
    const program = join(found ?? '', 'rabbitmqctl')
    const { stdout } = await promisify(execFile)(program, ['--quiet', ...words], { env, cwd: folder, timeout: CONTROL_TIMEOUT_MS })
    return stdout
  }

  async function dispose(): Promise<void> {
    if (broker.exitCode === null && broker.signalCode === null) await stop()
    const gone = once(mapper, 'exit')
    mapper.kill()
    await gone
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    url,
    start,
    stop,
    dispose,
    control,
  }
}

/**
 * The folder of its scripts: of the one `npm test` found, else of the newest that Debian installed. Debian's wrappers on the
 * PATH change the user.
 */
function programs(): string | undefined {
  const given = process.env['SLUICE_TEST_RABBITMQ']
  if (given) return dirname(given)
  if (!existsSync(LIBRARY)) return undefined
  const folders = readdirSync(LIBRARY).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return folders.map((name) => join(LIBRARY, name, 'sbin')).find((folder) => existsSync(join(folder, 'rabbitmq-server')))
}

/** Ports that nobody listens on now; taken together, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => promisify(server.close.bind(server))()))
  return ports
}

function logOf(folder: string): string {
  const logs = join(folder, 'log')
  return existsSync(logs)
    ? readdirSync(logs)
        .map((name) => readFileSync(join(logs, name), 'utf8').slice(-2_000))
        .join('\n')
    : ''
}
