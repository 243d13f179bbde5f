import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { StepId } from '../domain/ids.ts'
import { LANES, type Lane } from '../domain/step.ts'
import type { Consumer, Queue } from '../ports/queue.ts'
import { testIds } from './entities.ts'

export interface QueueContract {
  name: string
  /** Two queues on the same, empty broker, as two processes have them. Called once for the suite. */
  make: () => Promise<{ queue: Queue; other: Queue; dispose: () => Promise<void> }>
  /** Tests the broker cannot pass, each with its reason. */
  skip?: { test: string; reason: string }[]
}

/** What every driver of {@link Queue} does. */
export function queueContract({ name, make, skip = [] }: QueueContract): void {
  const it = (title: string, work: () => Promise<void>): void => {
    test(title, async ({ skip: leaveOut }) => {
      const left = skip.find((entry) => entry.test === title)
      if (left) leaveOut(left.reason)
      await work()
    })
  }

  describe(`queue: ${name}`, () => {
    let queue: Queue
    let other: Queue
    let dispose: () => Promise<void>
    const consumers: Consumer[] = []

    beforeAll(async () => {
      const made = await make()
      queue = made.queue
      other = made.other
      dispose = made.dispose
    })
    afterAll(() => dispose())
    afterEach(async () => {
      for (const consumer of consumers.splice(0)) await consumer.stop()
      for (const lane of LANES) await drain(queue, lane)
    })

    async function consume(lane: Lane, slots: number, handler: (stepId: StepId) => Promise<void>, from: Queue = queue): Promise<Consumer> {
      const consumer = await from.consume(lane, slots, handler)
      consumers.push(consumer)
      return consumer
    }

    it('brings what was sent to a consumer that waits, and to one that comes later', async () => {
      const [early, late] = [newIds(3), newIds(3)]
      await queue.send('io', messages(early))
      const inbox = createInbox()
      await consume('io', 10, inbox.take, other)
      await inbox.has(early)
      await queue.send('io', messages(late))
      await inbox.has([...early, ...late])
      expect(inbox.taken.toSorted()).toEqual([...early, ...late].toSorted())
      await queue.send('io', [])
    })

    it('keeps the lanes apart', async () => {
      const [io, cpu] = [newIds(2), newIds(2)]
      const [ioInbox, cpuInbox] = [createInbox(), createInbox()]
      await consume('io', 10, ioInbox.take)
      await consume('cpu', 10, cpuInbox.take)
      await Promise.all([queue.send('io', messages(io)), queue.send('cpu', messages(cpu))])
      await Promise.all([ioInbox.has(io), cpuInbox.has(cpu)])
      expect(ioInbox.taken.toSorted()).toEqual(io.toSorted())
      expect(cpuInbox.taken.toSorted()).toEqual(cpu.toSorted())
    })

    it('runs no more handlers at once than there are slots, and takes no message it cannot run', async () => {
      const ids = newIds(7)
      await queue.send('cpu', messages(ids))
      let running = 0
      let most = 0
      const inbox = createInbox()
      const release: (() => void)[] = []
      await consume('cpu', 2, async (id) => {
        running += 1
        most = Math.max(most, running)
        await new Promise<void>((resolve) => {
          release.push(resolve)
          inbox.take(id)
        })
        running -= 1
      })
      for (let seen = 2; seen <= ids.length; seen++) {
        await inbox.count(Math.min(seen, ids.length))
        expect(await queue.depth('cpu')).toBe(ids.length - seen)
        release.shift()?.()
      }
      for (const free of release) free()
      await inbox.has(ids)
      expect(most).toBe(2)
    })

    it('hands out what one process sends in the order of its calls, also where one does not wait for the other', async () => {
      const ids = newIds(120)
      const sends: Promise<void>[] = []
      for (let from = 0; from < ids.length; from += 3) sends.push(queue.send('io', messages(ids.slice(from, from + 3))))
      await Promise.all(sends)
      const inbox = createInbox()
      await consume('io', 1, inbox.take, other)
      await inbox.has(ids)
      expect(inbox.taken).toEqual(ids)
    })

    it('serves the higher priority first, then the older one', async () => {
      const ids = newIds(6)
      const priorities = [0, 5, -5, 5, 0, 100]
      for (const [i, stepId] of ids.entries()) await queue.send('io', [{ stepId, priority: priorities[i] ?? 0 }])
      const inbox = createInbox()
      await consume('io', 1, inbox.take)
      await inbox.has(ids)
      expect(inbox.taken).toEqual([5, 1, 3, 0, 4, 2].map((i) => ids[i]))
    })

    it('holds a step at most once while it waits, and takes it again once it was taken', async () => {
      const ids = newIds(2)
      await queue.send('io', messages(ids))
      await Promise.all([queue.send('io', messages(ids)), other.send('io', messages(ids))])
      expect(await queue.depth('io')).toBe(2)
      const inbox = createInbox()
      await consume('io', 10, inbox.take)
      await inbox.has(ids)
      await queue.send('io', messages(ids.slice(0, 1)))
      await inbox.count(3)
      expect(inbox.taken.filter((id) => id === ids[0])).toHaveLength(2)
    })

    it('a message is done with before its handler runs: the step can be sent again meanwhile', async () => {
      const ids = newIds(1)
      const depths: number[] = []
      const inbox = createInbox()
      await consume('io', 1, async (id) => {
        if (inbox.taken.length === 0) {
          depths.push(await queue.depth('io'))
          await queue.send('io', messages([id]))
          depths.push(await queue.depth('io'))
        }
        inbox.take(id)
      })
      await queue.send('io', messages(ids))
      await inbox.count(2)
      expect(depths).toEqual([0, 1])
    })

    it('a handler that fails neither stops the consumer nor sees its message again', async () => {
      const ids = newIds(3)
      const inbox = createInbox()
      await consume('io', 1, async (id) => {
        inbox.take(id)
        throw new Error('no')
      })
      await consume(
        'io',
        1,
        (id) => {
          inbox.take(id)
          throw new Error('not even a promise')
        },
        other,
      )
      await queue.send('io', messages(ids))
      await inbox.has(ids)
      const last = newIds(1)
      await queue.send('io', messages(last))
      await inbox.has([...ids, ...last])
      expect(inbox.taken).toHaveLength(4)
    })

    it('shares a thousand messages among consumers, each to one', async () => {
      const ids = newIds(1_000)
      const [mine, theirs] = [createInbox(), createInbox()]
      await consume('io', 4, mine.take)
      await consume('io', 4, theirs.take, other)
      for (let from = 0; from < ids.length; from += 50) await (from % 100 ? queue : other).send('io', messages(ids.slice(from, from + 50)))
      await until(() => mine.taken.length + theirs.taken.length >= ids.length)
      expect([...mine.taken, ...theirs.taken].toSorted()).toEqual(ids.toSorted())
      expect(await queue.depth('io')).toBe(0)
    })

    it('a consumer that stops waits for its handlers and takes nothing more', async () => {
      const ids = newIds(3)
      const inbox = createInbox()
      const { promise: released, resolve: release } = Promise.withResolvers<void>()
      let finished = false
      const consumer = await consume('cpu', 1, async (id) => {
        inbox.take(id)
        await released
        finished = true
      })
      await queue.send('cpu', messages(ids))
      await inbox.count(1)
      let stopped = false
      const stopping = consumer.stop().then(() => {
        stopped = true
      })
      for (let i = 0; i < 5; i++) await queue.depth('cpu')
      expect(stopped, 'before its handler has ended').toBe(false)
      release()
      await stopping
      expect(finished).toBe(true)
      expect(inbox.taken).toHaveLength(1)
      expect(await queue.depth('cpu')).toBe(2)
      const rest = createInbox()
      await consume('cpu', 2, rest.take, other)
      await rest.count(2)
      expect([...inbox.taken, ...rest.taken].toSorted()).toEqual(ids.toSorted())
    })

    it('counts what waits in a lane', async () => {
      expect(await queue.depth('io')).toBe(0)
      await queue.send('io', messages(newIds(5)))
      await queue.send('cpu', messages(newIds(1)))
      expect(await other.depth('io')).toBe(5)
    })

    it('when closed, has let its handlers finish', async () => {
      const made = await make()
      const ids = newIds(1)
      const inbox = createInbox()
      const { promise: released, resolve: release } = Promise.withResolvers<void>()
      let finished = false
      await made.queue.consume('io', 1, async (id) => {
        inbox.take(id)
        await released
        finished = true
      })
      await made.queue.send('io', messages(ids))
      await inbox.has(ids)
      let closed = false
      const closing = made.queue.close().then(() => {
        closed = true
      })
      for (let i = 0; i < 5; i++) await made.other.depth('io')
      expect(closed, 'before its handler has ended').toBe(false)
      release()
      await closing
      expect(finished).toBe(true)
      await expect(made.queue.send('io', messages(newIds(1)))).rejects.toThrow()
      await made.dispose()
    })
  })
}

const newIds = (count: number): StepId[] => Array.from({ length: count }, () => testIds.next('stp'))
const messages = (ids: StepId[]): { stepId: StepId; priority: number }[] => ids.map((stepId) => ({ stepId, priority: 0 }))

async function drain(queue: Queue, lane: Lane): Promise<void> {
  const waiting = await queue.depth(lane)
  if (waiting === 0) return
  const inbox = createInbox()
  const consumer = await queue.consume(lane, 100, inbox.take)
  // A queue is empty before its handlers have begun, and a consumer that stops gives back what they have not.
  await inbox.count(waiting)
  await until(async () => (await queue.depth(lane)) === 0)
  await consumer.stop()
}

interface Inbox {
  taken: StepId[]
  take: (id: StepId) => Promise<void>
  has: (ids: StepId[]) => Promise<void>
  count: (atLeast: number) => Promise<void>
}

function createInbox(): Inbox {
  const taken: StepId[] = []
  return {
    taken,
    take: async (id) => {
      taken.push(id)
    },
    has: (ids) => until(() => ids.every((id) => taken.includes(id))),
    count: (atLeast) => until(() => taken.length >= atLeast),
  }
}

/** Waits for the condition; the test's own time limit ends it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}
