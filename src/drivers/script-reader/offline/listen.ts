import type { TimeRange } from '../../../domain/verdict.ts'
import { SAMPLE_RATE } from '../sound.ts'
import { assign, type Hearing, later, type Span } from './assign.ts'
import { closeGrammar, type Phrase, type Sayable, wholeGrammar } from './grammar.ts'
import type { Recogniser } from './recogniser.ts'

/** A long recording is heard piece by piece: the recogniser remembers every path through all of what it hears at once. */
const PIECE_SECONDS = 25
const LONGEST_PIECE_SECONDS = 60
/** Nobody says more words in a second, so that a piece cannot reach further into the script. */
const WORDS_PER_SECOND = 4
/** Less of a phrase may be chance. */
const SHARE_THAT_ANCHORS = 0.5
/** What is listened to closely: longer than a sentence and its neighbours takes too long. */
const MOST_WORDS_CLOSELY = 40
const LONGEST_CLOSE_SECONDS = 40
/** With so few of so many words heard it is another text, and no closer look finds this one in it. */
const WORDS_OF_A_SENTENCE = 20
const SHARE_OF_ANOTHER_TEXT = 0.2
const SHARE_SPOKEN = 0.3
/** Nearer than this is next to each other. */
const TOUCHING_SECONDS = 0.15
const LONGEST_ISLAND_SECONDS = 0.6
const SHORTEST_SPEECH_SECONDS = 0.15

/** Hears a recording against its phrases: first along the script, then once more and closely where it differs from it. */
export function listen(recogniser: Recogniser, samples: Float32Array, phrases: readonly Phrase[], pauses: readonly TimeRange[]): Hearing {
  const credible = (hearing: Hearing): Hearing => withoutIslands(withoutSilence(hearing, pauses))
  const first = credible(alongTheScript(recogniser, samples, phrases, pauses))
  return credible(closelyWhereItDiffers(recogniser, samples, phrases, pauses, first))
}

function alongTheScript(recogniser: Recogniser, samples: Float32Array, phrases: readonly Phrase[], pauses: readonly TimeRange[]): Hearing {
  const whole: Hearing = { words: new Map(), more: [] }
  const endSeconds = samples.length / SAMPLE_RATE
  let at = 0
  let next = 0
  let wanted = PIECE_SECONDS
  while (at < endSeconds && next < phrases.length) {
    const cut = pieceEnd(at, wanted, endSeconds, pauses)
    const window = phrasesWithin(phrases, next, (cut - at) * WORDS_PER_SECOND)
    const heard = later(assign(recogniser.hear(wholeGrammar(window, recogniser.phones), part(samples, at, cut)), window), at)
    const anchor = lastAnchor(window, heard)
    if (cut === endSeconds) {
      keep(whole, heard, at, cut)
      return whole
    }
    if (anchor === undefined) {
      // Nothing of the script is in this piece: whatever is said there is more.
      keep(whole, { words: new Map(), more: heard.more }, at, cut)
      at = cut
    } else if (anchor.phrase === 0 && cut - at < LONGEST_PIECE_SECONDS && wanted < LONGEST_PIECE_SECONDS) {
      wanted = LONGEST_PIECE_SECONDS
      continue
    } else {
      // The last phrase may go on behind the cut: it begins the next piece.
      const end = anchor.phrase === 0 ? cut : middleOfPause(anchor.startSeconds, pauses)
      keep(whole, heard, at, end)
      next += anchor.phrase === 0 ? 1 : anchor.phrase
      at = end
    }
    wanted = PIECE_SECONDS
  }
  if (at < endSeconds) whole.more.push(...voiced(at, endSeconds, pauses))
  return whole
}

/** The pause nearest to the wanted length, if there is one in its second half; what is left is not left for a piece of its own. */
function pieceEnd(at: number, wanted: number, endSeconds: number, pauses: readonly TimeRange[]): number {
  if (endSeconds - at <= wanted * 1.2) return endSeconds
  const middles = pauses.map(middle).filter((seconds) => seconds > at + wanted / 2 && seconds <= at + wanted)
  return middles.at(-1) ?? at + wanted
}

function phrasesWithin(phrases: readonly Phrase[], from: number, words: number): Phrase[] {
  let count = 0
  const beyond = phrases.findIndex((phrase, n) => n >= from && (count += phrase.words.length) > words)
  return phrases.slice(from, beyond < 0 ? phrases.length : beyond + 1)
}

/** The last phrase of which enough was heard, and where it begins. */
function lastAnchor(window: readonly Phrase[], { words }: Hearing): { phrase: number; startSeconds: number } | undefined {
  for (let n = window.length - 1; n >= 0; n--) {
    const all = (window[n] as Phrase).words
    const heard = all.flatMap(({ index }) => words.get(index) ?? [])
    if (heard.length > 0 && heard.length >= all.length * SHARE_THAT_ANCHORS) return { phrase: n, startSeconds: heard[0]?.startSeconds ?? 0 }
  }
  return undefined
}

function keep(whole: Hearing, { words, more }: Hearing, from: number, to: number): void {
  const inside = ({ startSeconds }: Span): boolean => startSeconds >= from && startSeconds < to
  for (const [index, span] of words) if (inside(span)) whole.words.set(index, span)
  whole.more.push(...more.filter(inside))
}

/** A sentence, or several that follow each other, in which something differs, with all that was heard between its neighbours. */
interface Stretch {
  words: Sayable[]
  range: TimeRange
}

