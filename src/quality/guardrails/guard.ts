import { thresholdOf } from '../../domain/profiles.ts'
import type { QualityProfile, Verdict } from '../../domain/verdict.ts'
import type { Guard } from '../../ports/inspector.ts'
import type { TextReader } from '../../ports/text-reader.ts'
import { createPictures } from './pictures.ts'
import { createScreenText } from './screen-text.ts'
import { createAbsent, type StillWatch } from './still-watch.ts'
import { createTextJudge, type TextJudges } from './text-judge.ts'
import { type GuardCheck, notSetUp, verdictOf } from './verdicts.ts'

export interface GuardParts extends TextJudges {
  /** `null`: nobody reads what stands in pictures. */
  textReader: TextReader | null
}

const TEXT_JUDGE = 'a moderator for texts or a block list'

/** Prompts, pictures, what stands in them and what is said: each looked at by every moderator that takes its kind. */
export function createGuard(parts: GuardParts): Guard {
  const { moderators, textReader, log } = parts
  const isOff = ({ rules }: QualityProfile, check: GuardCheck) => rules[check] === 'off'
  const judgeOf = (profile: QualityProfile, check: GuardCheck, tenantId: Parameters<Guard['prompt']>[1]) =>
    createTextJudge(parts, tenantId, thresholdOf(profile, check))

  async function screenText(...[profile, tenantId, stretch, signal]: Parameters<Guard['pictures']>): Promise<StillWatch> {
    if (textReader === null) return createAbsent(notSetUp(profile, 'screen_text', 'a reader of text in pictures'))
    const judge = await judgeOf(profile, 'screen_text', tenantId)
    if (judge === null) return createAbsent(notSetUp(profile, 'screen_text', TEXT_JUDGE))
    return createScreenText({ profile, stretch, log, signal }, textReader, judge)
  }

  function pictures(...[profile, , stretch, signal]: Parameters<Guard['pictures']>): StillWatch {
    const judges = moderators.filter(({ judges: kinds }) => kinds.includes('image'))
    if (judges.length === 0) return createAbsent(notSetUp(profile, 'pictures', 'a moderator for pictures'))
    return createPictures({ profile, stretch, log, signal }, judges)
  }

  return {
    async prompt(profile, tenantId, text, signal) {
      if (isOff(profile, 'prompt')) return []
      const judge = await judgeOf(profile, 'prompt', tenantId)
      if (judge === null) return [notSetUp(profile, 'prompt', TEXT_JUDGE)]
      return [verdictOf(profile, 'prompt', await judge.judge(text, signal))]
    },

    async transcript(profile, tenantId, text, range, signal) {
      if (isOff(profile, 'transcript')) return []
      const judge = await judgeOf(profile, 'transcript', tenantId)
      if (judge === null) return [notSetUp(profile, 'transcript', TEXT_JUDGE)]
      return [verdictOf(profile, 'transcript', await judge.judge(text, signal), range)]
    },

    async pictures(profile, tenantId, stretch, signal) {
      const watches = [
        ...(stretch.fps === null || isOff(profile, 'pictures') ? [] : [pictures(profile, tenantId, stretch, signal)]),
        ...(stretch.fps === null || isOff(profile, 'screen_text') ? [] : [await screenText(profile, tenantId, stretch, signal)]),
      ]
      const all = async (judge: (watch: StillWatch) => Promise<Verdict[]>) => (await Promise.all(watches.map(judge))).flat()
      return {
        still: (seconds, frame) => {
          for (const watch of watches) watch.still(seconds, frame)
        },
        judgeUntil: (seconds) => all((watch) => watch.judgeUntil(seconds)),
        end: () => all((watch) => watch.end()),
      }
    },
  }
}
