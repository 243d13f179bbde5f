import type { Step } from '../domain/step.ts'
import type { Logger } from '../ports/logger.ts'
import type { StepsRepository } from '../ports/store.ts'

export interface LeaseHold {
  /** Aborted when the lease is gone or `abort` is called. */
  signal: AbortSignal
  abort: (reason: string) => void
  end: () => void
}

/** Renews a step's lease at a quarter of its length. When the store says it is someone else's, the run is aborted. */
export function holdLease(steps: StepsRepository, step: Step, leaseMs: number, log: Logger): LeaseHold {
  const controller = new AbortController()
  const timer = setInterval(async () => {
    try {
      if (!(await steps.renew(step.id, step.attempt, leaseMs))) controller.abort('lease lost')
    } catch (error) {
      log.warn({ err: error }, 'the lease could not be renewed this time')
    }
  }, leaseMs / 4)
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    end: () => clearInterval(timer),
  }
}
