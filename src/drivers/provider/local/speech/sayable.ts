/**
 * Text as flite can speak it: plain ASCII, with what it mangles written out. It reads numbers, years, `$4.2 million` and
 * `45 %` well by itself; it stumbles over other currencies, short magnitudes, units, symbols and every letter beyond ASCII.
 */
export function sayable(text: string): string {
  let spoken = foldTypography(text.normalize('NFC'))
  for (const [pattern, replacement] of rules)
    spoken = typeof replacement === 'string' ? spoken.replace(pattern, replacement) : spoken.replace(pattern, replacement)
  return foldLetters(spoken)
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

const singular: Record<string, string> = { '€': 'euro', '£': 'pound', '¥': 'yen', '₹': 'rupee', $: 'dollar' }
const magnitudes: Record<string, string> = { k: 'thousand', m: 'million', mn: 'million', bn: 'billion', b: 'billion', tn: 'trillion' }
const units: Record<string, string> = {
  km: 'kilometers',
  m: 'meters',
  cm: 'centimeters',
  mm: 'millimeters',
  kg: 'kilograms',
  g: 'grams',
  t: 'tonnes',
  ha: 'hectares',
  kW: 'kilowatts',
  MW: 'megawatts',
  GW: 'gigawatts',
  TW: 'terawatts',
  kWh: 'kilowatt hours',
  MWh: 'megawatt hours',
  GWh: 'gigawatt hours',
  TWh: 'terawatt hours',
  GB: 'gigabytes',
  TB: 'terabytes',
  MB: 'megabytes',
  ms: 'milliseconds',
  Hz: 'hertz',
  ft: 'feet',
  mi: 'miles',
  lb: 'pounds',
  oz: 'ounces',
  mph: 'miles per hour',
  'km/h': 'kilometers per hour',
  'm/s': 'meters per second',
  'km²': 'square kilometers',
  'm²': 'square meters',
  'm³': 'cubic meters',
}
const unitPattern = Object.keys(units)
  .sort((a, b) => b.length - a.length)
  .map((unit) => unit.replace('/', '\\/'))
  .join('|')

/** Capitals that are read letter by letter, though flite would read them as words. */
const spelled = new Set([
  'US',
  'EU',
  'UK',
  'UN',
  'AI',
  'IT',
  'TV',
  'PM',
  'AM',
  'WHO',
  'IMF',
  'USA',
  'UAE',
  'CEO',
  'IPCC',
  'IEA',
  'EV',
  'EVs',
  'HD',
])

const rules: [RegExp, string | ((...match: string[]) => string)][] = [
  [/https?:\/\/(?:www\.)?([\w.-]+)\S*/g, (_all, host = '') => host.replaceAll('.', ' dot ')],
  [/\b[\w.+-]+@[\w.-]+\.\w+\b/g, 'an e-mail address'],
  [/(\d)[   ](?=\d{3}(?!\d))/g, '$1,'],
  [
    /([€£¥₹$])\s?(\d[\d,]*(?:\.\d+)?)\s?(k|mn|m|bn|b|tn)\b/g,
    (_all, sign = '', amount = '', short = '') => money(sign, `${amount} ${magnitudes[short]}`),
  ],
  [
    /([€£¥₹])\s?(\d[\d,]*(?:\.\d+)?)(\s(?:thousand|million|billion|trillion))?\b/g,
    (_all, sign = '', amount = '', rest = '') => money(sign, amount + (rest ?? '')),
  ],
  [/(\d)\s?(€|£|¥|₹)/g, (_all, digit = '', sign = '') => `${digit} ${singular[sign]}s`],
  [/\b(\d[\d,]*(?:\.\d+)?)\s?(bn|mn|tn)\b/g, (_all, amount = '', short = '') => `${amount} ${magnitudes[short]}`],
  [/(\d)\s?°\s?C\b/g, '$1 degrees Celsius'],
  [/(\d)\s?°\s?F\b/g, '$1 degrees Fahrenheit'],
  [/(\d)\s?°/g, '$1 degrees'],
  [/(\d)\s?%/g, '$1 percent'],
  [/\b1 percent\b/g, 'one percent'],
  [/(\d)\s?[µμ]([mgs])\b/g, (_all, digit = '', unit = '') => `${digit} micro${{ m: 'meters', g: 'grams', s: 'seconds' }[unit]}`],
  [new RegExp(`(\\d)\\s?(${unitPattern})(?![\\w²³/])`, 'g'), (_all, digit = '', unit = '') => `${digit} ${units[unit]}`],
  [/\bCO2\b|\bCO₂/g, 'C O two'],
  [/\b(\d{4})s\b/g, (_all, year = '') => decade(year)],
  [/(\d)\s?[-]\s?(?=[$€£]?\d)/g, '$1 to '],
  [/\b24\/7\b/g, 'around the clock'],
  [/½/g, ' and a half'],
  [/¼/g, ' and a quarter'],
  [/¾/g, ' and three quarters'],
  [/\be\.g\.,?/gi, 'for example'],
  [/\bi\.e\.,?/gi, 'that is'],
  [/\bvs\.?(?=\s)/g, 'versus'],
  [/\betc\./g, 'et cetera'],
  [/\bNo\. ?(?=\d)/g, 'number '],
  [/#(?=\d)/g, 'number '],
  [/\bU\.S\.(A\.)?/g, 'US'],
  [/\b(?:[A-Z]{2,4}s?)\b/g, (word = '') => (spelled.has(word) ? spell(word) : word)],
  [/\s&\s/g, ' and '],
  [/(\w)&(\w)/g, '$1 and $2'],
  [/\s\+\s/g, ' plus '],
  [/(^|\s)\+(?=\d)/g, '$1plus '],
  [/\s=\s/g, ' equals '],
  [/\s×\s|(?<=\d)×(?=\d)/g, ' by '],
  [/(\d)x\b/g, '$1 times'],
  [/π/g, 'pi'],
  [/Ω/g, ' ohms'],
  [/(\w)\/(\w)/g, '$1 or $2'],
  [/[@*_#~^|<>[\]{}\\]/g, ' '],
]

function money(sign: string, amount: string): string {
  const name = singular[sign] ?? 'unit'
  return amount.trim() === '1' ? `one ${name}` : `${amount.trim()} ${sign === '¥' ? name : `${name}s`}`
}

/** `US` as `U. S.` would end a sentence; the letters' names do not. */
function spell(word: string): string {
  const names: Record<string, string> = {
    A: 'ay',
    C: 'see',
    D: 'dee',
    E: 'ee',
    H: 'aitch',
    I: 'eye',
    K: 'kay',
    M: 'em',
    N: 'en',
    O: 'oh',
    P: 'pee',
    S: 'ess',
    T: 'tee',
    U: 'you',
    V: 'vee',
    W: 'double you',
    F: 'eff',
    s: 'z',
  }
  return [...word].map((letter) => names[letter] ?? letter).join(' ')
}

function decade(year: string): string {
  const tens = ['', 'tens', 'twenties', 'thirties', 'forties', 'fifties', 'sixties', 'seventies', 'eighties', 'nineties']
  const name = tens[Number(year[2])]
  return name && year[3] === '0' ? `${year.slice(0, 2) === '20' ? 'twenty' : Number(year.slice(0, 2))} ${name}` : `${year}s`
}

function foldTypography(text: string): string {
  return text
    .replace(/[‘’‛′]/g, "'")
    .replace(/[“”„‟″«»"]/g, ' ')
    .replace(/\s+[—–-]\s+|—/g, ', ')
    .replace(/[–‑−]/g, '-')
    .replace(/…/g, '...')
    .replace(/[    ]/g, ' ')
    .replace(/[()]/g, ', ')
    .replace(/[•·▪‣]/g, ', ')
    .replace(/,\s*,/g, ',')
}

const letters: Record<string, string> = {
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
function foldLetters(text: string): string {
  return text
    .replace(/[ßẞæÆœŒøØłŁđĐðÐþÞıħĦŋ]/g, (letter) => letters[letter] as string)
    .normalize('NFKD')
    .replace(/(?<=[A-Za-z])\p{M}+/gu, '')
    .normalize('NFC')
}
