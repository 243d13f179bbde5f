import { setTimeout as sleep } from 'node:timers/promises'
import type { JobEvent } from '../../../src/wire/events.ts'
import type { JobInput } from '../../../src/wire/jobs.ts'
import type { Api } from '../api.ts'
import { createSubmitter } from '../submitter.ts'
import { type Followed, follow } from './follower.ts'
import { fateOf, orders } from './workload.ts'

/** A cancel comes within this time of the acceptance. */
const CANCEL_WITHIN_MS = 1_500
const CANCEL_AGAIN_MS = 300
const CONFIRM_WITHIN_MS = 60_000
const CONFIRM_AGAIN_MS = 500

/** A tenant: orders, reads along until each job's end, and cancels what it was not meant to get. */
export interface Customer {
  name: string
  api: Api
  accepted: ReadonlySet<string>
  /** Jobs of which the end was not read yet. */
  open(): ReadonlySet<string>
  /** What each reader was told. */
  told: ReadonlyMap<string, Followed>
  begin(): void
  /** Takes no new orders; those without an answer are sent again until there is one. */
  finish(): Promise<void>
  /** An order out of turn. */
  order(input: JobInput): void
  /** Stops reading. */
  leave(): void
}

export interface CustomerOptions {
  name: string
  api: Api
  random: () => number
  /** Jobs under way at once. */
  atOnce: number
  /** Jobs in all, as of now. */
  most(): number
  onEvent(event: JobEvent): void
}

export function createCustomer({ name, api, random, atOnce, most, onEvent }: CustomerOptions): Customer {
  const leaving = new AbortController()
  const told = new Map<string, Followed>()
  const open = new Set<string>()
  const options = { headers: api.headers, most, onAccepted, isEnded: (id: string) => !open.has(id) }
  const submitter = createSubmitter(atOnce, random, orders, options)

  function onAccepted(id: string, input: JobInput): void {
    if (open.has(id) || told.has(id)) return
    open.add(id)
    follow(api, id, onEvent, leaving.signal).then(
      (followed) => {
        told.set(id, followed)
        open.delete(id)
      },
      () => {},
    )
    if (fateOf(input) === 'is-cancelled') void cancel(id)
  }

  /** Asked again until it is answered; a job that has ended meanwhile refuses, which is an answer. */
  async function cancel(id: string): Promise<void> {
    await sleep(random() * CANCEL_WITHIN_MS)
    while (open.has(id) && !leaving.signal.aborted && !(await api.post(`/v1/jobs/${id}/cancel`, {}).catch(() => false)))
      await sleep(CANCEL_AGAIN_MS)
  }

  return {
    name,
    api,
    accepted: submitter.accepted,
    open: () => open,
    told,
    begin: () => submitter.feed(() => api.url),
    async finish() {
      submitter.pause()
      const deadline = Date.now() + CONFIRM_WITHIN_MS
      for (;;) {
        try {
          return await submitter.confirm(api.url)
        } catch (error) {
          if (Date.now() > deadline) throw new Error(`the orders of ${name} could not be confirmed`, { cause: error })
          await sleep(CONFIRM_AGAIN_MS)
        }
      }
    },
    order: submitter.order,
    leave: () => leaving.abort(),
  }
}
