import { randomUUID } from 'node:crypto'
import { Agent, request } from 'undici'
import type { LabClock, Webhooks } from './lab.ts'

const ATTEMPTS = 3
/** Between two attempts, and how late a late one is, in lab time. */
const RETRY_SECONDS = 5
const LATE_SECONDS = 60
const STALE_SECONDS = 86_400
const TIMEOUT_MS = 10_000

export interface Delivery {
  vendor: string
  workId: string
  webhookId: string
  url: string
  kind: 'true' | 'double' | 'forged' | 'stale'
  /** What the receiver answered, or why it was not reached. */
  answer: number | string
}

export function createMailroom(clock: LabClock): {
  deliveries: readonly Delivery[]
  of(vendor: string): Webhooks
  /** Where webhooks of an account go, for vendors that have no address with the order. */
  setTarget(vendor: string, url: string | undefined): void
  close(): Promise<void>
} {
  const agent = new Agent()
  const deliveries: Delivery[] = []
  const targets = new Map<string, string>()
  const closing = new AbortController()

  async function post(url: string, { body, headers }: { body: string; headers: Record<string, string> }): Promise<number | string> {
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        body,
        headers: { 'content-type': 'application/json', ...headers },
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await answer.body.dump()
      return answer.statusCode
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  return {
    deliveries,
    setTarget(vendor, url) {
      if (url === undefined) targets.delete(vendor)
      else targets.set(vendor, url)
    },
    of: (vendor) => ({
      get target() {
        return targets.get(vendor)
      },
      async send(work, url, message) {
        const { faults } = work
        if (faults.has('webhook-never')) return
        const id = `msg_${randomUUID().replaceAll('-', '')}`
        // The machine's clock, not the calendar of the lab: who receives it holds it against theirs.
        const seconds = () => Math.floor(Date.now() / 1000)
        const deliver = async (kind: Delivery['kind'], mail: { body: string; headers: Record<string, string> }) => {
          const answer = await post(url, mail)
          deliveries.push({ vendor, workId: work.id, webhookId: id, url, kind, answer })
          return answer
        }
        if (faults.has('webhook-late')) await clock.wait(LATE_SECONDS, closing.signal)
        if (faults.has('webhook-forged')) {
          const signed = message({ id: `${id}f`, timestampSeconds: seconds() })
          // Still JSON, no longer what was signed.
          await deliver('forged', { ...signed, body: `${signed.body} ` })
        }
        if (faults.has('webhook-stale')) await deliver('stale', message({ id: `${id}s`, timestampSeconds: seconds() - STALE_SECONDS }))
        for (let attempt = 0; attempt < ATTEMPTS && !closing.signal.aborted; attempt++) {
          if (attempt > 0) await clock.wait(RETRY_SECONDS, closing.signal)
          const answer = await deliver('true', message({ id, timestampSeconds: seconds() }))
          if (typeof answer === 'number' && answer >= 200 && answer < 300) break
        }
        if (faults.has('webhook-double')) await deliver('double', message({ id, timestampSeconds: seconds() }))
      },
    }),
    async close() {
      closing.abort()
      await agent.destroy()
    },
  }
}
