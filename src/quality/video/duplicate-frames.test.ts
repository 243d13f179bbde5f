import { expect, test } from 'vitest'
import { place, seen, show } from '../../../test/helpers/made-pictures.ts'
import { createDuplicateFrames } from './duplicate-frames.ts'

const THRESHOLD = 0.62
const room = place(2)
const pan = (at: number) => seen(room, Math.round(60 * at), 20)
const found = (moment: (at: number) => number, seconds = 4) =>
  show(createDuplicateFrames(THRESHOLD), { seconds, grey: (at) => pan(moment(at)) })

/** The moments of every `nth` frame of 30, held. */
const held = (nth: number) => (at: number) => (Math.floor(Math.round(at * 30) / nth) * nth) / 30

test('a stutter is found at its place', () => {
  const finder = found((at) => (at >= 1 && at < 2.5 ? held(3)(at) : at))
  expect(finder.faults()).toHaveLength(1)
  expect(finder.faults()[0]?.value).toBeCloseTo(2 / 3, 2)
  expect(finder.faults()[0]?.range.startSeconds).toBeCloseTo(1, 1)
  expect(finder.faults()[0]?.range.endSeconds).toBeCloseTo(2.5, 1)
})

test('a film that hangs twice within a second', () => {
  const finder = found((at) => (at >= 1 && at < 1.38 ? 1 : at >= 1.5 && at < 1.88 ? 1.5 : at))
  expect(finder.faults()).toHaveLength(1)
})

test.each([
  ['24 frames brought to 30', (at: number) => Math.floor(at * 24 + 1e-6) / 24, 0.2],
  ['a drawing in twelves', (at: number) => Math.floor(at * 12 + 1e-6) / 12, 0.6],
  ['a picture that comes to rest and goes on', (at: number) => (at < 1 ? at : at < 1.6 ? 1 : at - 0.6), 0],
  ['a picture that stands still', () => 1, 0],
])('%s passes', (_, moment, worst) => {
  const finder = found(moment)
  expect(finder.faults()).toEqual([])
  expect(finder.worst()).toBeCloseTo(worst, 1)
})

test('what hardly moves does not stutter', () => {
  const typed = (at: number) => {
    const grey = seen(room, 20, 20)
    return grey.fill(255, 0, 20 * Math.floor(at * 8))
  }
  expect(show(createDuplicateFrames(THRESHOLD), { seconds: 3, grey: typed }).faults()).toEqual([])
})
