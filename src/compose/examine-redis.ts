import { connectRedis } from '../drivers/redis/connection.ts'
import type { Config } from './config.ts'
import type { Finding } from './examine.ts'

const WHAT = 'Redis'

/** BullMQ's advice, and the first with every command it likes to use. */
const OLDEST_VERSION = [6, 2] as const

/** Whether the Redis of the configuration answers, which it is, and whether it may throw messages away. */
export async function examineRedis({ queue, bus, redisUrl }: Config): Promise<Finding[]> {
  if (redisUrl === undefined || (queue !== 'bullmq' && bus !== 'redis')) return []
  const { redis, reachable, problem, close } = connectRedis(redisUrl)
  try {
    await reachable()
    const info = await redis.info().catch((error: unknown) => {
      throw problem(error)
    })
    const version = /^redis_version:(.+?)\r?$/m.exec(info)?.[1] ?? 'of an unknown version'
    const policy = /^maxmemory_policy:(.+?)\r?$/m.exec(info)?.[1]
    const bytes = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
    const isFull = bytes('maxmemory') > 0 && bytes('used_memory') >= bytes('maxmemory')
    return [finding(`${version} at ${new URL(redisUrl).host}`, { version, policy, isFull })]
  } finally {
    close()
  }
}

function finding(found: string, { version, policy, isFull }: { version: string; policy: string | undefined; isFull: boolean }): Finding {
  if (isOlder(version)) {
    const fix = `Use Redis ${OLDEST_VERSION.join('.')} or newer, or unset SLUICE_QUEUE and SLUICE_BUS.`
    return { what: WHAT, state: 'missing', found: `${found} is too old`, fix }
  }
  if (policy !== undefined && policy !== 'noeviction') {
    return {
      what: WHAT,
      state: 'optional',
      found: `${found}, which throws keys away when its memory is full (maxmemory-policy ${policy})`,
      fix: 'Set maxmemory-policy to noeviction; what waits may be lost, and starts late.',
    }
  }
  if (isFull) {
    const fix = 'Raise its maxmemory. What is due waits in the database meanwhile.'
    return { what: WHAT, state: 'missing', found: `${found} takes nothing more: its memory (maxmemory) is full`, fix }
  }
  return { what: WHAT, state: 'ok', found }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1])
}
