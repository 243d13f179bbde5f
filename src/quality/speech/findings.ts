import type { speechChecks } from '../../domain/checks/speech.ts'
import type { TimeRange } from '../../domain/verdict.ts'
import type { ScriptReading } from '../../domain/words/reading.ts'
import type { ScriptWord } from '../../domain/words/script.ts'
import { seconds } from '../finding.ts'
import { additions, type Doubtful, isHeard, missingSentences, runsOf } from './differences.ts'

/** What is held against each other. `script` and `reading.words` are of one length. */
export interface Compared {
  script: readonly ScriptWord[]
  reading: ScriptReading
  /** BCP 47, of the script. */
  language: string
  /** The threshold of the check that asks. */
  limit: number
}

export interface SpeechFault {
  value: number
  range?: TimeRange
  /** A sentence with the figures. */
  detail: string
  /** The words of the script it concerns, by their index. */
  words: number[]
}

/** What one check says. `value` takes every doubtful word for heard, `most` for not heard; `null`: it could not be measured. */
export interface SpeechFinding {
  value: number | null
  most: number | null
  /** What is beyond the limit, place by place. */
  faults: SpeechFault[]
  /** About the whole, with the figures. */
  detail: string
}

/** With half of its words heard, it is the language of the script. */
const SHARE_OF_A_LANGUAGE = 0.5

/** The checks of speech: the definition of each is in its row in `domain/checks/speech.ts`. */
export const speechFindings: Record<keyof typeof speechChecks, (compared: Compared) => SpeechFinding> = {
  words({ script, reading, limit }) {
    const added = additions(reading).reduce((sum, { words }) => sum + Math.floor(words), 0)
    const wrong = (doubtful: Doubtful) => reading.words.flatMap((word, n) => (isHeard(word, doubtful) ? [] : [n]))
    const rate = (doubtful: Doubtful) => (wrong(doubtful).length + added) / script.length
    const value = rate('heard')
    const percent = `${(100 * value).toFixed(1)} %; the limit is ${(100 * limit).toFixed(0)} %`
    const detail = `${wrong('heard').length} of ${script.length} words were left out or replaced and ${added} added: ${percent}.`
    return { value, most: rate('not heard'), faults: value > limit ? [{ value, detail, words: wrong('heard') }] : [], detail }
  },

  divergence({ script, reading, limit }) {
    const longest = (doubtful: Doubtful) => Math.max(0, ...runsOf(reading, doubtful).map(({ from, to }) => to - from))
    const faults = runsOf(reading, 'heard')
      .filter(({ from, to }) => to - from > limit)
      .map(({ from, to, range }): SpeechFault => {
        const instead = reading.words.slice(from, to).flatMap((word) => word.as ?? [])
        const heard = instead.length === 0 ? '' : ` What was said is "${instead.join(' ')}".`
        const detail = `${to - from} words in a row were not said as written at ${seconds(range.startSeconds)}: "${quoted(script, from, to)}".${heard}`
        return { value: to - from, range, detail, words: indexesFrom(from, to) }
      })
    const value = longest('heard')
    return {
      value,
      most: longest('not heard'),
      faults,
      detail: `At most ${value} in a row of ${script.length} words differ; the limit is ${limit}.`,
    }
  },

  missing_sentence({ script, reading }) {
    const missing = missingSentences(script, reading, 'heard')
    const faults = missing.map(({ sentence, range }): SpeechFault => {
      const words = [...script.keys()].filter((n) => script[n]?.sentence === sentence)
      const detail = `Sentence ${sentence + 1} was not heard at ${seconds(range.startSeconds)}: "${quoted(script, words[0] ?? 0, (words.at(-1) ?? 0) + 1)}".`
      return { value: missing.length, range, detail, words }
    })
    const count = new Set(script.map(({ sentence }) => sentence)).size
    const detail = `${missing.length} of ${count} sentences were not heard.`
    return { value: missing.length, most: missingSentences(script, reading, 'not heard').length, faults, detail }
  },

  added_words({ reading, limit }) {
    const places = additions(reading)
    const faults = places
      .filter(({ words }) => words > limit)
      .map(({ words, range, text }): SpeechFault => {
        const what = text === null ? `About ${Math.round(words)} words` : `${words} words`
        const said = text === null ? '' : `: "${text}"`
        const detail = `${what} that are not in the script were said from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}${said}.`
        return { value: words, range, detail, words: [wordBefore(reading, range.startSeconds)] }
      })
    const value = Math.max(0, ...places.map(({ words }) => words))
    return {
      value,
      most: value,
      faults,
      detail: `At most ${value.toFixed(1)} words in one place are not in the script; the limit is ${limit}.`,
    }
  },

  language({ reading, language }) {
    const share = reading.words.filter((word) => word.heard === 'yes').length / reading.words.length
    if (share >= SHARE_OF_A_LANGUAGE)
      return { value: 0, most: 0, faults: [], detail: `It is ${language}: ${(100 * share).toFixed(0)} % of the words were heard.` }
    if (reading.language === null) return { value: null, most: null, faults: [], detail: `Which language was spoken could not be told.` }
    const value = primary(reading.language) === primary(language) ? 0 : 1
    const detail = `It sounds like ${reading.language}; the script is in ${language}.`
    return { value, most: value, faults: value === 0 ? [] : [{ value, detail, words: [...reading.words.keys()] }], detail }
  },
}

function quoted(script: readonly ScriptWord[], from: number, to: number): string {
  const words = script.slice(from, to).map(({ text }) => text)
  return words.length > 12 ? `${words.slice(0, 12).join(' ')}…` : words.join(' ')
}

/** The last word that was heard before this moment; the first of all, if none was. */
function wordBefore({ words }: ScriptReading, startSeconds: number): number {
  return Math.max(
    0,
    words.findLastIndex(({ heard, range }) => heard !== 'no' && range.endSeconds <= startSeconds + 0.05),
  )
}

const indexesFrom = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)
const primary = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? ''
