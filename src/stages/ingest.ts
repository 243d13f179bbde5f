import { SluiceError } from '../domain/errors.ts'
import type { Outcome } from '../domain/outcome.ts'
import { thresholdOf } from '../domain/profiles.ts'
import type { Cue, Master, RemoteRef, Take, TakeOutput } from '../domain/take.ts'
import { blocks, type Verdict } from '../domain/verdict.ts'
import type { InspectedStretch, Ordered } from '../ports/inspector.ts'
import { type MediaProbe, PCM_SAMPLE_RATE } from '../ports/media-tool.ts'
import type { ObjectInfo } from '../ports/objects.ts'
import type { JobTransaction, StepHandler, StepRun } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'
import { download } from './download.ts'
import { loseTake, takeOutcome } from './end-take.ts'
import { judgeSound } from './judge-sound.ts'
import { jobPrefix, KEPT, masterKey } from './keys.ts'
import { orderTakes, spentTakes } from './order-takes.ts'
import { waitOut } from './park.ts'
import { reportTakes } from './take-progress.ts'
import { timelineOf } from './timeline.ts'

/** Loudness a role is brought to before mixing, against that of the asset, in LU. Speech carries the mix; music lies well below it. */
const ROLE_LU: Record<Take['role'], number> = { speech: 0.4, clip: 0, music: -8, sound: 0, keyframes: 0 }
/** What the checks hear in a role. The sound of a clip is what its provider mixed. */
const HEARD_AS = { speech: 'speech', clip: 'mix', music: 'music', sound: 'effect', keyframes: 'mix' } as const satisfies Record<
  Take['role'],
  InspectedStretch['sound']
>

const extensions: Record<string, string> = {
  'video/mp4': 'mp4',
  'audio/wav': 'wav',
  'audio/mpeg': 'mp3',
  'image/jpeg': 'jpg',
  'application/json': 'json',
}

/**
 * Brings a delivered take into our own keeping: masters stored and hashed, measured, judged against the order.
 * A failed download is tried again; the take is never made again because of it.
 */
export function ingest(deps: StageDeps): StepHandler {
  return async (run) => {
    if (run.step.work.name !== 'ingest') throw new Error(`not an ingest step: ${run.step.work.name}`)
    const take = await deps.store.takes.get(run.step.work.takeId)
    if (take?.state.state !== 'delivered') return { then: 'done' }
    const { ref, outputs } = take.state
    let taken: { masters: Master[]; verdicts: Verdict[] }
    try {
      taken = await takeIn(deps, run, take, ref, outputs)
    } catch (error) {
      run.signal.throwIfAborted()
      const spoilt = SluiceError.is(error) && (error.code === 'take_lost' || error.code === 'media_unreadable')
      if (!spoilt) return waitOut(deps, run, providerOf(deps, take.provider), take, error)
      const outcome = takeOutcome(error)
      if (error.code !== 'take_lost') return { then: 'done', write: (tx) => loseTake(deps, tx, take, outcome) }
      return { then: 'done', write: async (tx) => loseTake(deps, tx, take, await goneOutcome(tx, take, outcome)) }
    }
    const { masters, verdicts } = taken
    const profile = await deps.profileOf(run.job)
    const fault = verdicts.find((verdict) => blocks(profile, verdict))
    return {
      then: 'done',
      // Only once the masters are in the store: until then the provider's copy is the only one that counts.
      after: async () => providerOf(deps, take.provider).release?.(ref),
      write: async (tx) => {
        const accepted = await tx.setTake(take, { state: 'accepted', masters })
        await tx.verdicts(verdicts.filter(({ verdict }) => verdict !== 'pass'))
        if (fault && run.job.request.policy.gate !== 'off') {
          const outcome = { class: 'quality', detail: fault.detail, retry: 'reseed', charged: 'no' } as const
          await tx.setTake(accepted, { state: 'rejected', masters, outcome })
          const spent = spentTakes(await tx.repositories.takes.ofJob(run.job.id), take.key)
          if (spent >= tx.job.request.policy.maxTakesPerShot) return tx.end('failed', outcome)
          return orderTakes(deps, tx)
        }
        await orderTakes(deps, tx)
        await reportTakes(tx, take.role)
        await tx.changeAsset({ cues: timelineOf(tx.job, await tx.repositories.takes.ofJob(run.job.id)).cues })
        if (take.role === 'keyframes') await showStills(tx, masters)
        await tx.wake('finish')
      },
    }
  }
}

