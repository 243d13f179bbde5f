import type { TimeRange } from '../../domain/verdict.ts'
import type { ReadWord, ScriptReading } from '../../domain/words/reading.ts'
import type { ScriptWord } from '../../domain/words/script.ts'

/** Words of the script, one after the other, that were left out or replaced. */
export interface Run {
  /** Of the script's words: the first, and the one after the last. */
  from: number
  to: number
  range: TimeRange
}

/** How quickly somebody speaks whose words are not known: 150 words a minute. */
const WORDS_PER_SECOND = 2.5
/** At most this share of a missing sentence's words was heard. */
const SHARE_HEARD_OF_A_MISSING = 0.4
/** A sentence of one word is too little to say that it is missing: a single word is easily not recognised. */
const FEWEST_WORDS_TO_BE_MISSING = 2

/** Which words count as not heard: the doubtful ones too, or not. */
export type Doubtful = 'heard' | 'not heard'

export function isHeard({ heard }: ReadWord, doubtful: Doubtful): boolean {
  return heard === 'yes' || (heard === 'unknown' && doubtful === 'heard')
}

export function runsOf({ words }: ScriptReading, doubtful: Doubtful): Run[] {
  const runs: Run[] = []
  for (const [n, word] of words.entries()) {
    if (isHeard(word, doubtful)) continue
    const last = runs.at(-1)
    if (last?.to === n) runs.splice(-1, 1, { from: last.from, to: n + 1, range: around(last.range, word.range) })
    else runs.push({ from: n, to: n + 1, range: word.range })
  }
  return runs
}

/** Sentences that are not there, by their index, each with the place where it should be. */
export function missingSentences(
  script: readonly ScriptWord[],
  { words }: ScriptReading,
  doubtful: Doubtful,
): { sentence: number; range: TimeRange }[] {
  return [...Map.groupBy(script.keys(), (n) => (script[n] as ScriptWord).sentence)].flatMap(([sentence, indexes]) => {
    const read = indexes.flatMap((n) => words[n] ?? [])
    const heard = read.filter((word) => isHeard(word, doubtful)).length
    if (read.length < FEWEST_WORDS_TO_BE_MISSING || heard > read.length * SHARE_HEARD_OF_A_MISSING) return []
    return [{ sentence, range: read.map(({ range }) => range).reduce(around) }]
  })
}

/** How many words were said in one place that are not in the script, by place. */
export function additions({ extra }: ScriptReading): { words: number; range: TimeRange; text: string | null }[] {
  return extra.map(({ range, text }) => ({
    words: text === null ? secondsOf(range) * WORDS_PER_SECOND : text.split(/\s+/).length,
    range,
    text,
  }))
}

export function around(one: TimeRange, other: TimeRange): TimeRange {
  return {
    startSeconds: Math.min(one.startSeconds, other.startSeconds),
    endSeconds: Math.max(one.endSeconds, other.endSeconds),
  }
}

const secondsOf = ({ startSeconds, endSeconds }: TimeRange): number => endSeconds - startSeconds
