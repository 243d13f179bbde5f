import { randomUUID } from 'node:crypto'
import type { Book } from './book.ts'
import type { createLabClock } from './clock.ts'
import type { Faults } from './dials.ts'
import { createKeptBytes } from './kept-bytes.ts'
import type { Order, Output, Work, WorkState, Works } from './lab.ts'
import type { Maker, MediaSpec } from './media/maker.ts'
import { spoilt } from './media/spoilt.ts'

const QUEUE_SECONDS = 2
const RUN_SECONDS = 20
/** Where a zombie stops, and how much longer a held work queues. */
const ZOMBIE_PROGRESS = 0.4
const HOLD_SECONDS = 30
/** Beyond this the oldest works that have ended are forgotten, as vendors forget them after a time. */
const KEEP_BYTES = 2 ** 30

interface MutableWork extends Work {
  state: WorkState
  failure: Work['failure']
  outputs: Output[]
  startedAt: Date | null
  endedAt: Date | null
}

export interface WorkShop {
  /** Takes an order: charges for it and makes it. `settled` resolves when its end has been told. */
  take(vendor: string, order: Order, faults: Faults): { work: Work; settled: Promise<void> }
  of(vendor: string): Works
  all(): Work[]
  /** Forgets all works, as a restart of a server that keeps them in memory. What was charged stays charged. */
  restart(): void
}

/**
 * A work is queued, then running, then one of three ends. A restart forgets it in any state. Time passes on the lab's clock, and
 * the media must really be there before it is done.
 */
export function createWorkShop({ book, clock, maker }: { book: Book; clock: ReturnType<typeof createLabClock>; maker: Maker }): WorkShop {
  const works = new Map<string, { work: MutableWork; stop: (cancelled: boolean) => void }>()
  const kept = createKeptBytes()
  const keyOf = (vendor: string, id: string) => `${vendor}/${id}`

  function take(vendor: string, order: Order, faults: Faults): { work: Work; settled: Promise<void> } {
    const { queueSeconds = QUEUE_SECONDS, runSeconds = RUN_SECONDS, charged = 'accept', refunds = [], amountMicroUsd } = order
    const id = order.id ?? randomUUID()
    const stopping = new AbortController()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    let startedSeconds = 0
    let last = Promise.resolve()

    const work: MutableWork = {
      id,
      vendor,
      state: 'queued',
      prompt: order.prompt,
      faults,
      failure: null,
      outputs: [],
      ordered: order.outputs,
      createdAt: clock.now(),
      startedAt: null,
      endedAt: null,
      amountMicroUsd,
      data: order.data ?? {},
      ended,
      get progress() {
        if (work.state === 'done') return 1
        if (work.state === 'queued') return 0
        const share = runSeconds === 0 ? 0 : (clock.elapsedSeconds() - startedSeconds) / runSeconds
        return Math.min(faults.has('zombie') ? ZOMBIE_PROGRESS : 0.99, share)
      },
    }

    // Called at once, so that it sees this state and not a later one; nobody waits for it, but a mistake in it is not hushed up.
    const changed = () => {
      last = Promise.resolve(order.onChange?.(work))
    }
    const finish = (state: 'done' | 'failed' | 'cancelled') => {
      work.state = state
      work.endedAt = clock.now()
      if (state === 'done' && charged === 'done') book.charge(id, vendor, amountMicroUsd)
      const why = state === 'failed' && work.failure?.reason !== 'fail' ? 'refused' : state
      if (charged === 'accept' && why !== 'done' && refunds.includes(why)) book.refund(id, vendor)
      changed()
      end()
    }
    const fail = (reason: 'fail' | 'refuse-input' | 'refuse-output', detail = faults.detail(reason)) => {
      work.failure = { reason, ...(detail !== undefined && { detail }) }
      finish('failed')
    }

    async function run(): Promise<void> {
      await clock.wait(queueSeconds + (faults.has('hold') ? HOLD_SECONDS : 0), stopping.signal)
      if (stopping.signal.aborted) return
      work.state = 'running'
      work.startedAt = clock.now()
      startedSeconds = clock.elapsedSeconds()
      if (queueSeconds + runSeconds > 0) changed()
      if (faults.has('restart')) return forget(vendor, id)
      if (faults.has('zombie')) return
      const failing = faults.has('fail') || (order.inputRefusal === 'end' && faults.has('refuse-input'))
      const making = failing || faults.has('refuse-output') ? undefined : make(work, order.outputs)
      // Looked at below, or no longer of interest when the work was stopped.
      making?.catch(() => {})
      await clock.wait(failing ? runSeconds / 2 : runSeconds, stopping.signal)
      try {
        const outputs = await making
        if (stopping.signal.aborted) return
        if (faults.has('fail')) return fail('fail')
        if (failing) return fail('refuse-input')
        if (outputs === undefined) return fail('refuse-output')
        work.outputs = outputs
      } catch (error) {
        if (stopping.signal.aborted) return
        return fail('fail', `the lab could not make it: ${error instanceof Error ? error.message : String(error)}`)
      }
      kept.hold(work.outputs.map(({ bytes }) => bytes))
      finish('done')
      for (const old of kept.total > KEEP_BYTES ? [...works.values()] : []) {
        if (kept.total <= KEEP_BYTES || old.work === work) break
        if (old.work.outputs.length > 0) forget(old.work.vendor, old.work.id)
      }
    }

    if (charged === 'accept') book.charge(id, vendor, amountMicroUsd)
    works.set(keyOf(vendor, id), {
      work,
      stop(cancelled) {
        stopping.abort()
        if (cancelled) finish('cancelled')
      },
    })
    void run()
    return { work, settled: ended.then(() => last) }
  }

  async function make(work: Work, specs: readonly MediaSpec[]): Promise<Output[]> {
    const made = await Promise.all(spoilt(specs, work.faults).map(async (spec) => ({ spec, ...(await maker.make(spec)) })))
    return made.map((media, index) => ({ ...media, id: `${work.id}-${index}`, work, index }))
  }

  function forget(vendor: string, id: string): void {
    const found = works.get(keyOf(vendor, id))
    found?.stop(false)
    kept.release(found?.work.outputs.map(({ bytes }) => bytes) ?? [])
    works.delete(keyOf(vendor, id))
  }

  const all = () => [...works.values()].map(({ work }) => work).reverse()

  return {
    take,
    all,
    of: (vendor) => ({
      get: (id) => works.get(keyOf(vendor, id))?.work,
      list: () => all().filter((work) => work.vendor === vendor),
      cancel(id) {
        const found = works.get(keyOf(vendor, id))
        if (found?.work.state !== 'queued' && found?.work.state !== 'running') return false
        found.stop(true)
        return true
      },
      delete(id) {
        const known = works.has(keyOf(vendor, id))
        forget(vendor, id)
        return known
      },
    }),
    restart() {
      for (const { work } of [...works.values()]) forget(work.vendor, work.id)
    },
  }
}