function closelyWhereItDiffers(
  recogniser: Recogniser,
  samples: Float32Array,
  phrases: readonly Phrase[],
  pauses: readonly TimeRange[],
  first: Hearing,
): Hearing {
  const hearing: Hearing = { words: new Map(first.words), more: [...first.more] }
  for (const { words, range } of differing(phrases, first, samples.length / SAMPLE_RATE)) {
    const speech = voiced(range.startSeconds, range.endSeconds, pauses).reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0)
    const before = words.filter(({ index }) => first.words.has(index)).length
    const tooMuch = words.length > MOST_WORDS_CLOSELY || range.endSeconds - range.startSeconds > LONGEST_CLOSE_SECONDS
    const anotherText = before === 0 || (words.length > WORDS_OF_A_SENTENCE && before < words.length * SHARE_OF_ANOTHER_TEXT)
    if (tooMuch || anotherText || speech < SHORTEST_SPEECH_SECONDS) continue
    const grammar = closeGrammar(words, recogniser.phones)
    const segments = recogniser.hear(grammar, part(samples, range.startSeconds, range.endSeconds), true)
    const close = later(assign(segments, [{ words }]), range.startSeconds)
    if (close.words.size < before) continue
    for (const { index } of words) hearing.words.delete(index)
    for (const [index, span] of close.words) hearing.words.set(index, span)
    hearing.more = [...hearing.more.filter((span) => !within(span, range)), ...close.more]
  }
  hearing.more.sort((a, b) => a.startSeconds - b.startSeconds)
  return hearing
}

function differing(phrases: readonly Phrase[], { words, more }: Hearing, endSeconds: number): Stretch[] {
  const stretches: Stretch[] = []
  let open: Sayable[] = []
  let from = 0
  const close = (to: number): void => {
    const range = { startSeconds: from, endSeconds: to }
    const left = open.some(({ index, readings }) => readings.length > 0 && !words.has(index))
    if (open.length > 0 && (left || more.some((span) => within(span, range)))) stretches.push({ words: open, range })
    open = []
  }
  for (const phrase of phrases) {
    const spans = phrase.words.flatMap(({ index }) => words.get(index) ?? [])
    const whole = spans.length === phrase.words.length
    const begins = spans[0]?.startSeconds
    // A phrase that was heard whole ends the stretch before it, and begins the next one: speech may have been put behind it.
    if (whole && begins !== undefined) {
      close(begins)
      from = spans.at(-1)?.endSeconds ?? begins
      continue
    }
    open.push(...phrase.words)
  }
  close(endSeconds)
  return stretches
}

/** A trace of noise fits something too: what was heard where nobody speaks was not said. */
function withoutSilence({ words, more }: Hearing, pauses: readonly TimeRange[]): Hearing {
  const spoken = ({ startSeconds, endSeconds }: Span): boolean => {
    const seconds = voiced(startSeconds, endSeconds, pauses, 0).reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0)
    return seconds > (endSeconds - startSeconds) * SHARE_SPOKEN
  }
  return { words: new Map([...words].filter(([, span]) => spoken(span))), more: more.filter(spoken) }
}

/** A word or two in the midst of other speech fit it by chance: they are a part of it. */
function withoutIslands({ words, more }: Hearing): Hearing {
  const runs: { index: number; span: Span }[][] = []
  const heard = [...words].map(([index, span]) => ({ index, span })).sort((a, b) => a.index - b.index)
  for (const word of heard) {
    const last = runs.at(-1)?.at(-1)
    if (last && last.index === word.index - 1 && word.span.startSeconds - last.span.endSeconds < TOUCHING_SECONDS) runs.at(-1)?.push(word)
    else runs.push([word])
  }
  const islands = runs.filter((run) => {
    const [startSeconds, endSeconds] = [run[0]?.span.startSeconds ?? 0, run.at(-1)?.span.endSeconds ?? 0]
    const before = startSeconds < TOUCHING_SECONDS || more.some((span) => Math.abs(span.endSeconds - startSeconds) < TOUCHING_SECONDS)
    const after = more.some((span) => Math.abs(span.startSeconds - endSeconds) < TOUCHING_SECONDS)
    return before && after && (run.length === 1 || endSeconds - startSeconds < LONGEST_ISLAND_SECONDS)
  })
  const lost = islands.flat()
  return {
    words: new Map(heard.filter((word) => !lost.includes(word)).map(({ index, span }) => [index, span])),
    more: [...more, ...lost.map(({ span }) => span)].sort((a, b) => a.startSeconds - b.startSeconds),
  }
}

const middle = ({ startSeconds, endSeconds }: TimeRange): number => (startSeconds + endSeconds) / 2
const within = (span: TimeRange, range: TimeRange): boolean => middle(span) >= range.startSeconds && middle(span) < range.endSeconds
const part = (samples: Float32Array, from: number, to: number): Float32Array =>
  samples.subarray(Math.round(from * SAMPLE_RATE), Math.round(to * SAMPLE_RATE))

/** The middle of the pause before this moment, if there is one close by. */
function middleOfPause(seconds: number, pauses: readonly TimeRange[]): number {
  const before = pauses.findLast((pause) => pause.startSeconds < seconds && pause.endSeconds > seconds - 0.15)
  return before ? Math.min(seconds, middle(before)) : seconds
}

/** What lies between the pauses of a stretch. */
function voiced(from: number, to: number, pauses: readonly TimeRange[], shortestSeconds = SHORTEST_SPEECH_SECONDS): Span[] {
  const spans: Span[] = []
  let at = from
  for (const pause of [...pauses, { startSeconds: to, endSeconds: to }]) {
    const end = Math.min(pause.startSeconds, to)
    if (end > at && end - at >= shortestSeconds) spans.push({ startSeconds: at, endSeconds: end, distance: 0 })
    at = Math.max(at, pause.endSeconds)
    if (at >= to) break
  }
  return spans
}
