import { expect, test } from 'vitest'
import { comparable, figuresIn } from './figures.ts'

test.each<[string, [string, number, string, string][]]>([
  ['The plant cost $4.2 billion.', [['$4.2 billion', 4.2e9, '$', '']]],
  [
    'It needs €300m and £1.5bn.',
    [
      ['€300 million', 3e8, '€', ''],
      ['£1.5 billion', 1.5e9, '£', ''],
    ],
  ],
  ['They paid 250 million euros for it.', [['€250 million', 2.5e8, '€', 'for it']]],
  [
    'Solar made 27 percent of all power, coal 24%.',
    [
      ['27%', 27, '%', 'of all power'],
      ['24%', 24, '%', ''],
    ],
  ],
  ['It was 38 °C in Seville.', [['38 °C', 38, '°C', 'in Seville']]],
  [
    'Some 3,400 miners and 12 000 others left.',
    [
      ['3,400', 3400, 'miner', 'miners'],
      ['12 000', 12000, 'other', 'others left'],
    ],
  ],
  ['About 3.2 million homes lost power.', [['3.2 million', 3.2e6, 'home', 'homes lost power']]],
  ['They carry 12 gigawatts into the evening.', [['12', 12, 'gigawatt', 'gigawatts']]],
  // None of these is a figure.
  ['On 3 April 2024, at 10:30, the 21st meeting began.', []],
  ['The Boeing 737 and the A320 met in 1998.', []],
  ['In the 1990s, COVID-19 was unknown.', []],
  ['Call 555-1234 or see v2.3.1.', []],
  ['By 2030 coal will be gone.', []],
])('%j', (sentence, expected) => {
  expect(figuresIn(sentence).map(({ display, value, unit, label }) => [display, value, unit, label])).toEqual(expected)
})

test.each<[string, string[]]>([
  ['Solar made 27 percent of all power, coal 24 percent and wind 18 percent.', ['Solar 27%', 'Coal 24%', 'Wind 18%']],
  ['Solar stood at 4 percent in 2016, 11 percent in 2021 and 27 percent in 2026.', ['2016 4%', '2021 11%', '2026 27%']],
  ['Solar supplied 27 percent of electricity in April, against 24 percent from coal.', ['Solar 27%', 'Coal 24%']],
  ['The government will spend $4.2 billion on cables and $1.1 billion on storage.', ['Cables $4.2 billion', 'Storage $1.1 billion']],
  // One figure, different units, no names, or sizes that no chart could show.
  ['The cables cost $4.2 billion.', []],
  ['It has 48,000 books and 120 seats.', []],
  ['It rose from 12 percent to 31 percent.', []],
  ['Anna has 1 euro and Bert has 90,000 euros.', []],
])('comparable: %j', (sentence, expected) => {
  expect(comparable(sentence).map(({ label, display }) => `${label} ${display}`)).toEqual(expected)
})
