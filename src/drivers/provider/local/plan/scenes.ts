import type { Figure, Scene } from '../../../../domain/generate.ts'
import { comparable, figuresIn } from './figures.ts'
import { shorten, wordCount } from './shorten.ts'

/** What a scene shows, before its place and colours are known. */
export type Draft = Pick<Scene, 'layout' | 'headline' | 'lines' | 'figures'>

const HEADLINE_WORDS = 15

/** The picture for one or more sentences told together. */
export function draftOf(sentences: string[], before: Draft['layout'] | undefined): Draft {
  const [first = '', ...rest] = sentences
  if (rest.length > 0)
    return { layout: 'bullets', headline: shorten(first, 11), lines: rest.map((sentence) => shorten(sentence, 14)), figures: [] }
  const list = enumeration(first)
  if (list !== undefined) return { layout: 'bullets', ...list, figures: [] }
  const bars = comparable(first)
  if (bars.length >= 2) return { layout: 'bars', headline: shorten(first, HEADLINE_WORDS), lines: [], figures: bars }
  const figure = telling(first)
  if (figure !== undefined && before !== 'figure')
    return { layout: 'figure', headline: shorten(first, HEADLINE_WORDS), lines: [figure.label], figures: [figure] }
  return { layout: 'statement', headline: shorten(first, HEADLINE_WORDS), lines: [], figures: [] }
}

/** The figure a sentence is about: money or a share first, then a count that is not small. */
function telling(sentence: string): Figure | undefined {
  const figures = figuresIn(sentence).filter(({ unit, value }) => unit === '%' || '$€£¥₹°'.includes(unit.charAt(0)) || value >= 10)
  const [best] = figures.sort((a, b) => rank(b) - rank(a))
  if (best === undefined) return undefined
  const { value, unit, display, label } = best
  return { value, unit, display, label }
}

const rank = ({ unit, value }: Figure): number =>
  ('$€£¥₹'.includes(unit) ? 3 : unit === '%' ? 2 : 1) + Math.min(0.9, Math.log10(Math.max(1, value)) / 12)

/** `Three things made it: a, b and c.` as a headline and its points. */
export function enumeration(sentence: string): { headline: string; lines: string[] } | undefined {
  const match = /^(.{8,90}?)(?::|\s[–—]\s)\s*(.+?)[.!]?$/.exec(sentence)
  if (match === null) return undefined
  const lines = (match[2] as string)
    .split(/;\s*(?:and\s+)?|,\s*(?:and\s+|or\s+)?|\s+and\s+(?=[^,;]*$)/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
  const whole = lines.length >= 3 && lines.length <= 6 && lines.every((item) => wordCount(item) <= 9) && wordCount(match[1] as string) >= 2
  return whole
    ? { headline: shorten(match[1] as string, 12), lines: lines.map((line) => line.charAt(0).toUpperCase() + line.slice(1)) }
    : undefined
}
