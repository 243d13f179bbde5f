import { abbreviations, abbreviationsWithStop, currencies, magnitudes, months, signs, spelled, units } from './english-names.ts'
import { decade, decimals, ordinal, unique, wholeNumber, year } from './english-numbers.ts'
import { foldLetters } from './letters.ts'

/** What stands around a word, without punctuation. */
export interface Surroundings {
  before: string
  after: string
  /** Whether a full stop follows it at once. */
  stop: boolean
}

/** More ways than this to say one word are not looked for. */
const MOST_READINGS = 8
/** Groups of three digits may be parted by a comma or by any space. */
const NUMBER = '\\d{1,3}(?:[,\\s]\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?'
const SIGN = `[${Object.keys(currencies).join('')}]`
const MAGNITUDE = alternatives(Object.keys(magnitudes))
const UNIT = alternatives(Object.keys(units))

/**
 * The ways an English word as it is written can be said, the likeliest first, each as words of a-z and apostrophes; a letter
 * that is read by its name has a full stop, as in pronouncing dictionaries: `US` is `u.` `s.`. Empty: nothing is said.
 */
export function englishReadings(written: string, around: Surroundings): string[][] {
  const word = written
    .replace(/[’‘‛′]/g, "'")
    .replace(/[‐‑−]/g, '-')
    .replaceAll('μ', 'µ')
  return unique(readings(word, around).filter((words) => words.length > 0)).slice(0, MOST_READINGS)
}

function readings(word: string, around: Surroundings): string[][] {
  const sign = signs[word]
  if (sign !== undefined) return [sign.split(' ')]
  const unit = units[word]
  if (unit !== undefined && /\d$/.test(around.before)) return [unitOf(around.before, unit), ...plain(word, around)]
  if (!/[\d@.]/.test(word)) return plain(word, around)
  for (const { pattern, read } of forms) {
    const match = pattern.exec(word)
    if (match) return read(around, ...match.slice(1).map((group) => group ?? ''))
  }
  return plain(word, around)
}

/** A way of writing: what its groups caught is given in their order, empty for those that caught nothing. */
interface Form {
  pattern: RegExp
  read: (around: Surroundings, ...groups: string[]) => string[][]
}

const form = (pattern: string, read: Form['read']): Form => ({ pattern: new RegExp(`^(?:${pattern})$`, 'u'), read })

/** From the particular to the general. */
const forms: Form[] = [
  form('(?:https?:\\/\\/)?www\\.([\\w.-]+).*|https?:\\/\\/([\\w.-]+).*', (_, host = '', bare = '') => [siteName(host || bare)]),
  form('([A-Za-z][\\w-]*\\.(?:com|org|net|io|dev|ai|eu|gov|edu))', (_, host = '') => [siteName(host)]),
  form('([\\w.+-]+)@([\\w-]+(?:\\.[\\w-]+)+)', (_, name = '', host = '') => [
    ['an', 'e.', 'mail', 'address'],
    [...said(name), 'at', ...siteName(host)],
  ]),
  form('24\\/7', () => [words('around the clock'), words('twenty four seven')]),
  form('(\\d{4})-(\\d{2})-(\\d{2})', (_, of = '', month = '', day = '') => date(of, month, day)),
  form(`(${SIGN})\\s?(${NUMBER})(?:\\s?(${MAGNITUDE}))?`, (_, sign = '', amount = '', size = '') => money(sign, amount, size)),
  form(`(${NUMBER})\\s?(${SIGN})`, (_, amount = '', sign = '') => money(sign, amount, '')),
  form(`(${SIGN}?)(${NUMBER})[-–](${SIGN}?(?:${NUMBER}).*)`, (around, sign = '', low = '', high = '') =>
    both(bareNumber(low, around), [['to']], readings(/^\d/.test(high) ? sign + high : high, around)),
  ),
  form("'?(\\d{2}|\\d{4})'?s", (_, digits = '') => decades(digits)),
  form(`(${NUMBER})(bn|mn|tn|k|K|M|B)`, (_, amount = '', size = '') =>
    both(quantity(amount), [[magnitudes[size] as string], letterByLetter(size)]),
  ),
  form(`(${NUMBER})(${UNIT})`, (_, amount = '', unit = '') => both(quantity(amount), [unitOf(amount, units[unit] as string)])),
  form('([\\d,]+)(?:st|nd|rd|th)', (_, digits = '') => [ordinal(digits.replaceAll(',', ''))]),
  form('(v?)(\\d+(?:\\.\\d+){2,})|(v)(\\d+(?:\\.\\d+)?)', (_, v = '', many = '', one = '', few = '') => version(v || one, many || few)),
  form("'(\\d{2})", (_, digits = '') => wholeNumber(digits)),
  form('(\\d{1,2}):(\\d{2})([ap]\\.?m\\.?)?', (_, hour = '', minute = '', half = '') => time(hour, minute, half)),
  form('(\\d{1,2})([ap]\\.?m\\.?)', (_, hour = '', half = '') => both(wholeNumber(hour), [halfOfDay(half)])),
  form('(\\d+):(\\d+)', (_, one = '', other = '') => both(wholeNumber(one), [['to'], []], wholeNumber(other))),
  form('(\\d{1,2})\\/(\\d{1,2})', (_, over = '', under = '') => fraction(over, under)),
  form('(\\d+)([½¼¾])', (_, whole = '', part = '') => both(wholeNumber(whole), [['and', ...words(signs[part] as string)]])),
  form('\\+(\\d.*)', (around, rest = '') => both([['plus']], readings(rest, around))),
  form(`-((?:\\d|${SIGN}).*)`, (around, rest = '') => both([['minus']], readings(rest, around))),
  form('#(\\d.*)', (around, rest = '') => both([['number']], readings(rest, around))),
  form(`(${NUMBER})`, (around, amount = '') => bareNumber(amount, around)),
]

