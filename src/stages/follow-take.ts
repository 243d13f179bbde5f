import type { Take } from '../domain/take.ts'
import type { Provider, TakeStatus } from '../ports/provider.ts'
import type { StepResult, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { loseTake } from './end-take.ts'
import { laneFor } from './order-takes.ts'
import { park } from './park.ts'
import { keepPreview } from './previews.ts'
import { reportTakes } from './take-progress.ts'

/** No provider is asked more often than this, unless it says otherwise. */
const POLL_FLOOR_MS = 5_000
/** A take that goes on for long is asked for less often: a tenth of its age, at most this. */
const POLL_CEILING_MS = 60_000
const AGE_SHARE = 0.1
/** Polls are spread out, so that what was ordered together is not asked for together. */
const JITTER = 0.2

/**
 * Asks once how the take is, and parks until it is worth asking again or a hint comes. Nothing is written when nothing is
 * new: of a hundred thousand takes in the making nearly every answer is like the one before.
 */
export async function followTake(deps: StageDeps, run: StepRun, provider: Provider, take: Take): Promise<StepResult> {
  const making = take.state
  if (making.state !== 'making') throw new Error(`take ${take.id} is ${making.state}`)
  const status = await provider.status(making.ref, { signal: run.signal })
  switch (status.state) {
    case 'queued':
    case 'throttled':
    case 'running': {
      const { progress, preview } = status.state === 'running' ? status : { progress: null }
      const picture = await keepPreview(deps, run, take, preview)
      const reason = status.state === 'throttled' ? `${provider.id} holds it back: a limit of the account` : `${provider.id} is at work`
      const parked = park(deps, pollMs(deps, provider, take, status), reason)
      if (progress === making.progress && !picture) return parked
      return {
        ...parked,
        write: async (tx) => {
          await tx.setTake(take, { ...making, progress, ...(picture && preview && { pictureSeq: preview.seq }) })
          await reportTakes(tx, take.role)
          if (picture) tx.preview(picture)
        },
      }
    }
    case 'succeeded': {
      const picture = await keepPreview(deps, run, take, status.preview)
      const { charge, outputs } = status
      return {
        then: 'done',
        write: async (tx) => {
          // By the price it was ordered at: the list may have changed since, and its model may have ended.
          const reserved = await tx.repositories.ledger.get(take.id)
          const basis = charge?.basis === 'vendor' ? 'vendor' : (reserved?.basis ?? 'assumed')
          await tx.settle(take, charge?.amountMicroUsd ?? reserved?.amountMicroUsd ?? 0, basis)
          await tx.setTake(take, { state: 'delivered', ref: making.ref, outputs })
          await tx.addSteps([{ name: 'ingest', takeId: take.id }], { priority: take.shot === 0 ? 5 : 0, ...laneFor(deps, take) })
          await reportTakes(tx, take.role)
          if (picture) tx.preview(picture)
        },
      }
    }
    default:
      return { then: 'done', write: (tx) => loseTake(deps, tx, take, status.outcome) }
  }
}

/**
 * `Retry-After` where the vendor sends it; else the provider's own pace or the floor, growing with the age of the take, with jitter.
 * One in this process is asked at its own pace: that costs nobody anything.
 */
function pollMs(deps: StageDeps, { capabilities }: Provider, take: Take, status: TakeStatus): number {
  const floor = capabilities.pollMs ?? POLL_FLOOR_MS
  if (capabilities.volatile) return floor
  const ageMs = deps.clock.now().getTime() - take.createdAt.getTime()
  const told = 'retryAfterMs' in status ? (status.retryAfterMs ?? 0) : 0
  const wait = Math.max(floor, told, Math.min(POLL_CEILING_MS, ageMs * AGE_SHARE))
  return wait * (1 + Math.random() * JITTER)
}
