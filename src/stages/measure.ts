import { thresholdOf } from '../domain/profiles.ts'
import type { Master, Take } from '../domain/take.ts'
import type { QualityProfile, TimeRange, Verdict } from '../domain/verdict.ts'
import type { FaultySentence, InspectedStretch, Ordered } from '../ports/inspector.ts'
import { type Loudness, type MediaProbe, PCM_SAMPLE_RATE } from '../ports/media-tool.ts'
import type { StepRun } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { judgeSound } from './judge-sound.ts'
import { judgeVoice } from './judge-voice.ts'
import { masterKey } from './keys.ts'

/** Loudness a role is brought to before mixing, against that of the asset, in LU. Speech carries the mix; music lies well below it. */
const ROLE_LU: Record<Take['role'], number> = { speech: 0.4, clip: 0, music: -8, sound: 0, keyframes: 0 }
/** What the checks hear in a role. The sound of a clip is what its provider mixed. */
const HEARD_AS = { speech: 'speech', clip: 'mix', music: 'music', sound: 'effect', keyframes: 'mix' } as const satisfies Record<
  Take['role'],
  InspectedStretch['sound']
>
/** A voice keeps this much of a silent edge that is cut off: nobody begins to speak at once. */
const KEPT_EDGE_SECONDS = 0.3

/** What a take turned out to be. */
export interface Measured {
  master: Master
  verdicts: Verdict[]
  /** Of a voice: what could be spoken again. */
  sentences: FaultySentence[]
}

/** Probes the master, holds it against the order, decodes its sound once and finds the gain for the mix. */
export async function measure(deps: StageDeps, run: StepRun, profile: QualityProfile, take: Take, master: Master): Promise<Measured> {
  await using file = await deps.objects.localFile(master.objectKey, { signal: run.signal })
  await using scratch = await deps.scratch.folder(take.id)
  const pcmPath = `${scratch.path}/stem.pcm`
  const { signal } = run
  const decode = () => deps.media.decodeAudio({ input: file.path, pcmPath, signal })
  // What decodes as sound to its end has told all there is to know of it; a probe would be one more program to start.
  const early = master.mimeType.startsWith('audio/') ? await decode() : null
  const probe = early ? soundProbe(master.mimeType, early.durationSeconds) : await deps.media.probe(file.path, signal)
  const verdicts = deps.inspector.judgeTake(profile, orderedBy(deps, take), probe)
  if (!probe.audio) return { master: { ...master, durationSeconds: probe.durationSeconds }, verdicts, sentences: [] }
  const heard = await measureSound(deps, run, profile, take, master, { pcmPath, ...(early ?? (await decode())) }, 'stem.pcm')
  const durationSeconds = probe.video ? probe.durationSeconds : heard.master.durationSeconds
  return { ...heard, master: { ...heard.master, durationSeconds }, verdicts: [...verdicts, ...heard.verdicts] }
}

/** A decoded sound: kept as the take's stem under `name`, with the gain for the mix, and listened to before any mixing. */
export async function measureSound(
  deps: StageDeps,
  run: StepRun,
  profile: QualityProfile,
  take: Take,
  master: Master,
  sound: Loudness & { pcmPath: string; durationSeconds: number },
  name: string,
): Promise<Measured> {
  const { durationSeconds, pcmPath } = sound
  // A sound on its own is not a bed.
  const target = thresholdOf(profile, 'loudness') + (run.job.plan?.shots.length === 0 ? 0 : ROLE_LU[take.role])
  const { gainDb, verdict } = deps.inspector.normalise(profile, sound, target)
  const { key: objectKey } = await deps.objects.putFile(masterKey(run.job.id, take.id, name), pcmPath, {
    mimeType: 'application/octet-stream',
    keyed: 'by-content',
    signal: run.signal,
  })
  const heard = await judgeSound(deps, profile, objectKey, { durationSeconds, audible: isAudible(take), sound: HEARD_AS[take.role] })
  const said = await judgeVoice(deps, run, profile, take, { stemKey: objectKey, durationSeconds })
  return {
    master: { ...master, durationSeconds, stem: { objectKey, durationSeconds, gainDb }, ...(said.cues && { cues: said.cues }) },
    verdicts: [...heard, ...said.verdicts, verdict],
    sentences: said.sentences,
  }
}

