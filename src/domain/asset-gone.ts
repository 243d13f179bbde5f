import type { Asset } from './asset.ts'
import { SluiceError } from './errors.ts'
import { isOver } from './retention.ts'

/** Whether its time is over, be it swept already or not. */
export function isGone(asset: Asset, now: Date): boolean {
  return asset.state.state === 'gone' || (asset.state.state === 'ready' && isOver(asset.retention, now))
}

/** What it was, and when it went. */
export function assetGone({ id, jobId, kind, title, createdAt, retention }: Asset): SluiceError {
  const goneAt = retention.expiresAt?.toISOString() ?? null
  return new SluiceError('asset_gone', `The asset ${id} is gone: its time was over at ${goneAt}.`, {
    fix: `Its job, ${jobId}, is still there: submit its request again for a new one, with another \`policy.retention\` if it shall stay longer.`,
    facts: { assetId: id, jobId, kind, assetTitle: title, retention: retention.class, createdAt: createdAt.toISOString(), goneAt },
  })
}
