import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../../../src/compose/config.ts'
import { ids } from '../../../src/compose/ids.ts'
import { createLogger } from '../../../src/compose/logger.ts'
import { openObjects } from '../../../src/compose/open-objects.ts'
import { openStore } from '../../../src/compose/open-store.ts'
import { createApiKey } from '../../../src/delivery/auth.ts'
import { createScratch } from '../../../src/drivers/objects/fs/scratch.ts'
import { createLab } from '../../../src/lab/create-lab.ts'
import { labVendors } from '../../../src/lab/vendors/index.ts'
import type { Store } from '../../../src/ports/store.ts'
import { eventually } from '../../helpers/eventually.ts'
import { webhookReceiver } from '../../helpers/webhook-receiver.ts'
import { createApi } from '../api.ts'
import { decideOrders } from '../operator.ts'
import { seeded } from '../seeded.ts'
import { openSteps } from './audit-fleet.ts'
import { auditTurn, type Findings } from './audit-turn.ts'
import { startBacking, type TurnName } from './backing.ts'
import { type Customer, createCustomer } from './customer.ts'
import { createMachines, HUB } from './enclosure.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { inflict, kindsFor } from './inflict.ts'
import { createRecovery } from './recovery.ts'
import { type FaultKind, scheduleFaults } from './schedule.ts'
import { longStep } from './workload.ts'

const WORKERS = 4
const TENANTS = ['north', 'south', 'west']
const AT_ONCE_OF_A_TENANT = 10
/** Lab time: 2.2 s for a work, and a slow order or download takes 3 s, longer than the brokers here wait for an acknowledgement. */
const LAB_SPEED = 10
const LEASE_MS = 5_000
const ORDER_SEARCH_MS = 15_000
const DECIDE_EVERY_MS = 2_000
/** At least so long between the beginnings of two faults. */
const FAULT_EVERY_MS = 500
const LOOK_EVERY_MS = 100
/** A fleet of which nothing has been heard for this long, with jobs open, is stuck. */
const SILENT_MS = 240_000
/** And one that has not ended its jobs so long after the last fault goes in circles. */
const SETTLE_WITHIN_MS = 900_000
const STEPS_WITHIN_MS = 240_000
/** Dead processes are taken for alive for 10 s after their last word. */
const PRESENT_WITHIN_MS = 120_000
const READY_WITHIN_MS = 5_000

export interface TurnOptions {
  name: TurnName
  jobs: number
  faults: number
  seed: number
  /** Data and logs. */
  folder: string
  say(line: string): void
}

export interface TurnResult extends Findings {
  name: TurnName
  seconds: number
  faultsByKind: Partial<Record<FaultKind, number>>
  /** Orders nobody could find, looked up at the lab as an operator does. */
  ordersDecided: number
  /** Processes that nobody had told to end. */
  endedByItself: number
  recoverySeconds: Map<FaultKind, number[]>
}

