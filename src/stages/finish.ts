import { isApproved } from '../domain/review.ts'
import { blocks, type Verdict } from '../domain/verdict.ts'
import type { StepHandler, StepResult, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { holdBack, mayBeTrimmed } from './hold-back.ts'
import { ladderPrefix } from './keys.ts'
import { park } from './park.ts'
import { isLast, releaseSegment, type SegmentPiece, type StretchWork, writeInits } from './release-segment.ts'
import { SEGMENT_SECONDS } from './segments.ts'
import { openStems } from './stems.ts'
import { takesLetThrough } from './takes-let-through.ts'
import { type Stretch, type Timeline, timelineOf } from './timeline.ts'

/** The longest a finish sleeps when nothing wakes it. */
const PARK_MS = 30_000

/**
 * Turns accepted takes into released segments, shot by shot on one timeline. Each stretch is decoded once: the checks
 * read its frames and samples while the encoder writes its segments, and a segment is released once everything before
 * its end is judged. Where the next shot is not there yet it parks; killed, it goes on at the next segment.
 */
export function finish(deps: StageDeps): StepHandler {
  return async (run) => {
    for (;;) {
      const timeline = timelineOf(run.job, await takesLetThrough(deps.store, run.job.id))
      const asset = run.job.assetId ? await deps.store.assets.get(run.job.assetId) : undefined
      if (!asset) throw new Error(`job ${run.job.id} has no asset`)
      const next = timeline.stretches.find((stretch) => stretch.startSeconds + stretch.durationSeconds > asset.releasedSeconds + 1e-6)
      if (!next) return timeline.complete ? whole() : nextShot(deps)
      if (
        run.job.plan?.takes.some((planned) => planned.role === 'music' && planned.shot === null && timeline.stretches[0]?.shot !== null) &&
        !timeline.music
      )
        return nextShot(deps)
      const rejected = await finishStretch(deps, run, timeline, next)
      if (rejected) return rejected
    }
  }
}

function whole(): StepResult {
  return {
    then: 'done',
    write: async (tx) => {
      // An edge that was cut off may have been the last segment.
      const { durationSeconds, releasedSeconds } = await tx.asset()
      if (durationSeconds === null) await tx.changeAsset({ durationSeconds: releasedSeconds })
      tx.stage({ key: 'check', fraction: 0.95 })
      await tx.addSteps([{ name: 'publish' }], { priority: 10 })
    },
  }
}

const nextShot = (deps: StageDeps): StepResult => park(deps, PARK_MS, 'waits for the next shot')

/** Finishes one stretch from its first segment that is not released. Returns a result when the gate stays shut. */
async function finishStretch(deps: StageDeps, run: StepRun, timeline: Timeline, stretch: Stretch): Promise<StepResult | null> {
  const { job } = run
  const assetId = job.assetId
  if (!assetId) throw new Error(`job ${job.id} has no asset`)
  const profile = await deps.profileOf(job)
  const gate = job.request.policy.gate
  const rungs = deps.ladder('width' in job.request ? job.request : null)
  const released = (await deps.store.assets.segments(assetId, rungs[0]?.name)).filter(
    ({ startSeconds }) => startSeconds >= stretch.startSeconds - 1e-6,
  )
  const before = timeline.stretches.filter(({ startSeconds }) => startSeconds < stretch.startSeconds)
  const firstSegment = before.reduce((count, { durationSeconds }) => count + segmentCount(durationSeconds), 0)

  await using stems = await openStems(deps, timeline, stretch)
  await using scratch = await deps.scratch.folder(`finish-${job.id}`)
  await using picture = stretch.clip ? await deps.objects.localFile(stretch.clip.master.objectKey, { signal: run.signal }) : null
  const fps = 'fps' in job.request ? job.request.fps : null
  const looked = {
    startSeconds: stretch.startSeconds,
    durationSeconds: stretch.durationSeconds,
    fps,
    audible: stems.audible,
    sound: 'mix' as const,
  }
  const inspection = deps.inspector.inspect(profile, looked)
  const guard = picture ? await deps.guard.pictures(profile, job.tenantId, looked, run.signal) : null
  const pieces = deps.media.finish({
    video:
      picture && 'width' in job.request
        ? {
            path: picture.path,
            width: job.request.width,
            height: job.request.height,
            fps: job.request.fps,
            fromSeconds: stretch.useFromSeconds,
          }
        : null,
    startSeconds: stretch.startSeconds,
    durationSeconds: stretch.durationSeconds,
    firstSegment,
    releasedSegments: released.length,
    final: stretch.final,
    segmentSeconds: SEGMENT_SECONDS,
    rungs,
    stems: stems.stems,
    ...(stretch.clip && {
      elsewhere: {
        clip: { objectKey: stretch.clip.master.objectKey, sha256: stretch.clip.master.sha256 },
        prefix: ladderPrefix(job.id, assetId),
      },
    }),
    publishedInits: (await deps.store.assets.rungs(assetId)).map(({ name, init }) => ({ name, sha256: init.sha256 })),
    scratchFolder: scratch.path,
    signal: run.signal,
  })
  const work: StretchWork = { deps, run, assetId, rungs, timeline, stretch, profile }
  // What was shown is behind us: a clip made anew is only looked at where it will be seen.
  const shownUntil = released.reduce((end, { startSeconds, durationSeconds }) => Math.max(end, startSeconds + durationSeconds), 0)
  const reviews = await deps.store.reviews.ofJob(job.id)
  const letThrough = (verdict: Verdict) => [stretch.clip, stretch.speech].some((part) => part && isApproved(reviews, part.take.id, verdict))
  const faultOf = (verdicts: Verdict[]) =>
    gate === 'off'
      ? undefined
      : verdicts.find((verdict) => blocks(profile, verdict) && !letThrough(verdict) && (verdict.range?.endSeconds ?? Infinity) > shownUntil)
  const asApproved = (verdict: Verdict): Verdict =>
    blocks(profile, verdict) && letThrough(verdict)
      ? { ...verdict, verdict: 'warn', detail: `${verdict.detail} A person let it through.` }
      : verdict
  let last: SegmentPiece | null = null
  let held: Verdict[] | null = null
  for await (const piece of pieces) {
    if (piece.kind === 'picture') inspection.picture(piece.seconds, piece.grey)
    else if (piece.kind === 'still') {
      inspection.still(piece.seconds, piece.frame)
      guard?.still(piece.seconds, piece.frame)
    } else if (piece.kind === 'sound') inspection.sound(piece.seconds, piece.pcm)
    else if (piece.kind === 'init') await writeInits(work, piece)
    else if (isLast(stretch, piece)) last = piece
    else if (!held) {
      const until = piece.startSeconds + piece.durationSeconds
      const verdicts = [...inspection.judgeUntil(until), ...((await guard?.judgeUntil(until)) ?? [])]
      const fault = faultOf(verdicts)
      // How far a fault goes decides whether it can be cut off: nothing more is let out, and the rest is looked at.
      if (fault && mayBeTrimmed(work, fault)) held = verdicts
      else if (fault) return holdBack(work, fault, verdicts)
      else await releaseSegment(work, piece, verdicts.map(asApproved))
    }
  }
  const rest = [...inspection.end(), ...((await guard?.end()) ?? [])]
  // A fault that went on is told again, as long as it became.
  const verdicts = [...rest, ...(held ?? []).filter(({ check }) => !rest.some((later) => later.check === check))]
  const fault = faultOf(verdicts)
  if (fault) return holdBack(work, fault, verdicts)
  if (last) await releaseSegment(work, last, verdicts.map(asApproved), 'all')
  return null
}

function segmentCount(durationSeconds: number): number {
  return Math.ceil(durationSeconds / SEGMENT_SECONDS - 1e-6)
}
