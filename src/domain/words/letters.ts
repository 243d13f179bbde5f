const ligatures: Record<string, string> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'Ae',
  œ: 'oe',
  Œ: 'Oe',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  ħ: 'h',
  Ħ: 'H',
  ŋ: 'ng',
}

/** `Zürich` becomes `Zurich`. Letters of other scripts stay. */
export function foldLetters(text: string): string {
  return text
    .replace(/[ßẞæÆœŒøØłŁđĐðÐþÞıħĦŋ]/g, (letter) => ligatures[letter] as string)
    .normalize('NFKD')
    .replace(/(?<=[A-Za-z])\p{M}+/gu, '')
    .normalize('NFC')
}

/** A word as it sounds, for all that it is written otherwise: case, accents, apostrophes and full stops do not count. */
export function foldWord(word: string): string {
  return foldLetters(word)
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '')
}
