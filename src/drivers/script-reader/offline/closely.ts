import type { TimeRange } from '../../../domain/verdict.ts'
import { middleOf, spokenSeconds } from '../pauses.ts'
import { partOf, SAMPLE_RATE } from '../sound.ts'
import { assign, type Hearing, later } from './assign.ts'
import { closeGrammar, type Phrase, type Sayable } from './grammar.ts'
import type { Listening } from './listen.ts'

/** A sentence and its neighbours; more takes too long. */
const MOST_WORDS = 40
const LONGEST_SECONDS = 40
/** With so few of so many words heard it is another text, and no closer look finds this one in it. */
const WORDS_OF_A_SENTENCE = 20
const SHARE_OF_ANOTHER_TEXT = 0.2
/** Less is no word. */
const SHORTEST_SPEECH_SECONDS = 0.15

/**
 * Where something of the script is missing, its words are looked for once more with other speech between any two of them: that
 * tells words left out, replaced and added apart. Nothing is taken back that was heard before.
 */
export function closelyWhereItDiffers({ recogniser, samples, phrases, pauses }: Listening, first: Hearing): Hearing {
  const hearing: Hearing = { words: new Map(first.words), more: first.more }
  for (const { words, range } of differing(phrases, first, samples.length / SAMPLE_RATE)) {
    const before = words.filter(({ index }) => first.words.has(index)).length
    if (!isWorthIt(words.length, before, range) || spokenSeconds(range, pauses) < SHORTEST_SPEECH_SECONDS) continue
    const segments = recogniser.hear(closeGrammar(words, recogniser.phones), partOf(samples, range.startSeconds, range.endSeconds), true)
    const close = later(assign(segments, [{ words }]), range.startSeconds)
    if (close.words.size < before) continue
    for (const { index } of words) hearing.words.delete(index)
    for (const [index, span] of close.words) hearing.words.set(index, span)
    hearing.more = [...hearing.more.filter((span) => !isWithin(span, range)), ...close.more]
  }
  return { words: hearing.words, more: hearing.more.toSorted((a, b) => a.startSeconds - b.startSeconds) }
}

function isWorthIt(words: number, heard: number, { startSeconds, endSeconds }: TimeRange): boolean {
  const another = heard === 0 || (words > WORDS_OF_A_SENTENCE && heard < words * SHARE_OF_ANOTHER_TEXT)
  return !another && words <= MOST_WORDS && endSeconds - startSeconds <= LONGEST_SECONDS
}

/** Phrases that follow each other and differ, and the time between those before and after them that were heard whole. */
function differing(phrases: readonly Phrase[], { words, more }: Hearing, endSeconds: number): { words: Sayable[]; range: TimeRange }[] {
  const found: { words: Sayable[]; range: TimeRange }[] = []
  let open: Sayable[] = []
  let from = 0
  const close = (to: number): void => {
    const range = { startSeconds: from, endSeconds: to }
    const missing = open.some(({ index, readings }) => readings.length > 0 && !words.has(index))
    if (missing || (open.length > 0 && more.some((span) => isWithin(span, range)))) found.push({ words: open, range })
    open = []
  }
  for (const phrase of phrases) {
    const spans = phrase.words.flatMap(({ index }) => words.get(index) ?? [])
    const [first, last] = [spans[0], spans.at(-1)]
    if (first && last && spans.length === phrase.words.length) {
      close(first.startSeconds)
      from = last.endSeconds
    } else open.push(...phrase.words)
  }
  close(endSeconds)
  return found
}

const isWithin = (span: TimeRange, { startSeconds, endSeconds }: TimeRange): boolean =>
  middleOf(span) >= startSeconds && middleOf(span) < endSeconds
