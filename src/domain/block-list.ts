/** A tenant's own words and phrases that shall not be asked for, seen or heard. */
export interface BlockList {
  /** As they were written. `*` at the beginning or end of a word stands for any letters and digits, or none. */
  entries: string[]
  /** `null`: there never was one. */
  updatedAt: Date | null
}

export const MAX_BLOCK_LIST_ENTRIES = 2_000
/** In characters. */
const MAX_BLOCK_LIST_ENTRY_LENGTH = 100

/** Marks belong to a word: many scripts write vowels with them. */
const WORD = String.raw`[\p{L}\p{M}\p{N}]`
const WORDS = new RegExp(`${WORD}+`, 'gu')
const PATTERNS = new RegExp(String.raw`(?:(?<!${WORD})\*)?${WORD}+(?:\*(?!${WORD}))?`, 'gu')

/**
 * Text as it is compared: without case, without the diacritics of Latin, Greek and Cyrillic letters (U+0300 to U+036F once a letter
 * is taken apart), without characters that are not seen (Unicode's category Cf), and full-width forms as plain ones.
 */
const comparable = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]|\p{Cf}/gu, '')
    .toLowerCase()

/** The words of a text, as they are compared. */
export const comparableWords = (text: string): string[] => comparable(text).match(WORDS) ?? []

/** The words of an entry, as they are compared, with their `*`. */
export const comparablePatterns = (entry: string): string[] => comparable(entry).match(PATTERNS) ?? []

/** What is wrong with an entry, as a sentence; `null`: nothing. */
export function faultOfEntry(entry: string): string | null {
  if (entry.length > MAX_BLOCK_LIST_ENTRY_LENGTH) return `Must be at most ${MAX_BLOCK_LIST_ENTRY_LENGTH} characters long.`
  if (comparablePatterns(entry).length === 0) return 'Has no letter or digit.'
  if (comparable(entry).replaceAll(PATTERNS, '').includes('*')) return 'Has a `*` that is not at the beginning or end of a word.'
  return null
}
