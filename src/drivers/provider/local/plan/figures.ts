import type { Figure } from '../../../../domain/generate.ts'

/** A figure and where it stands in its sentence. */
export interface FoundFigure extends Figure {
  start: number
  end: number
}

const NUMBER = String.raw`\d{1,3}(?:[,  ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`
const SCALE = 'thousand|million|billion|trillion|bn|mn|tn'
const scales: Record<string, number> = {
  thousand: 1e3,
  k: 1e3,
  million: 1e6,
  mn: 1e6,
  m: 1e6,
  billion: 1e9,
  bn: 1e9,
  b: 1e9,
  trillion: 1e12,
  tn: 1e12,
}
const scaleNames: Record<string, string> = { k: 'thousand', mn: 'million', m: 'million', bn: 'billion', b: 'billion', tn: 'trillion' }
const currencies: Record<string, string> = { dollars: '$', dollar: '$', euros: '€', euro: '€', pounds: '£', yen: '¥', rupees: '₹' }
const months =
  'January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec'

const patterns: { pattern: RegExp; read: (match: RegExpExecArray) => Figure | undefined }[] = [
  {
    // $4.2 billion, €300m
    pattern: new RegExp(`([$€£¥₹])\\s?(${NUMBER})(?:\\s?(${SCALE}|[kmb])\\b)?`, 'y'),
    read: ([, sign = '', amount = '', scale]) => ({
      value: numberOf(amount) * (scale ? (scales[scale] ?? 1) : 1),
      unit: sign,
      display: `${sign}${amount}${scale ? ` ${scaleNames[scale] ?? scale}` : ''}`,
      label: '',
    }),
  },
  {
    // 300 million euros
    pattern: new RegExp(`(${NUMBER})(?:\\s(${SCALE}))?\\s(dollars?|euros?|pounds|yen|rupees)\\b`, 'y'),
    read: ([, amount = '', scale, currency = '']) => ({
      value: numberOf(amount) * (scale ? (scales[scale] ?? 1) : 1),
      unit: currencies[currency] ?? currency,
      display: `${currencies[currency] ?? ''}${amount}${scale ? ` ${scaleNames[scale] ?? scale}` : ''}`,
      label: '',
    }),
  },
  {
    pattern: new RegExp(`(${NUMBER})(?:\\s?%|\\s(?:percent|per cent)\\b)`, 'y'),
    read: ([, amount = '']) => ({ value: numberOf(amount), unit: '%', display: `${amount}%`, label: '' }),
  },
  {
    pattern: new RegExp(`(${NUMBER})\\s?°\\s?([CF])\\b`, 'y'),
    read: ([, amount = '', scale = '']) => ({ value: numberOf(amount), unit: `°${scale}`, display: `${amount} °${scale}`, label: '' }),
  },
  {
    // 840 kilometers, 3.2 million homes, 12 GW
    pattern: new RegExp(
      `(${NUMBER})(?:\\s(${SCALE}))?[\\s-]((?!${SCALE}|(?:${months})\\b)(?:[a-z][a-z-]*|[kMGT]?Wh?|km²?|kg|GB|TB))\\b`,
      'y',
    ),
    read: ([, amount = '', scale, noun = '']) => {
      if (notNouns.has(noun) || (/^(1[5-9]|20|21)\d\d$/.test(amount) && !scale && !/^(?:people|jobs|homes|km|kilometers)$/.test(noun)))
        return undefined
      return {
        value: numberOf(amount) * (scale ? (scales[scale] ?? 1) : 1),
        unit: singular(noun),
        display: `${amount}${scale ? ` ${scaleNames[scale] ?? scale}` : ''}`,
        label: '',
      }
    },
  },
]

const notNouns = new Set(
  'of and or to in on at by for from with the a an as is was were are but than times more less percent per am pm other new after before since until while when that which who it'.split(
    ' ',
  ),
)

/** Numbers with a meaning: money, shares, temperatures, counts of things. Not dates, years, ordinals or names. */
export function figuresIn(sentence: string): FoundFigure[] {
  const found: FoundFigure[] = []
  let at = 0
  while (at < sentence.length) {
    const figure = begins(sentence, at) ? figureAt(sentence, at) : undefined
    if (figure === undefined) at++
    else {
      found.push(figure)
      at = figure.end
    }
  }
  return found.map((figure, n) => ({ ...figure, label: labelAfter(sentence.slice(figure.end, found[n + 1]?.start), figure) }))
}

/** Whether a number may begin here: not inside a word, a date or a longer number. */
function begins(sentence: string, at: number): boolean {
  if (!/[\d$€£¥₹]/.test(sentence[at] as string)) return false
  const before = sentence.slice(0, at)
  if (/[\p{L}\d.,:/_-]$/u.test(before) && !/(?:^|\s)-$/.test(before)) return false
  return !new RegExp(`\\b(?:${months})\\.?\\s$`).test(before)
}

