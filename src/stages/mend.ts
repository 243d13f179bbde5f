import { repairedBy } from '../domain/repair.ts'
import type { Master, Take } from '../domain/take.ts'
import { mastersOf } from '../domain/take.ts'
import { blocks, type QualityProfile } from '../domain/verdict.ts'
import type { StepHandler, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { type Judged, settleTake } from './ingest.ts'
import { type Measured, measureSound } from './measure.ts'

/**
 * Puts sentences that were spoken again into their places, once all of them are there, and judges the whole voice anew. A sentence
 * that could not be made, or a voice that is still at fault, has the voice made again as a whole.
 */
export function mend(deps: StageDeps): StepHandler {
  return async (run) => {
    if (run.step.work.name !== 'mend') throw new Error(`not a mend step: ${run.step.work.name}`)
    const take = await deps.store.takes.get(run.step.work.takeId)
    if (take?.state.state !== 'mending') return { then: 'done' }
    run.about(take.provider)
    const patches = (await deps.store.takes.ofJob(run.job.id)).filter(
      ({ cause }) => cause?.action === 'respeak' && cause.takeId === take.id,
    )
    // Each that ends brings a step of its own; the last one finds all of them.
    if (patches.some(({ state }) => !['accepted', 'rejected', 'failed', 'cancelled'].includes(state.state))) return { then: 'done' }
    const profile = await deps.profileOf(run.job)
    const spoken = patches.every(({ state }) => state.state === 'accepted')
    const judged = spoken ? await spliced(deps, run, profile, take, patches) : unmended(take, patches)
    const [cause] = patches.flatMap((patch) => patch.cause ?? [])
    return {
      then: 'done',
      write: async (tx) => {
        if (cause) await tx.repositories.repairs.learn(cause.check, cause.action, judged.fault === undefined)
        await settleTake(deps, tx, profile, take, judged)
      },
    }
  }
}

/** The voice with every sentence in its place. */
async function spliced(deps: StageDeps, run: StepRun, profile: QualityProfile, take: Take, patches: Take[]): Promise<Judged> {
  const masters = mastersOf(take)
  const media = masters.find(({ role }) => role === 'media')
  if (!media?.stem) throw new Error(`take ${take.id} has no voice to mend`)
  const measured = await splice(deps, run, profile, take, { ...media, stem: media.stem }, patches)
  const fault = measured.verdicts.find((verdict) => blocks(profile, verdict))
  const repaired = patches.flatMap(({ cause }) =>
    cause ? repairedBy({ ...cause, detail: `“${cause.sentence?.text}” was not said as written.` }) : [],
  )
  return {
    masters: masters.flatMap((one) => (one === media ? measured.master : one.role === 'timings' ? [] : one)),
    verdicts: fault ? measured.verdicts : [...measured.verdicts, ...repaired],
    // Patched once, it is not patched again.
    sentences: [],
    fault,
    mended: [],
  }
}

async function splice(
  deps: StageDeps,
  run: StepRun,
  profile: QualityProfile,
  take: Take,
  media: Master & { stem: NonNullable<Master['stem']> },
  patches: Take[],
): Promise<Measured> {
  await using scratch = await deps.scratch.folder(`${take.id}-mend`)
  await using files = new AsyncDisposableStack()
  const open = async (key: string) => files.use(await deps.objects.localFile(key, { signal: run.signal })).path
  const whole = await open(media.stem.objectKey)
  const parts = []
  let at = 0
  const inOrder = patches.toSorted((a, b) => (a.cause?.sentence?.range.startSeconds ?? 0) - (b.cause?.sentence?.range.startSeconds ?? 0))
  for (const patch of inOrder) {
    const stem = mastersOf(patch).find(({ role }) => role === 'media')?.stem
    const range = patch.cause?.sentence?.range
    if (!stem || !range) throw new Error(`take ${patch.id} has no sentence`)
    parts.push({ pcmPath: whole, startSeconds: at, endSeconds: range.startSeconds, gainDb: 0 })
    // Brought to the level of the voice it is put into, which gets that one's gain in the mix.
    parts.push({
      pcmPath: await open(stem.objectKey),
      startSeconds: 0,
      endSeconds: stem.durationSeconds,
      gainDb: stem.gainDb - media.stem.gainDb,
    })
    at = range.endSeconds
  }
  parts.push({ pcmPath: whole, startSeconds: at, endSeconds: media.stem.durationSeconds, gainDb: 0 })
  const pcmPath = `${scratch.path}/mended.pcm`
  const { signal } = run
  const { durationSeconds } = await deps.media.joinPcm({ parts, pcmPath, signal })
  const stems = [{ pcmPath, role: 'own' as const, startSeconds: 0, gainDb: 0 }]
  const loudness = await deps.media.measureMix({ stems, durationSeconds, scratchFolder: scratch.path, signal })
  return await measureSound(deps, run, profile, take, media, { pcmPath, durationSeconds, ...loudness }, 'stem-mended.pcm')
}

/** A sentence could not be made: the fault stands as it was found. */
function unmended(take: Take, patches: Take[]): Judged {
  const check = patches.flatMap(({ cause }) => cause?.check ?? [])[0] ?? 'missing_sentence'
  const detail = 'a sentence was left out, and could not be spoken again.'
  const fault = { check, value: patches.length, unit: 'count', threshold: 0, verdict: 'fail', detail } as const
  return { masters: mastersOf(take), verdicts: [fault], sentences: [], fault, mended: [] }
}
