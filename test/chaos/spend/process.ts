import type { Provider } from '../../../src/ports/provider.ts'
import type { Repositories, Store } from '../../../src/ports/store.ts'

/** The process is gone: whatever it was about to do does not happen any more. */
class Crashed extends Error {
  override name = 'Crashed'
}

/**
 * A process that may die at every call it makes to a part that outlives it: before the call has any effect, or after it
 * has had all of it and before the answer is known. Once dead, every further call fails.
 */
export interface MortalProcess {
  readonly alive: boolean
  store: Store
  provider(provider: Provider): Provider
  /** What it is doing, for the list of places where it has died. */
  doing: string
}

export function createMortalProcess(store: Store, dies: () => boolean, diedAt: (place: string) => void): MortalProcess {
  let alive = true
  const process: MortalProcess = { alive: true, doing: '', store, provider: mortalProvider }
  Object.defineProperty(process, 'alive', { get: () => alive })

  function die(place: string): never {
    alive = false
    diedAt(place)
    throw new Crashed(place)
  }

  async function call<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (!alive) throw new Crashed('dead already')
    if (dies()) die(`${process.doing}: before ${name}`)
    const value = await work()
    if (!alive) throw new Crashed('dead already')
    if (dies()) die(`${process.doing}: after ${name}`)
    return value
  }

  function mortal<T extends object>(part: T, name: string): T {
    const methods = Object.entries(part).map(([method, value]) => {
      if (typeof value !== 'function') return [method, value]
      return [method, (...args: unknown[]) => call(`${name}.${method}`, async () => value.apply(part, args))]
    })
    return Object.fromEntries(methods) as T
  }

  function mortalRepositories(repositories: Repositories, name: string): Repositories {
    const parts = Object.entries(repositories).filter(([, part]) => Object.values(part).some((value) => typeof value === 'function'))
    return Object.fromEntries(parts.map(([part, methods]) => [part, mortal(methods, `${name}${part}`)])) as unknown as Repositories
  }

  function mortalProvider(provider: Provider): Provider {
    const { start, status, reconcile, webhook } = provider
    return {
      ...provider,
      start: (...args) => call('start', () => start(...args)),
      status: (...args) => call('status', () => status(...args)),
      fetch: (...args) => call('fetch', () => provider.fetch(...args)),
      ...(reconcile && { reconcile: (...args: Parameters<typeof reconcile>) => call('reconcile', () => reconcile(...args)) }),
      ...(webhook && { webhook }),
    }
  }

  process.store = {
    ...store,
    ...mortalRepositories(store, ''),
    transaction: (work) => call('commit', () => store.transaction((tx) => work(mortalRepositories(tx, 'tx.')))),
  }
  return process
}
