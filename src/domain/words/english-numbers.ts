const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
const GROUPS = ['', 'thousand', 'million', 'billion', 'trillion']
const ORDINALS: Record<string, string> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
}
/** More digits than this have no name here and are read one by one. */
const MOST_DIGITS = 15

/** How a whole number is read, its digits without separators; the likeliest way first. `2026`: as a year too. */
export function wholeNumber(digits: string): string[][] {
  if (digits.length > MOST_DIGITS || (digits.length > 1 && digits.startsWith('0'))) return digitsOneByOne(digits)
  const value = Number(digits)
  return unique([cardinal(value), cardinal(value, 'and'), ...hundreds(value), ...(digits.length > 6 ? digitsOneByOne(digits) : [])])
}

/** `1905` as nineteen oh five; only for four digits from 1100 to 2099, none for others. */
export function year(digits: string): string[][] {
  const value = Number(digits)
  if (!/^\d{4}$/.test(digits) || value < 1100 || value > 2099) return []
  const [century, rest] = [Math.floor(value / 100), value % 100]
  const whole = [cardinal(value), cardinal(value, 'and')]
  if (rest === 0) return unique(century % 10 === 0 ? whole : [[...cardinal(century), 'hundred'], ...whole])
  if (rest < 10) {
    const one = ONES[rest] as string
    const oh = [...cardinal(century), 'oh', one]
    return century === 20 ? [...whole, oh] : [oh, [...cardinal(century), 'hundred', 'and', one], ...whole]
  }
  return unique([[...cardinal(century), ...cardinal(rest)], ...whole])
}

/** `1990s`, `90`: nineteen nineties, nineties. `null` when it is no decade. */
export function decade(digits: string): string[] | null {
  if (!/^(?:\d{2})?[1-9]0$|^\d{2}00$/.test(digits)) return null
  const tens = Number(digits.slice(-2))
  if (tens === 0) return digits === '2000' ? ['two', 'thousands'] : [...cardinal(Number(digits.slice(0, 2))), 'hundreds']
  const name = tens === 10 ? 'tens' : `${TENS[tens / 10]?.slice(0, -1)}ies`
  return digits.length === 2 ? [name] : [...cardinal(Number(digits.slice(0, 2))), name]
}

/** `21` as twenty first. */
export function ordinal(digits: string): string[] {
  const words = cardinal(Number(digits))
  const last = words.at(-1) as string
  return [...words.slice(0, -1), ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`)]
}

/** The digits after the point, one by one: `05` as zero five. */
export function decimals(digits: string): string[] {
  return [...digits].map((digit) => ONES[Number(digit)] as string)
}

/** Zero is also read as oh. */
function digitsOneByOne(digits: string): string[][] {
  const words = decimals(digits)
  return unique([words, words.map((word) => (word === 'zero' ? 'oh' : word))])
}

/** `1500` as fifteen hundred, up to ninety nine hundred and something. */
function hundreds(value: number): string[][] {
  const [count, rest] = [Math.floor(value / 100), value % 100]
  if (value < 1100 || value > 9999 || count % 10 === 0) return []
  const said = [...cardinal(count), 'hundred']
  return rest === 0
    ? [said]
    : [
        [...said, ...cardinal(rest)],
        [...said, 'and', ...cardinal(rest)],
      ]
}

function cardinal(value: number, and?: 'and'): string[] {
  if (value < 20) return [ONES[value] as string]
  if (value < 100) return [TENS[Math.floor(value / 10)] as string, ...(value % 10 === 0 ? [] : [ONES[value % 10] as string])]
  if (value < 1000) return joined([ONES[Math.floor(value / 100)] as string, 'hundred'], value % 100, and)
  const group = Math.floor((String(value).length - 1) / 3)
  const size = 1000 ** group
  const [count, rest] = [Math.floor(value / size), value % size]
  const head = [...cardinal(count, and), GROUPS[group] as string]
  return rest === 0 ? head : rest < 100 ? joined(head, rest, and) : [...head, ...cardinal(rest, and)]
}

function joined(head: string[], rest: number, and?: 'and'): string[] {
  return rest === 0 ? head : [...head, ...(and ? [and] : []), ...cardinal(rest)]
}

export function unique(readings: string[][]): string[][] {
  return [...new Map(readings.map((words) => [words.join(' '), words])).values()]
}
