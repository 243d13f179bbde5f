import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Connection } from 'rabbitmq-client'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../src/compose/config.ts'
import { examineRabbitmq } from '../../src/compose/examine-rabbitmq.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { openQueue } from '../../src/compose/open-queue.ts'
import type { SluiceError } from '../../src/domain/errors.ts'
import type { StepId } from '../../src/domain/ids.ts'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { createRabbitmqQueue } from '../../src/drivers/queue/rabbitmq/queue.ts'
import { quorumQueue } from '../../src/drivers/queue/rabbitmq/quorum-queue.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { testIds } from '../../src/testing/entities.ts'
import { queueContract } from '../../src/testing/queue-contract.ts'
import { BASIC_CANCEL, startAmqpRelay } from '../helpers/amqp-relay.ts'
import { CONSUMER_TIMEOUT_MS, type RabbitmqServer, startRabbitmqServer, whyNoRabbitmq } from './rabbitmq-server.ts'

const missing = whyNoRabbitmq()

describe('RabbitMQ', () => {
  if (missing) {
    test('the queue contract', ({ skip }) => skip(missing))
    return
  }
  let server: RabbitmqServer
  beforeAll(async () => {
    server = await startRabbitmqServer()
  })
  afterAll(() => server.dispose())

  const queues: Queue[] = []
  const held: (() => void)[] = []
  afterEach(async () => {
    for (const release of held.splice(0)) release()
    for (const queue of queues.splice(0)) await queue.close()
  })
  const open = (prefix: string, log?: Logger): Queue => {
    const queue = createRabbitmqQueue({ url: server.url, prefix, ...(log && { log }) })
    queues.push(queue)
    return queue
  }
  let prefixes = 0
  const newPrefix = (): string => `test-${++prefixes}`

  queueContract({
    name: 'rabbitmq',
    make: async () => {
      const prefix = newPrefix()
      const [queue, other] = [createRabbitmqQueue({ url: server.url, prefix }), createRabbitmqQueue({ url: server.url, prefix })]
      return {
        queue,
        other,
        async dispose() {
          await queue.close()
          await other.close()
        },
      }
    },
    skip: [
      {
        test: 'serves the higher priority first, then the older one',
        reason: 'a quorum queue of RabbitMQ 3.10 has no priorities: first in, first out',
      },
      {
        test: 'holds a step at most once while it waits, and takes it again once it was taken',
        reason: 'RabbitMQ keeps every copy; the store turns the second one away when it is taken',
      },
    ],
  })

  test('a handler may run longer than the broker lets a message be unacknowledged', async () => {
    const prefix = newPrefix()
    const warned: string[] = []
    const queue = open(prefix, warnings(warned))
    const ids = newIds(2)
    const taken: StepId[] = []
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    held.push(release)
    await queue.consume('cpu', 2, async (id) => {
      taken.push(id)
      if (id === ids[0]) await released
    })
    await queue.send('cpu', messages(ids.slice(0, 1)))
    await until(() => taken.length === 1)

    // A client that holds its message, from now on: when the broker has had enough of it, our handler has run for longer.
    await queue.send('io', messages(newIds(1)))
    const holder = new Connection(server.url)
    const told: string[] = []
    holder.on('error', (error: Error) => told.push(error.message))
    const channel = await holder.acquire()
    const closed = once(channel, 'close')
    await channel.basicConsume({ queue: `${prefix}.io` }, () => {})
    await closed
    expect(told.join()).toContain('delivery acknowledgement on channel 1 timed out')
    await holder.close()

    await queue.send('cpu', messages(ids.slice(1)))
    await until(() => taken.length === 2)
    expect(taken).toEqual(ids)
    expect(await queue.depth('cpu')).toBe(0)
    expect(warned).toEqual([])
  })

  test('a slot whose cancel is not answered goes on with a new channel, and no message waits for it on the old one', async () => {
    // Otherwise the broker would close the channel itself.
    await server.control('eval', 'application:set_env(rabbit, consumer_timeout, 1800000).')
    onTestFinished(async () => {
      await server.control('eval', `application:set_env(rabbit, consumer_timeout, ${CONSUMER_TIMEOUT_MS}).`)
    })
    const relay = await startAmqpRelay(server.url)
    held.push(() => relay.close())
    const prefix = newPrefix()
    const queue = createRabbitmqQueue({ url: relay.url, prefix })
    queues.push(queue)
    const [long = never, next = never] = newIds(2)
    const taken: StepId[] = []
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    held.push(release)
    await queue.consume('cpu', 1, async (id) => {
      taken.push(id)
      if (id === long) await released
    })
    const { classId, methodId } = BASIC_CANCEL
    const cancel = relay.swallow(classId, methodId)
    const sender = open(prefix)
    await sender.send('cpu', messages([long]))
    // It has run for long: its consumer is cancelled, and the broker never hears of it.
    await cancel
    release()
    await sender.send('cpu', messages([next]))
    await until(() => taken.includes(next))
    expect(taken).toEqual([long, next])
    expect(await queue.depth('cpu')).toBe(0)
  })

  test('a broker that is short of memory lets go of what waits, and is said to take nothing more', async () => {
    const queue = open(newPrefix())
    const [waiting, late] = [newIds(3), newIds(2)]
    await queue.send('io', messages(waiting))
    await server.control('set_vm_memory_high_watermark', '0.00001')
    const taken: StepId[] = []
    try {
      await expect(queue.send('io', messages(late.slice(0, 1)))).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringContaining('it takes no messages for now (low on memory)'),
      })
      await queue.consume('io', 10, async (id) => {
        taken.push(id)
      })
      await until(() => waiting.every((id) => taken.includes(id)))
    } finally {
      await server.control('set_vm_memory_high_watermark', '0.4')
    }
    await queue.send('io', messages(late))
    await until(() => late.every((id) => taken.includes(id)))
  })

  test('a queue that somebody deleted is made again by who sends and by who consumes', async () => {
    const prefix = newPrefix()
    const [sender, worker] = [open(prefix), open(prefix)]
    const operator = new Connection(server.url)
    operator.on('error', () => {})
    await sender.send('io', messages(newIds(1)))
    await operator.queueDelete(`${prefix}.io`)
    const ids = newIds(3)
    await sender.send('io', messages(ids))
    expect(await sender.depth('io')).toBe(3)

    const taken: StepId[] = []
    await worker.consume('io', 2, async (id) => {
      taken.push(id)
    })
    await until(() => taken.length === 3)
    await operator.queueDelete(`${prefix}.io`)
    const [later = never] = newIds(1)
    await sender.send('io', messages([later]))
    await until(() => taken.includes(later))

    // Made again at once: the broker tells the consumer nothing, and sends it nothing. As the engine does, a hint is sent again
    // until it is taken.
    await operator.queueDelete(`${prefix}.io`)
    await operator.queueDeclare(quorumQueue(`${prefix}.io`))
    const [last = never] = newIds(1)
    await until(async () => {
      await sender.send('io', messages([last]))
      return taken.includes(last)
    })
    await operator.close()
  })

  test('what was confirmed outlives a restart of the broker, and so do consumers, also while a handler runs', async () => {
    const prefix = newPrefix()
    const warned: string[] = []
    const [sender, worker] = [open(prefix), open(prefix, warnings(warned))]
    const confirmed = newIds(5)
    await sender.send('io', messages(confirmed))
    const [long = never, next = never] = newIds(2)
    const taken: StepId[] = []
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    held.push(release)
    await worker.consume('cpu', 2, async (id) => {
      // A copy is turned away by the store.
      const copy = taken.includes(id)
      taken.push(id)
      if (id === long && !copy) await released
    })
    await sender.send('cpu', messages([long]))
    await until(() => taken.length === 1)

    await server.stop()
    await expect(sender.send('io', messages(newIds(1)))).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/shutdown|ECONNREFUSED/),
    })
    await server.start()

    await until(() => arrives(sender.send('cpu', messages([next]))))
    await until(() => taken.includes(next))
    const kept: StepId[] = []
    await worker.consume('io', 10, async (id) => {
      kept.push(id)
    })
    await until(() => kept.length >= confirmed.length)
    expect(kept.slice(0, confirmed.length)).toEqual(confirmed)
    expect(warned).toContain('RabbitMQ cannot be reached; trying again')
  })

  test('what was set up wrong is said with what mends it, without its password, by the queue and the doctor', async () => {
    await server.control('add_user', 'reader', 'hunter2')
    const { host } = new URL(server.url)
    const cases: [url: string, wrong: RegExp, fix: RegExp][] = [
      [`amqp://guest:hunter2@${host}`, /used: ACCESS_REFUSED - Login was refused/, /Correct the user and the password/],
      [`amqp://guest:guest@${host}/nothing`, /vhost nothing not found/, /add_vhost/],
      [`amqp://reader:hunter2@${host}`, /access to vhost '\/' refused/, /set_permissions/],
      [`amqps://guest:guest@${host}`, /wrong version number/, /amqp: instead of amqps:/],
    ]
    for (const [url, wrong, fix] of cases) {
      const error = await unavailable(createRabbitmqQueue({ url, prefix: 'x' }))
      expect(error.message).toMatch(wrong)
      expect(error.fix).toMatch(fix)
      const [finding] = await examineRabbitmq(loadConfig({ SLUICE_QUEUE: 'rabbitmq', SLUICE_RABBITMQ_URL: url }))
      expect(finding).toMatchObject({ state: 'missing', found: expect.stringMatching(wrong), fix: expect.stringMatching(fix) })
      expect(JSON.stringify([error, finding])).not.toContain('hunter2')
    }
  })

  test('a broker whose queues may not be long refuses messages, and which limit it is, is said', async () => {
    const prefix = newPrefix()
    const queue = open(prefix)
    await server.control('set_policy', prefix, `^${prefix}`, '{"max-length":1,"overflow":"reject-publish"}', '--apply-to', 'queues')
    const refused = async () => {
      for (;;) await queue.send('io', messages(newIds(5)))
    }
    await expect(refused()).rejects.toMatchObject({ code: 'store_unavailable', fix: expect.stringContaining('max-length') })
  })

  test('the configuration names it, and the doctor tells its version', async () => {
    const prefix = newPrefix()
    const config = loadConfig({ SLUICE_QUEUE: 'rabbitmq', SLUICE_RABBITMQ_URL: server.url, SLUICE_QUEUE_PREFIX: prefix })
    const log = createLogger('silent')
    // Nothing is asked of the database, so it need not be there.
    const queue = openQueue(config, createPool({ connection: {} }), log)
    queues.push(queue)
    await queue.send('io', messages(newIds(2)))
    expect([await open(prefix).depth('io'), await open(newPrefix()).depth('io')]).toEqual([2, 0])

    const version = (await server.control('version')).trim()
    expect(await examineRabbitmq(config)).toEqual([{ what: 'RabbitMQ', state: 'ok', found: `${version} at ${new URL(server.url).host}` }])
  })
})

