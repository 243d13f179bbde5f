import type { Take } from '../domain/take.ts'
import type { TakePreview } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { previewKey } from './keys.ts'

export interface Previews {
  /** Stores a picture not seen before and returns how to show it. */
  keep(run: StepRun, take: Take, preview: TakePreview | undefined): Promise<(tx: JobTransaction) => void>
  forget(take: Take): void
}

/** Pictures of takes in the making. Their number is the age of the job in milliseconds, so a later one is always greater. */
export function createPreviews(deps: StageDeps): Previews {
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
