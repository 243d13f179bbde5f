import { join } from 'node:path'
import { checks } from '../../src/domain/checks/index.ts'
import { profiles } from '../../src/domain/profiles.ts'
import type { QualityProfile, Verdict } from '../../src/domain/verdict.ts'
import { EBUR128 } from '../../src/media/ffmpeg/loudness.ts'
import { PCM_SAMPLE_RATE } from '../../src/ports/media-tool.ts'
import { BAND_LU } from '../../src/quality/audio/loudness.ts'
import { createInspector } from '../../src/quality/inspector.ts'
import { type Delivered, deliver } from '../../test/media/faults/sound/deliver.ts'
import { type SoundPiece, soundPieces } from '../../test/media/faults/sound.ts'
import { ffmpeg } from '../../test/media/helpers/masters.ts'
import type { CheckScore, Point } from './score.ts'

/** Thresholds were found with other seeds, so with other texts, voices, tunes and places. */
const SEED = 1
/** How far beside its place a fault may be told. */
const PLACE_SECONDS = 0.03
/** As much as a stem is read at once. */
const PIECE_SAMPLES = 65_536

const inspector = createInspector()

/** Every check that listens, over the pieces of the test set, each as a file that was delivered and taken in. */
export async function measure(folder: string): Promise<CheckScore[]> {
  const listening = scoresOf(({ about, judged }) => about === 'sound' && judged !== 'asset')
  const whole = scoresOf(({ about, judged }) => about === 'sound' && judged === 'asset')
  for (const piece of await soundPieces(SEED)) {
    const delivered = await deliver(piece, folder)
    if (piece.asset) for (const score of whole) judgeAsset(score, piece, delivered)
    else for (const score of listening) listen(score, piece, delivered)
  }
  // FFmpeg measures all three at once.
  const cpuSeconds = (await meterCpuSeconds(join(folder, 'minute.wav'))) / whole.length
  for (const score of whole) Object.assign(score, { cpuSeconds, mediaSeconds: 60 })
  return [...listening, ...whole.map(fromTarget)]
}

function scoresOf(wanted: (check: (typeof checks)[string]) => boolean): CheckScore[] {
  return Object.entries(checks).flatMap(([check, row]) => {
    if (!wanted(row)) return []
    const { unit, threshold, faultIs } = row
    return [{ check, unit, threshold, faultIs, points: [], cpuSeconds: 0, mediaSeconds: 0 }]
  })
}

/** What FFmpeg's loudness meter takes for a minute of sound, in seconds of CPU time. */
async function meterCpuSeconds(path: string): Promise<number> {
  await ffmpeg('-f', 'lavfi', '-i', 'anoisesrc=d=60:c=pink:r=48000:a=0.2,aformat=channel_layouts=stereo', path)
  const { stderr } = await ffmpeg('-v', 'info', '-benchmark', '-i', path, '-af', EBUR128, '-f', 'null', '-')
  const [, user, system] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? []
  return Number(user) + Number(system)
}

/** A profile with one check. */
function only(check: string): QualityProfile {
  return {
    ...profiles.strict,
    rules: { ...Object.fromEntries(Object.keys(checks).map((other) => [other, 'off' as const])), [check]: 'fail' },
  }
}

function listen(score: CheckScore, piece: SoundPiece, { pcm, durationSeconds }: Delivered): void {
  const { check } = score
  const before = process.cpuUsage()
  const inspection = inspector.inspect(only(check), { startSeconds: 0, durationSeconds, fps: null, audible: true, sound: piece.sound })
  for (let from = 0; from < pcm.length; from += PIECE_SAMPLES)
    inspection.sound(from / 2 / PCM_SAMPLE_RATE, pcm.subarray(from, from + PIECE_SAMPLES))
  const verdicts = inspection.end()
  const { user, system } = process.cpuUsage(before)
  if (verdicts.length === 0) return
  score.cpuSeconds += (user + system) / 1e6
  score.mediaSeconds += durationSeconds
  if (!piece.either.includes(check)) score.points.push(pointOf(piece, score, verdicts))
}

function judgeAsset(score: CheckScore, piece: SoundPiece, { durationSeconds, loudness }: Delivered): void {
  const { check } = score
  if (piece.either.includes(check)) return
  const ordered = { durationSeconds: null, width: null, height: null, fps: null, audible: true }
  const audio = { codec: 'pcm_s16le', sampleRate: PCM_SAMPLE_RATE, channels: 2, durationSeconds }
  const probe = { container: 'wav', durationSeconds, video: null, audio }
  const verdicts = inspector.judgeAsset(only(check), ordered, probe, loudness)
  score.points.push(pointOf(piece, score, verdicts))
}

/** The loudness may be wrong on either side: what counts is the distance from its target. */
function fromTarget(score: CheckScore): CheckScore {
  if (score.check !== 'loudness') return score
  const points = score.points.map((point) => ({ ...point, value: point.value === null ? null : Math.abs(point.value - score.threshold) }))
  return { ...score, unit: 'LU', threshold: BAND_LU, points }
}

function pointOf(piece: SoundPiece, { check, faultIs }: CheckScore, verdicts: Verdict[]): Point {
  const fault = piece.faults.find((made) => made.check === check)
  const atPlace = verdicts.filter(({ range }) => {
    if (!fault?.range || !range) return true
    return range.startSeconds < fault.range.endSeconds + PLACE_SECONDS && range.endSeconds > fault.range.startSeconds - PLACE_SECONDS
  })
  const values = atPlace.flatMap(({ value }) => (value === null ? [] : [value]))
  return {
    piece: piece.name,
    faulty: fault !== undefined,
    value: values.length === 0 ? null : faultIs === 'above' ? Math.max(...values) : Math.min(...values),
    found: atPlace.some(({ verdict }) => verdict === 'fail'),
    unknown: verdicts.some(({ verdict }) => verdict === 'unknown'),
  }
}
