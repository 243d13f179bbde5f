import { setTimeout as pause } from 'node:timers/promises'
import type { AsyncMessage, Channel } from 'rabbitmq-client'
import type { StepId } from '../../../domain/ids.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Consumer } from '../../../ports/queue.ts'
import type { Broker } from './broker.ts'
import { quorumQueue } from './quorum-queue.ts'

const RETRY_MS = 500
/** The safety net for a consumer the broker has forgotten, as 3.10 does when a queue is deleted and made again at once. */
const RENEW_EVERY_MS = 5_000

export interface Consumption {
  broker: Broker
  queue: string
  slots: number
  handler: (stepId: StepId) => Promise<void>
  log?: Logger
}

/**
 * Keeps up to `slots` handlers at work, each message acknowledged before its handler runs.
 *
 * - open: a consumer is at the broker, which pushes one message at a time. → full (that message fills the last slot)
 * - full: the consumer is cancelled first and the message acknowledged then, so the broker sends nothing that would have to
 *   wait here while another process has a free slot. → open (a handler has ended)
 *
 * Both are left when the channel is lost, and begin again on a new one at once: handlers at work go on beside it.
 */
export function startConsumer({ broker, queue, slots, handler, log }: Consumption): Consumer {
  const { connection, ask } = broker
  const running = new Set<Promise<void>>()
  let stopped = false
  let failing = false
  let change = Promise.withResolvers<void>()

  /** Whoever waits looks again. */
  function changed(): void {
    change.resolve()
    change = Promise.withResolvers<void>()
  }

  async function consume(): Promise<void> {
    while (!stopped) {
      try {
        if (connection.ready) await consumeOnChannel()
        else await change.promise
      } catch (error) {
        // Of a lost connection the broker tells itself.
        if (connection.ready && !failing) log?.warn({ queue, reason: reasonOf(error) }, 'the queue cannot be read; trying again')
        failing = true
        await pause(RETRY_MS)
      }
    }
  }

  async function consumeOnChannel(): Promise<void> {
    const channel = await ask(() => connection.acquire())
    let cancelled = false
    channel.once('close', changed)
    channel.once('basic.cancel', () => {
      cancelled = true
      changed()
    })
    try {
      await ask(() => channel.queueDeclare(quorumQueue(queue)))
      await ask(() => channel.basicQos({ prefetchCount: 1 }))
      while (!stopped) {
        if (running.size < slots) {
          const last = await untilFull(channel, () => cancelled)
          if (last && !stopped) take(channel, last)
        } else if (channel.active) {
          await change.promise
        } else {
          throw new Error('the channel was closed')
        }
      }
    } finally {
      // What was not acknowledged goes back to its place in the queue.
      await ask(() => channel.close()).catch(() => {})
    }
  }

  /**
   * The message that fills the last slot, not yet taken; none when it was stopped, or due for renewal, before.
   * Throws when the channel or the queue is lost.
   */
  async function untilFull(channel: Channel, cancelled: () => boolean): Promise<AsyncMessage | undefined> {
    let last: AsyncMessage | undefined
    const { consumerTag } = await ask(() =>
      channel.basicConsume({ queue }, (message) => {
        if (!stopped && running.size + 1 < slots) return take(channel, message)
        last = message
        changed()
      }),
    )
    failing = false
    let due = false
    const renewal = setTimeout(() => {
      due = true
      changed()
    }, RENEW_EVERY_MS)
    while (!last && !stopped && !due && channel.active && !cancelled()) await change.promise
    clearTimeout(renewal)
    if (cancelled()) throw new Error('the broker ended the consumer; was the queue deleted?')
    await ask(() => channel.basicCancel(consumerTag))
    // The client hands on a message one turn of the event loop after it came; one may have come just before the answer.
    await new Promise((resolve) => setImmediate(resolve))
    return last
  }

  function take(channel: Channel, message: AsyncMessage): void {
    // On a lost channel it cannot be acknowledged any more: the broker hands it out again.
    if (!channel.active) return
    channel.basicAck({ deliveryTag: message.deliveryTag })
    const stepId = String(message.body) as StepId
    const run = Promise.resolve()
      .then(() => handler(stepId))
      .catch((error: unknown) => log?.error({ stepId, err: error }, 'a queue handler failed'))
      .finally(() => {
        running.delete(run)
        changed()
      })
    running.add(run)
  }

  connection.on('connection', changed)
  const consuming = consume()

  return {
    async stop() {
      stopped = true
      changed()
      await consuming
      connection.off('connection', changed)
      await Promise.all(running)
    },
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
