import type { Asset } from '../domain/asset.ts'
import { setAssetState } from '../domain/asset.ts'
import { jobPrefix, keysOfParts, takesPrefix } from '../domain/object-keys.ts'
import { dueOf } from '../domain/retention.ts'
import type { Objects } from '../ports/objects.ts'
import type { EngineDeps } from './deps.ts'

export type SweepDeps = Pick<EngineDeps, 'store' | 'clock' | 'log'> & { objects: Objects }

type Overdue = Pick<Asset, 'id' | 'jobId'>

export interface Swept {
  /** Assets and masters whose time was over; those that could not be removed are tried again by the next sweep. */
  overdue: number
  removedObjects: number
  removedBytes: number
}

/**
 * Removes what of at most `limit` assets is kept no longer. Marked first, then removed, then forgotten: a sweep that dies in
 * between is finished by the next one, which finds the same asset due. Any number may run at once.
 */
export async function sweepOverdue(deps: SweepDeps, limit: number, signal: AbortSignal): Promise<Swept> {
  const overdue = await deps.store.assets.overdue(deps.clock.now(), limit)
  const swept: Swept = { overdue: overdue.length, removedObjects: 0, removedBytes: 0 }
  for (const asset of overdue) {
    signal.throwIfAborted()
    try {
      await sweepAsset(deps, asset, swept, signal)
    } catch (error) {
      if (signal.aborted) throw error
      deps.log.warn(
        { assetId: asset.id, jobId: asset.jobId, err: error },
        'an asset whose time is over could not be removed; the next sweep tries again',
      )
    }
  }
  return swept
}

async function sweepAsset(deps: SweepDeps, asset: Overdue, swept: Swept, signal: AbortSignal): Promise<void> {
  const due = await mark(deps, asset)
  if (due === null) return
  const { assets } = deps.store
  const kept = due === 'all' ? null : new Set(keysOfParts(await assets.parts(asset.id)))
  let bytes = 0
  for await (const { key, sizeBytes } of deps.objects.list(due === 'all' ? jobPrefix(asset.jobId) : takesPrefix(asset.jobId))) {
    signal.throwIfAborted()
    // A poster may be a picture that a provider delivered.
    if (kept?.has(key)) continue
    await deps.objects.remove(key)
    swept.removedObjects++
    bytes += sizeBytes
  }
  swept.removedBytes += bytes
  await forget(deps, asset, due, bytes)
  deps.log.info({ assetId: asset.id, jobId: asset.jobId, what: due, bytes }, 'what was kept no longer is removed')
}

/** What is due, under the lock that a hold takes. From then on an asset is gone whatever happens. */
function mark({ store, clock }: SweepDeps, { id, jobId }: Overdue): Promise<ReturnType<typeof dueOf>> {
  return store.transaction(async (tx) => {
    await tx.jobs.lock(jobId)
    const asset = await tx.assets.get(id)
    const due = asset ? dueOf(asset.retention, clock.now()) : null
    if (due === 'all' && asset?.state.state === 'ready') await tx.assets.save(setAssetState(asset, { state: 'gone', at: clock.now() }))
    return due
  })
}

async function forget({ store, clock }: SweepDeps, { id, jobId }: Overdue, due: 'all' | 'masters', bytes: number): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.jobs.lock(jobId)
    const asset = await tx.assets.get(id)
    if (!asset) return
    const { retention } = asset
    if (due === 'masters') {
      const storedBytes = Math.max(0, retention.storedBytes - bytes)
      return tx.assets.save({ ...asset, retention: { ...retention, mastersExpireAt: null, storedBytes } })
    }
    await tx.assets.forgetParts(id)
    await tx.assets.save({ ...asset, retention: { ...retention, sweptAt: clock.now(), storedBytes: 0 } })
  })
}
