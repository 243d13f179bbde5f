import { type SweepDeps, sweepOverdue } from './sweep.ts'

const SWEEP_EVERY_MS = 60_000
/** Assets a sweep; where more are overdue the next one begins at once. */
const BATCH = 200

export interface Sweeper {
  /** Takes up nothing new; what it was about to remove is removed by the next process. Safe to repeat. */
  stop(): Promise<void>
}

/** Sweeps every minute, in one process at a time: whoever has the lock. Another takes over when that one is gone. */
export function startSweeper(deps: SweepDeps): Sweeper {
  const stopping = new AbortController()
  const running = run()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const swept = await deps.store
        .exclusively('retention', () => sweepOverdue(deps, BATCH, stopping.signal))
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) deps.log.warn({ err: error }, 'what is kept no longer could not be removed; trying again')
        })
      if (swept?.overdue === BATCH && swept.removedObjects > 0) continue
      await deps.clock.sleep(SWEEP_EVERY_MS, stopping.signal).catch(() => {})
    }
  }

  return {
    stop() {
      stopping.abort()
      return running
    },
  }
}
