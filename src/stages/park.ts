import type { StepResult } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'

export function park(deps: Pick<StageDeps, 'clock'>, milliseconds: number, reason: string): Extract<StepResult, { then: 'park' }> {
  return { then: 'park', wakeAt: new Date(deps.clock.now().getTime() + milliseconds), reason }
}
