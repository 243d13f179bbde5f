import { expect, test } from 'vitest'
import { place, seen, show } from '../../../test/helpers/made-pictures.ts'
import { createFlash } from './flash.ts'

const FPS = 30
const room = place(1)

/** Lighter by `levels` for half of each period, over the upper `share` of the picture, from 1 s to 3 s. */
const flashing =
  (hertz: number, levels = 120, share = 1) =>
  (at: number) => {
    const grey = seen(room, 20, 20)
    const frame = Math.round(at * FPS)
    if (frame < FPS || frame >= 3 * FPS || ((frame - FPS) * 2 * hertz) % (2 * FPS) >= FPS) return grey
    return grey.map((level, pixel) => (pixel < share * grey.length ? Math.min(255, level + levels) : level))
  }

test.each([
  ['5 a second', flashing(5), 5],
  ['10 a second', flashing(10), 10],
  ['5 a second over a third', flashing(5, 120, 0.34), 5],
])('%s is found, with how many', (_, grey, value) => {
  const finder = show(createFlash(3), { seconds: 4, grey })
  const [fault, ...more] = finder.faults()
  expect(more).toEqual([])
  expect(fault).toMatchObject({ value, range: { startSeconds: 1 } })
  expect(Math.abs((fault?.range.endSeconds ?? 0) - 3)).toBeLessThan(0.2)
})

test.each([
  ['3 a second', flashing(3), 3],
  ['5 a second over a fifth of the picture', flashing(5, 120, 0.2), 0],
  ['5 a second that is hardly lighter', flashing(5, 12), 0],
  ['a picture that moves', (at: number) => seen(room, 20 + Math.round(90 * Math.sin(9 * at) ** 2), 20), 1],
])('%s is allowed', (_, grey, most) => {
  const finder = show(createFlash(3), { seconds: 4, grey })
  expect(finder.faults()).toEqual([])
  expect(finder.worst()).toBeLessThanOrEqual(most)
})

test('changes between two bright pictures are no flashes', () => {
  const bright = (at: number) => new Uint8Array(160 * 90).fill(Math.round(at * FPS) % 6 < 3 ? 232 : 255)
  expect(show(createFlash(3), { seconds: 3, grey: bright }).faults()).toEqual([])
})
