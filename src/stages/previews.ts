import type { Preview } from '../domain/job.ts'
import type { Take } from '../domain/take.ts'
import type { TakePreview } from '../ports/provider.ts'
import type { StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { previewKey } from './keys.ts'

/**
 * Stores a picture of a take in the making, to be shown; `null` when there is none that was not shown before. Its number is
 * the age of the job in milliseconds, so a later one is always greater.
 */
export async function keepPreview(deps: StageDeps, run: StepRun, take: Take, preview?: TakePreview): Promise<Preview | null> {
  const shown = take.state.state === 'making' ? (take.state.pictureSeq ?? -1) : -1
  if (!preview || preview.seq <= shown) return null
  const seq = deps.clock.now().getTime() - run.job.createdAt.getTime()
  const objectKey = previewKey(run.job.id, seq)
  await deps.objects.put(objectKey, preview.bytes, { mimeType: preview.mimeType })
  return { kind: preview.kind, objectKey, seq, alt: preview.alt }
}
