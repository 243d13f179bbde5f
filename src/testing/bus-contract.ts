import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bus, BusTopics } from '../ports/bus.ts'

export interface BusContract {
  name: string
  /** Two buses, as two processes have them. Called once for the suite, and once more to be closed. */
  make: () => Promise<{
    bus: Bus
    other: Bus
    /** Cuts every listening connection, as a restart of the broker does. */
    cut: () => Promise<void>
    dispose: () => Promise<void>
  }>
  /** Tests the bus cannot pass, each with its reason. */
  skip?: { test: string; reason: string }[]
}

type Events = BusTopics['job:events']

/** What every driver of {@link Bus} does. */
export function busContract({ name, make, skip = [] }: BusContract): void {
  const it = (title: string, work: () => Promise<void>): void => {
    test(title, async ({ skip: leaveOut }) => {
      const left = skip.find((entry) => entry.test === title)
      if (left) leaveOut(left.reason)
      await work()
    })
  }

  describe(`bus: ${name}`, () => {
    let bus: Bus
    let other: Bus
    let cut: () => Promise<void>
    let dispose: () => Promise<void>
    let made = 0
    const newJobId = (): string => `job_${++made}`

    beforeAll(async () => {
      const fresh = await make()
      bus = fresh.bus
      other = fresh.other
      cut = fresh.cut
      dispose = fresh.dispose
      await listening(bus)
      await listening(other)
    })
    afterAll(() => dispose())

    /** Resolves once what is published reaches this bus: publishes until something comes. */
    async function listening(to: Bus): Promise<void> {
      const jobId = newJobId()
      let heard = false
      const stop = to.subscribe('job:cancel', (message) => {
        heard ||= message.jobId === jobId
      })
      await until(async () => {
        await to.publish('job:cancel', { jobId }).catch(() => {})
        return heard
      })
      stop()
    }

    it('brings a message to every subscriber of its topic, here and elsewhere', async () => {
      const jobId = newJobId()
      const heard: string[] = []
      const stops = [
        bus.subscribe('job:cancel', (message) => message.jobId === jobId && heard.push('here')),
        bus.subscribe('job:cancel', (message) => message.jobId === jobId && heard.push('here too')),
        other.subscribe('job:cancel', (message) => message.jobId === jobId && heard.push('elsewhere')),
        other.subscribe('job:events', () => heard.push('wrong topic')),
      ]
      await bus.publish('job:cancel', { jobId })
      await until(() => heard.length >= 3)
      expect(heard.toSorted()).toEqual(['elsewhere', 'here', 'here too'])
      for (const stop of stops) stop()
    })

    it('brings the messages of one publisher in order and whole', async () => {
      const jobId = newJobId()
      const heard: Events[] = []
      const stop = other.subscribe('job:events', (message) => message.jobId === jobId && heard.push(message))
      const sent = Array.from({ length: 500 }, (_, seq): Events => ({ jobId, tenantId: 'ten_ü'.padEnd(5 + seq, '€'), seq }))
      await Promise.all(sent.map((message) => bus.publish('job:events', message)))
      await until(() => heard.length >= sent.length)
      expect(heard).toEqual(sent)
      stop()
    })

    it('brings a message of the largest size, and refuses a larger one', async () => {
      const jobId = newJobId()
      const heard: Events[] = []
      const stop = other.subscribe('job:events', (message) => message.jobId === jobId && heard.push(message))
      const largest: Events = { jobId, tenantId: 'x'.repeat(4_000), seq: 1 }
      await expect(bus.publish('job:events', { ...largest, tenantId: 'x'.repeat(5_000) })).rejects.toThrow(RangeError)
      await Promise.all([
        bus.publish('job:events', largest),
        bus.publish('job:events', { ...largest, seq: 2 }),
        bus.publish('job:events', { ...largest, seq: 3 }),
      ])
      await until(() => heard.length >= 3)
      expect(heard.map(({ seq }) => seq)).toEqual([1, 2, 3])
      stop()
    })

    it('brings nothing to who has stopped, and one subscriber’s failure to no other', async () => {
      const jobId = newJobId()
      const heard: string[] = []
      const stop = bus.subscribe('job:cancel', () => heard.push('stopped'))
      const stops = [
        bus.subscribe('job:cancel', () => {
          throw new Error('no')
        }),
        bus.subscribe('job:cancel', (message) => message.jobId === jobId && heard.push('well')),
      ]
      stop()
      stop()
      await bus.publish('job:cancel', { jobId })
      await until(() => heard.length > 0)
      expect(heard).toEqual(['well'])
      for (const each of stops) each()
    })

    it('says so when messages may be missing, and goes on', async () => {
      const jobId = newJobId()
      const heard: string[] = []
      let gaps = 0
      const stop = other.subscribe(
        'job:cancel',
        (message) => message.jobId === jobId && heard.push(jobId),
        () => {
          gaps += 1
        },
      )
      await cut()
      await until(() => gaps > 0)
      // The gap is told once the bus hears again: what is published now comes.
      await bus.publish('job:cancel', { jobId })
      await until(() => heard.length > 0)
      expect(heard).toEqual([jobId])
      stop()
      await listening(bus)
    })

    it('publishes to nobody without complaint', async () => {
      await bus.publish('job:events', { jobId: newJobId(), tenantId: 'ten', seq: 1 })
    })

    it('when closed, hears nothing more', async () => {
      const fresh = await make()
      await listening(fresh.other)
      const heard: string[] = []
      fresh.bus.subscribe('job:cancel', ({ jobId }) => heard.push(jobId))
      await fresh.bus.close()
      await fresh.other.publish('job:cancel', { jobId: newJobId() })
      await listening(fresh.other)
      expect(heard).toEqual([])
      await fresh.dispose()
    })
  })
}

/** Waits for the condition; the test's own time limit ends it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}
