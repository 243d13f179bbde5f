import { foldLetters } from '../../../../domain/words/letters.ts'
import { writtenWords } from '../../../../domain/words/script.ts'

/**
 * Text as flite can speak it: plain ASCII, every word written out as the script check expects to hear it, and of the
 * punctuation what makes a pause.
 */
export function sayable(text: string): string {
  const folded = text.normalize('NFC')
  let spoken = ''
  let at = 0
  for (const { from, to, readings } of writtenWords(folded, 'en')) {
    spoken += pauses(folded.slice(at, from)) + (readings[0] ?? []).map(withoutFullStop).join(' ')
    at = to
  }
  // Only at the end is a full stop one: elsewhere it belongs to a short form, and flite would begin a new sentence.
  const end = folded.slice(at).replace(/…/g, '...')
  return foldLetters(spoken + end.replace(/[^.,;:?!]/g, ''))
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ([,.;:?!])/g, '$1')
    .trim()
}

/** Letters of scripts the voice does not know, by the word they stand in, in order, each once. Empty: it can be spoken. */
export function unspeakableWords(text: string): string[] {
  const words = text.normalize('NFC').match(/[\p{L}\p{M}\p{N}'’]+/gu) ?? []
  const foreign = words.filter((word) =>
    /\p{L}/u.test(
      foldLetters(word)
        .replace(/[A-Za-z]/g, '')
        .replace(/[µμπΩ]/g, ''),
    ),
  )
  return [...new Set(foreign)]
}

/** Whether anything at all would be heard. */
export function hasWords(text: string): boolean {
  return /[A-Za-z0-9]/.test(sayable(text))
}

/** What stands between two words, as the pause it makes. */
function pauses(between: string): string {
  const mark = /[;:?!]/.exec(between)?.[0] ?? (/[,()[\]—–…•·▪‣]|\s-\s|\.\.\./.test(between) ? ',' : '')
  return `${mark} `
}

/** The names of the letters, as flite reads them rightly: `u. s.` would end a sentence. */
const letterNames: Record<string, string> = {
  a: 'ay',
  b: 'bee',
  c: 'see',
  d: 'dee',
  e: 'ee',
  f: 'eff',
  g: 'gee',
  h: 'aitch',
  i: 'eye',
  j: 'jay',
  k: 'kay',
  l: 'el',
  m: 'em',
  n: 'en',
  o: 'oh',
  p: 'pee',
  q: 'cue',
  r: 'ar',
  s: 'ess',
  t: 'tee',
  u: 'you',
  v: 'vee',
  w: 'double you',
  x: 'ex',
  y: 'why',
  z: 'zee',
}

function withoutFullStop(word: string): string {
  const [, letter = '', rest = ''] = /^([a-z])\.('s)?$/.exec(word) ?? []
  return letter === '' ? word : (letterNames[letter] as string) + (rest && 'z')
}
