import { expect, test } from 'vitest'
import { place, seen, show, stillOf } from '../../../test/helpers/made-pictures.ts'
import type { StillFrame } from '../../ports/media-tool.ts'
import { createBlockiness } from './blockiness.ts'

const THRESHOLD = 0.4
const whole = stillOf(seen(place(11), 20, 20))

/** Every block of 8 pixels nearer to its mean, the grid beginning at `from`. */
function blocked(still: StillFrame, share: number, from = 0): StillFrame {
  const { width, height } = still
  const yuv420p = still.yuv420p.slice()
  for (let top = from - 8; top < height; top += 8) {
    for (let left = from - 8; left < width; left += 8) {
      const pixels: number[] = []
      for (let y = Math.max(0, top); y < Math.min(height, top + 8); y++)
        for (let x = Math.max(0, left); x < Math.min(width, left + 8); x++) pixels.push(y * width + x)
      const mean = pixels.reduce((sum, at) => sum + (still.yuv420p[at] as number), 0) / pixels.length
      for (const at of pixels) yuv420p[at] = Math.round((still.yuv420p[at] as number) * (1 - share) + mean * share)
    }
  }
  return { ...still, yuv420p }
}

const found = (still: (at: number) => StillFrame) =>
  show(createBlockiness(THRESHOLD), { seconds: 3, grey: () => new Uint8Array(160 * 90), still: (at) => still(at) })

test.each([0, 3])('blocks are found wherever their grid begins (%i)', (from) => {
  const finder = found(() => blocked(whole, 0.8, from))
  expect(finder.faults()).toMatchObject([{ range: { startSeconds: 0, endSeconds: 3 } }])
})

test('a whole picture passes, and one with a trace of blocks', () => {
  expect(found(() => whole).worst()).toBeLessThan(0.15)
  expect(found(() => blocked(whole, 0.15)).faults()).toEqual([])
})

test('a drawn box on the grid is no block', () => {
  const boxed = { ...whole, yuv420p: whole.yuv420p.slice() }
  for (let y = 64; y < 128; y++) boxed.yuv420p.fill(240, y * 320 + 64, y * 320 + 192)
  expect(found(() => boxed).faults()).toEqual([])
})

test('the start of a stream may be coarse', () => {
  expect(found((at) => (at < 0.5 ? blocked(whole, 0.8) : whole)).faults()).toEqual([])
})