/** A word of letters, or of several parts. */
function plain(word: string, around: Surroundings): string[][] {
  const owner = /^(.*(?:\p{Lu}{2}|\d))'s$/u.exec(word)?.[1]
  if (owner) return readings(owner, nothingAround).map((way) => [...way.slice(0, -1), `${way.at(-1)}'s`])
  const known = abbreviations[word] ?? (around.stop ? abbreviationsWithStop[word.toLowerCase()] : undefined)
  if (known && (word.toLowerCase() !== 'no' || /^\d/.test(around.after))) return known.map(words)
  if (/^\p{L}(?:\.\p{L})+$/u.test(word)) return [letterByLetter(word)]
  const parts = word.split(/([/&+])|[-_.:]+/).filter((part) => part !== undefined && part !== '')
  if (parts.length > 1) return compound(parts)
  const roman = romanNumbers.indexOf(word)
  if (roman > 0) return [...wholeNumber(String(roman)), ['the', ...ordinal(String(roman))], letterByLetter(word)]
  if (/\d/.test(word)) return [(word.match(/\d+|\D+/g) ?? []).flatMap(said)]
  if (/^\p{Lu}{2,5}s?$/u.test(word)) return capitals(word)
  const [, head, tail] = /^(\p{Lu}?\p{Ll}+)(\p{Lu}{2,})$/u.exec(word) ?? []
  if (head && tail) return [[...said(head), ...letterByLetter(tail)], [asWord(word)]]
  if (word === 'A') return [['a'], ['a.']]
  if (/^[b-hj-zB-HJ-Z]$/.test(word)) return [letterByLetter(word)]
  const whole = asWord(word)
  return whole === '' ? [] : [[whole]]
}

const words = (phrase: string): string[] => phrase.toLowerCase().split(' ')
/** Those that are no other word, by their number. */
const romanNumbers = ',,II,III,IV,,VI,VII,VIII,IX,,XI,XII,XIII,XIV,XV,XVI'.split(',')
const nothingAround: Surroundings = { before: '', after: '', stop: false }
const said = (word: string): string[] => englishReadings(word, nothingAround)[0] ?? []