function figureAt(sentence: string, at: number): FoundFigure | undefined {
  for (const { pattern, read } of patterns) {
    pattern.lastIndex = at
    const match = pattern.exec(sentence)
    const figure = match === null ? undefined : read(match)
    if (match === null || figure === undefined) continue
    // The noun of a count belongs to the label, not to the number.
    const noun = figure.unit !== '%' && /^[a-z]/i.test(figure.unit) ? (match[3]?.length ?? 0) + 1 : 0
    return { ...figure, start: at, end: at + match[0].length - noun }
  }
  return undefined
}

const STOP =
  /[,.;:!?()–—"“”]|\s(?:and|or|but|while|which|that|who|where|when|after|before|since|than|because|although|against|compared|is|was|were|are|has|have|had|will|would|can|could|by|as|into)\b/

/** What is counted: the words up to the next joint of the sentence, at most six. */
function labelAfter(rest: string, figure: Figure): string {
  const end = rest.search(STOP)
  const words = (end < 0 ? rest : rest.slice(0, end))
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
  const kept = words.slice(0, 6)
  while (kept.length > 0 && /^(?:in|on|at|of|for|from|to|with|the|a|an|its|their|his|her|this|more|less)$/i.test(kept.at(-1) as string))
    kept.pop()
  if (figure.unit === '%' && kept[0] !== undefined && !/^(?:of|more|less|fewer|higher|lower|points?)$/i.test(kept[0])) return ''
  return kept.join(' ')
}

/** Two or more figures of one sentence that can stand side by side, each with its own label. Empty: there are none. */
export function comparable(sentence: string): Figure[] {
  const all = figuresIn(sentence)
  const unit = all.map((figure) => figure.unit).find((candidate) => all.filter((figure) => figure.unit === candidate).length >= 2)
  const figures = all.filter((figure) => figure.unit === unit).slice(0, 6)
  if (figures.length < 2) return []
  const values = figures.map(({ value }) => value)
  if (Math.min(...values) <= 0 || Math.max(...values) / Math.min(...values) > 80 || new Set(values).size === 1) return []
  const labels = yearLabels(sentence, figures) ?? wordLabels(sentence, figures)
  return labels === undefined
    ? []
    : figures.map(({ value, unit: own, display }, n) => ({ value, unit: own, display, label: labels[n] as string }))
}

/** A year for each figure, in their order. */
function yearLabels(sentence: string, figures: FoundFigure[]): string[] | undefined {
  const years = [...sentence.matchAll(/\b(?:1[5-9]|20|21)\d\d\b(?!\s?(?:%|percent|people))/g)].map(([year]) => year)
  return years.length === figures.length && new Set(years).size === years.length ? years : undefined
}

function wordLabels(sentence: string, figures: FoundFigure[]): string[] | undefined {
  const before = figures.map((figure, n) => nameBefore(sentence.slice(figures[n - 1]?.end ?? 0, figure.start), figure))
  const after = figures.map((figure, n) => nameAfter(sentence.slice(figure.end, figures[n + 1]?.start)))
  const mixed = before.map((name, n) => (name === '' ? (after[n] as string) : name))
  return [after, before, mixed].find(
    (labels) => labels.every((label) => label !== '') && new Set(labels.map((label) => label.toLowerCase())).size === labels.length,
  )
}

const FILLERS = new Set(
  'supplied supplies supply made makes make provided provides provide reached reaches reach rose rises fell falls grew grows climbed dropped hit was were is are be been stood stands got gets has have had produced produces generated generates covered covers delivered delivers gave gives took takes cost costs accounted accounts contributed earned sold sells came comes at by with and while about nearly almost over under around roughly some only just more than less up down to for the a an of on in from against versus then but still even another later earlier now won scored holds held'.split(
    ' ',
  ),
)

function nameBefore(text: string, figure: Figure): string {
  const clause = (text.split(/[,;:–—()]|\s(?:and|while|but|whereas)\s/).at(-1) as string).trim()
  const words = clause.split(/\s+/).filter((word) => word !== '')
  // The noun of a count before this figure is not its name.
  while (words.length > 0 && words[0]?.toLowerCase() === figure.unit) words.shift()
  while (words.length > 0 && FILLERS.has((words.at(-1) as string).toLowerCase())) words.pop()
  const name: string[] = []
  while (words.length > 0 && name.length < 3 && !FILLERS.has((words.at(-1) as string).toLowerCase())) name.unshift(words.pop() as string)
  return capital(name.join(' ').replace(/^(?:in|of|from|for|on|the)\s+/i, ''))
}

function nameAfter(text: string): string {
  const match = /^\s*(?:[a-z-]+\s)?(?:from|for|on|in|to|at|among)\s+((?:the\s+)?[^,.;:()–—]+)/.exec(text)
  if (match === null) return ''
  const words = (match[1] as string).replace(/^the\s+/i, '').split(/\s+/)
  const end = words.findIndex((word) => FILLERS.has(word.toLowerCase()) || word === 'or')
  return capital((end < 0 ? words : words.slice(0, end)).slice(0, 3).join(' '))
}

const numberOf = (text: string): number => Number(text.replace(/[^\d.]/g, ''))
const singular = (noun: string): string => noun.replace(/(?<=[a-z]{3})s$/, '')
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
