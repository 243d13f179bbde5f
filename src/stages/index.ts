import type { StepName } from '../domain/step.ts'
import type { StepHandler } from '../ports/stages.ts'
import { analyse } from './analyse.ts'
import { cleanup } from './cleanup.ts'
import type { StageDeps } from './deps.ts'
import { finish } from './finish.ts'
import { generate } from './generate.ts'
import { ingest } from './ingest.ts'
import { mend } from './mend.ts'
import { publish } from './publish.ts'
import { rendition } from './rendition.ts'
import { review } from './review.ts'

export type { StageDeps }

/** The handler of each kind of step. */
export function createHandlers(deps: StageDeps): Record<StepName, StepHandler> {
  return {
    analyse: analyse(deps),
    generate: generate(deps),
    ingest: ingest(deps),
    mend: mend(deps),
    finish: finish(deps),
    publish: publish(deps),
    rendition: rendition(deps),
    review: review(deps),
    cleanup: cleanup(deps),
  }
}
