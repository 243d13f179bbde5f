/** A word as a recogniser is told of it: the ways it can be said, in words of its dictionary. None: it cannot say how it sounds. */
export interface Sayable {
  /** Of the script's words. */
  index: number
  readings: string[][]
}

/** Words that are said in one go: a sentence, or a part of a long one. */
export interface Phrase {
  words: Sayable[]
}

/** The short silence between phrases; by counting it, it is known which phrase a word belongs to. */
export const PAUSE = '_pause_'
/** A sound that belongs to no word. */
export const phoneToken = (phone: string): string => `_${phone.toLowerCase()}_`
export const isPhone = (token: string): boolean => token.startsWith('_') && token !== PAUSE

/*
 * What it costs, in nats, to say something else than the script. A wrong word fits a sound worse by 3 to 10 nats every 10 ms,
 * so that half a second of other speech outweighs any of them; a voice the model does not know well is worse by 1 or 2. Found
 * by trial on right and wrong readings in six voices (bench/quality/speech.ts).
 */
const LEAVE_OUT_WORD = 9
const LEAVE_OUT_PHRASE = 8
/** To begin speech that is not in the script, and each of its sounds. */
const SAY_MORE = 20
const MORE_OF_IT = 10
/** What the grammar takes for each of them, in nats: the recogniser counts it as a part of how badly the sound fits. */
export const COST_OF_A_SOUND = MORE_OF_IT + Math.log(40)
/** A word of which it is not known how it sounds is any speech. */
const UNHEARD_OF = 2

/**
 * A grammar of the whole: the phrases in their order, each word of them or any phrase left out, other speech between two
 * phrases, and the end reached at any time. Between phrases there is a silence, if only of 30 ms: without it the words that
 * may be left out would be one chain, and the recogniser's time grows with the third power of its length.
 */
export function wholeGrammar(phrases: readonly Phrase[], phones: readonly string[]): string {
  const rules = phrases.map(
    ({ words }, n) => `<p${n}> = /1/ ( ${words.map(optionalWord).join(' ')} ) | ${weight(LEAVE_OUT_PHRASE)} <NULL>;`,
  )
  let rest = ''
  for (let n = phrases.length - 1; n > 0; n--) rest = `( /1/ ( <edge> <p${n}> ${rest} ) | /1/ <NULL> )`
  const last = `( /1/ <NULL> | ${weight(SAY_MORE)} ${PAUSE} <more> )`
  const gap = `( /1/ <NULL> | ${weight(SAY_MORE)} <more> )`
  const edge = `<edge> = /1/ ${PAUSE} | ${weight(SAY_MORE)} <more> ${PAUSE};`
  return grammar([...rules, edge, ...otherSpeech(phones), `public <script> = ${gap} <p0> ${rest} ${last};`])
}

/** A grammar of a few words, any of them left out, with other speech before, between and after them. */
export function closeGrammar(words: readonly Sayable[], phones: readonly string[]): string {
  const gap = `<gap> = /1/ <NULL> | ${weight(SAY_MORE)} <more>;`
  return grammar([gap, ...otherSpeech(phones), `public <words> = <gap> ${words.map((word) => `${optionalWord(word)} <gap>`).join(' ')};`])
}

/** A word that may be left out. Needs the rules of {@link otherSpeech}. */
export function optionalWord({ readings }: Sayable): string {
  if (readings.length === 0) return `( /1/ <NULL> | ${weight(UNHEARD_OF)} <more> )`
  return `( /1/ ( ${readings.map((words) => words.join(' ')).join(' | ')} ) | ${weight(LEAVE_OUT_WORD)} <NULL> )`
}

/** The rule `<more>`, one sound after the other: written as a recursion, because alternatives of one choice are weighed among themselves only. */
export function otherSpeech(phones: readonly string[]): string[] {
  return [`<more> = ( ${phones.map(phoneToken).join(' | ')} ) <rest>;`, `<rest> = /1/ <NULL> | ${weight(MORE_OF_IT)} <more>;`]
}

const weight = (nats: number): string => `/${Math.exp(-nats).toFixed(14)}/`

const grammar = (rules: string[]): string => `#JSGF V1.0 UTF-8;\ngrammar sluice;\n${rules.join('\n')}\n`
