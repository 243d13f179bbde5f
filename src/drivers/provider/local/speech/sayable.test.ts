import { expect, test } from 'vitest'
import { hasWords, sayable, unspeakableWords } from './sayable.ts'

test.each<[string, string]>([
  ['€4.2bn', '4.2 billion euros'],
  ['$4.2 billion', '$4.2 billion'],
  ['£1.5 million', '1.5 million pounds'],
  ['45 % and 45%', '45 percent and 45 percent'],
  ['21 °C', '21 degrees Celsius'],
  ['12–15 GWh', '12 to 15 gigawatt hours'],
  ['10 km/h over 5 km²', '10 kilometers per hour over 5 square kilometers'],
  ['3 400 000 people', '3,400,000 people'],
  ['‘quoted’ and “double”', "'quoted' and double"],
  ['one — two – three', 'one, two, three'],
  ['It’s', "It's"],
  ['Zürich, Łódź, naïve, straße', 'Zurich, Lodz, naive, strasse'],
  ['the EU and the US', 'the ee you and the you ess'],
  ['R&D, A/B', 'R and D, A or B'],
  ['ok 😀 fine', 'ok fine'],
  ['see https://www.example.com/a?b=c', 'see example dot com'],
  ['5 µm', '5 micrometers'],
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
