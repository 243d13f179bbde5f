import { LANES, type Lane } from '../domain/step.ts'
import type { Store } from '../ports/store.ts'
import type { OperationsView } from '../wire/operations.ts'
import type { Context } from './context.ts'

/** Many who look at once, or often, cost the store one answer. */
const KEPT_MS = 1_000
/** As steps are admitted again after, at most. */
const HINT_AGAIN_MS = 10_000

type House = Pick<OperationsView, 'at' | 'lanes' | 'processes' | 'providers'>

/** Reads the whole house as it is now, or was a second ago. It tells nothing that is a tenant's. */
export function createHouseReader(context: Context): () => Promise<House> {
  let known: { atMs: number; house: Promise<House> } | null = null
  return () => {
    if (known !== null && performance.now() - known.atMs < KEPT_MS) return known.house
    const reading = { atMs: performance.now(), house: readHouse(context) }
    reading.house.catch(() => {
      if (known === reading) known = null
    })
    known = reading
    return reading.house
  }
}

async function readHouse(context: Context): Promise<House> {
  const { store, clock } = context
  const at = clock.now().toISOString()
  const [lanes, processes, providers] = await Promise.all([
    store.steps.backlog(HINT_AGAIN_MS),
    store.processes.list(),
    readAccounts(context),
  ])
  return {
    at,
    lanes: lanes.map((lane) => ({ ...lane, ...workersOf(lane.lane, processes) })),
    processes: processes.map(processView),
    providers,
  }
}

type Processes = Awaited<ReturnType<Store['processes']['list']>>

/** What runs, and could, in the processes that are alive. */
function workersOf(lane: Lane, processes: Processes): { running: number; slots: number } {
  const alive = processes.filter((process) => process.alive)
  const sum = (of: 'running' | 'slots') => alive.reduce((total, process) => total + (process[of][lane] ?? 0), 0)
  return { running: sum('running'), slots: sum('slots') }
}

function processView({ slots, running, startedAt, seenAt, ...process }: Processes[number]): OperationsView['processes'][number] {
  const lanes = LANES.filter((lane) => slots[lane] !== undefined)
  return {
    ...process,
    lanes: lanes.map((lane) => ({ lane, running: running[lane] ?? 0, slots: slots[lane] ?? 0 })),
    startedAt: startedAt.toISOString(),
    seenAt: seenAt.toISOString(),
  }
}

async function readAccounts({ store, providers, inFlight }: Context): Promise<OperationsView['providers']> {
  const [accounts, ordered] = await Promise.all([store.accounts.list(), store.takes.ordered()])
  const ids = new Set(
    [...providers, ...accounts.map(({ provider: id }) => ({ id })), ...ordered.map(({ provider: id }) => ({ id }))].map(({ id }) => id),
  )
  return [...ids].map((provider) => {
    const account = accounts.find((one) => one.provider === provider)
    const orders = ordered.find((one) => one.provider === provider)
    return {
      provider,
      limit: inFlight(provider),
      inFlight: orders?.inFlight ?? 0,
      inDoubt: orders?.inDoubt ?? 0,
      pausedUntil: account?.pausedUntil?.toISOString() ?? null,
      slowedAt: account?.slowedAt?.toISOString() ?? null,
      lastFailure: account?.lastFailure ? { at: account.lastFailure.at.toISOString(), class: account.lastFailure.as } : null,
    }
  })
}
