import type { Job } from '../domain/job.ts'
import { mastersOf, type Take } from '../domain/take.ts'
import type { StepHandler } from '../ports/stages.ts'
import { callOff } from './call-off.ts'
import type { StageDeps } from './deps.ts'
import { isKept, jobPrefix, KEPT } from './keys.ts'
import { park } from './park.ts'

/** How long to wait for background copies before what they need is looked at. */
const AGAIN_MS = 5_000

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
    const takes = await deps.store.takes.ofJob(job.id)
    const discard = job.state.state !== 'succeeded'
    if (discard) await run.checkpoint((tx) => tx.discardAsset('The job ended without it.'))
    const referred = await referredKeys(deps, job, takes, discard)
    let removed = 0
    for await (const { key } of deps.objects.list(jobPrefix(job.id))) {
      run.signal.throwIfAborted()
      if (referred.has(key)) continue
      await deps.objects.remove(key)
      removed++
    }
    run.log.info({ removed }, 'cleaned up')
    return { then: 'done' }
  }
}

async function referredKeys(deps: StageDeps, job: Job, takes: Take[], discard: boolean): Promise<Set<string>> {
  const late = takes.flatMap(({ state }) => (state.state === 'cancelled' ? (state.late?.outputs ?? []) : []))
  const keys = new Set([
    ...takes.flatMap(mastersOf).map(({ objectKey }) => objectKey),
    ...late.filter(isKept).map(({ locator }) => locator.slice(KEPT.length)),
  ])
  if (job.preview) keys.add(job.preview.objectKey)
  if (!job.assetId || discard) return keys
  const [files, rungs, segments] = await Promise.all([
    deps.store.assets.files(job.assetId),
    deps.store.assets.rungs(job.assetId),
    deps.store.assets.segments(job.assetId),
  ])
  for (const { objectKey } of [...files, ...segments, ...rungs.map((rung) => rung.init)]) keys.add(objectKey)
  return keys
}
