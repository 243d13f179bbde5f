import type { Segment } from '../domain/asset.ts'
import type { QualityProfile, Verdict } from '../domain/verdict.ts'
import type { FinishPiece, RungOrder } from '../ports/media-tool.ts'
import type { StepRun } from '../ports/stages.ts'
import type { StoredSegment } from '../ports/transcoder.ts'
import { mendedBy } from './accept-take.ts'
import type { StageDeps } from './deps.ts'
import { initKey, segmentKey } from './keys.ts'
import type { Stretch, Timeline } from './timeline.ts'

/** Share of "Optimising for web" that is the ladder; the rest is the files for download. */
const LADDER_SHARE = 0.8

/** A stretch being finished. */
export interface StretchWork {
  deps: StageDeps
  run: StepRun
  assetId: NonNullable<StepRun['job']['assetId']>
  rungs: RungOrder[]
  timeline: Timeline
  stretch: Stretch
  profile: QualityProfile
}

/** A segment of all rungs, at hand or stored already. */
export type SegmentPiece = Extract<FinishPiece, { kind: 'segment' | 'stored' }>

/** The last segment waits for the verdicts that need the whole stretch. */
export function isLast(stretch: Stretch, piece: { startSeconds: number; durationSeconds: number }): boolean {
  return piece.startSeconds + piece.durationSeconds >= stretch.startSeconds + stretch.durationSeconds - 1e-6
}

export async function writeInits(work: StretchWork, piece: Extract<FinishPiece, { kind: 'init' }>): Promise<void> {
  const { deps, run, assetId, rungs } = work
  if ((await deps.store.assets.rungs(assetId)).length > 0) return
  const written = await Promise.all(
    piece.rungs.map(async ({ name, bytes, codecs }) => {
      const { key, sizeBytes, sha256 } = await deps.objects.put(initKey(run.job.id, assetId, name), bytes, {
        mimeType: 'video/mp4',
        keyed: 'by-content',
      })
      const order = rungs.find((rung) => rung.name === name)
      if (!order) throw new Error(`no rung ${name} was ordered`)
      const bandwidth = Math.round((order.videoBitsPerSecond + order.audioBitsPerSecond) * 1.25)
      const fps = 'fps' in run.job.request ? run.job.request.fps : null
      return { name, width: order.width, height: order.height, bandwidth, codecs, fps, init: { objectKey: key, sizeBytes, sha256 } }
    }),
  )
  await run.checkpoint(async (tx) => {
    tx.stage({ key: 'check', fraction: 0 })
    tx.stage({ key: 'optimise', fraction: 0 })
    await tx.addRungs(written)
  })
}

/**
 * Writes all rungs, unless they are, then lists them in one transaction: a segment is never in one rung without the others.
 * The report gets each fault once it is known, and what passed when the stretch is done.
 */
export async function releaseSegment(
  work: StretchWork,
  piece: SegmentPiece,
  verdicts: Verdict[],
  keep: 'all' | 'faults' = 'faults',
): Promise<void> {
  const { run, stretch } = work
  const { index, startSeconds, durationSeconds } = piece
  const rungs = piece.kind === 'stored' ? piece.rungs : await store(work, piece)
  const segments = rungs.map(({ name, ...object }): Segment => ({ rung: name, index, startSeconds, durationSeconds, ...object }))
  const planned = Math.max(run.job.plan?.estimatedSeconds ?? 0, work.timeline.durationSeconds)
  const fraction = Math.min(1, (startSeconds + durationSeconds) / Math.max(planned, 1e-6))
  const cause = keep === 'all' ? stretch.clip?.take.cause : null
  await run.checkpoint(async (tx) => {
    // What was made again was seen to its end, and nothing was found.
    if (cause) await mendedBy(tx, cause)
    await tx.verdicts(keep === 'all' ? verdicts : verdicts.filter(({ verdict }) => verdict !== 'pass'))
    await tx.release(segments, { last: stretch.final && isLast(stretch, piece) })
    tx.stage({ key: 'check', fraction: fraction * 0.95 })
    tx.stage({ key: 'optimise', fraction: fraction * LADDER_SHARE })
  })
}

function store({ deps, run, assetId }: StretchWork, { index, rungs }: Extract<FinishPiece, { kind: 'segment' }>): Promise<StoredSegment[]> {
  return Promise.all(
    rungs.map(async ({ name, bytes }) => {
      const { key, sizeBytes, sha256 } = await deps.objects.put(segmentKey(run.job.id, assetId, name, index), bytes, {
        mimeType: 'video/iso.segment',
        keyed: 'by-content',
      })
      return { name, objectKey: key, sizeBytes, sha256 }
    }),
  )
}
