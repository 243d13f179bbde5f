import type { Segment } from '../domain/asset.ts'
import { checks } from '../domain/checks/index.ts'
import type { TakeRole } from '../domain/plan.ts'
import { blocks, type Verdict } from '../domain/verdict.ts'
import type { Inspection } from '../ports/inspector.ts'
import type { FinishPiece, RungOrder } from '../ports/media-tool.ts'
import type { JobTransaction, StepHandler, StepResult, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { initKey, segmentKey } from './keys.ts'
import { orderTakes, spentTakes } from './order-takes.ts'
import { type OpenStems, openStems } from './stems.ts'
import { type Stretch, type Timeline, timelineOf } from './timeline.ts'

const SEGMENT_SECONDS = 2
/** The longest a finish sleeps when nothing wakes it. */
const PARK_MS = 30_000
/** Share of "Optimising for web" that is the ladder; the rest is the files for download. */
const LADDER_SHARE = 0.8

/**
 * Turns accepted takes into released segments, shot by shot on one timeline. Each stretch is decoded once: the checks
 * read its frames and samples while the encoder writes its segments, and a segment is released once everything before
 * its end is judged. Where the next shot is not there yet it parks; killed, it goes on at the next segment.
 */
export function finish(deps: StageDeps): StepHandler {
  return async (run) => {
    for (;;) {
      const timeline = timelineOf(run.job, await deps.store.takes.ofJob(run.job.id))
      const asset = run.job.assetId ? await deps.store.assets.get(run.job.assetId) : undefined
      if (!asset) throw new Error(`job ${run.job.id} has no asset`)
      const next = timeline.stretches.find((stretch) => stretch.startSeconds + stretch.durationSeconds > asset.releasedSeconds + 1e-6)
      if (!next) return timeline.complete ? whole() : park(deps)
      if (
        run.job.plan?.takes.some((planned) => planned.role === 'music' && planned.shot === null && timeline.stretches[0]?.shot !== null) &&
        !timeline.music
      )
        return park(deps)
      const rejected = await finishStretch(deps, run, timeline, next)
      if (rejected) return rejected
    }
  }
}

function whole(): StepResult {
  return {
    then: 'done',
    write: async (tx) => {
      tx.stage({ key: 'check', fraction: 0.95 })
      await tx.addSteps([{ name: 'publish' }], { priority: 10 })
    },
  }
}

function park(deps: StageDeps): StepResult {
  return { then: 'park', wakeAt: new Date(deps.clock.now().getTime() + PARK_MS), reason: 'waits for the next shot' }
}

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
  await using picture = stretch.clip ? await deps.objects.localFile(stretch.clip.master.objectKey) : null
  const fps = 'fps' in job.request ? job.request.fps : null
  const inspection = deps.inspector.inspect(profile, {
    startSeconds: stretch.startSeconds,
    durationSeconds: stretch.durationSeconds,
    fps,
    audible: stems.audible,
    sound: 'mix',
  })
  const pieces = deps.media.finish({
    video:
      picture && 'width' in job.request
        ? { path: picture.path, width: job.request.width, height: job.request.height, fps: job.request.fps }
        : null,
    startSeconds: stretch.startSeconds,
    durationSeconds: stretch.durationSeconds,
    firstSegment,
    releasedSegments: released.length,
    final: stretch.final,
    segmentSeconds: SEGMENT_SECONDS,
    rungs,
    stems: stems.stems,
    publishedInits: (await deps.store.assets.rungs(assetId)).map(({ name, init }) => ({ name, sha256: init.sha256 })),
    scratchFolder: scratch.path,
    signal: run.signal,
  })
  const work: StretchWork = { deps, run, assetId, rungs, timeline, stretch, stems, inspection }
  let last: Extract<FinishPiece, { kind: 'segment' }> | null = null
  for await (const piece of pieces) {
    if (piece.kind === 'picture') inspection.picture(piece.seconds, piece.grey)
    else if (piece.kind === 'still') inspection.still(piece.seconds, piece.frame)
    else if (piece.kind === 'sound') inspection.sound(piece.seconds, piece.pcm)
    else if (piece.kind === 'init') await writeInits(work, piece)
    else if (isLast(stretch, piece)) last = piece
    else {
      const verdicts = inspection.judgeUntil(piece.startSeconds + piece.durationSeconds)
      const fault = gate === 'off' ? undefined : verdicts.find((verdict) => blocks(profile, verdict))
      if (fault) return reject(work, fault, verdicts)
      await releaseSegment(work, piece, verdicts)
    }
  }
  const verdicts = inspection.end()
  const fault = gate === 'off' ? undefined : verdicts.find((verdict) => blocks(profile, verdict))
  if (fault) return reject(work, fault, verdicts)
  if (last) await releaseSegment(work, last, verdicts, 'all')
  return null
}

