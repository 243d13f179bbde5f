import { SluiceError } from '../../../../domain/errors.ts'
import { paragraphsOf, sentencesOf } from '../../../../domain/words/sentences.ts'
import type { PlannedScene, Planner, PresentationBrief, PresentationPlan } from '../../../../ports/planner.ts'
import { hues } from '../draw/palette.ts'
import { hashOf, pick, randomFrom } from '../random.ts'
import { type Draft, draftOf } from './scenes.ts'
import { scoresOf } from './score.ts'
import { select } from './select.ts'
import { shorten, wordCount } from './shorten.ts'
import { spokenSeconds } from './speaking-time.ts'

/** Silence around a scene's narration, in seconds; the pipeline's shots carry the same. */
const LEAD_SECONDS = 0.35
const TAIL_SECONDS = 0.4

/** The opening is short, so that watching can begin early. */
const OPENING_SPEECH_SECONDS = 3.25
const MIN_SCENE_SECONDS = 2.5
const LONG_SCENE_SECONDS = 7
/** Sentences told in less than this may share a scene. */
const SHORT_SENTENCE_SECONDS = 3.4

/**
 * Plans by choosing, never by inventing: every word shown or spoken stands in the text. A headline, the sentences that tell
 * most within the time, in the order of the text; a chart where a sentence compares figures, a large number where it has one.
 */
export function createLocalPlanner(): Planner {
  return { plan }
}

function plan({ text, durationSeconds, seed }: PresentationBrief): PresentationPlan {
  if (!/[\p{L}\p{N}]/u.test(text)) {
    throw new SluiceError('request_invalid', 'There is nothing to tell: the text has no letter and no figure.', {
      field: 'text',
      fix: 'Write at least one word; a few sentences make a better presentation.',
    })
  }
  const random = randomFrom(seed ^ hashOf(text))
  const { title, opening, rest } = openingOf(text)
  const openingSeconds = sceneSeconds(opening)
  const budget = durationSeconds - openingSeconds
  const maxBody = Math.max(4, Math.min(7, Math.round(durationSeconds / 4.3)), Math.ceil(durationSeconds / 7))
  const scores = scoresOf(rest, title)
  const candidates = rest.map((sentence, n) => {
    const seconds = sceneSeconds(sentence)
    // What takes long to say must tell as much more.
    return { score: (scores[n] as number) * (0.97 + 0.06 * random()) * Math.min(1, LONG_SCENE_SECONDS / seconds), seconds }
  })
  const picked = select(candidates, { wish: budget, most: budget * 1.06 + 1.2, maxCount: Math.ceil(maxBody * 1.4) })
  const chosen = picked.length > 0 || rest.length === 0 ? picked : [shortest(candidates)]
  const groups = grouped(
    chosen.map((index) => rest[index] as string),
    maxBody,
  )

  const drafts: { narration: string; draft: Draft }[] = [
    { narration: opening, draft: { layout: 'title', headline: title, lines: [], figures: [] } },
  ]
  groups.forEach((group, n) => {
    const last = n === groups.length - 1 && n > 0
    const draft = draftOf(group, drafts.at(-1)?.draft.layout)
    drafts.push({
      narration: group.join(' '),
      draft: last && draft.layout === 'statement' ? { ...draft, layout: 'closing', lines: [title], figures: [] } : draft,
    })
  })
  const hue = pick(hues, random)
  const scenes = drafts.map(
    ({ narration, draft }, index): PlannedScene => ({
      title: draft.headline,
      narration,
      estimatedSeconds: sceneSeconds(narration),
      scene: { ...draft, index, count: drafts.length, hue },
    }),
  )
  return { title, scenes, music: moodWords(text) }
}

