import type { TimeRange } from '../../../domain/verdict.ts'
import { middleOf } from '../pauses.ts'
import { partOf, SAMPLE_RATE } from '../sound.ts'
import { assign, type Hearing, later, type Span } from './assign.ts'
import { closeGrammar, type Phrase, wholeGrammar } from './grammar.ts'
import type { Listening } from './listen.ts'

/** A long recording is heard piece by piece: the recogniser remembers every path through all of what it hears at once. */
const PIECE_SECONDS = 25
const LONGEST_PIECE_SECONDS = 60
/** What is left behind a piece, if it is less than this share of one, is heard with it. */
const SHARE_OF_A_PIECE = 0.2
/** Nobody says more words in a second, so that a piece cannot reach further into the script. */
const WORDS_PER_SECOND = 4
/** Less of a phrase may be chance. */
const SHARE_THAT_ANCHORS = 0.5
/** How far before a word its pause may end. */
const NEAR_SECONDS = 0.15

/** The phrases in their order, whatever was left out of them or said between them. */
export function alongTheScript({ recogniser, samples, phrases, pauses }: Listening): Hearing {
  const whole: Hearing = { words: new Map(), more: [] }
  const endSeconds = samples.length / SAMPLE_RATE
  let at = 0
  let next = 0
  let wanted = PIECE_SECONDS
  while (at < endSeconds) {
    const cut = pieceEnd(at, wanted, endSeconds, pauses)
    const window = phrasesWithin(phrases, next, (cut - at) * WORDS_PER_SECOND)
    const grammar = window.length === 0 ? closeGrammar([], recogniser.phones) : wholeGrammar(window, recogniser.phones)
    const heard = later(assign(recogniser.hear(grammar, partOf(samples, at, cut)), window), at)
    const anchor = lastAnchor(window, heard)
    if (cut === endSeconds) keep(whole, heard, at, cut)
    else if (anchor === undefined)
      // Nothing of the script is in this piece: whatever is said there is more.
      keep(whole, { words: new Map(), more: heard.more }, at, cut)
    else if (anchor.phrase === 0 && wanted < LONGEST_PIECE_SECONDS) {
      // One phrase fills the piece and may go on behind it.
      wanted = LONGEST_PIECE_SECONDS
      continue
    } else if (anchor.phrase > 0) {
      // The last phrase may go on behind the cut: it begins the next piece.
      const end = pauseBefore(anchor.startSeconds, pauses)
      keep(whole, heard, at, end)
      next += anchor.phrase
      at = end
      wanted = PIECE_SECONDS
      continue
    } else {
      keep(whole, heard, at, cut)
      next += 1
    }
    at = cut
    wanted = PIECE_SECONDS
  }
  return whole
}

/** The last pause in the second half of what is wanted; the whole of it, where there is none. */
function pieceEnd(at: number, wanted: number, endSeconds: number, pauses: readonly TimeRange[]): number {
  if (endSeconds - at <= wanted * (1 + SHARE_OF_A_PIECE)) return endSeconds
  const middles = pauses.map(middleOf).filter((seconds) => seconds > at + wanted / 2 && seconds <= at + wanted)
  return middles.at(-1) ?? at + wanted
}

function phrasesWithin(phrases: readonly Phrase[], from: number, words: number): Phrase[] {
  let count = 0
  let to = from
  while (to < phrases.length && count <= words) {
    count += phrases[to]?.words.length ?? 0
    to += 1
  }
  return phrases.slice(from, to)
}

/** The last phrase of which enough was heard, and where it begins. */
function lastAnchor(window: readonly Phrase[], { words }: Hearing): { phrase: number; startSeconds: number } | undefined {
  const heard = window.map((phrase) => phrase.words.flatMap(({ index }) => words.get(index) ?? []))
  const phrase = heard.findLastIndex((spans, n) => spans.length > 0 && spans.length >= (window[n]?.words.length ?? 0) * SHARE_THAT_ANCHORS)
  return phrase < 0 ? undefined : { phrase, startSeconds: heard[phrase]?.[0]?.startSeconds ?? 0 }
}

function keep(whole: Hearing, { words, more }: Hearing, from: number, to: number): void {
  const inside = ({ startSeconds }: Span): boolean => startSeconds >= from && startSeconds < to
  for (const [index, span] of words) if (inside(span)) whole.words.set(index, span)
  whole.more.push(...more.filter(inside))
}

function pauseBefore(seconds: number, pauses: readonly TimeRange[]): number {
  const pause = pauses.findLast(({ startSeconds, endSeconds }) => startSeconds < seconds && endSeconds > seconds - NEAR_SECONDS)
  return pause ? Math.min(seconds, middleOf(pause)) : seconds
}