interface StretchWork {
  deps: StageDeps
  run: StepRun
  assetId: NonNullable<StepRun['job']['assetId']>
  rungs: RungOrder[]
  timeline: Timeline
  stretch: Stretch
  stems: OpenStems
  inspection: Inspection
}

/** The last segment waits for the verdicts that need the whole stretch. */
function isLast(stretch: Stretch, piece: { startSeconds: number; durationSeconds: number }): boolean {
  return piece.startSeconds + piece.durationSeconds >= stretch.startSeconds + stretch.durationSeconds - 1e-6
}

function segmentCount(durationSeconds: number): number {
  return Math.ceil(durationSeconds / SEGMENT_SECONDS - 1e-6)
}

async function writeInits(work: StretchWork, piece: Extract<FinishPiece, { kind: 'init' }>): Promise<void> {
  const { deps, run, assetId, rungs } = work
  if ((await deps.store.assets.rungs(assetId)).length > 0) return
  const written = await Promise.all(
    piece.rungs.map(async ({ name, bytes, codecs }) => {
      const { key, sizeBytes, sha256 } = await deps.objects.put(initKey(run.job.id, assetId, name), bytes, { mimeType: 'video/mp4' })
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
 * Writes all rungs, then lists them in one transaction: a segment is never in one rung without the others.
 * The report gets each fault once it is known, and what passed when the stretch is done.
 */
async function releaseSegment(
  work: StretchWork,
  piece: Extract<FinishPiece, { kind: 'segment' }>,
  verdicts: Verdict[],
  keep: 'all' | 'faults' = 'faults',
): Promise<void> {
  const { deps, run, assetId, stretch } = work
  const segments = await Promise.all(
    piece.rungs.map(async ({ name, bytes }): Promise<Segment> => {
      const { key, sizeBytes, sha256 } = await deps.objects.put(segmentKey(run.job.id, assetId, name, piece.index), bytes, {
        mimeType: 'video/iso.segment',
      })
      const { index, startSeconds, durationSeconds } = piece
      return { rung: name, index, startSeconds, durationSeconds, objectKey: key, sizeBytes, sha256 }
    }),
  )
  const planned = Math.max(run.job.plan?.estimatedSeconds ?? 0, work.timeline.durationSeconds)
  const fraction = Math.min(1, (piece.startSeconds + piece.durationSeconds) / Math.max(planned, 1e-6))
  await run.checkpoint(async (tx) => {
    await tx.verdicts(keep === 'all' ? verdicts : verdicts.filter(({ verdict }) => verdict !== 'pass'))
    await tx.release(segments, { last: stretch.final && isLast(stretch, piece) })
    tx.stage({ key: 'check', fraction: fraction * 0.95 })
    tx.stage({ key: 'optimise', fraction: fraction * LADDER_SHARE })
  })
}

/**
 * The gate stays shut. When nothing of the stretch has been shown, the take at fault is made again within the job's
 * limit; otherwise what was shown ends there and the job says why.
 */
function reject(work: StretchWork, fault: Verdict, verdicts: Verdict[]): StepResult {
  const { deps, run, stretch } = work
  const outcome = { class: 'quality', detail: fault.detail, retry: 'reseed', charged: 'no' } as const
  return {
    then: 'park',
    wakeAt: new Date(deps.clock.now().getTime() + PARK_MS),
    reason: `held back: ${fault.check}`,
    write: async (tx: JobTransaction) => {
      await tx.verdicts(verdicts.filter(({ verdict }) => verdict !== 'pass'))
      const asset = await tx.asset()
      const culprit = takeAtFault(stretch, fault)
      if (!culprit) return tx.end('failed', outcome)
      const spent = spentTakes(await tx.repositories.takes.ofJob(run.job.id), culprit.key)
      const shown = asset.releasedSeconds > stretch.startSeconds + 1e-6
      if (culprit.state.state !== 'accepted' || shown || spent >= tx.job.request.policy.maxTakesPerShot) return tx.end('failed', outcome)
      await tx.setTake(culprit, { state: 'rejected', masters: culprit.state.masters, outcome })
      tx.notice(`${capital(fault.detail)} This part is being made again.`)
      await orderTakes(deps, tx)
    },
  }
}

function takeAtFault(stretch: Stretch, fault: Verdict): NonNullable<Stretch['clip']>['take'] | undefined {
  const wanted: TakeRole = checks[fault.check]?.about === 'sound' ? 'speech' : 'clip'
  const found = wanted === 'clip' ? (stretch.clip ?? stretch.speech) : (stretch.speech ?? stretch.clip)
  return found?.take
}

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1)
