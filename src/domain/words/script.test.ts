import { describe, expect, test } from 'vitest'
import { scriptWords, writtenWords } from './script.ts'
import { sentencesOf } from './sentences.ts'

/** All ways of saying each written word; the likeliest first. */
const ways = (text: string, language = 'en') => writtenWords(text, language).map(({ readings }) => readings.map((way) => way.join(' ')))
const likeliest = (text: string) => ways(text).map(([way]) => way)

describe('written words', () => {
  test.each<[string, string[]]>([
    ['The Moon, “pulls” it’s (own) weight!', ['the', 'moon', 'pulls', "it's", 'own', 'weight']],
    ['sold 1,250 bikes for $3.5 million', ['sold', 'one thousand two hundred fifty', 'bikes', 'for', 'three point five million dollars']],
    ['In 2026, not 1905 or the 1990s', ['in', 'twenty twenty six', 'not', 'nineteen oh five', 'or', 'the', 'nineteen nineties']],
    ['12 % of €4.2bn', ['twelve', 'percent', 'of', 'four point two billion euros']],
    ['3 400 000 units of $0.99 each', ['three million four hundred thousand', 'units', 'of', 'ninety nine cents', 'each']],
    ['the 21st, March 3rd, May 5', ['the', 'twenty first', 'march', 'third', 'may', 'fifth']],
    ['Dr. Smith vs. the U.S. team, e.g. at 3:30 p.m.', 'doctor|smith|versus|the|u. s.|team|for example|at|three thirty|p. m.'.split('|')],
    ['21 °C, 12–15 GWh, 1 km', ['twenty one', 'degrees celsius', 'twelve to fifteen', 'gigawatt hours', 'one', 'kilometer']],
    ['R&D, A/B, 24/7, 1/2', ['r. and d.', 'a. or b.', 'around the clock', 'one half']],
    ['COVID-19 at a 50-year-old’s', ['covid nineteen', 'at', 'a', "fifty year old's"]],
    ["OpenAI's API, NASA, EVs, the EU", ["open a. i.'s", 'a. p. i.', 'nasa', "e. v.'s", 'the', 'e. u.']],
    ['$5-10 million by 2026-03-03', ['five to ten million dollars', 'by', 'march third twenty twenty six']],
    ['v2.5.1, 007, 16:9, #7, -5', ['version two point five point one', 'zero zero seven', 'sixteen to nine', 'number seven', 'minus five']],
    ['World War II — see www.a-b.com/c?d', ['world', 'war', 'two', 'see', 'a. b. dot com']],
    ['Zürich, naïve, Łódź & co', ['zurich', 'naive', 'lodz', 'and', 'co']],
    ['“yes—no”… 😀 · *', ['yes', 'no']],
    [
      '1,000,000,000,000 and 12345678901234567',
      ['one trillion', 'and', 'one two three four five six seven eight nine zero one two three four five six seven'],
    ],
  ])('%s', (text, spoken) => expect(likeliest(text)).toEqual(spoken))

  test('a word that can be said in several ways has them all', () => {
    expect(ways('1,250')).toEqual([
      ['one thousand two hundred fifty', 'one thousand two hundred and fifty', 'twelve hundred fifty', 'twelve hundred and fifty'],
    ])
    expect(ways('in 2026')[1]).toEqual(['twenty twenty six', 'two thousand twenty six', 'two thousand and twenty six'])
    expect(ways('$12.50')[0]).toEqual(
      expect.arrayContaining(['twelve dollars fifty cents', 'twelve dollars and fifty cents', 'twelve fifty']),
    )
    expect(ways('3/4')[0]).toEqual(expect.arrayContaining(['three quarters', 'three over four']))
    expect(ways('St. James')[0]).toEqual(['saint', 'street'])
    expect(ways('No. 5')[0]).toEqual(['number', 'no'])
    expect(ways('No. Not now')[0]).toEqual(['no'])
  })

  test('each keeps its place in the text', () => {
    const text = '“It cost $3.5 million”, Dr. Łódź said (in 2026).'
    for (const { text: word, from, to } of writtenWords(text, 'en')) expect(text.slice(from, to)).toBe(word)
    expect(writtenWords(text, 'en').map((word) => word.text)).toEqual(['It', 'cost', '$3.5 million', 'Dr', 'Łódź', 'said', 'in', '2026'])
  })

  test('in other languages: case, punctuation and digits', () => {
    expect(ways('C’est l’été: 1 250,5 € aujourd’hui.', 'fr-FR')).toEqual([["c' est"], ["l' été"], ['1250.5'], ["aujourd'hui"]])
    expect(ways('Am 3. März „fiel“ 1.250 mm Regen.', 'de').flat()).toEqual(['am', '3', 'märz', 'fiel', '1250', 'mm', 'regen'])
    expect(ways('Привет, МИР!', 'ru').flat()).toEqual(['привет', 'мир'])
    expect(ways('日本では2026年です。', 'ja').flat()).toEqual(['日', '本', 'で', 'は', '2026', '年', 'で', 'す'])
  })

  test('a text of any kind is read in no time, and gives no empty word', () => {
    const text = Array.from({ length: 3_000 }, (_, n) => `$${n}.5–${n * 7}k, "x${n}"’s 3:7 a/b-c.d—№${n}% … ½`).join(' ')
    for (const { readings } of writtenWords(text, 'en')) {
      expect(readings.length).toBeGreaterThan(0)
      for (const way of readings) expect(way.every((word) => word !== '')).toBe(true)
    }
  })
})

test('the words of a script know their sentence', () => {
  const script = 'Tides rise. The moon pulls!\n\n- a point\n- 😀\n- another'
  const sentences = sentencesOf(script)
  const words = scriptWords(script, 'en')
  expect(words.map(({ sentence, text }) => `${sentence} ${text}`)).toEqual([
    '0 Tides',
    '0 rise',
    '1 The',
    '1 moon',
    '1 pulls',
    '2 a',
    '2 point',
    '4 another',
  ])
  for (const { sentence, from, to, text } of words) expect(sentences[sentence]?.slice(from, to)).toBe(text)
})
