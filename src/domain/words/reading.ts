import type { TimeRange } from '../verdict.ts'

/** A word of the script, in its order, and what became of it. Times are seconds from the start of the recording. */
export interface ReadWord {
  /** As written in the script. */
  text: string
  /** `yes`: it was heard; `no`: it was left out; `otherwise`: something else was said in its place; `unknown`: the reader cannot tell. */
  heard: 'yes' | 'no' | 'otherwise' | 'unknown'
  /** When; where it should have been, without length, for one that was left out. */
  range: TimeRange
  /** What was said in its place, where that is known. */
  as?: string
}

/** What was heard of a script. Plain JSON: it is kept beside the recording, so that nobody has to listen, and pay, twice. */
export interface ScriptReading {
  /** Who listened, e.g. `offline`. */
  reader: string
  /** One for each of `scriptWords(script, language)`, in their order. */
  words: ReadWord[]
  /** Speech that belongs to no word of the script. `text` is `null` where it is only known that somebody speaks. */
  extra: { range: TimeRange; text: string | null }[]
  /** Where nobody speaks, as far as the sound shows: where it can be cut. In order. */
  pauses: TimeRange[]
  /** BCP 47, as it was heard; `null`: the reader cannot tell. */
  language: string | null
  /** Why this reading is not to be relied on, in a sentence; `null`: it is. */
  doubt: string | null
}

/** A reading as it was kept. `null` when it is none, or not of this shape any more: listen again. */
export function keptReading(value: unknown): ScriptReading | null {
  if (typeof value !== 'object' || value === null) return null
  const { reader, words, extra, pauses, language, doubt } = value as Partial<ScriptReading>
  const whole =
    typeof reader === 'string' &&
    Array.isArray(words) &&
    words.every(isReadWord) &&
    Array.isArray(extra) &&
    extra.every((said) => isRange(said?.range) && (said.text === null || typeof said.text === 'string')) &&
    Array.isArray(pauses) &&
    pauses.every(isRange) &&
    (language === null || typeof language === 'string') &&
    (doubt === null || typeof doubt === 'string')
  return whole ? { reader, words, extra, pauses, language, doubt } : null
}

function isReadWord(value: Partial<ReadWord> | null): value is ReadWord {
  return (
    typeof value?.text === 'string' &&
    ['yes', 'no', 'otherwise', 'unknown'].includes(value.heard ?? '') &&
    isRange(value.range) &&
    (value.as === undefined || typeof value.as === 'string')
  )
}

function isRange(value: Partial<TimeRange> | null | undefined): value is TimeRange {
  return Number.isFinite(value?.startSeconds) && Number.isFinite(value?.endSeconds)
}
