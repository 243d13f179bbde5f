import { type ConfirmChannel, connect } from 'amqplib'
import { withBackend } from 'bullmq'
import type { BullStorage } from '../src/drivers/queue/bullmq/storage.ts'

/** As many handlers at once as a worker has slots. */
export const AT_ONCE = 32

/** A queue with nothing around it: what its library does with one message. */
export interface BareQueue {
  send(names: string[]): Promise<void>
  /** Calls `handle` with the name of each message, {@link AT_ONCE} at a time, until closed. */
  consume(handle: (name: string) => void): Promise<void>
  close(): Promise<void>
}

export async function bareBull<Connection>({ factory, connection, reachable, close }: BullStorage<Connection>): Promise<BareQueue> {
  await reachable()
  const bull = withBackend(factory)
  const queue = new bull.Queue('bare', { connection })
  let worker: InstanceType<typeof bull.Worker> | undefined
  return {
    async send(names) {
      await queue.addBulk(names.map((name) => ({ name, data: {}, opts: { removeOnComplete: true } })))
    },
    async consume(handle) {
      worker = new bull.Worker('bare', async ({ name }) => handle(name), { connection, concurrency: AT_ONCE })
      await worker.waitUntilReady()
    },
    async close() {
      await worker?.close()
      await queue.close()
      await close()
    },
  }
}

export async function bareAmqp(url: string): Promise<BareQueue> {
  const connection = await connect(url)
  const sending: ConfirmChannel = await connection.createConfirmChannel()
  const taking = await connection.createChannel()
  await sending.assertQueue('bare', { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  await taking.prefetch(AT_ONCE)
  return {
    async send(names) {
      for (const name of names) sending.sendToQueue('bare', Buffer.from(name), { persistent: true })
      await sending.waitForConfirms()
    },
    async consume(handle) {
      await taking.consume('bare', (message) => {
        if (!message) return
        handle(message.content.toString())
        taking.ack(message)
      })
    },
    close: () => connection.close(),
  }
}
