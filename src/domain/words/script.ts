import { englishReadings } from './english.ts'
import { sentencesOf } from './sentences.ts'

/** A word as it is written, its place, and how it can be said. */
export interface WrittenWord {
  /** Without the punctuation around it, e.g. `$3.5 million`. */
  text: string
  /** Where it stands in the text it is from: the first character, and the one after the last. */
  from: number
  to: number
  /** The ways to say it, the likeliest first, each as comparable words. At least one, none of them empty. */
  readings: string[][]
}

/** A word of a script. */
export interface ScriptWord extends WrittenWord {
  /** Of the script, from 0, as `sentencesOf` cuts it; `from` and `to` are places in it. */
  sentence: number
}

/**
 * The words of a script that are heard when it is spoken, in their order. What is only seen - dashes, emoji - is none.
 * @param language BCP 47. In English figures, money, units and short forms are written out in all the ways they are said; in
 * other languages a number is its digits.
 */
export function scriptWords(script: string, language: string): ScriptWord[] {
  return sentencesOf(script).flatMap((text, sentence) => writtenWords(text, language).map((word) => ({ ...word, sentence })))
}

/** The words of one sentence, likewise. */
export function writtenWords(text: string, language: string): WrittenWord[] {
  const pieces = piecesOf(text)
  const english = /^en\b/i.test(language)
  return pieces.flatMap(({ text: word, from, to }, n) => {
    const around = { before: pieces[n - 1]?.text ?? '', after: pieces[n + 1]?.text ?? '', stop: text[to] === '.' }
    const readings = english ? englishReadings(word, around) : plainReadings(word, language)
    return readings.length === 0 ? [] : [{ text: word, from, to, readings }]
  })
}

interface Piece {
  text: string
  from: number
  to: number
}

/** Scripts that are written without spaces: each letter is compared by itself. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*/gu
const OPENING = /^(?:["“”„‘’‚«»‹›([{<¿¡*_~|•·…–—]|'(?!\d\d(?:s|$))|[-.](?!\d))+/u
const CLOSING = /(?:["“”‘’'«»‹›)\]}>.,;:!?…*_~|–—-])+$/u

/** Runs without spaces, freed from the punctuation around them; amounts written in several runs are one. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  for (const { 0: run, index } of text.matchAll(/(?:\d{1,3}(?: \d{3})+(?!\d)|[^\s—…]|(?<=\d)[\u00a0\u2009\u202f](?=\d))+/g)) {
    const start = index + (OPENING.exec(run)?.[0].length ?? 0)
    const word = text.slice(start, index + run.length).replace(CLOSING, '')
    if (word === '') continue
    const letters = /[\u0e00-\u{10ffff}]/u.test(word) ? [...word.matchAll(UNSPACED)] : []
    if (letters.length > 0)
      pieces.push(...apart(word, letters).map(({ from, to, ...rest }) => ({ ...rest, from: start + from, to: start + to })))
    else pieces.push({ text: word, from: start, to: start + word.length })
  }
  return amountsTogether(text, pieces)
}

/** `$3.5 million` is one: it is said as three point five million dollars. */
function amountsTogether(text: string, pieces: Piece[]): Piece[] {
  const together: Piece[] = []
  for (const piece of pieces) {
    const last = together.at(-1)
    const isAmount = last && /^[$€£¥₹]\d[\d.,]*(?:[-–]\d[\d.,]*)?$/.test(last.text)
    if (isAmount && /^(?:thousand|million|billion|trillion|bn|mn|tn)$/.test(piece.text))
      together.splice(-1, 1, { text: text.slice(last.from, piece.to), from: last.from, to: piece.to })
    else together.push(piece)
  }
  return together
}

/** The letters by themselves, and what of another script stands between them. */
function apart(word: string, letters: RegExpExecArray[]): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  const rest = (to: number): void => {
    if (/[\p{L}\p{N}]/u.test(word.slice(at, to))) pieces.push({ text: word.slice(at, to), from: at, to })
  }
  for (const { 0: letter, index } of letters) {
    rest(index)
    at = index + letter.length
    pieces.push({ text: letter, from: index, to: at })
  }
  rest(word.length)
  return pieces
}

/** `l'eau`, `dell'acqua`, not `aujourd'hui`. */
const ELISION = /^((?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|dell?|nell?|sull?|all?|dall?|quell?|bell?))['’](?=\p{L})/iu

/** Without knowing the language: lower case, digits without what groups them, no punctuation. */
function plainReadings(word: string, language: string): string[][] {
  const number = /^[^\p{L}\p{N}]*(\d{1,3}(?:[.,'’\s]\d{3})+|\d+)(?:[.,](\d+))?[^\p{L}\p{N}]*$/u.exec(word)
  if (number) {
    const [, whole = '', after] = number
    return [[whole.replace(/\D/g, '') + (after === undefined ? '' : `.${after}`)]]
  }
  const elided = /^(?:fr|it|ca)\b/i.test(language) ? word.replace(ELISION, "$1' ") : word
  const parts = elided
    .replaceAll('’', "'")
    .toLowerCase()
    .normalize('NFC')
    .split(/[^\p{L}\p{M}\p{N}'-]+/u)
    .map((part) => part.replace(/^[-']+|-+$/g, ''))
    .filter((part) => /[\p{L}\p{N}]/u.test(part))
  return parts.length === 0 ? [] : [parts]
}
