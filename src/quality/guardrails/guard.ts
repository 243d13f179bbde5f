import type { TenantId } from '../../domain/ids.ts'
import { thresholdOf } from '../../domain/profiles.ts'
import type { QualityProfile, TimeRange, Verdict } from '../../domain/verdict.ts'
import type { Guard } from '../../ports/inspector.ts'
import type { TextReader } from '../../ports/text-reader.ts'
import { glanceAt } from './changes.ts'
import { createPictures } from './pictures.ts'
import { createScreenText } from './screen-text.ts'
import type { StillWatch, Watched } from './still-watch.ts'
import { createTextJudge, type TextJudges } from './text-judge.ts'
import { type GuardCheck, notSetUp, verdictOf } from './verdicts.ts'

export interface GuardOptions extends Omit<TextJudges, 'textLimitMs'> {
  /** `null`: nobody reads what stands in pictures. */
  textReader: TextReader | null
  /** Default 10,000. */
  textLimitMs?: number
  /** Default 20,000: who looks on this machine loads a model first. */
  pictureLimitMs?: number
}

const TEXT_JUDGE = 'a moderator for texts or a block list'

/** Prompts, pictures, what stands in them and what is said: each looked at by every moderator that takes its kind. */
export function createGuard({ textLimitMs = 10_000, pictureLimitMs = 20_000, textReader, ...parts }: GuardOptions): Guard {
  const { moderators, log } = parts
  const isOff = ({ rules }: QualityProfile, check: GuardCheck) => rules[check] === 'off'
  const judgeOf = (profile: QualityProfile, check: GuardCheck, tenantId: TenantId) =>
    createTextJudge({ ...parts, textLimitMs }, tenantId, thresholdOf(profile, check))

  function pictures(watched: Watched): StillWatch | Verdict {
    const judges = moderators.filter(({ judges: kinds }) => kinds.includes('image'))
    return judges.length === 0 ? notSetUp(watched.profile, 'pictures', 'a moderator for pictures') : createPictures(watched, judges)
  }

  async function screenText(watched: Watched, tenantId: TenantId): Promise<StillWatch | Verdict> {
    const { profile } = watched
    if (textReader === null) return notSetUp(profile, 'screen_text', 'a reader of text in pictures')
    const judge = await judgeOf(profile, 'screen_text', tenantId)
    return judge === null ? notSetUp(profile, 'screen_text', TEXT_JUDGE) : createScreenText(watched, textReader, judge)
  }

  async function text(
    profile: QualityProfile,
    check: GuardCheck,
    tenantId: TenantId,
    words: string,
    signal: AbortSignal,
    range?: TimeRange,
  ) {
    if (isOff(profile, check)) return []
    const judge = await judgeOf(profile, check, tenantId)
    return [judge === null ? notSetUp(profile, check, TEXT_JUDGE) : verdictOf(profile, check, await judge.judge(words, signal), range)]
  }

  return {
    prompt: (profile, tenantId, words, signal) => text(profile, 'prompt', tenantId, words, signal),
    transcript: (profile, tenantId, words, range, signal) => text(profile, 'transcript', tenantId, words, signal, range),

    async pictures(profile, tenantId, stretch, signal) {
      const watched = { profile, stretch, signal, log, pictureLimitMs }
      const wanted = (check: GuardCheck) => stretch.fps !== null && !isOff(profile, check)
      const parts = [
        ...(wanted('pictures') ? [pictures(watched)] : []),
        ...(wanted('screen_text') ? [await screenText(watched, tenantId)] : []),
      ]
      const watches = parts.filter((part) => 'still' in part)
      const absent = parts.filter((part) => 'verdict' in part)
      const all = async (judge: (watch: StillWatch) => Promise<Verdict[]>) => [
        ...absent.splice(0),
        ...(await Promise.all(watches.map(judge))).flat(),
      ]
      return {
        still: (seconds, frame) => {
          if (watches.length === 0) return
          const glance = glanceAt(frame)
          for (const watch of watches) watch.still(seconds, frame, glance)
        },
        judgeUntil: (seconds) => all((watch) => watch.judgeUntil(seconds)),
        end: () => all((watch) => watch.end()),
      }
    },
  }
}