test('a broker that is not there, or says nothing, is said to be', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const [absent, mute] = await Promise.all([
    unavailable(createRabbitmqQueue({ url: 'amqp://me:hunter2@127.0.0.1:1/news', prefix: 'x' })),
    unavailable(createRabbitmqQueue({ url: `amqp://me:hunter2@127.0.0.1:${port}`, prefix: 'x' })),
  ])
  expect(absent.message).toBe('RabbitMQ at 127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1')
  expect(mute.message).toMatch(/^RabbitMQ at 127\.0\.0\.1:\d+ cannot be used: /)
  silent.close()
})

/** What every use of the queue says when there is no broker. */
async function unavailable(queue: Queue): Promise<SluiceError> {
  const refused = await Promise.allSettled([
    queue.send('io', messages(newIds(1))),
    queue.depth('io'),
    queue.consume('io', 1, async () => {}),
  ])
  await queue.close()
  const errors = refused.map((result) => (result.status === 'rejected' ? (result.reason as SluiceError) : null))
  expect(errors.map((error) => error?.code)).toEqual(Array(3).fill('store_unavailable'))
  return errors[0] as SluiceError
}

const newIds = (count: number): StepId[] => Array.from({ length: count }, () => testIds.next('stp'))
const never = 'stp_never' as StepId
const messages = (ids: StepId[]): { stepId: StepId; priority: number }[] => ids.map((stepId) => ({ stepId, priority: 0 }))
const warnings = (words: string[]): Logger =>
  ({ warn: (_: object, message: string) => void words.push(message), error() {} }) as Partial<Logger> as Logger

const arrives = (sent: Promise<void>): Promise<boolean> =>
  sent.then(
    () => true,
    () => false,
  )

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}