/** One queue driver's turn: the fleet is started, put to work, hit, left to recover, and audited. */
export async function runTurn({ name, jobs, faults, seed, folder, say }: TurnOptions): Promise<TurnResult> {
  const begun = Date.now()
  const random = seeded(seed)
  const wrong: string[] = []
  await using stack = new AsyncDisposableStack()
  const backing = await startBacking(name, HUB)
  stack.defer(() => backing.dispose())
  const lab = await createLab({ vendors: labVendors, host: HUB, speed: LAB_SPEED, seed })
  stack.defer(() => lab.close())
  const receiver = stack.use(await webhookReceiver(HUB))
  const machines = await createMachines(WORKERS)
  stack.defer(() => machines.dispose())

  const env = settings(backing.env, lab.url, folder)
  const config = loadConfig({ ...env, SLUICE_DATA: folder })
  const log = createLogger('error')
  const { store, pool } = await openStore(config, log, stack)
  const fleet = await createFleet({ machines: machines.machines, env, folder })
  stack.defer(() => fleet.dispose())
  const recovery = createRecovery()
  let heardAt = Date.now()
  /** Of the jobs, so many may be ordered by now: the last ones come with the last faults. */
  let share = 0
  const customers = await Promise.all(
    TENANTS.map(async (tenant, index) =>
      createCustomer({
        name: tenant,
        api: createApi(fleet.address, await createApiKey(store, ids, tenant, 'fleet')),
        random: seeded(seed * TENANTS.length + index),
        atOnce: AT_ONCE_OF_A_TENANT,
        most: () => Math.ceil((jobs * share) / TENANTS.length),
        onEvent: ({ at }) => {
          heardAt = Date.now()
          recovery.progress(new Date(at))
        },
      }),
    ),
  )
  stack.defer(() => {
    for (const customer of customers) customer.leave()
  })
  const ended = (): number => customers.reduce((sum, { told }) => sum + told.size, 0)

  for (const member of fleet.all) member.start()
  const [first] = customers as [Customer]
  await eventually(
    () =>
      first.api
        .post('/v1/webhooks', { url: receiver.url, events: ['job.succeeded', 'job.failed', 'job.cancelled', 'job.expired'] })
        .catch(() => false),
    (answered) => answered,
    PRESENT_WITHIN_MS,
  )
  await alive(store, fleet.all.length)
  say(`${name}: ${fleet.all.length} processes at work after ${Math.round((Date.now() - begun) / 1000)} s`)

  let ordersDecided = 0
  const deciding = new AbortController()
  const operator = (async () => {
    while (!deciding.signal.aborted) {
      for (const { api, open } of customers) ordersDecided += await decideOrders(api, open(), lab).catch(() => 0)
      await sleep(DECIDE_EVERY_MS, undefined, { signal: deciding.signal }).catch(() => {})
    }
  })()
  stack.defer(async () => {
    deciding.abort()
    await operator
  })

  for (const customer of customers) customer.begin()
  const plan = scheduleFaults(faults, kindsFor(backing), random)
  const faultsByKind: TurnResult['faultsByKind'] = {}
  let underWay: Promise<void> = Promise.resolve()
  for (const [index, fault] of plan.entries()) {
    // Spread over the jobs, however fast they are; but a fleet that stands still is not spared the next one.
    share = Math.min(1, (index + 1) / plan.length + (AT_ONCE_OF_A_TENANT * TENANTS.length) / jobs)
    const due = Math.floor((index / plan.length) * jobs * 0.95)
    const latest = Date.now() + 10_000
    while (ended() < due && Date.now() < latest) await sleep(LOOK_EVERY_MS)
    await underWay
    recovery.fault(fault.kind)
    faultsByKind[fault.kind] = (faultsByKind[fault.kind] ?? 0) + 1
    const customer = customers[index % customers.length] as Customer
    underWay = inflict(fault, { fleet, backing, orderLong: () => customer.order(longStep) }).then((found) => void wrong.push(...found))
    await sleep(FAULT_EVERY_MS)
    if ((index + 1) % 10 === 0) say(`${name}: ${index + 1} faults, ${ended()} of ${jobs} jobs have ended`)
  }
  await underWay
  const unfinished = (): boolean => customers.some(({ accepted, told }) => told.size < accepted.size)
  const settleBy = Date.now() + SETTLE_WITHIN_MS
  const waits = (): boolean => Date.now() - heardAt < SILENT_MS && Date.now() < settleBy
  while (ended() < jobs * 0.99 && waits()) await sleep(LOOK_EVERY_MS)
  await Promise.all(customers.map((customer) => customer.finish()))
  while (unfinished() && waits()) await sleep(LOOK_EVERY_MS)
  for (const { name: tenant, open } of customers) for (const id of open()) wrong.push(`${id} of ${tenant} did not end`)
  say(`${name}: ${ended()} jobs have ended, ${plan.length} faults; looking at what is left`)

  const steps = await eventually(
    () => openSteps(pool),
    ({ count }) => count === 0,
    STEPS_WITHIN_MS,
  ).catch((error: Error) => error)
  if (steps instanceof Error) wrong.push(`steps are open: ${steps.message}`)
  await alive(store, fleet.all.length).catch((error: Error) =>
    wrong.push(`the table of processes is not of those that live: ${error.message}`),
  )

  await answering(fleet)
  const objects = await openObjects(config, await createScratch({ folder: join(folder, 'audit') }), log, stack)
  const found = await auditTurn({ customers, hooked: first, receiver, lab, store, objects, log })
  const seconds = Math.round((Date.now() - begun) / 1000)
  const stops = await Promise.all(fleet.all.map((member) => member.stop()))
  wrong.push(...stops.filter((found) => found !== null))
  await alive(store, 0).catch((error: Error) => wrong.push(`processes that have ended are still listed as alive: ${error.message}`))
  const endedByItself = fleet.all.reduce((sum, member) => sum + member.endedByItself, 0)
  return {
    ...{ ...found, name, seconds, faultsByKind, ordersDecided, endedByItself },
    recoverySeconds: recovery.seconds(),
    wrong: [...wrong, ...found.wrong],
  }
}

function settings(backing: Record<string, string>, labUrl: string, folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    // Eight programs are started again and again from the same sources.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    ...backing,
    SLUICE_LAB_URL: labUrl,
    SLUICE_PUBLIC_URL: 'http://127.0.0.1:8801',
    SLUICE_HOOK_SECRET: 'only for these fleets',
    SLUICE_WEBHOOK_PRIVATE: 'true',
    SLUICE_LEASE_MS: String(LEASE_MS),
    SLUICE_ORDER_SEARCH_MS: String(ORDER_SEARCH_MS),
    SLUICE_DRAIN_MS: '3000',
    SLUICE_TRANSCRIBER: 'off',
    SLUICE_LOG: 'info',
  }
}

/** Resolves once both APIs answer: the last fault may have been theirs. */
async function answering({ addresses }: Fleet): Promise<void> {
  const isReady = (url: string) =>
    fetch(`${url}/readyz`, { signal: AbortSignal.timeout(READY_WITHIN_MS) }).then(
      ({ ok }) => ok,
      () => false,
    )
  await eventually(
    async () => (await Promise.all(addresses.map(isReady))).every(Boolean),
    (all) => all,
    PRESENT_WITHIN_MS,
  )
}

/** Resolves once so many processes count as alive. */
async function alive(store: Store, count: number): Promise<void> {
  await eventually(
    async () => (await store.processes.list()).filter((process) => process.alive).length,
    (found) => found === count,
    PRESENT_WITHIN_MS,
  )
}
