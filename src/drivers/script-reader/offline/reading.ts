import type { TimeRange } from '../../../domain/verdict.ts'
import type { ReadWord, ScriptReading } from '../../../domain/words/reading.ts'
import type { ScriptWord } from '../../../domain/words/script.ts'
import type { Hearing, Span } from './assign.ts'

/**
 * Distances, in nats per 10 ms (see `Segment`). Words rightly spoken by the built-in voices are at 3.3 on average, 99 of 100
 * below 7; words put over other speech mostly above 6.
 */
const UNSURE = 7.5
const WRONG = 11
/** The beginning of a word costs as much, whatever is heard: it weighs more on short words. */
const NATS_OF_A_WORD = 15
/** Of a whole recording. Above it the voice, or what is under it, is not what the model was made of. */
const POOR_FIT = 5
/** Shorter speech may be a breath or a click. */
const SHORTEST_MORE_SECONDS = 0.25
/** How long a letter takes, at most, when it is spoken slowly. */
const SECONDS_PER_LETTER = 0.1

/** @param unheardOf words of which it is not known how they sound */
export function readingOf(
  words: readonly ScriptWord[],
  hearing: Hearing,
  unheardOf: ReadonlySet<number>,
  recording: { durationSeconds: number; pauses: TimeRange[] },
): ScriptReading {
  const read: ReadWord[] = []
  let more = hearing.more
  for (let n = 0; n < words.length; ) {
    const heard = hearing.words.get(n)
    if (heard) {
      read.push({ text: textOf(words[n]), heard: judged(heard), range: rangeOf(heard) })
      n += 1
      continue
    }
    // What was not heard in one go was left out, or something else was said in its place.
    let end = n + 1
    while (end < words.length && !hearing.words.has(end)) end += 1
    const gap = {
      startSeconds: hearing.words.get(n - 1)?.endSeconds ?? 0,
      endSeconds: hearing.words.get(end)?.startSeconds ?? recording.durationSeconds,
    }
    const missed = words.slice(n, end)
    const { instead, left } = partedAt(more, gap, longestSeconds(missed))
    missed.forEach((word, k) => {
      const state = unheardOf.has(n + k) ? 'unknown' : instead ? 'otherwise' : 'no'
      read.push({ text: textOf(word), heard: state, range: instead ? partOf(instead, k, missed.length) : pointIn(gap) })
    })
    more = left
    n = end
  }
  return {
    reader: 'offline',
    words: read,
    extra: more
      .filter((span) => span.endSeconds - span.startSeconds >= SHORTEST_MORE_SECONDS)
      .map((span) => ({ range: rangeOf(span), text: null })),
    pauses: recording.pauses,
    language: null,
    doubt: read.every(({ heard }) => heard === 'yes') ? null : doubtOf(hearing),
  }
}

function judged({ startSeconds, endSeconds, distance }: Span): ReadWord['heard'] {
  const own = distance - NATS_OF_A_WORD / (100 * (endSeconds - startSeconds))
  return own > WRONG ? 'otherwise' : own > UNSURE ? 'unknown' : 'yes'
}

function doubtOf({ words, more }: Hearing): string | null {
  const spans = [...words.values(), ...more]
  const seconds = spans.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0)
  const fit = spans.reduce((sum, span) => sum + span.distance * (span.endSeconds - span.startSeconds), 0) / Math.max(seconds, 0.01)
  if (fit <= POOR_FIT) return null
  return `The voice, or what is heard under it, is not what the offline recogniser knows: sounds are ${fit.toFixed(1)} nats from the nearest it has, and ${POOR_FIT} are the limit.`
}

/**
 * Other speech in a gap: the part of it that may stand for the words that are missing there, and all that is left over.
 * @param mostSeconds that those words would take
 */
function partedAt(more: readonly Span[], gap: TimeRange, mostSeconds: number): { instead: TimeRange | null; left: Span[] } {
  let instead: TimeRange | null = null
  let rest = mostSeconds
  const left = more.flatMap((span) => {
    const middle = (span.startSeconds + span.endSeconds) / 2
    if (middle < gap.startSeconds || middle > gap.endSeconds || rest <= 0) return [span]
    const endSeconds = Math.min(span.endSeconds, span.startSeconds + rest)
    rest -= endSeconds - span.startSeconds
    instead = { startSeconds: instead?.startSeconds ?? span.startSeconds, endSeconds }
    return endSeconds < span.endSeconds ? [{ ...span, startSeconds: endSeconds }] : []
  })
  return { instead, left }
}

const longestSeconds = (words: readonly ScriptWord[]): number =>
  SECONDS_PER_LETTER * words.reduce((letters, { readings }) => letters + (readings[0]?.join('').length ?? 0), 0)

const textOf = (word: ScriptWord | undefined): string => word?.text ?? ''
const rangeOf = ({ startSeconds, endSeconds }: Span): TimeRange => ({ startSeconds, endSeconds })

function pointIn({ startSeconds, endSeconds }: TimeRange): TimeRange {
  const middle = (startSeconds + endSeconds) / 2
  return { startSeconds: middle, endSeconds: middle }
}

/** The `n`th of `count` equal parts. */
function partOf({ startSeconds, endSeconds }: TimeRange, n: number, count: number): TimeRange {
  const step = (endSeconds - startSeconds) / count
  return { startSeconds: startSeconds + n * step, endSeconds: startSeconds + (n + 1) * step }
}
