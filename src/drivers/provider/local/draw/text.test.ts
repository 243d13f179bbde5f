import { expect, test } from 'vitest'
import { body, fitText, heading, widthOf } from './text.ts'

const texts = [
  'Short',
  'Solar power passes coal for the first time in the history of the country',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'W'.repeat(400),
  'many words '.repeat(120),
  'Łódź, Ærø and Θεσσαλονίκη, Москва',
  'i',
]
const boxes = [
  { width: 1100, height: 300 },
  { width: 420, height: 500 },
  { width: 200, height: 60 },
]

test.each(texts.flatMap((text) => boxes.map((box) => ({ text, box }))))('nothing leaves its box: %j', ({ text, box }) => {
  for (const style of [heading, body]) {
    for (const align of ['left', 'centre'] as const) {
      const set = fitText(text, { style, box, maxPx: 96, minPx: 18, maxLines: 5, align })
      expect(set.height).toBeLessThanOrEqual(box.height + 0.5)
      expect(set.lines).toBeLessThanOrEqual(5)
      for (const word of set.words) {
        // Measured anew, as it will be drawn.
        expect(word.x).toBeGreaterThanOrEqual(-0.5)
        expect(word.x + widthOf(word.text, style, set.sizePx)).toBeLessThanOrEqual(box.width + 0.5)
      }
      // Words of a line do not touch.
      set.words.forEach((word, n) => {
        const next = set.words[n + 1]
        if (next !== undefined && next.line === word.line) expect(next.x).toBeGreaterThan(word.x + word.width)
      })
    }
  }
})

test('what fits is shown whole, as large as it can be', () => {
  const set = fitText('Solar power passes coal', { style: heading, box: { width: 600, height: 240 }, maxPx: 96, minPx: 20 })
  expect(set.words.map(({ text }) => text).join(' ')).toBe('Solar power passes coal')
  const larger = set.sizePx / 0.9
  const lines = Math.ceil(widthOf('Solar power passes coal', heading, larger) / 600)
  expect(lines * heading.leading * larger + 0.2 * larger > 240 || larger > 96).toBe(true)
})

test('only a text too long for its box at the smallest size loses its end, and shows that', () => {
  const set = fitText('many words '.repeat(120), { style: body, box: { width: 200, height: 60 }, maxPx: 40, minPx: 20 })
  expect(set.words.at(-1)?.text.endsWith('…')).toBe(true)
})

test('lines of a heading are about equally long', () => {
  const set = fitText('Solar power passes coal for the first time', {
    style: heading,
    box: { width: 900, height: 400 },
    maxPx: 90,
    minPx: 20,
  })
  const ends = new Map<number, number>()
  for (const { line, x, width } of set.words) ends.set(line, Math.max(ends.get(line) ?? 0, x + width))
  expect(set.lines).toBeGreaterThan(1)
  expect(Math.min(...ends.values())).toBeGreaterThan(0.6 * Math.max(...ends.values()))
})
