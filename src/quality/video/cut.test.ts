import { expect, test } from 'vitest'
import { place, seen, show, withThings } from '../../../test/helpers/made-pictures.ts'
import { createCut } from './cut.ts'
import { createJoints } from './joints.ts'

const THRESHOLD = 0.45
const [here, there] = [place(4), place(5)]
const pan = (at: number) => seen(here, Math.round(30 * at), 20)
const cutAt = (second: number) => (at: number) => (at < second - 1e-6 ? pan(at) : seen(there, 40, 30))
const found = (grey: (at: number) => Uint8Array, plannedCuts: number[] = []) =>
  show(createCut(THRESHOLD, createJoints(), plannedCuts), { seconds: 4, grey })

test.each([0.2, 59 / 30, 2.5])('a cut at %f s is found there', (second) => {
  const faults = found(cutAt(second)).faults()
  expect(faults).toHaveLength(1)
  expect(faults[0]?.range.startSeconds).toBeCloseTo(second, 3)
  expect(faults[0]?.value).toBeGreaterThan(0.5)
})

test('a cut from a dark picture to a dark one', () => {
  expect(found((at) => cutAt(2)(at).map((level) => level / 4)).faults()).toHaveLength(1)
})

test('a cut that was planned is none, wherever the provider put it within a tenth of a second', () => {
  expect(found(cutAt(2), [2]).faults()).toEqual([])
  expect(found(cutAt(2), [1.95]).faults()).toEqual([])
  expect(found(cutAt(2), [1.5]).faults()).toHaveLength(1)
})

test.each([
  ['a whip of the camera', (at: number) => seen(here, at < 1 ? 10 : Math.min(250, 10 + Math.round((at - 1) * 400)), 20)],
  ['a fade', (at: number) => pan(at).map((level) => level * Math.min(1, at, 4 - at))],
  ['one flash', (at: number) => pan(at).map((level) => (Math.abs(at - 2) < 0.05 ? Math.min(255, level * 0.4 + 150) : level))],
  ['darkness at once', (at: number) => (at < 2 ? pan(at) : new Uint8Array(160 * 90).fill(2))],
  ['words that appear', (at: number) => withThings(pan(at), at < 2 ? [] : [{ x: 20, y: 60, width: 100, height: 8, skin: 250 }])],
  [
    'somebody who steps in',
    (at: number) => withThings(pan(at), [{ x: 160 - Math.round(80 * at), y: 10, width: 60, height: 80, skin: there }]),
  ],
])('%s is no cut', (_, grey) => {
  const finder = found(grey)
  expect(finder.faults()).toEqual([])
  expect(finder.worst()).toBeLessThan(THRESHOLD)
})
