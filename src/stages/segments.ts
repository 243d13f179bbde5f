import type { AssetId } from '../domain/ids.ts'
import type { StageDeps } from './deps.ts'

/** Length of every segment but a part's last. */
export const SEGMENT_SECONDS = 2

/** The bytes of the first (largest) rung: its init segment, then its segments, as one file would have them. */
export async function segmentsOf(deps: Pick<StageDeps, 'store' | 'objects'>, assetId: AssetId): Promise<AsyncIterable<Uint8Array>> {
  const rung = (await deps.store.assets.rungs(assetId))[0]
  if (!rung) throw new Error(`asset ${assetId} has no rung`)
  const segments = await deps.store.assets.segments(assetId, rung.name)
  const keys = [rung.init.objectKey, ...segments.map(({ objectKey }) => objectKey)]
  return concatenate(deps, keys)
}

async function* concatenate(deps: Pick<StageDeps, 'objects'>, keys: string[]): AsyncIterable<Uint8Array> {
  for (const key of keys) yield* (await deps.objects.get(key)).stream
}
