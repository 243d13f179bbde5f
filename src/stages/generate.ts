import { asSluiceError, SluiceError } from '../domain/errors.ts'
import { type Outcome, outcomeOf } from '../domain/outcome.ts'
import { type Take, takeEnded } from '../domain/take.ts'
import type { Provider, TakePreview, TakeStatus } from '../ports/provider.ts'
import type { JobTransaction, StepHandler, StepResult, StepRun } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { keptKey, previewKey } from './keys.ts'
import { laneFor, orderTakes, spentTakes } from './order-takes.ts'
import { reportTakes } from './take-progress.ts'

const DEFAULT_POLL_MS = 5_000
/** Before the object key of an output that came with the answer to its order: it is in our keeping already. */
export const KEPT = 'kept:'
/** Losses are nobody's fault and do not count as takes, but a provider that loses everything is not asked for ever. */
const MAX_LOST = 50

/**
 * Brings one take from `planned` to `delivered`. The intent is committed before the order is sent, the reference right
 * after; from then on it only asks for the status and parks in between: no worker is held while a provider works.
 */
export function generate(deps: StageDeps): StepHandler {
  const previews = createPreviews(deps)
  return async (run) => {
    if (run.step.work.name !== 'generate') throw new Error(`not a generate step: ${run.step.work.name}`)
    const found = await deps.store.takes.get(run.step.work.takeId)
    if (!found || takeEnded(found)) return { then: 'done' }
    const provider = providerOf(deps, found.provider)
    const take = found.state.state === 'making' ? found : await order(deps, run, provider, found)
    if (take.state.state !== 'making') return { then: 'done' }
    const status = await provider.status(take.state.ref, { signal: run.signal })
    return follow(deps, run, provider, take, status, previews)
  }
}

/** Exactly one order goes out per take; only an order that cannot outlive this process is repeated after a crash. */
async function order(deps: StageDeps, run: StepRun, provider: Provider, take: Take): Promise<Take> {
  if (take.state.state === 'delivered' || take.state.state === 'accepted') return take
  if (take.state.state === 'submit_unknown' || (take.state.state === 'ordering' && !provider.capabilities.volatile)) {
    throw new SluiceError('submit_unknown', `It is unknown whether ${provider.id} took the order of ${take.id}.`, {
      fix: 'Look the order up at the provider; it is not sent again by itself.',
    })
  }
  let intended = take
  await run.checkpoint(async (tx) => {
    intended = await tx.setTake(take, { state: 'ordering' })
  })
  const ref = await provider.start(take.request, {
    takeId: take.id,
    signal: run.signal,
    rank: take.rank,
    hint: () => deps.hint(take.jobId, take.id),
    keep: async ({ role, mimeType }, bytes) => {
      const { key, sizeBytes } = await deps.objects.put(keptKey(take.jobId, take.id, role), bytes, { mimeType })
      return { role, mimeType, locator: `${KEPT}${key}`, sizeBytes }
    },
  })
  let making = intended
  await run.checkpoint(async (tx) => {
    making = await tx.setTake(intended, { state: 'making', ref, progress: null })
    await reportTakes(tx, take.role)
  })
  return making
}

async function follow(
  deps: StageDeps,
  run: StepRun,
  provider: Provider,
  take: Take,
  status: TakeStatus,
  previews: Previews,
): Promise<StepResult> {
  if (take.state.state !== 'making') throw new Error(`take ${take.id} is ${take.state.state}`)
  const { ref } = take.state
  switch (status.state) {
    case 'queued':
    case 'throttled':
    case 'running': {
      const progress = status.state === 'running' ? status.progress : null
      const showPreview = await previews.keep(run, take, status.state === 'running' ? status.preview : undefined)
      return {
        then: 'park',
        wakeAt: new Date(deps.clock.now().getTime() + (provider.capabilities.pollMs ?? DEFAULT_POLL_MS)),
        reason: status.state === 'throttled' ? `${provider.id} holds it back: a limit of the account` : `${provider.id} is at work`,
        write: async (tx) => {
          await tx.setTake(take, { state: 'making', ref, progress })
          await reportTakes(tx, take.role)
          showPreview(tx)
        },
      }
    }
    case 'succeeded': {
      const showPreview = await previews.keep(run, take, status.preview)
      previews.forget(take)
      return {
        then: 'done',
        write: async (tx) => {
          await tx.setTake(take, { state: 'delivered', ref, outputs: status.outputs })
          await tx.addSteps([{ name: 'ingest', takeId: take.id }], { priority: take.shot === 0 ? 5 : 0, ...laneFor(deps, take) })
          await reportTakes(tx, take.role)
          showPreview(tx)
        },
      }
    }
    default:
      return { then: 'done', write: (tx) => loseTake(deps, tx, take, status.outcome) }
  }
}

/** Ends a take that gave nothing, and orders another or ends the job. */
export async function loseTake(deps: StageDeps, tx: JobTransaction, take: Take, outcome: Outcome): Promise<void> {
  await tx.setTake(take, { state: 'failed', outcome })
  const takes = await tx.repositories.takes.ofJob(take.jobId)
  const spent = spentTakes(takes, take.key)
  const lost = takes.filter(({ key, state }) => key === take.key && 'outcome' in state && state.outcome.class === 'lost').length
  const again = outcome.class === 'lost' ? lost < MAX_LOST : outcome.retry !== 'never' && spent < tx.job.request.policy.maxTakesPerShot
  if (again) await orderTakes(deps, tx)
  else await tx.end('failed', outcome)
}

/** An error that concerns the take rather than the step, as its outcome. */
export function takeOutcome(error: unknown): Outcome {
  return outcomeOf(asSluiceError(error))
}

interface Previews {
  /** Stores a picture not seen before and returns how to show it. */
  keep(run: StepRun, take: Take, preview: TakePreview | undefined): Promise<(tx: JobTransaction) => void>
  forget(take: Take): void
}

/** Pictures of takes in the making. Their number is the age of the job in milliseconds, so a later one is always greater. */
function createPreviews(deps: StageDeps): Previews {
  const seen = new Map<string, number>()
  return {
    async keep(run, take, preview) {
      if (!preview || (seen.get(take.id) ?? -1) >= preview.seq) return () => undefined
      seen.set(take.id, preview.seq)
      const seq = deps.clock.now().getTime() - run.job.createdAt.getTime()
      const objectKey = previewKey(run.job.id, seq)
      await deps.objects.put(objectKey, preview.bytes, { mimeType: preview.mimeType })
      return (tx) => tx.preview({ kind: preview.kind, objectKey, seq, alt: preview.alt })
    },
    forget(take) {
      seen.delete(take.id)
    },
  }
}
