import type { Job } from '../domain/job.ts'
import { jobPrefix, keysReferredTo } from '../domain/object-keys.ts'
import { openHold } from '../domain/retention.ts'
import type { StepHandler, StepRun } from '../ports/stages.ts'
import { callOff } from './call-off.ts'
import type { StageDeps } from './deps.ts'
import { park } from './park.ts'

/** How long to wait for background copies before what they need is looked at. */
const AGAIN_MS = 5_000
/** How long it sleeps while the asset is held and no release wakes it. */
const HELD_MS = 3_600_000

/**
 * The last step of every job. Calls off takes still being made, then removes every object below the job's prefix that
 * nothing refers to: all previews but the last, decoded stems, segments written but never released, all of a discarded asset.
 */
export function cleanup(deps: StageDeps): StepHandler {
  return async (run) => {
    const { job } = run
    if ((await deps.store.steps.open(job.id, ['rendition', 'finish', 'generate', 'ingest', 'publish'])) > 0) {
      return park(deps, AGAIN_MS, 'waits for background copies')
    }
    let open = 0
    for (const take of await deps.store.takes.ofJob(job.id)) if (!(await callOff(deps, run, take))) open++
    if (open > 0) return park(deps, AGAIN_MS, `waits for ${open} takes to end at their providers`)
    const discard = job.state.state !== 'succeeded'
    if (discard && (await discardUnlessHeld(run)) === 'held') return park(deps, HELD_MS, 'waits until the asset is no longer held')
    const referred = await referredKeys(deps, job, discard)
    let removed = 0
    let storedBytes = 0
    for await (const { key, sizeBytes } of deps.objects.list(jobPrefix(job.id))) {
      run.signal.throwIfAborted()
      if (referred.has(key)) {
        storedBytes += sizeBytes
        continue
      }
      await deps.objects.remove(key)
      removed++
    }
    run.log.info({ removed, storedBytes }, 'cleaned up')
    return {
      then: 'done',
      write: async (tx) => {
        if (tx.job.assetId) await tx.changeAsset({ retention: { ...(await tx.asset()).retention, storedBytes } })
      },
    }
  }
}

/** Under the job's lock, as a hold is: of the two one comes first. */
async function discardUnlessHeld(run: StepRun): Promise<'discarded' | 'held'> {
  let was: 'discarded' | 'held' = 'discarded'
  await run.checkpoint(async (tx) => {
    if (tx.job.assetId && openHold((await tx.asset()).retention)) was = 'held'
    else await tx.discardAsset('The job ended without it.')
  })
  return was
}

async function referredKeys(deps: StageDeps, job: Job, discard: boolean): Promise<Set<string>> {
  const { assets, takes } = deps.store
  return keysReferredTo(job, await takes.ofJob(job.id), !job.assetId || discard ? null : await assets.parts(job.assetId))
}
