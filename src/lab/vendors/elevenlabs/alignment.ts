import type { WordTime } from '../../media/maker.ts'

export interface Alignment {
  characters: string[]
  character_start_times_seconds: number[]
  character_end_times_seconds: number[]
}

/** When each character of a text is heard. What was not spoken takes no time where it would have been. */
export function alignmentOf(text: string, words: readonly WordTime[]): Alignment {
  const alignment: Alignment = { characters: [], character_start_times_seconds: [], character_end_times_seconds: [] }
  const add = (characters: string, startSeconds: number, endSeconds: number) => {
    const letters = [...characters]
    const each = (endSeconds - startSeconds) / Math.max(1, letters.length)
    letters.forEach((letter, n) => {
      alignment.characters.push(letter)
      alignment.character_start_times_seconds.push(rounded(startSeconds + n * each))
      alignment.character_end_times_seconds.push(rounded(startSeconds + (n + 1) * each))
    })
  }
  let at = 0
  let now = 0
  for (const { text: word, startSeconds, endSeconds } of words) {
    const found = text.indexOf(word, at)
    if (found < 0) continue
    add(text.slice(at, found), now, startSeconds)
    add(word, startSeconds, endSeconds)
    at = found + word.length
    now = endSeconds
  }
  add(text.slice(at), now, now)
  return alignment
}

/** The characters that begin within `fromSeconds` and `untilSeconds`. */
export function partOf(alignment: Alignment, fromSeconds: number, untilSeconds: number): Alignment | null {
  const chosen = alignment.character_start_times_seconds.flatMap((start, n) => (start >= fromSeconds && start < untilSeconds ? [n] : []))
  if (chosen.length === 0) return null
  const pick = <T>(list: T[]) => chosen.map((n) => list[n] as T)
  return {
    characters: pick(alignment.characters),
    character_start_times_seconds: pick(alignment.character_start_times_seconds),
    character_end_times_seconds: pick(alignment.character_end_times_seconds),
  }
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000
