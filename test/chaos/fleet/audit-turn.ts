import type { RunningLab } from '../../../src/lab/create-lab.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import type { Objects } from '../../../src/ports/objects.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { JobView } from '../../../src/wire/jobs.ts'
import type { WebhookMessage } from '../../../src/wire/webhooks.ts'
import { eventually } from '../../helpers/eventually.ts'
import type { WebhookReceiver } from '../../helpers/webhook-receiver.ts'
import { audit } from '../audit.ts'
import { auditCharges, auditObjects, auditOrphans, type Charges } from './audit-fleet.ts'
import type { Customer } from './customer.ts'
import { isTorn, mayEndSo } from './workload.ts'

/** A receiver that was not reached is tried again after a while, and a while longer. */
const WEBHOOKS_WITHIN_MS = 240_000

/** What a turn has come to, and what of it is wrong. */
export interface Findings extends Omit<Charges, 'faults'> {
  jobs: number
  jobsByEnd: Record<string, number>
  events: number
  /** Over which the events were read. */
  connections: number
  takesAgain: number
  webhooks: number
  objects: number
  /** Objects nobody referred to, until the sweep. */
  objectsSwept: number
  wrong: string[]
}

export interface TurnAudit {
  customers: readonly Customer[]
  /** The one who is told of ends by webhook. */
  hooked: Customer
  receiver: WebhookReceiver
  lab: RunningLab
  store: Store
  objects: Objects
  log: Logger
}

/** Holds everything that was told, stored and charged against what was accepted. The fleet is at work and has nothing left to do. */
export async function auditTurn({ customers, hooked, receiver, lab, store, objects, log }: TurnAudit): Promise<Findings> {
  const found: Findings = {
    ...{ jobs: 0, jobsByEnd: {}, events: 0, connections: 0, takes: 0, takesAgain: 0, webhooks: 0, objects: 0, objectsSwept: 0 },
    ...{ labMicroUsd: 0, ledgerMicroUsd: 0, assumedMicroUsd: 0, wrong: [] },
  }
  const assets: string[] = []
  for (const customer of customers) {
    const { jobs, events, takesAgain, faults } = await audit(customer.api, customer.accepted, mayEndSo)
    found.jobs += jobs.length
    found.events += events
    found.takesAgain += takesAgain
    found.wrong.push(...faults)
    for (const job of jobs) {
      const end = endOf(job)
      found.jobsByEnd[end] = (found.jobsByEnd[end] ?? 0) + 1
      if (job.assetId && job.state === 'succeeded') assets.push(job.assetId)
      found.connections += customer.told.get(job.id)?.connections ?? 0
      found.wrong.push(...auditReader(customer, job))
    }
    const charges = await auditCharges(customer.api, jobs, lab)
    for (const sum of ['takes', 'labMicroUsd', 'ledgerMicroUsd', 'assumedMicroUsd'] as const) found[sum] += charges[sum]
    found.wrong.push(...charges.faults)
  }
  found.wrong.push(...(await auditWebhooks(hooked, receiver)))
  found.webhooks = receiver.received.length
  const parts = await auditObjects(store, objects, assets)
  const orphans = await auditOrphans(store, objects, log)
  found.objects = parts.objects
  found.objectsSwept = orphans.swept
  found.wrong.push(...parts.faults, ...orphans.faults)
  return found
}

/** Of those that a fault has torn, also why. */
function endOf({ state, outcome }: JobView): string {
  return isTorn(outcome) ? `${state} (${outcome?.code ?? outcome?.class})` : state
}

/** Whoever read along was told every event, once. */
function auditReader({ told }: Customer, { id, seq }: JobView): string[] {
  const followed = told.get(id)
  if (!followed) return [`${id}: its reader did not get to the end`]
  return followed.last === seq ? followed.faults : [...followed.faults, `${id}: its reader was told ${followed.last} of ${seq} events`]
}

/** The end of every job has come, at least once. */
async function auditWebhooks({ accepted }: Customer, { received }: WebhookReceiver): Promise<string[]> {
  const unheard = (): string[] => {
    const heard = new Set(
      received.map(({ body }) => {
        const { data } = JSON.parse(body) as WebhookMessage
        return 'job' in data ? data.job.id : ''
      }),
    )
    return [...accepted].filter((id) => !heard.has(id))
  }
  await eventually(
    async () => unheard().length,
    (count) => count === 0,
    WEBHOOKS_WITHIN_MS,
  ).catch(() => {})
  return unheard().map((id) => `no webhook told of the end of ${id}`)
}
