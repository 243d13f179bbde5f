import { takeEnded } from '../domain/take.ts'
import type { StepHandler } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { findOrder } from './find-order.ts'
import { followTake } from './follow-take.ts'
import { orderTake } from './order-take.ts'
import { waitOut } from './park.ts'

/**
 * Brings one take from `planned` to `delivered`. The intent and its price are committed before the order is sent, the
 * reference right after; from then on it only asks for the status and parks in between: no worker is held while a
 * provider works. An order whose answer was lost is looked for, never sent again by itself.
 */
export function generate(deps: StageDeps): StepHandler {
  return async (run) => {
    if (run.step.work.name !== 'generate') throw new Error(`not a generate step: ${run.step.work.name}`)
    const take = await deps.store.takes.get(run.step.work.takeId)
    if (!take || takeEnded(take)) return { then: 'done' }
    run.about(take.provider)
    const provider = providerOf(deps, take.provider)
    if (take.state.state === 'planned') return orderTake(deps, run, provider, take)
    // The process that sent it is gone, and a volatile provider's work with it; elsewhere it may have been taken.
    if (take.state.state === 'ordering' && provider.capabilities.volatile) return orderTake(deps, run, provider, take)
    try {
      if (take.state.state === 'ordering' || take.state.state === 'submit_unknown') return await findOrder(deps, run, provider, take)
      if (take.state.state === 'making') return await followTake(deps, run, provider, take)
    } catch (error) {
      run.signal.throwIfAborted()
      return waitOut(deps, run, provider, take, error)
    }
    return { then: 'done' }
  }
}
