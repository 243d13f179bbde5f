import type { TimeRange } from '../../../domain/verdict.ts'
import { type WrittenWord, writtenWords } from '../../../domain/words/script.ts'
import type { TimedWord, Transcript } from '../../../ports/transcriber.ts'

/** A word as the transcriber wrote it, and when it is heard. */
export interface HeardWord extends WrittenWord {
  range: TimeRange
}

/**
 * The words of a transcript. What the transcriber does not time is spread by its letters over the time in which somebody speaks:
 * within each of its passages, or over the whole, which is right to about a second.
 */
export function heardWords(transcript: Transcript, speech: readonly TimeRange[], durationSeconds: number, language: string): HeardWord[] {
  const timed = timedWordsOf(transcript, speech, durationSeconds)
  // Put together again, so that `$3.5 million` and `3:30 p.m.` are read as they would be in a text.
  let whole = ''
  const places = timed.map((word) => {
    const from = whole === '' || isUnspaced(whole, word.text) ? whole.length : whole.length + 1
    whole = whole.padEnd(from) + word.text
    return { ...word, from, to: whole.length }
  })
  let at = 0
  return writtenWords(whole, language).map((word) => {
    while (at < places.length - 1 && (places[at]?.to ?? 0) <= word.from) at += 1
    let last = at
    while (last < places.length - 1 && (places[last]?.to ?? 0) < word.to) last += 1
    return { ...word, range: { startSeconds: places[at]?.startSeconds ?? 0, endSeconds: places[last]?.endSeconds ?? 0 } }
  })
}

/** Chinese and the like: a space between would not matter, but no transcript has it. */
const isUnspaced = (before: string, after: string): boolean =>
  /[\u0e00-\u0e7f\u3040-\u9fff]$/.test(before) && /^[\u0e00-\u0e7f\u3040-\u9fff]/.test(after)

function timedWordsOf({ text, words, passages }: Transcript, speech: readonly TimeRange[], durationSeconds: number): TimedWord[] {
  // Some count in other units than seconds.
  const inside = (timed: readonly TimedWord[]): boolean => timed.every(({ endSeconds }) => endSeconds <= durationSeconds + 1)
  if (words && inside(words)) return words
  if (passages && inside(passages)) return passages.flatMap((passage) => spread(passage.text, [passage]))
  return spread(text, speech)
}

function spread(text: string, speech: readonly TimeRange[]): TimedWord[] {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const letters = words.reduce((sum, word) => sum + word.length, 0)
  const seconds = speech.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0)
  let said = 0
  return words.map((word) => {
    const startSeconds = timeAfter((said / letters) * seconds, speech)
    said += word.length
    return { text: word, startSeconds, endSeconds: timeAfter((said / letters) * seconds, speech) }
  })
}

/** When somebody has spoken for so long. */
function timeAfter(seconds: number, speech: readonly TimeRange[]): number {
  let left = seconds
  for (const { startSeconds, endSeconds } of speech) {
    if (left <= endSeconds - startSeconds) return startSeconds + left
    left -= endSeconds - startSeconds
  }
  return speech.at(-1)?.endSeconds ?? 0
}
