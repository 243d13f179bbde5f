import { Redis } from 'ioredis'
import { SluiceError } from '../../domain/errors.ts'
import type { Logger } from '../../ports/logger.ts'

/** How long anyone waits for a connection, and then for an answer. */
const ANSWER_TIMEOUT_MS = 5_000
/** A connection that broke without a word (a pulled cable) is given up after this time without an answer. */
const SILENCE_TIMEOUT_MS = 10_000
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 5_000

/** What Redis answers to who may not come in. */
const NOT_LET_IN = /^(WRONGPASS|NOAUTH|NOPERM)|invalid password/

/** What to do about what it answers to a set-up that is wrong. The first that fits. */
const remedies: [RegExp, string][] = [
  [/^NOPERM/, "Give the user its rights: acl setuser <user> +@all '~*' '&*'."],
  [NOT_LET_IN, 'Correct the user and the password in SLUICE_REDIS_URL; `sluice doctor` tries them.'],
  [/^OOM/, 'Raise its maxmemory, or let the workers catch up. What is due waits in the database meanwhile.'],
  [/DB index/, 'Correct the number of the database at the end of SLUICE_REDIS_URL: most servers have 0 to 15, a cluster only 0.'],
  [/READONLY/, 'Point SLUICE_REDIS_URL at the primary: this server is a replica.'],
  [/ENOTFOUND/, 'Correct the host in SLUICE_REDIS_URL: no such name is known here.'],
]

/** Answers of a server that cannot serve us now, and what `ioredis`, `bullmq` and Node say of a connection that broke. */
const UNAVAILABLE =
  /^(LOADING|READONLY|MISCONF|OOM|MASTERDOWN|CLUSTERDOWN|BUSY)\b|max number of clients|max retries|connection is closed|timed out|timeout|isn't writeable|\b(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)\b/i

export interface RedisConnection {
  /** Connects by itself, again and again. Keeps no command for later: what cannot be sent now is rejected. */
  redis: Redis
  /**
   * Resolves once commands can be sent. Rejects with `store_unavailable` as soon as an attempt to connect fails, and at once while
   * the last one had failed; at the latest after 5 s.
   */
  reachable(): Promise<void>
  /** What went wrong on the way to Redis, as Sluice says it. Anything else is returned as it came. */
  problem(error: unknown): unknown
  close(): void
}

/** A connection to the Redis at `redis://user:password@host:6379/0`, or `rediss:` for TLS. Its password is never repeated. */
export function connectRedis(url: string, log?: Logger): RedisConnection {
  const where = new URL(url).host
  const redis = new Redis(url, {
    connectTimeout: ANSWER_TIMEOUT_MS,
    commandTimeout: ANSWER_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // What is under way when the connection breaks is rejected at once, Bull's waiting included.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 10)),
  })
  let lastError: Error | undefined
  let waiting: Promise<void> | undefined
  let told = false
  redis.on('error', (error) => {
    lastError = error
  })
  redis.on('close', () => {
    if (!told) log?.warn({ server: where, reason: lastError?.message ?? 'it broke' }, 'no connection to Redis; trying again')
    told = true
  })
  redis.on('ready', () => {
    lastError = undefined
    told = false
  })

  function untilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer)
        redis.off('ready', ready).off('error', failed)
        settle()
      }
      const ready = (): void => done(resolve)
      const failed = (error: Error): void => done(() => reject(error))
      const timer = setTimeout(() => failed(new Error('timeout while connecting')), ANSWER_TIMEOUT_MS)
      redis.on('ready', ready).on('error', failed)
    })
  }

  function unavailable(cause: Error): SluiceError {
    const remedy = remedies.find(([said]) => said.test(cause.message))?.[1]
    const fix = remedy ?? 'Check that Redis runs and that SLUICE_REDIS_URL is right, redis: or rediss: for TLS; `sluice doctor` tries it.'
    const verdict = NOT_LET_IN.test(cause.message) ? 'does not let us in' : 'cannot be used'
    return new SluiceError('store_unavailable', `Redis at ${where} ${verdict}: ${cause.message}`, { fix, cause })
  }

  return {
    redis,
    async reachable() {
      if (redis.status === 'ready') return
      if (lastError) throw unavailable(lastError)
      waiting ??= untilReady().finally(() => {
        waiting = undefined
      })
      await waiting.catch((error: Error) => {
        throw unavailable(error)
      })
    },
    problem(error) {
      if (!(error instanceof Error) || SluiceError.is(error)) return error
      return NOT_LET_IN.test(error.message) || UNAVAILABLE.test(error.message) ? unavailable(error) : error
    },
    close() {
      told = true
      redis.disconnect()
    },
  }
}
