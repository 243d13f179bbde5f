import { expect, test } from 'vitest'
import { shorten, wordCount } from './shorten.ts'

test.each<[string, number, string]>([
  ['Short enough already.', 10, 'Short enough already'],
  ['However, the mines will close before the winter begins.', 8, 'The mines will close before the winter begins'],
  ['The last plant could close in 2031, if storage keeps growing as it does.', 8, 'The last plant could close in 2031'],
  [
    '"That is less than one new coal plant and its fuel," said Marta Lindqvist, who runs the grid.',
    12,
    'That is less than one new coal plant and its fuel',
  ],
  [
    'Solar made 27 percent of all power and coal 24 percent, the grid operator said on Monday.',
    12,
    'Solar made 27 percent of all power and coal 24 percent',
  ],
  ['Will it last?', 10, 'Will it last?'],
  // There is no joint: the sentence stays whole rather than broken.
  ['One two three four five six seven eight nine ten eleven twelve.', 6, 'One two three four five six seven eight nine ten eleven twelve'],
])('%j to %i words', (sentence, words, expected) => {
  expect(shorten(sentence, words)).toBe(expected)
})

test('counts words, not dashes', () => {
  expect(wordCount('a – b, 12 c')).toBe(4)
})
