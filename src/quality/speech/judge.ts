import { checks } from '../../domain/checks/index.ts'
import { speechChecks } from '../../domain/checks/speech.ts'
import { asSluiceError } from '../../domain/errors.ts'
import { thresholdOf } from '../../domain/profiles.ts'
import { judge, type QualityProfile, type TimeRange, type Verdict } from '../../domain/verdict.ts'
import type { ScriptReading } from '../../domain/words/reading.ts'
import { scriptWords } from '../../domain/words/script.ts'
import { sentencesOf } from '../../domain/words/sentences.ts'
import type { SpeechJudge } from '../../ports/inspector.ts'
import type { Logger } from '../../ports/logger.ts'
import type { ScriptReader } from '../../ports/script-reader.ts'
import { rounded } from '../finding.ts'
import { type SpeechFinding, speechFindings } from './findings.ts'
import { sentencesToSpeakAgain } from './sentences.ts'

type SpeechCheck = keyof typeof speechChecks

/**
 * Holds what a reader heard against the script. Where the reader is down, or not sure enough to say which side of the limit
 * it is, the verdict is `unknown` and says why.
 */
export function createSpeechJudge({ reader, log }: { reader: ScriptReader; log: Logger }): SpeechJudge {
  return {
    async judge(profile, recording, script, context, kept) {
      const wanted = (Object.keys(speechChecks) as SpeechCheck[]).filter((check) => profile.rules[check] !== 'off')
      const words = scriptWords(script, context.language)
      if (wanted.length === 0 || words.length === 0) return { verdicts: [], sentences: [], reading: kept ?? null }
      let reading = kept?.words.length === words.length ? kept : null
      try {
        reading ??= await reader.read(recording, script, context)
      } catch (error) {
        context.signal.throwIfAborted()
        const { message, fix, code } = asSluiceError(error)
        log.warn({ err: error, reader: reader.id, code }, 'a voice could not be held against its script')
        const detail = `Nobody could listen: ${message}${fix === undefined ? '' : ` ${fix}`}`
        return { verdicts: wanted.map((check) => verdictOf(profile, check, { value: null, detail }, null)), sentences: [], reading: null }
      }
      const compared = { script: words, reading, language: context.language }
      const found = wanted.map((check) => ({ check, finding: speechFindings[check]({ ...compared, limit: thresholdOf(profile, check) }) }))
      // A finding in doubt is no reason to speak a sentence again.
      const faulty = reading.doubt === null ? found.flatMap(({ finding }) => finding.faults.flatMap((fault) => fault.words)) : []
      return {
        verdicts: found.flatMap(({ check, finding }) => verdictsOf(profile, check, finding, reading)),
        sentences: sentencesToSpeakAgain(sentencesOf(script), words, reading, faulty),
        reading,
      }
    },
    close: async () => reader.close?.(),
  }
}

function verdictsOf(profile: QualityProfile, check: SpeechCheck, finding: SpeechFinding, { doubt, words }: ScriptReading): Verdict[] {
  const { value, most, faults, detail } = finding
  if (faults.length > 0 && doubt !== null) return [verdictOf(profile, check, { value, detail: `${detail} ${doubt}` }, null)]
  if (faults.length > 0) return faults.map((fault) => verdictOf(profile, check, fault, false))
  if (value === null || most === null) return [verdictOf(profile, check, { value, detail }, null)]
  if (most <= thresholdOf(profile, check)) return [verdictOf(profile, check, { value, detail }, true)]
  const unclear = words.filter(({ heard }) => heard === 'unknown').map(({ text }) => text)
  const some = unclear.slice(0, 5).join(', ')
  return [verdictOf(profile, check, { value, detail: `${detail} It cannot be told whether these words were said: ${some}.` }, null)]
}

function verdictOf(
  profile: QualityProfile,
  check: SpeechCheck,
  { value, detail, range }: { value: number | null; detail: string; range?: TimeRange },
  within: boolean | null,
): Verdict {
  const threshold = thresholdOf(profile, check)
  const { unit } = checks[check] as (typeof speechChecks)[SpeechCheck]
  return judge(profile, { check, value: value === null ? null : rounded(value), unit, threshold, ...(range && { range }), detail }, within)
}
