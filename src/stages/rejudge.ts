import type { Asset } from '../domain/asset.ts'
import type { Job } from '../domain/job.ts'
import { mastersOf, type Take } from '../domain/take.ts'
import type { QualityProfile, TimeRange, Verdict } from '../domain/verdict.ts'
import type { InspectedStretch } from '../ports/inspector.ts'
import type { StageDeps } from './deps.ts'
import { remuxed } from './remuxed.ts'
import { SEGMENT_SECONDS } from './segments.ts'
import { timelineOf } from './timeline.ts'

export type RejudgeDeps = Pick<StageDeps, 'store' | 'objects' | 'scratch' | 'media' | 'inspector' | 'speech' | 'providers'>

/**
 * Judges a finished asset anew, as its viewers have it: file, pictures and sound of the whole, and each voice against its script. Nothing of
 * the asset changes; what was repaired on the way is seen as it is now. The guardrails are not asked again: what they look at may cost.
 */
export async function rejudge(deps: RejudgeDeps, asset: Asset, profile: QualityProfile, signal: AbortSignal): Promise<Verdict[]> {
  const { durationSeconds } = asset
  const job = await deps.store.jobs.get(asset.jobId)
  if (!job || durationSeconds === null) throw new Error(`asset ${asset.id} is not complete`)
  const takes = await deps.store.takes.ofJob(job.id)
  await using scratch = await deps.scratch.folder(`rejudge-${asset.id}`)
  const whole = `${scratch.path}/whole.mp4`
  await remuxed(deps, asset, whole, signal)
  const probe = await deps.media.probe(whole, signal)
  const pcmPath = `${scratch.path}/whole.pcm`
  const sound = probe.audio ? await deps.media.decodeAudio({ input: whole, pcmPath, signal }) : null
  const audible = sound !== null && (job.request.kind !== 'video' || takes.some(({ role }) => role === 'speech'))
  const ordered = { durationSeconds, width: asset.width, height: asset.height, fps: asset.fps, audible }
  const file = deps.inspector.judgeAsset(profile, ordered, probe, sound)
  // Where one part ends and the next begins, a cut was planned.
  const plannedCuts = timelineOf(job, takes)
    .stretches.map(({ startSeconds }) => startSeconds)
    .filter((seconds) => seconds > 0)
  const stretch = { startSeconds: 0, durationSeconds, fps: asset.fps, audible, sound: 'mix', plannedCuts } as const
  const seen = await inspect(deps, asset, profile, stretch, { whole, pcmPath: sound ? pcmPath : null, scratch: scratch.path }, signal)
  const said = await judgeVoices(deps, job, takes, profile, scratch.path, signal)
  return [...file, ...seen, ...said]
}

/** One decode of the whole, as the gate would see it. Nothing is encoded: every segment is there. */
async function inspect(
  deps: RejudgeDeps,
  { width, height, fps }: Asset,
  profile: QualityProfile,
  stretch: InspectedStretch & { durationSeconds: number },
  { whole, pcmPath, scratch }: { whole: string; pcmPath: string | null; scratch: string },
  signal: AbortSignal,
): Promise<Verdict[]> {
  const { durationSeconds } = stretch
  const inspection = deps.inspector.inspect(profile, stretch)
  const pieces = deps.media.finish({
    video: width !== null && height !== null && fps !== null ? { path: whole, width, height, fps } : null,
    startSeconds: 0,
    durationSeconds,
    firstSegment: 0,
    releasedSegments: Math.ceil(durationSeconds / SEGMENT_SECONDS),
    final: true,
    segmentSeconds: SEGMENT_SECONDS,
    rungs: [],
    stems: pcmPath === null ? [] : [{ pcmPath, role: 'own', startSeconds: 0, gainDb: 0 }],
    scratchFolder: scratch,
    signal,
  })
  for await (const piece of pieces) {
    if (piece.kind === 'picture') inspection.picture(piece.seconds, piece.grey)
    else if (piece.kind === 'still') inspection.still(piece.seconds, piece.frame)
    else if (piece.kind === 'sound') inspection.sound(piece.seconds, piece.pcm)
  }
  return inspection.end()
}

/**
 * Each voice as it was delivered. One that was put together from several takes is not kept as such, and one whose time was over is not
 * kept at all: nothing is known of them.
 */
async function judgeVoices(
  deps: RejudgeDeps,
  job: Job,
  takes: Take[],
  profile: QualityProfile,
  scratch: string,
  signal: AbortSignal,
): Promise<Verdict[]> {
  const { speech: judge } = deps
  if (!judge) return []
  const verdicts: Verdict[] = []
  for (const { startSeconds, speech, shot } of timelineOf(job, takes).stretches) {
    const request = speech?.take.request
    if (!speech || request?.kind !== 'speech') continue
    if (takes.some(({ cause }) => cause?.action === 'respeak' && cause.takeId === speech.take.id)) continue
    const media = mastersOf(speech.take).find(({ role }) => role === 'media')
    if (!media || !(await deps.objects.head(media.objectKey))) continue
    const lead = job.plan?.shots.find(({ index }) => index === shot)?.leadSeconds ?? 0
    await using file = await deps.objects.localFile(media.objectKey, { signal })
    const pcmPath = `${scratch}/voice.pcm`
    const { durationSeconds } = await deps.media.decodeAudio({ input: file.path, pcmPath, signal })
    const { verdicts: said } = await judge.judge(profile, { pcmPath, durationSeconds }, request.text, { language: 'en', signal })
    verdicts.push(...said.map((verdict) => ({ ...verdict, ...(verdict.range && { range: shifted(verdict.range, startSeconds + lead) }) })))
  }
  return verdicts
}

const shifted = ({ startSeconds, endSeconds }: TimeRange, by: number): TimeRange => ({
  startSeconds: startSeconds + by,
  endSeconds: endSeconds + by,
})
