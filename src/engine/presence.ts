import type { HouseProcess } from '../domain/process.ts'
import type { EngineDeps } from './deps.ts'

const SPEAK_EVERY_MS = 2_000

export interface Presence {
  /** Says goodbye. */
  stop(): Promise<void>
}

/**
 * Says of this process, every two seconds, that it is there and what it does. Resolves once it has been said for the first time.
 * @param now what it does at the moment
 */
export async function startPresence({ store, log }: Pick<EngineDeps, 'store' | 'log'>, now: () => HouseProcess): Promise<Presence> {
  const { id } = now()
  const speak = (): Promise<void> =>
    store.processes.beat(now()).catch((error) => log.warn({ err: error }, 'the other processes could not be told that this one is there'))

  let speaking = speak()
  await speaking
  const timer = setInterval(() => {
    speaking = speaking.then(speak)
  }, SPEAK_EVERY_MS)
  return {
    async stop() {
      clearInterval(timer)
      await speaking
      await store.processes.leave(id).catch((error) => log.debug({ err: error }, 'the goodbye of this process was not heard'))
    },
  }
}