/** Lower case, of letters and apostrophes; letters of other scripts stay as they are. */
function asWord(word: string): string {
  return foldLetters(word)
    .toLowerCase()
    .replace(/[^\p{L}\p{M}']/gu, '')
    .replace(/^'+|'+$/g, '')
}

const letterByLetter = (word: string): string[] => [...word.replace(/[^\p{L}]/gu, '')].map((letter) => `${letter.toLowerCase()}.`)

function capitals(word: string): string[][] {
  const base = word.replace(/s$/, '')
  const letters = letterByLetter(base)
  const named = base === word ? letters : [...letters.slice(0, -1), `${letters.at(-1)}'s`]
  return spelled.has(base) || !/[AEIOUY]/.test(base) ? [named, [asWord(word)]] : [[asWord(word)], named]
}

/** `R&D`, `and/or`, `well-known`: the signs between may be read in more than one way. */
function compound(parts: string[]): string[][] {
  const spoken: Record<string, string[][]> = { '/': [['or'], [], ['slash']], '&': [['and']], '+': [['plus'], []] }
  return both(
    ...parts.map(
      (part) => spoken[part] ?? (/^\p{L}$/u.test(part) ? [letterByLetter(part)] : englishReadings(part, nothingAround).slice(0, 2)),
    ),
  )
}

function siteName(host: string): string[] {
  return host
    .split('.')
    .filter((part) => part !== '')
    .flatMap((part, n) => (n === 0 ? said(part) : ['dot', ...said(part)]))
}

/** A second part alone is a number of seconds too. */
function decades(digits: string): string[][] {
  const name = decade(digits)
  const seconds = both(wholeNumber(digits).slice(0, 1), [['seconds']])
  return name === null ? seconds : [name, ...seconds]
}

function version(v: string, numbers: string): string[][] {
  const parts = numbers.split('.').map((part) => wholeNumber(part).slice(0, 1))
  const pointed = both(...parts.flatMap((part, n) => (n === 0 ? [part] : [[['point']], part])))
  return both(v === '' ? [[]] : [['version'], ['v.']], [...pointed, ...both(...parts)])
}

/** A number that counts something: never a year. */
function quantity(amount: string): string[][] {
  const [whole = '', after] = amount.replace(/[,\s]/g, '').split('.')
  if (after === undefined) return wholeNumber(whole)
  const point = ['point', ...decimals(after)]
  return [...wholeNumber(whole).map((said) => [...said, ...point]), ...(whole === '0' ? [point] : [])]
}

function bareNumber(amount: string, { before, after }: Surroundings): string[][] {
  const asQuantity = quantity(amount)
  const isMonth = (word: string): boolean => months.has(word.toLowerCase().replace(/\.$/, ''))
  if (/^\d{1,2}$/.test(amount) && (isMonth(before) || isMonth(after))) return [ordinal(amount), ['the', ...ordinal(amount)], ...asQuantity]
  const asYear = year(amount)
  const likely =
    /^(?:in|since|by|from|until|till|of|year|before|after|during|to)$/i.test(before) || isMonth(before) || Number(amount) >= 1900
  return likely ? [...asYear, ...asQuantity] : [...asQuantity, ...asYear]
}

function money(sign: string, amount: string, size: string): string[][] {
  const { one, many, hundredths } = currencies[sign] as (typeof currencies)[string]
  if (size !== '') return both(quantity(amount), [[magnitudes[size] as string]], [[many], [one]])
  const [whole = '', after = ''] = amount.replace(/[,\s]/g, '').split('.')
  if (after.length !== 2) return both(quantity(amount), [[whole === '1' && after === '' ? one : many], [one]])
  const main = both(wholeNumber(whole), [[whole === '1' ? one : many]])
  if (after === '00') return main
  const small = both(wholeNumber(String(Number(after))), [[hundredths]])
  if (whole === '0') return small
  return [...both(main, [[], ['and']], small), ...both(wholeNumber(whole).slice(0, 1), wholeNumber(after))]
}

const SINGULAR: Record<string, string> = { feet: 'foot', inches: 'inch', hertz: 'hertz' }

function unitOf(amount: string, unit: string): string[] {
  return words(amount === '1' ? (SINGULAR[unit] ?? unit.replace(/s\b/, '')) : unit)
}

function time(hour: string, minute: string, half: string): string[][] {
  const end = half === '' ? [[]] : [halfOfDay(half)]
  const hours = wholeNumber(String(Number(hour)))
  if (minute === '00') return both(hours, half === '' ? [["o'clock"], [], ['hundred']] : [[]], end)
  return both(hours, minute.startsWith('0') ? [['oh', ...decimals(minute.slice(1))]] : wholeNumber(minute), end)
}

const halfOfDay = (half: string): string[] => [`${half[0]}.`, 'm.']

const MONTH_NAMES = 'january february march april may june july august september october november december'.split(' ')

function date(of: string, month: string, day: string): string[][] {
  const name = MONTH_NAMES[Number(month) - 1]
  if (name === undefined) return [decimals(of + month + day)]
  return both([[name]], [ordinal(day), ['the', ...ordinal(day)], ...wholeNumber(String(Number(day)))], year(of))
}

function fraction(over: string, under: string): string[][] {
  const named = under === '2' ? ['half'] : under === '4' ? ['quarter'] : ordinal(under)
  const several = over === '1' ? named : under === '2' ? ['halves'] : [...named.slice(0, -1), `${named.at(-1)}s`]
  const count = wholeNumber(over).slice(0, 1)
  return [...both(count, [several]), ...both(count, [['over'], [], ['slash']], wholeNumber(under))]
}

/** One of each after the other, in all combinations; the likeliest of each first. */
function both(...choices: string[][][]): string[][] {
  return choices.reduce<string[][]>(
    (heads, tails) => heads.flatMap((head) => tails.map((tail) => [...head, ...tail])).slice(0, 4 * MOST_READINGS),
    [[]],
  )
}

function alternatives(names: string[]): string {
  return [...names]
    .sort((a, b) => b.length - a.length)
    .join('|')
    .replaceAll('/', '\\/')
}
