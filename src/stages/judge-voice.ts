import type { Cue, Take } from '../domain/take.ts'
import type { QualityProfile, Verdict } from '../domain/verdict.ts'
import { keptReading, type ScriptReading } from '../domain/words/reading.ts'
import { cuesOfReading } from '../domain/words/reading-cues.ts'
import type { FaultySentence } from '../ports/inspector.ts'
import type { StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { textOf } from './object-text.ts'

export interface JudgedVoice {
  verdicts: Verdict[]
  /** What could be spoken again. */
  sentences: FaultySentence[]
  /** When what is said is heard. Absent: nobody has listened, or is not sure. */
  cues?: Cue[]
}

/**
 * Listens to a voice before it is mixed: against its script, and for what nobody shall hear. What was heard is kept beside the stem, so
 * that a step that runs again does not listen, and pay, twice.
 */
export async function judgeVoice(
  deps: StageDeps,
  { job, signal }: Pick<StepRun, 'job' | 'signal'>,
  profile: QualityProfile,
  take: Take,
  { stemKey, durationSeconds }: { stemKey: string; durationSeconds: number },
): Promise<JudgedVoice> {
  const { speech } = deps
  if (take.request.kind !== 'speech' || !speech) return { verdicts: [], sentences: [] }
  const { text } = take.request
  const keptKey = `${stemKey}.heard.json`
  const kept = await keptAt(deps, keptKey)
  await using stem = await deps.objects.localFile(stemKey, { signal })
  const context = { language: languageOf(deps, take), signal }
  const { verdicts, sentences, reading } = await speech.judge(profile, { pcmPath: stem.path, durationSeconds }, text, context, kept)
  if (reading && !kept) await deps.objects.put(keptKey, new TextEncoder().encode(JSON.stringify(reading)), { mimeType: 'application/json' })
  const range = { startSeconds: 0, endSeconds: durationSeconds }
  const guarded = await deps.guard.transcript(profile, job.tenantId, reading ? heardIn(reading) : text, range, signal)
  const cues = reading?.doubt === null ? cuesOfReading(text, reading, context.language) : null
  return { verdicts: [...verdicts, ...guarded], sentences, ...(cues && { cues }) }
}

async function keptAt(deps: Pick<StageDeps, 'objects'>, key: string): Promise<ScriptReading | null> {
  if (!(await deps.objects.head(key))) return null
  return keptReading(JSON.parse(await textOf(deps, key)))
}

/** The words that were said, in their order, what is not in the script at the end. */
function heardIn({ words, extra }: ScriptReading): string {
  const said = words.flatMap(({ text, heard, as }) => (heard === 'no' ? [] : heard === 'otherwise' ? (as ?? []) : text))
  return [...said, ...extra.flatMap(({ text }) => text ?? [])].join(' ')
}

/** Of the voice, where the provider tells; else English. */
function languageOf(deps: StageDeps, { provider, request }: Take): string {
  const voices = deps.providers.get(provider)?.capabilities.voices ?? []
  const voice = 'voice' in request ? voices.find(({ id }) => id === request.voice) : undefined
  return (voice ?? voices[0])?.language ?? 'en'
}
