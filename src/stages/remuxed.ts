import type { Asset } from '../domain/asset.ts'
import type { StageDeps } from './deps.ts'
import { segmentsOf } from './segments.ts'

/** An asset's released segments as one local file, nothing encoded again. */
export async function remuxed(
  deps: Pick<StageDeps, 'store' | 'objects' | 'media'>,
  asset: Asset,
  output: string,
  signal: AbortSignal,
): Promise<void> {
  const order = { segments: await segmentsOf(deps, asset.id), output, title: asset.title, signal }
  await (asset.kind === 'video' ? deps.media.remuxMp4(order) : deps.media.remuxM4a(order))
}
