import { expect, test } from 'vitest'
import { place, seen, show } from '../../../test/helpers/made-pictures.ts'
import { createLetterbox } from './letterbox.ts'

const THRESHOLD = 0.04
const room = place(3)

/** With bars of so many rows above and below, and columns at the sides. */
function barred(at: number, rows: number, columns = 0): Uint8Array {
  return seen(room, 20 + Math.round(20 * at), 20).map((level, pixel) => {
    const [x, y] = [pixel % 160, Math.floor(pixel / 160)]
    return y < rows || y >= 90 - rows || x < columns || x >= 160 - columns ? 0 : Math.max(60, level)
  })
}

test.each([
  ['that appear', (at: number) => barred(at, at < 2 ? 0 : 10), 20 / 90],
  ['that go', (at: number) => barred(at, at < 2 ? 10 : 0), 20 / 90],
  ['that grow', (at: number) => barred(at, at < 2 ? 5 : 12), 14 / 90],
  ['at the sides', (at: number) => barred(at, 0, at < 2 ? 0 : 20), 40 / 160],
])('bars %s are found', (_, grey, value) => {
  const { length, 0: fault } = show(createLetterbox(THRESHOLD), { seconds: 4, grey }).faults()
  expect(length).toBe(1)
  expect(fault?.value).toBeCloseTo(value, 3)
  expect(fault?.range.startSeconds).toBeCloseTo(2, 3)
})

test('bars that slide in are one fault', () => {
  const grey = (at: number) => barred(at, Math.max(0, Math.min(12, Math.round((at - 1) * 24))))
  const { length, 0: fault } = show(createLetterbox(THRESHOLD), { seconds: 3, grey }).faults()
  expect(length).toBe(1)
  expect(fault?.range.endSeconds).toBeGreaterThan(1.3)
})

test.each([
  ['bars throughout', (at: number) => barred(at, 10)],
  ['no bars', (at: number) => barred(at, 0)],
  ['a row more', (at: number) => barred(at, at < 2 ? 10 : 11)],
  ['one bar alone', (at: number) => barred(at, 0).fill(0, 0, at < 2 ? 0 : 160 * 12)],
  ['a fade from and to black', (at: number) => barred(at, 0).map((level) => level * Math.min(1, at / 0.8, (4 - at) / 0.8))],
])('%s: nothing changes', (_, grey) => {
  expect(show(createLetterbox(THRESHOLD), { seconds: 4, grey }).faults()).toEqual([])
})
