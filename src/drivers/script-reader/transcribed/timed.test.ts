import { expect, test } from 'vitest'
import type { Transcript } from '../../../ports/transcriber.ts'
import { heardWords } from './timed.ts'

const speech = [
  { startSeconds: 1, endSeconds: 3 },
  { startSeconds: 5, endSeconds: 7 },
]
const transcript = (rest: Partial<Transcript>): Transcript => ({ text: '', language: null, durationSeconds: null, words: null, ...rest })

function told(given: Transcript, language = 'en'): string[] {
  return heardWords(given, speech, 8, language).map(
    ({ text, range }) => `${text} ${range.startSeconds.toFixed(1)}-${range.endSeconds.toFixed(1)}`,
  )
}

test('timed words keep their times; those that belong together are one', () => {
  const words = ['For', '$3.5', 'million', 'at', '3:30', 'p.m.'].map((text, n) => ({ text, startSeconds: n, endSeconds: n + 0.5 }))
  expect(told(transcript({ words }))).toEqual(['For 0.0-0.5', '$3.5 million 1.0-2.5', 'at 3.0-3.5', '3:30 4.0-4.5', 'p.m 5.0-5.5'])
})

test('passages spread their words over their own time, a bare text over all speech', () => {
  const passages = [
    { text: 'Aa bb.', startSeconds: 1, endSeconds: 2 },
    { text: 'Cc', startSeconds: 5, endSeconds: 6 },
  ]
  expect(told(transcript({ text: 'Aa bb. Cc', passages }))).toEqual(['Aa 1.0-1.4', 'bb 1.4-2.0', 'Cc 5.0-6.0'])
  expect(told(transcript({ text: 'aaaa bbbb' }))).toEqual(['aaaa 1.0-3.0', 'bbbb 3.0-7.0'])
  expect(told(transcript({ text: '' }))).toEqual([])
})

test('times in other units than seconds are not believed', () => {
  const words = [{ text: 'aaaa', startSeconds: 1e9, endSeconds: 2e9 }]
  expect(told(transcript({ text: 'aaaa', words, passages: words }))).toEqual(['aaaa 1.0-7.0'])
})

test('Chinese is put together without spaces', () => {
  const words = ['今天', '很好'].map((text, n) => ({ text, startSeconds: n, endSeconds: n + 1 }))
  expect(told(transcript({ words }), 'zh')).toEqual(['今 0.0-1.0', '天 0.0-1.0', '很 1.0-2.0', '好 1.0-2.0'])
})
