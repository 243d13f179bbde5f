import { setTimeout as pause } from 'node:timers/promises'
import { SluiceError } from '../../../domain/errors.ts'
import type { StepId } from '../../../domain/ids.ts'
import { LANES, type Lane } from '../../../domain/step.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Consumer, Queue } from '../../../ports/queue.ts'
import { connectBroker } from './broker.ts'
import { startConsumer } from './consumer.ts'
import { quorumQueue } from './quorum-queue.ts'

/** RabbitMQ 3.10 takes a queue made at once in the place of a deleted one for the old one; its consumers are told nothing. */
const REMAKE_AFTER_MS = 500

export interface RabbitmqQueueOptions {
  /** amqp: or amqps:, with user, password and virtual host. */
  url: string
  /** Begins the names of the queues, `<prefix>.<lane>`, so that several deployments share a broker. */
  prefix: string
  log?: Logger
}

/**
 * The queue on RabbitMQ 3.10 or newer: a quorum queue per lane. Sending and taking have a connection each, because a
 * broker short of memory or disk stops the connections that send; what waits can then still be taken.
 */
export function createRabbitmqQueue({ url, prefix, log }: RabbitmqQueueOptions): Queue {
  const sending = connectBroker(url, 'sends', log)
  const taking = connectBroker(url, 'takes', log)
  const queueOf = (lane: Lane): string => `${prefix}.${lane}`
  const publisher = sending.connection.createPublisher({ confirm: true, queues: LANES.map((lane) => quorumQueue(queueOf(lane))) })
  /** Step ids of messages that found no queue. */
  const returned = new Set<string>()
  publisher.on('basic.return', (message) => returned.add(message.body))
  const consumers = new Set<Consumer>()
  let closed = false

  function assertOpen(): void {
    if (closed) throw new SluiceError('shutting_down', 'The queue is closed.')
  }

  async function publish(queue: string, stepIds: StepId[]): Promise<void> {
    const envelope = { routingKey: queue, durable: true, mandatory: true }
    await Promise.all(stepIds.map((stepId) => publisher.send(envelope, stepId)))
    // A message without a queue is returned before it is confirmed; the client tells so one turn of the event loop later.
    await new Promise((resolve) => setImmediate(resolve))
    const again = stepIds.filter((stepId) => returned.delete(stepId))
    if (again.length === 0) return
    log?.warn({ queue, messages: again.length }, 'the queue is gone from RabbitMQ; it is made again')
    await pause(REMAKE_AFTER_MS)
    await sending.connection.queueDeclare(quorumQueue(queue))
    await publish(queue, again)
  }

  async function depth(lane: Lane): Promise<number> {
    assertOpen()
    const { messageCount } = await taking.ask(() => taking.connection.queueDeclare(quorumQueue(queueOf(lane))))
    return messageCount
  }

  return {
    depth,

    async send(lane, messages) {
      assertOpen()
      if (messages.length === 0) return
      const stepIds = messages.map(({ stepId }) => stepId)
      await sending.ask(() => publish(queueOf(lane), stepIds))
    },

    async consume(lane, slots, handler) {
      // Says at once when there is no broker; later losses it outlives.
      await depth(lane)
      const consumer = startConsumer({ broker: taking, queue: queueOf(lane), slots, handler, ...(log && { log }) })
      consumers.add(consumer)
      return {
        async stop() {
          await consumer.stop()
          consumers.delete(consumer)
        },
      }
    },

    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()))
      closed = true
      await Promise.all([sending.close(() => publisher.close()), taking.close()])
    },
  }
}
