import type { Asset } from '../domain/asset.ts'
import { captionsVtt } from '../domain/captions.ts'
import type { Format } from '../domain/request.ts'
import { type Storyboard, storyboardVtt } from '../domain/storyboard.ts'
import { blocks, type Verdict } from '../domain/verdict.ts'
import type { StepHandler, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { withEvidence } from './evidence.ts'
import { createFileKeeper, type FileKeeper } from './file-keeper.ts'
import { manifestOf, reportOf } from './manifest.ts'
import { park } from './park.ts'
import { reportPage } from './report-page.ts'
import { segmentsOf } from './segments.ts'
import { openStems } from './stems.ts'
import { type Timeline, timelineOf } from './timeline.ts'

const POSTER_AT_SHARE = 0.25
const PEAK_POINTS = 1_200
/** How long it sleeps while the job is held and no decision wakes it. */
const HELD_MS = 60_000

/**
 * The finished timeline becomes the asset: files for download from the segments (nothing is encoded again), the checks
 * that need the whole, report and manifest, and the commit that makes it ready.
 */
export function publish(deps: StageDeps): StepHandler {
  return async (run) => {
    const { job } = run
    if (job.state.state === 'held') return park(deps, HELD_MS, 'waits for a person')
    const asset = job.assetId ? await deps.store.assets.get(job.assetId) : undefined
    if (!asset) throw new Error(`job ${job.id} has no asset`)
    const takes = await deps.store.takes.ofJob(job.id)
    const timeline = timelineOf(job, takes)
    await using scratch = await deps.scratch.folder(`publish-${job.id}`)
    await using stems = await openStems(deps, timeline)
    const keeper = createFileKeeper(deps, job.id, asset.id)
    const wants = (format: Format) => job.request.formats.includes(format)

    const whole = `${scratch.path}/${asset.kind === 'video' ? 'video.mp4' : 'audio.m4a'}`
    await remux(deps, run, asset, whole, scratch.path)
    await run.checkpoint(async (tx) => tx.stage({ key: 'optimise', fraction: 0.9 }))
    const [probe, loudness, { storyboard, peaks }] = await Promise.all([
      deps.media.probe(whole, run.signal),
      stems.stems.length > 0
        ? deps.media.measureMix({
            stems: stems.stems,
            durationSeconds: timeline.durationSeconds,
            scratchFolder: scratch.path,
            signal: run.signal,
          })
        : null,
      extras(deps, run, asset, timeline, keeper, whole, scratch.path, stems.stems),
    ])
    const profile = await deps.profileOf(job)
    const ordered = {
      durationSeconds: timeline.durationSeconds,
      width: asset.width,
      height: asset.height,
      fps: asset.fps,
      audible: stems.audible,
    }
    const verdicts = deps.inspector.judgeAsset(profile, ordered, probe, loudness)
    const fault = job.request.policy.gate === 'off' ? undefined : verdicts.find((verdict) => blocks(profile, verdict))
    if (fault) {
      return {
        then: 'done',
        write: async (tx) => {
          await tx.verdicts(verdicts)
          await tx.end('failed', { class: 'quality', detail: fault.detail, retry: 'reseed', charged: 'no' })
        },
      }
    }

    const before = (await deps.store.judgements.get(asset.id, profile))?.verdicts ?? []
    const judged = await withEvidence(deps, run, keeper, asset.kind === 'video' ? whole : null, [...placed(timeline, before), ...verdicts])
    if (asset.kind === 'video' && wants('mp4')) await keeper.file('video.mp4', labelOf(asset), whole, 'video/mp4')
    if (asset.kind === 'audio' && wants('m4a')) await keeper.file('audio.m4a', 'Sound, AAC', whole, 'audio/mp4')
    await keeper.json('report.json', 'Report of the checks', reportOf(job, profile, judged))
    const { durationSeconds } = timeline
    const page = reportPage({ title: asset.title, profile, durationSeconds, verdicts: judged, storyboard, peaks })
    await keeper.text('report.html', 'Report of the checks, to read', page, 'text/html; charset=utf-8')
    const segments = await deps.store.assets.segments(asset.id)
    await keeper.json(
      'manifest.json',
      'How it was made',
      manifestOf({
        job,
        takes,
        segments,
        files: keeper.files,
        verdicts: judged,
        profile,
        tools: await deps.media.versions(),
        version: deps.version,
      }),
    )

    const later = (['webm', 'mp3'] as const).filter(wants)
    return {
      then: 'done',
      write: async (tx) => {
        // Held meanwhile: the next run waits.
        if (tx.job.state.state === 'held') return tx.addSteps([{ name: 'publish' }])
        tx.stage({ key: 'check', ended: 'done' })
        tx.stage({ key: 'optimise', ended: 'done' })
        tx.stage({ key: 'publish', ended: 'done' })
        await tx.verdicts(verdicts)
        await tx.repositories.judgements.replace(asset.id, profile, judged, deps.clock.now())
        await tx.addFiles(keeper.files)
        const renditions = asset.renditions.map((rendition) =>
          isLater(rendition.format) ? rendition : { ...rendition, state: 'ready' as const },
        )
        await tx.changeAsset({ renditions, poster: asset.kind === 'video' })
        await tx.succeed()
        await tx.addSteps(
          later.map((format) => ({ name: 'rendition', format })),
          { priority: -50 },
        )
        await tx.addSteps([{ name: 'cleanup' }], { priority: -60 })
      },
    }
  }
}

async function remux(deps: StageDeps, run: StepRun, asset: Asset, output: string, scratchPath: string): Promise<void> {
  const order = { output, title: asset.title, signal: run.signal }
  if (asset.kind === 'audio') return deps.media.remuxM4a({ ...order, segments: await segmentsOf(deps, asset.id) })
  if (asset.cues.length === 0) return deps.media.remuxMp4({ ...order, segments: await segmentsOf(deps, asset.id) })
  const captionsPath = `${scratchPath}/captions.vtt`
  await deps.scratch.write(captionsPath, captionsVtt(asset.cues))
  return deps.media.remuxMp4({ ...order, segments: await segmentsOf(deps, asset.id), captionsPath })
}

/** Verdicts on takes, at the times their places have on the timeline. One on a take that is not on it concerns the whole. */
function placed({ stretches, leads }: Timeline, verdicts: Verdict[]): Verdict[] {
  return verdicts.map(({ takeId, range, ...verdict }) => {
    if (takeId === undefined || !range) return { ...verdict, ...(range && { range }) }
    const stretch = stretches.find(({ clip, speech }) => clip?.take.id === takeId || speech?.take.id === takeId)
    if (!stretch) return verdict
    const lead = stretch.speech?.take.id === takeId ? (leads.get(stretch.shot) ?? 0) : -stretch.useFromSeconds
    const by = stretch.startSeconds + lead
    return { ...verdict, range: { startSeconds: range.startSeconds + by, endSeconds: range.endSeconds + by } }
  })
}

/** Poster, storyboard, captions, peaks, and the sound alone of a video. */
async function extras(
  deps: StageDeps,
  run: StepRun,
  asset: Asset,
  timeline: Timeline,
  keeper: FileKeeper,
  whole: string,
  scratchPath: string,
  stems: Parameters<StageDeps['media']['peaks']>[0]['stems'],
): Promise<{ storyboard: Storyboard | null; peaks: number[] }> {
  const { signal } = run
  const { durationSeconds } = timeline
  const work: Promise<void>[] = []
  const made: { storyboard: Storyboard | null; peaks: number[] } = { storyboard: null, peaks: [] }
  if (asset.kind === 'video') {
    const board = `${scratchPath}/storyboard.jpg`
    work.push(
      deps.media.storyboard({ input: whole, output: board, durationSeconds, signal }).then(async (storyboard) => {
        made.storyboard = storyboard
        await keeper.file('storyboard.jpg', 'Storyboard', board, 'image/jpeg')
        await keeper.text('storyboard.vtt', 'Storyboard times', storyboardVtt(storyboard, 'storyboard.jpg', durationSeconds), 'text/vtt')
      }),
    )
    if (!asset.poster) {
      const poster = `${scratchPath}/poster.jpg`
      work.push(
        deps.media
          .poster({ input: whole, output: poster, atSeconds: durationSeconds * POSTER_AT_SHARE, signal })
          .then(() => keeper.file('poster.jpg', 'Poster', poster, 'image/jpeg')),
      )
    }
    if (run.job.request.formats.includes('m4a') && stems.length > 0) {
      const sound = `${scratchPath}/audio.m4a`
      work.push(
        segmentsOf(deps, asset.id)
          .then((segments) => deps.media.remuxM4a({ segments, output: sound, title: asset.title, signal }))
          .then(() => keeper.file('audio.m4a', 'Sound alone, AAC', sound, 'audio/mp4')),
      )
    }
  }
  if (asset.cues.length > 0) work.push(keeper.text('captions.vtt', 'Captions', captionsVtt(asset.cues), 'text/vtt'))
  if (stems.length > 0) {
    work.push(
      deps.media.peaks({ stems, durationSeconds, points: PEAK_POINTS }).then((peaks) => {
        made.peaks = (JSON.parse(peaks) as { data: number[] }).data
        return keeper.text('peaks.json', 'Waveform', peaks, 'application/json')
      }),
    )
  }
  await Promise.all(work)
  return made
}

const isLater = (format: Format): boolean => format === 'webm' || format === 'mp3'

function labelOf(asset: Asset): string {
  return `Video, ${asset.width}x${asset.height}${asset.cues.length > 0 ? ', with captions' : ''}`
}
