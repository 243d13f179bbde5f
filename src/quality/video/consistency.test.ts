import { expect, test } from 'vitest'
import { place, seen, show, stillOf, type Thing, withThings } from '../../../test/helpers/made-pictures.ts'
import { createConsistency } from './consistency.ts'
import { createJoints } from './joints.ts'

const THRESHOLD = 0.045
const [here, there, dog, cup] = [place(6), place(7), place(8, 60, 60), place(9, 60, 60)]

interface Made {
  ground?: (at: number) => Uint8Array
  things?: (at: number) => Thing[]
  plannedCuts?: number[]
  seconds?: number
}

const panned = (at: number) => seen(here, Math.round(24 * at), 20)
const found = ({ ground = panned, things = () => [], plannedCuts = [], seconds = 5 }: Made) =>
  show(createConsistency(THRESHOLD, 0.45, createJoints(), plannedCuts), {
    seconds,
    grey: (at) => withThings(ground(at), things(at)),
    still: (at) => stillOf(ground(at), things(at)),
  })

const thing = (skin: Place, colour: [number, number], x = 60): Thing => ({ x, y: 30, width: 40, height: 44, skin, colour })
type Place = typeof dog
const BROWN: [number, number] = [-20, 25]
const BLUE: [number, number] = [35, -20]

/** Turned up from a third to the whole within a second. */
const light = (at: number): number => Math.min(1, Math.max(0.33, 0.33 + 0.67 * (at - 2.5)))
const lit = (grey: Uint8Array, at: number): Uint8Array => grey.map((level) => level * light(at))
/** Something strong in colour, in this light. */
const colours = (share: number): Thing => ({ x: 20, y: 10, width: 110, height: 66, skin: 150 * share, colour: [-60 * share, 70 * share] })

test.each([2, 4, 12])('an insert of %i frames is found, from its first to its last', (frames) => {
  const inserted = (at: number) => (at >= 2.5 - 1e-6 && at < 2.5 + frames / 30 - 1e-6 ? seen(there, 50, 40) : panned(at))
  const faults = found({ ground: inserted }).faults()
  expect(faults).toHaveLength(1)
  expect(faults[0]?.range.startSeconds).toBeCloseTo(2.5, 3)
  expect(faults[0]?.range.endSeconds).toBeCloseTo(2.5 + frames / 30, 3)
})

test('another picture that stays is a cut, and no matter of this check', () => {
  expect(found({ ground: (at) => (at < 2.5 ? panned(at) : seen(there, 50, 40)) }).faults()).toEqual([])
})

test('a subject that becomes another within a second is found in the half second it is seen in', () => {
  const half = (a: Place, b: Place, t: number): Place => ({
    ...a,
    levels: a.levels.map((level, pixel) => level + ((b.levels[pixel] as number) - level) * t),
  })
  const things = (at: number): Thing[] => {
    const t = Math.min(1, Math.max(0, (at - 2.7) / 0.8))
    return [thing(half(dog, cup, t), [BROWN[0] + (BLUE[0] - BROWN[0]) * t, BROWN[1] + (BLUE[1] - BROWN[1]) * t])]
  }
  const faults = found({ things }).faults()
  expect(faults.length).toBeGreaterThan(0)
  expect(faults[0]?.value).toBeGreaterThan(THRESHOLD)
  expect(faults[0]?.range.startSeconds).toBeGreaterThanOrEqual(2.5)
  expect(faults[0]?.range.endSeconds).toBeLessThanOrEqual(3.5)
})

test.each<[string, Made]>([
  ['a pan', {}],
  ['a fast pan', { ground: (at) => seen(here, Math.round(62 * at), 20) }],
  ['a subject that walks', { things: (at) => [thing(dog, BROWN, 20 + Math.round(16 * at))] }],
  ['somebody who comes in at the side', { things: (at) => [thing(dog, BROWN), thing(cup, BLUE, at < 2.9 ? 160 : 120)] }],
  [
    'somebody who walks in',
    { things: (at) => [thing(dog, BROWN), thing(cup, BLUE, Math.max(110, 160 - Math.round(40 * Math.max(0, at - 2.4))))] },
  ],
  ['a light that is turned up', { ground: (at) => lit(panned(at), at), things: (at) => [colours(light(at))] }],
  ['what changes all the time', { things: (at) => [thing(Math.floor(at * 2) % 2 ? dog : cup, Math.floor(at * 2) % 2 ? BROWN : BLUE)] }],
  ['a planned cut', { ground: (at) => (at < 2.5 - 1e-6 ? panned(at) : seen(there, 50, 40)), plannedCuts: [2.5] }],
])('%s is consistent', (_, made) => {
  const finder = found(made)
  expect(finder.faults()).toEqual([])
  expect(finder.worst()).toBeLessThanOrEqual(THRESHOLD)
})

test('where much changes anyway, more that does is not judged', () => {
  const things = (at: number): Thing[] => [
    { ...thing(dog, Math.floor(at) % 2 ? BROWN : BLUE, 10), width: 60, height: 60 },
    { ...thing(cup, at < 3.2 ? BROWN : BLUE, 80), width: 76, height: 58 },
  ]
  expect(found({ things }).faults()).toEqual([])
})

test('what changes before it is known what usually does is not judged', () => {
  expect(found({ things: (at) => [at < 0.8 ? thing(dog, BROWN) : thing(cup, BLUE)] }).faults()).toEqual([])
})
