import type { EngineDeps } from './deps.ts'

type PlaceDeps = Pick<EngineDeps, 'inFlight' | 'store' | 'log'> & { stepsDue: () => void }

/** Places at this provider's account may be free: wakes the orders whose turn it is. One that is not woken asks by itself, later. */
export async function fillPlaces({ inFlight, store, log, stepsDue }: PlaceDeps, provider: string): Promise<void> {
  const limit = inFlight(provider)
  if (limit === null) return
  try {
    for (const { jobId, takeId } of await store.accounts.next(provider, limit)) {
      const woken = await store.steps.wake(jobId, 'generate', takeId)
      if (woken.length > 0) stepsDue()
    }
  } catch (error) {
    log.warn({ provider, err: error }, 'who waits for a place was not woken; they ask by themselves')
  }
}