/** Cuts a voice's silent edge off. The stem is what is mixed; the master stays as it was delivered. */
export async function trimSilence(
  deps: StageDeps,
  run: StepRun,
  profile: QualityProfile,
  take: Take,
  { master }: Measured,
  silence: TimeRange,
): Promise<Measured> {
  if (!master.stem) throw new Error(`take ${take.id} has no sound to trim`)
  const { durationSeconds } = master.stem
  await using stem = await deps.objects.localFile(master.stem.objectKey, { signal: run.signal })
  await using scratch = await deps.scratch.folder(`${take.id}-trim`)
  const pcmPath = `${scratch.path}/trimmed.pcm`
  const { signal } = run
  const atStart = silence.startSeconds < KEPT_EDGE_SECONDS
  const startSeconds = atStart ? Math.max(0, silence.endSeconds - KEPT_EDGE_SECONDS) : 0
  const endSeconds = atStart ? durationSeconds : Math.min(durationSeconds, silence.startSeconds + KEPT_EDGE_SECONDS)
  const part = { pcmPath: stem.path, startSeconds, endSeconds, gainDb: 0 }
  const joined = await deps.media.joinPcm({ parts: [part], pcmPath, signal })
  const stems = [{ pcmPath, role: 'own' as const, startSeconds: 0, gainDb: 0 }]
  const loudness = await deps.media.measureMix({ stems, durationSeconds: joined.durationSeconds, scratchFolder: scratch.path, signal })
  return await measureSound(deps, run, profile, take, master, { pcmPath, ...loudness, ...joined }, 'stem-trimmed.pcm')
}

/** Writes the file of a take anew and measures that. What is used is the new file; the master stays as it was delivered. */
export async function rewriteFile(
  deps: StageDeps,
  run: StepRun,
  profile: QualityProfile,
  take: Take,
  { master }: Measured,
): Promise<Measured> {
  await using scratch = await deps.scratch.folder(`${take.id}-remux`)
  const output = `${scratch.path}/rewritten.mp4`
  {
    await using file = await deps.objects.localFile(master.objectKey, { signal: run.signal })
    await deps.media.remux({ input: file.path, output, signal: run.signal })
  }
  const mimeType = 'video/mp4'
  const { key, sizeBytes, sha256 } = await deps.objects.putFile(masterKey(run.job.id, take.id, 'rewritten.mp4'), output, {
    mimeType,
    keyed: 'by-content',
    signal: run.signal,
  })
  return await measure(deps, run, profile, take, { ...master, objectKey: key, mimeType, sizeBytes, sha256 })
}

/** A sound that was decoded, as a probe would tell of it. */
function soundProbe(mimeType: string, durationSeconds: number): MediaProbe {
  return {
    container: mimeType,
    durationSeconds,
    video: null,
    audio: { codec: 'pcm_s16le', sampleRate: PCM_SAMPLE_RATE, channels: 2, durationSeconds },
  }
}

/**
 * What the order promised. Speech has no ordered length. Vendors make the frame rate they make, and it is brought to the
 * job's at the end: no reason to throw away what was paid for.
 */
function orderedBy(deps: StageDeps, take: Take): Ordered {
  const { request } = take
  const { volatile = false } = providerOf(deps, take.provider).capabilities
  return {
    durationSeconds: 'durationSeconds' in request ? request.durationSeconds : null,
    width: 'width' in request ? request.width : null,
    height: 'height' in request ? request.height : null,
    fps: volatile && 'fps' in request ? request.fps : null,
    audible: isAudible(take),
  }
}

const isAudible = ({ role }: Take): boolean => role === 'speech' || role === 'music' || role === 'sound'
