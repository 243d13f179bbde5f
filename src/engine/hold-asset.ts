import { type Asset, endOfJob } from '../domain/asset.ts'
import { assetGone, isGone } from '../domain/asset-gone.ts'
import { SluiceError } from '../domain/errors.ts'
import type { AssetId, TenantId } from '../domain/ids.ts'
import { type HoldSaid, withHold, withoutHold } from '../domain/retention.ts'
import type { Repositories } from '../ports/store.ts'
import type { EngineDeps } from './deps.ts'

type Said = Omit<HoldSaid, 'at'>
type HoldDeps = Pick<EngineDeps, 'store' | 'clock'>

/** From the commit on nothing of the asset is removed, and its time stands still. */
export function holdAsset(deps: HoldDeps, tenantId: TenantId, id: AssetId, said: Said): Promise<Asset> {
  return change(deps, tenantId, id, async (asset) => {
    const at = deps.clock.now()
    if (isGone(asset, at)) throw assetGone(asset)
    if (asset.state.state === 'discarded') throw notFound(id)
    return { ...asset, retention: withHold(asset.retention, { ...said, at }) }
  })
}

/** Its time counts on. What waited for it is looked at again. */
export function releaseAsset(deps: HoldDeps, tenantId: TenantId, id: AssetId, said: Said): Promise<Asset> {
  return change(deps, tenantId, id, async (asset, tx) => {
    await tx.steps.wake(asset.jobId, 'cleanup')
    return { ...asset, retention: withoutHold(asset.retention, { ...said, at: deps.clock.now() }, endOfJob(asset)) }
  })
}

/** Under the lock of the job's row, as everything that changes an asset. */
async function change(
  { store }: HoldDeps,
  tenantId: TenantId,
  id: AssetId,
  work: (asset: Asset, tx: Repositories) => Promise<Asset>,
): Promise<Asset> {
  const found = await store.assets.getWithTenant(id)
  if (found?.tenantId !== tenantId) throw notFound(id)
  return store.transaction(async (tx) => {
    await tx.jobs.lock(found.asset.jobId)
    const asset = await tx.assets.get(id)
    if (!asset) throw notFound(id)
    const changed = await work(asset, tx)
    await tx.assets.save(changed)
    return changed
  })
}

function notFound(id: AssetId): SluiceError {
  return new SluiceError('asset_not_found', `There is no asset ${id}.`, { fix: 'Check the id; GET /v1/assets lists yours.' })
}
