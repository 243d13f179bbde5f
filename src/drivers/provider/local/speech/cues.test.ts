import { expect, test } from 'vitest'
import { cuesOf, piecesOf } from './cues.ts'

const long =
  'Solar made 27 percent of all power in April, coal 24 percent and wind 18 percent, the operator of the grid said on Monday, and nobody had expected that it would come so soon.'

test('a sentence that fits two lines is one piece', () => {
  expect(piecesOf('Solar passed coal in April.')).toEqual(['Solar passed coal in April.'])
})

test('a long one is broken where it breathes, and loses nothing', () => {
  const pieces = piecesOf(long)
  expect(pieces.join(' ')).toBe(long)
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(84)
  expect(pieces[0]?.endsWith(',')).toBe(true)
  expect(piecesOf('x'.repeat(300))).toEqual(['x'.repeat(300)])
})

test('pieces follow each other without a gap and begin after the voice’s pause', () => {
  // 16 s of speech with a pause from 4.0 to 4.3 s; a quarter of the letters are said after about 4 s.
  const phones = [
    { name: 'pau', endSeconds: 0.2 },
    ...Array.from({ length: 38 }, (_, n) => ({ name: 'ah', endSeconds: 0.2 + 0.1 * (n + 1) })),
    { name: 'pau', endSeconds: 4.3 },
  ]
  for (let n = 0; n < 40; n++) phones.push({ name: 'ah', endSeconds: 4.3 + 0.1 * (n + 1) })
  phones.push({ name: 'pau', endSeconds: 8.6 })
  const text =
    'The first half of this sentence is just about as long as the other one is, and the second half of it is about as long as the first one was.'
  const cues = cuesOf(text, phones, { startSeconds: 0.2, endSeconds: 8.3 }, 10)
  expect(cues.map((cue) => cue.text).join(' ')).toBe(text)
  expect(cues).toHaveLength(2)
  expect(cues[0]?.startSeconds).toBe(10)
  expect(cues[1]?.startSeconds).toBeCloseTo(10 + 4.3 - 0.2, 5)
  expect(cues[0]?.endSeconds).toBe(cues[1]?.startSeconds)
  expect(cues[1]?.endSeconds).toBeCloseTo(18.1, 5)
})
