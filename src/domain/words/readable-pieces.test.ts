import { expect, test } from 'vitest'
import { readablePieces } from './readable-pieces.ts'

const long =
  'Solar made 27 percent of all power in April, coal 24 percent and wind 18 percent, the operator of the grid said on Monday, and nobody had expected that it would come so soon.'

test('a sentence that fits two lines is one piece', () => {
  expect(readablePieces('Solar passed coal in April.')).toEqual(['Solar passed coal in April.'])
})

test('a long one is broken where it breathes, and loses nothing', () => {
  const pieces = readablePieces(long)
  expect(pieces.join(' ')).toBe(long)
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(84)
  expect(pieces[0]?.endsWith(',')).toBe(true)
  expect(readablePieces('x'.repeat(300))).toEqual(['x'.repeat(300)])
})
