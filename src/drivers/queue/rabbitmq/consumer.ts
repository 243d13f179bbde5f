import { setTimeout as pause } from 'node:timers/promises'
import type { AsyncMessage, Channel } from 'rabbitmq-client'
import type { StepId } from '../../../domain/ids.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Consumer } from '../../../ports/queue.ts'
import type { Broker } from './broker.ts'
import { reasonOf } from './broker-problem.ts'
import { quorumQueue } from './quorum-queue.ts'

const RETRY_MS = 500
/** Most handlers are done within. A broker lets a message be held for minutes. */
const HELD_MS = 1_000
/** The safety net for consumers the broker has forgotten, as 3.10 does when a queue is deleted and made again at once. */
const RENEW_EVERY_MS = 30_000

export interface Consumption {
  broker: Broker
  queue: string
  slots: number
  handler: (stepId: StepId) => Promise<void>
  log?: Logger
}

/**
 * Keeps up to `slots` handlers at work. Each slot is a consumer of its own, to which the broker sends one message at a time: what
 * waits, waits at the broker, and the messages of all slots are under way side by side.
 *
 * - waiting: the slot's consumer is at the broker. → running (a message came)
 * - running: the message is held, which is why no other comes. → waiting (the handler has ended: to acknowledge is to ask for the next)
 *   → long (it has run for {@link HELD_MS}, or nothing more shall be taken)
 * - long: the consumer is cancelled and then the message acknowledged, so that the broker's time limit touches no step.
 *   → waiting (the handler has ended: the slot consumes anew)
 *
 * A slot that waits when the channel is lost begins again on a new one at once, one that runs when its handler has ended. What was
 * held meanwhile is handed out again, and turned away by the store.
 */
export function startConsumer({ broker, queue, slots, handler, log }: Consumption): Consumer {
  const { connection, ask } = broker
  /** Ends the waiting of each slot that waits. */
  const waiting = new Set<() => void>()
  let stopped = false
  let failing = false
  let channel: Promise<Channel> | undefined
  /** That channel, once it is open. */
  let current: Channel | undefined

  function wakeAll(): void {
    for (const wake of waiting) wake()
  }

  /** The channel of all slots; a new one when it is lost. */
  function openChannel(): Promise<Channel> {
    channel ??= open().catch((error: unknown) => {
      channel = undefined
      throw error
    })
    return channel
  }

  async function open(): Promise<Channel> {
    const opened = await ask(() => connection.acquire())
    try {
      await ask(() => opened.queueDeclare(quorumQueue(queue)))
      await ask(() => opened.basicQos({ prefetchCount: 1 }))
    } catch (error) {
      letGo(opened)
      throw error
    }
    if (!opened.active) throw new Error('the channel was closed')
    current = opened
    opened.once('close', () => goOn(opened))
    // The queue was deleted; on the next channel it is made again.
    opened.once('basic.cancel', () => letGo(opened))
    return opened
  }

  /** All slots go on with a new channel. The client closes one once the broker has answered what it was asked on it. */
  function letGo(lost: Channel): void {
    lost.close().catch(() => {})
    goOn(lost)
  }

  function goOn(lost: Channel): void {
    if (current !== lost) return
    current = undefined
    channel = undefined
    wakeAll()
  }

  async function serveSlot(): Promise<void> {
    while (!stopped) {
      try {
        await consumeOn(await openChannel())
      } catch (error) {
        // Of a lost connection the broker tells itself.
        if (connection.ready && !failing && !stopped)
          log?.warn({ queue, reason: reasonOf(error) }, 'the queue cannot be read; trying again')
        failing = true
        if (!stopped) await pause(RETRY_MS)
      }
    }
  }

  /** Until it is stopped, the channel is lost, a handler takes long, or nothing has come for a while. */
  async function consumeOn(channel: Channel): Promise<void> {
    let come: (message: AsyncMessage) => void = () => {}
    let early: AsyncMessage | undefined
    const { consumerTag } = await ask(() =>
      channel.basicConsume({ queue }, (message) => {
        early = message
        come(message)
      }),
    )
    failing = false

    /** None when the slot has to wait no longer. */
    function next(): Promise<AsyncMessage | undefined> {
      return new Promise((resolve) => {
        const settle = (message?: AsyncMessage): void => {
          clearTimeout(renewal)
          waiting.delete(wake)
          come = () => {}
          resolve(message)
        }
        const wake = (): void => settle()
        const renewal = setTimeout(wake, RENEW_EVERY_MS)
        if (early) return settle(early)
        if (stopped || !channel.active) return settle()
        waiting.add(wake)
        come = settle
      })
    }

    for (let message = await next(); message; message = await next()) {
      early = undefined
      const running = run(message)
      // When it stops, the consumer ends first: an acknowledgement would bring the next message, only to be given back.
      if ((await endsWithin(running, HELD_MS)) && !stopped) {
        acknowledge(channel, message)
        continue
      }
      await cancel(channel, consumerTag)
      acknowledge(channel, message)
      return running
    }
    await cancel(channel, consumerTag)
    // The client hands on a message one turn of the event loop after it came; one may have come just before the answer. When it was
    // stopped, the message goes back to its place in the queue with the channel.
    await new Promise((resolve) => setImmediate(resolve))
    if (!early || stopped || !channel.active) return
    acknowledge(channel, early)
    await run(early)
  }

  async function run({ body }: AsyncMessage): Promise<void> {
    const stepId = String(body) as StepId
    try {
      await handler(stepId)
    } catch (error) {
      log?.error({ stepId, err: error }, 'a queue handler failed')
    }
  }

  async function cancel(channel: Channel, consumerTag: string): Promise<void> {
    // A consumer of which the broker may not know that it has ended would be sent messages that nobody takes.
    if (channel.active) await ask(() => channel.basicCancel(consumerTag)).catch(() => letGo(channel))
  }

  const serving = Array.from({ length: slots }, serveSlot)

  return {
    async stop() {
      stopped = true
      wakeAll()
      await Promise.all(serving)
      await channel?.then((opened) => ask(() => opened.close())).catch(() => {})
    },
  }
}

/** On a lost channel it cannot be: the broker hands it out again. */
function acknowledge(channel: Channel, { deliveryTag }: AsyncMessage): void {
  if (channel.active) channel.basicAck({ deliveryTag })
}

/** Whether it does; it goes on if not. */
async function endsWithin(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
