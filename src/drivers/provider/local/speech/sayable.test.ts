import { expect, test } from 'vitest'
import { hasWords, sayable, unspeakableWords } from './sayable.ts'

test.each<[string, string]>([
  ['€4.2bn', 'four point two billion euros'],
  ['$4.2 billion', 'four point two billion dollars'],
  ['£1.5 million', 'one point five million pounds'],
  ['45 % and 45%', 'forty five percent and forty five percent'],
  ['21 °C', 'twenty one degrees celsius'],
  ['12–15 GWh', 'twelve to fifteen gigawatt hours'],
  ['10 km/h over 5 km²', 'ten kilometers per hour over five square kilometers'],
  ['3 400 000 people', 'three million four hundred thousand people'],
  ['‘quoted’ and “double”', 'quoted and double'],
  ['one — two – three', 'one, two, three'],
  ['It’s', "it's"],
  ['Zürich, Łódź, naïve, straße', 'zurich, lodz, naive, strasse'],
  ['the EU and the US', 'the ee you and the you ess'],
  ['EVs', 'ee veez'],
  ['R&D, A/B', 'ar and dee, ay or bee'],
  ['ok 😀 fine', 'ok fine'],
  ['see https://www.example.com/a?b=c', 'see example dot com'],
  ['5 µm', 'five micrometers'],
  ['Dr. Smith (of the U.S. team) left.', 'doctor smith, of the you ess team, left.'],
  ['Wait... what?', 'wait, what?'],
])('%j is spoken as %j', (text, spoken) => {
  expect(sayable(text)).toBe(spoken)
})

test('what is handed to the voice is ASCII, whatever came', () => {
  for (const text of ['Ünïcödé', '…—“”', '日本', '\u0000\u0007 bell', '½ ¼', 'ﬁne ligature'])
    expect(sayable(text)).toMatch(/^[\x20-\x7e]*$/)
})

test('other scripts are named word by word, once', () => {
  expect(unspeakableWords('Hello мир and 你好, мир again; عربى')).toEqual(['мир', '你好', 'عربى'])
  expect(unspeakableWords('Zürich, Łódź, Ærø, naïve, 5 µm, π, ﬁne, Nguyễn')).toEqual([])
})

test.each([
  ['', false],
  ['!?', false],
  ['😀', false],
  ['—', false],
  ['a', true],
  ['7', true],
])('%j has words: %s', (text, has) => {
  expect(hasWords(text)).toBe(has)
})
