import { checks } from '../../domain/checks/index.ts'
import { thresholdOf } from '../../domain/profiles.ts'
import { judge, type Measurement, type QualityProfile, type TimeRange, type Verdict } from '../../domain/verdict.ts'
import { rounded, seconds } from '../finding.ts'
import { namesOf, type Opinion } from './opinion.ts'

export type GuardCheck = 'prompt' | 'pictures' | 'screen_text' | 'transcript'

/** What is judged, as the beginning of a sentence. */
const subjects: Record<GuardCheck, string> = {
  prompt: 'the prompt',
  pictures: 'the picture',
  screen_text: 'the text in the picture',
  transcript: 'what is said',
}

/** @param range absent: it concerns the whole */
export function verdictOf(profile: QualityProfile, check: GuardCheck, opinion: Opinion, range?: TimeRange): Verdict {
  const { worst, flags, failures } = opinion
  const where = range ? ` from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}` : ''
  const subject = `${subjects[check]}${where}`
  const limit = thresholdOf(profile, check)
  if (flags.length > 0)
    return judge(
      profile,
      measured(profile, check, worst?.score ?? null, `${subject} is flagged: ${namesOf(flags)}; the limit is ${limit}.`, range),
      false,
    )
  if (failures.length > 0)
    return judge(profile, measured(profile, check, null, `${subject} is unknown: ${failures.join('; ')}.`, range), null)
  const found = worst === null || worst.score === 0 ? 'nothing was found' : `${namesOf([worst])} at worst`
  return judge(profile, measured(profile, check, worst?.score ?? 0, `${subject}: ${found}; the limit is ${limit}.`, range), true)
}

/** What it looks at did not come. */
export function unseen(profile: QualityProfile, check: GuardCheck, range: TimeRange): Verdict {
  const where = `from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}`
  return judge(profile, measured(profile, check, null, `${subjects[check]} is unknown ${where}: it did not come.`, range), null)
}

/** @param lacking what is not there, e.g. `a moderator for texts` */
export function notSetUp(profile: QualityProfile, check: GuardCheck, lacking: string): Verdict {
  const detail = `${subjects[check]} is not looked at: ${lacking} is not set up on this server.`
  return { ...judge(profile, measured(profile, check, null, detail), null), notSetUp: true }
}

function measured(profile: QualityProfile, check: GuardCheck, value: number | null, detail: string, range?: TimeRange): Measurement {
  const unit = checks[check]?.unit ?? 'ratio'
  const threshold = thresholdOf(profile, check)
  return { check, value: value === null ? null : rounded(value), unit, threshold, ...(range && { range }), detail }
}
