import type { StepName } from '../domain/step.ts'
import type { StepHandler } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { orderTakes } from './order-takes.ts'
import { takesLetThrough } from './takes-let-through.ts'
import { timelineOf } from './timeline.ts'

/** Steps that may have waited for the decision. */
const WAITING: readonly StepName[] = ['analyse', 'ingest', 'finish', 'publish']

/** What follows a decision: takes that can be ordered now are, captions of what was held appear, and what waited goes on. */
export function review(deps: StageDeps): StepHandler {
  return async () => ({
    then: 'done',
    write: async (tx) => {
      await orderTakes(deps, tx)
      if (tx.job.assetId) await tx.changeAsset({ cues: timelineOf(tx.job, await takesLetThrough(tx.repositories, tx.job.id)).cues })
      for (const name of WAITING) await tx.wake(name)
    },
  })
}