/** The headline, the words that open, and the sentences left to choose from. */
function openingOf(text: string): { title: string; opening: string; rest: string[] } {
  const paragraphs = paragraphsOf(text)
  const first = paragraphs[0] ?? text.trim()
  const sentences = sentencesOf(text)
  const firstSentence = sentences[0] ?? first
  const isHeadline = paragraphs.length > 1 && firstSentence === first && wordCount(first) <= 16 && !/[:]$/.test(first)
  if (isHeadline) return { title: withoutStop(first), opening: spokenOpening(first), rest: sentences.slice(1) }
  const title = withoutStop(shorten(firstSentence, 10))
  const rest = sentences.slice(1)
  // A single sentence is told as it is. A longer text tells its first one again only if the headline left much of it out.
  if (rest.length === 0) return { title, opening: firstSentence, rest }
  const leftOut = wordCount(firstSentence) - wordCount(title)
  return { title, opening: spokenOpening(title), rest: leftOut > 0.7 * wordCount(title) + 2 ? sentences : rest }
}

/** Titles keep their question or exclamation mark, never a full stop. */
const withoutStop = (title: string): string => title.replace(/(?<!\.)\.$/, '')

function spokenOpening(headline: string): string {
  const short = spokenSeconds(headline) <= OPENING_SPEECH_SECONDS ? headline : shorten(headline, 8)
  return /[.!?…]["'”’]?$/.test(short) ? short : `${short}.`
}

function sceneSeconds(narration: string): number {
  return Math.max(MIN_SCENE_SECONDS, LEAD_SECONDS + spokenSeconds(narration) + TAIL_SECONDS)
}

/** Neighbouring short sentences share a scene until there are at most `maxGroups`. */
function grouped(sentences: string[], maxGroups: number): string[][] {
  const groups = sentences.map((sentence) => [sentence])
  const seconds = (group: string[]): number => spokenSeconds(group.join(' '))
  while (groups.length > maxGroups) {
    let at = 0
    for (let n = 0; n + 1 < groups.length; n++) {
      const joined = seconds([...(groups[n] as string[]), ...(groups[n + 1] as string[])])
      const best = seconds([...(groups[at] as string[]), ...(groups[at + 1] as string[])])
      if (joined < best) at = n
    }
    groups.splice(at, 2, [...(groups[at] as string[]), ...(groups[at + 1] as string[])])
  }
  // Three or more very short ones in a row are a list by themselves.
  for (let n = 0; n + 2 < groups.length; n++) {
    const run = groups.slice(n, n + 3)
    if (groups.length > 5 && run.every((group) => group.length === 1 && seconds(group) < SHORT_SENTENCE_SECONDS * 0.7))
      groups.splice(n, 3, run.flat())
  }
  return groups
}

function shortest(candidates: { seconds: number }[]): number {
  return candidates.reduce(
    (best, candidate, n) => (candidate.seconds < (candidates[best]?.seconds ?? Number.POSITIVE_INFINITY) ? n : best),
    0,
  )
}

const moods: readonly [string, RegExp][] = [
  ['serious', /\b(?:war|dead|death|killed|died|crisis|disaster|attack|flood|earthquake|court|crime|victim|loss|disease|famine)/gi],
  ['tense', /\b(?:warning|risk|threat|danger|storm|conflict|deadline|emergency|alert)/gi],
  ['bright', /\b(?:festival|win|won|cup|champion|celebrat|music|game|summer|holiday|fun|birthday)/gi],
  ['calm', /\b(?:sea|ocean|forest|river|garden|bird|sleep|quiet|moon|tide|winter|nature)/gi],
  ['hopeful', /\b(?:record|growth|new|science|research|energy|solar|technology|future|first|discover|school|save)/gi],
]

/** The mood whose words the text uses most. */
function moodWords(text: string): string {
  const counts = moods.map(([mood, words]) => ({ mood, count: text.match(words)?.length ?? 0 }))
  const best = counts.reduce((a, b) => (b.count > a.count ? b : a))
  return `${best.count > 0 ? best.mood : 'hopeful'} and quiet`
}
