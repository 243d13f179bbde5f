import { setTimeout as pause } from 'node:timers/promises'
import { Connection } from 'rabbitmq-client'
import type { Logger } from '../../../ports/logger.ts'
import { brokerProblem, reasonOf } from './broker-problem.ts'

const ANSWER_TIMEOUT_MS = 5_000
const CLOSE_TIMEOUT_MS = 2_000
/** A broker that says nothing is given up after twice this time: the client's rule. */
const HEARTBEAT_SECONDS = 10
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 5_000

/** A connection that comes back by itself. */
export interface Broker {
  connection: Connection
  /** What `question` gives. Rejects with `store_unavailable` when there is no connection, and when it fails or takes 5 s. */
  ask<T>(question: () => Promise<T>): Promise<T>
  /** Lets go of the connection within 2 s, once `finish` has closed what was opened on it. */
  close(finish?: () => Promise<unknown>): Promise<void>
}

/** `purpose` is the connection's name in the broker's own lists. */
export function connectBroker(url: string, purpose: string, log?: Logger): Broker {
  const { host } = new URL(url)
  const connection = new Connection({
    url,
    connectionName: `sluice: ${purpose}`,
    acquireTimeout: ANSWER_TIMEOUT_MS,
    connectionTimeout: ANSWER_TIMEOUT_MS,
    heartbeat: HEARTBEAT_SECONDS,
    // Otherwise small frames wait for the answer to the one before, up to 40 ms.
    noDelay: true,
    retryLow: FIRST_RETRY_MS,
    retryHigh: LAST_RETRY_MS,
  })
  /** Why the broker does not serve, as far as it is known. */
  let trouble: string | undefined

  connection.on('error', (error: unknown) => {
    const reason = reasonOf(error)
    if (connection.ready) {
      log?.warn({ host, reason }, 'RabbitMQ closed a channel; another one is opened')
      return
    }
    trouble = reason
    log?.warn({ host, reason }, 'RabbitMQ cannot be reached; trying again')
  })
  connection.on('connection.blocked', (reason) => {
    trouble = `it takes no messages for now (${reason})`
    log?.warn({ host, reason }, 'RabbitMQ takes no messages for now')
  })
  for (const event of ['connection', 'connection.unblocked'] as const) {
    connection.on(event as 'connection', () => {
      trouble = undefined
    })
  }

  /** Only the first attempt is waited for: it tells whether the broker is there. */
  const { promise: tried, resolve: hasTried } = Promise.withResolvers<void>()
  connection.once('connection', hasTried)
  connection.once('error', () => hasTried())

  return {
    connection,

    async ask(question) {
      await tried
      if (trouble !== undefined) throw brokerProblem(host, trouble)
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`)), ANSWER_TIMEOUT_MS)
      })
      try {
        return await Promise.race([question(), late])
      } catch (error) {
        throw brokerProblem(host, trouble ?? reasonOf(error), error)
      } finally {
        clearTimeout(timer)
      }
    },

    async close(finish = async () => {}) {
      trouble ??= 'the connection is closed'
      hasTried()
      const closing = finish().then(() => connection.close())
      await Promise.race([closing.catch(() => {}), pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })])
      connection.unsafeDestroy()
    },
  }
}