async function takeIn(
  deps: StageDeps,
  run: StepRun,
  take: Take,
  ref: RemoteRef,
  outputs: TakeOutput[],
): Promise<{ masters: Master[]; verdicts: Verdict[] }> {
  const provider = providerOf(deps, take.provider)
  /** What is kept for this job stays where it is; what another job has kept is copied, for that one has its own end. */
  const takeInOne = async (output: TakeOutput, key: string, fetched: () => AsyncIterable<Uint8Array>): Promise<ObjectInfo> => {
    const kept = await inOurKeeping(deps, output)
    if (kept?.key.startsWith(jobPrefix(run.job.id))) return kept
    return deps.objects.put(key, kept ? (await deps.objects.get(kept.key)).stream : fetched(), { mimeType: output.mimeType })
  }
  const bytesOf = (index: number, output: TakeOutput) =>
    download(provider, ref, index, output, { clock: deps.clock, signal: run.signal, maxBytes: deps.maxOutputBytes })
  const masters: Master[] = []
  const verdicts: Verdict[] = []
  for (const [index, output] of outputs.entries()) {
    const key = masterKey(run.job.id, take.id, `${output.role}-${index}.${extensions[output.mimeType] ?? 'bin'}`)
    const stored = await takeInOne(output, key, () => bytesOf(index, output))
    const master: Master = {
      role: output.role,
      objectKey: stored.key,
      mimeType: output.mimeType,
      sizeBytes: stored.sizeBytes,
      sha256: stored.sha256,
      durationSeconds: null,
    }
    if (output.role === 'media') {
      const measured = await measure(deps, run, take, master)
      masters.push(measured.master)
      verdicts.push(...measured.verdicts)
    } else if (output.role === 'timings') masters.push({ ...master, cues: await readCues(deps, stored.key) })
    else masters.push(master)
  }
  return { masters, verdicts }
}

/** What cost nothing is simply lost. What was paid for has expired at the provider: another take costs again, and counts. */
async function goneOutcome(tx: JobTransaction, take: Take, outcome: Outcome): Promise<Outcome> {
  const { class: _class, charged: _charged, ...rest } = outcome
  const paid = await tx.repositories.ledger.get(take.id)
  if (paid?.state !== 'settled') return { ...outcome, class: 'lost' }
  return { ...rest, class: 'expired', retry: 'reseed', charged: 'yes', amountMicroUsd: paid.amountMicroUsd }
}

/** What came with the answer to the order needs no download. */
async function inOurKeeping(deps: StageDeps, { locator }: TakeOutput): Promise<ObjectInfo | undefined> {
  if (!locator.startsWith(KEPT)) return undefined
  const kept = await deps.objects.head(locator.slice(KEPT.length))
  if (!kept) throw new SluiceError('take_lost', 'What was kept of the take is gone.')
  return kept
}

/** Probes the master, holds it against the order, decodes its sound once and finds the gain for the mix. */
async function measure(deps: StageDeps, run: StepRun, take: Take, master: Master): Promise<{ master: Master; verdicts: Verdict[] }> {
  const profile = await deps.profileOf(run.job)
  await using file = await deps.objects.localFile(master.objectKey)
  await using scratch = await deps.scratch.folder(take.id)
  const pcmPath = `${scratch.path}/stem.pcm`
  const { signal } = run
  const decode = () => deps.media.decodeAudio({ input: file.path, pcmPath, signal })
  // What decodes as sound to its end has told all there is to know of it; a probe would be one more program to start.
  const early = master.mimeType.startsWith('audio/') ? await decode() : null
  const probe = early ? soundProbe(master.mimeType, early.durationSeconds) : await deps.media.probe(file.path, signal)
  const verdicts = deps.inspector.judgeTake(profile, orderedBy(deps, take), probe)
  if (!probe.audio) return { master: { ...master, durationSeconds: probe.durationSeconds }, verdicts }
  const sound = early ?? (await decode())
  // A sound on its own is not a bed.
  const target = thresholdOf(profile, 'loudness') + (run.job.plan?.shots.length === 0 ? 0 : ROLE_LU[take.role])
  const { gainDb, verdict } = deps.inspector.normalise(profile, sound, target)
  const stemKey = masterKey(run.job.id, take.id, 'stem.pcm')
  await deps.objects.putFile(stemKey, pcmPath, { mimeType: 'application/octet-stream' })
  const heard = await judgeSound(deps, profile, stemKey, {
    durationSeconds: sound.durationSeconds,
    audible: orderedBy(deps, take).audible,
    sound: HEARD_AS[take.role],
  })
  return {
    master: {
      ...master,
      durationSeconds: probe.video ? probe.durationSeconds : sound.durationSeconds,
      stem: { objectKey: stemKey, durationSeconds: sound.durationSeconds, gainDb },
    },
    verdicts: [...verdicts, ...heard, verdict],
  }
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
    audible: take.role === 'speech' || take.role === 'music' || take.role === 'sound',
  }
}

async function readCues(deps: StageDeps, key: string): Promise<Cue[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await deps.objects.get(key)).stream) chunks.push(chunk)
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (!Array.isArray(parsed)) throw new SluiceError('media_unreadable', 'The timings of the speech are not a list of cues.')
  return parsed.filter(isCue).map(({ startSeconds, endSeconds, text }) => ({ startSeconds, endSeconds, text }))
}

function isCue(value: unknown): value is Cue {
  if (typeof value !== 'object' || value === null) return false
  const cue = value as Partial<Cue>
  return typeof cue.startSeconds === 'number' && typeof cue.endSeconds === 'number' && typeof cue.text === 'string'
}

/** The first still is the poster until a better one is there; all of them are what the viewer sees first. */
async function showStills(tx: JobTransaction, masters: Master[]): Promise<void> {
  const first = masters.find((master) => master.role === 'still')
  if (!first) return
  const { objectKey, mimeType, sizeBytes, sha256 } = first
  await tx.addFiles([{ name: 'poster.jpg', label: 'Poster', objectKey, mimeType, sizeBytes, sha256 }])
  await tx.changeAsset({ poster: true })
}
