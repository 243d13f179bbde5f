import { expect, test } from 'vitest'
import { place, seen, show, stillOf } from '../../../test/helpers/made-pictures.ts'
import type { StillFrame } from '../../ports/media-tool.ts'
import { createBlur } from './blur.ts'

const THRESHOLD = 5
const sharp = chequered(stillOf(seen(place(10), 20, 20)))

/** Dark and light boxes of 27 pixels, with the picture showing through a little. */
function chequered(still: StillFrame): StillFrame {
  const { width } = still
  const isLight = (pixel: number) => (Math.floor((pixel % width) / 27) + Math.floor(pixel / width / 27)) % 2 === 1
  return { ...still, yuv420p: still.yuv420p.map((level, pixel) => (isLight(pixel) ? 200 : 30) + level / 10) }
}

/** Each pixel the mean of those within `reach`, twice: nearly a Gauss of sigma `reach`. */
function softened(still: StillFrame, reach: number): StillFrame {
  const { width, height } = still
  const box = (from: Float32Array, step: number, along: (pixel: number) => number, length: number) =>
    from.map((_, pixel) => {
      const at = along(pixel)
      let sum = 0
      let count = 0
      for (let k = Math.max(-reach, -at); k <= Math.min(reach, length - 1 - at); k++) {
        sum += from[pixel + k * step] as number
        count += 1
      }
      return sum / count
    })
  let luma = Float32Array.from(still.yuv420p.subarray(0, width * height))
  for (let round = 0; round < 2; round++) {
    luma = box(luma, 1, (pixel) => pixel % width, width)
    luma = box(luma, width, (pixel) => Math.floor(pixel / width), height)
  }
  const yuv420p = still.yuv420p.slice()
  yuv420p.set(luma)
  return { ...still, yuv420p }
}

const found = (still: (at: number) => StillFrame) =>
  show(createBlur(THRESHOLD), { seconds: 4, grey: () => new Uint8Array(160 * 90), still: (at) => still(at) })

// The picture is 180 high: its pixels count twice.
const soft = softened(sharp, 3)

test('a sharp picture passes, a soft one does not, and the softer the larger the value', () => {
  expect(found(() => sharp).faults()).toEqual([])
  const [little, much] = [found(() => softened(sharp, 2)), found(() => softened(sharp, 5))]
  expect(much.faults()).toMatchObject([{ range: { startSeconds: 0, endSeconds: 4 } }])
  expect(much.worst()).toBeGreaterThan((little.worst() ?? 0) * 1.5)
})

test('softness is a fault where it lasts a second', () => {
  expect(found((at) => (at >= 2 && at < 2.5 ? soft : sharp)).faults()).toEqual([])
  expect(found((at) => (at >= 2 && at < 3 ? soft : sharp)).faults()).toMatchObject([{ range: { startSeconds: 2, endSeconds: 3 } }])
})

test('what is sharp before a soft ground is sharp', () => {
  const { width, height } = sharp
  const portrait = { ...soft, yuv420p: soft.yuv420p.slice() }
  for (let y = 40; y < 140; y++) portrait.yuv420p.set(sharp.yuv420p.subarray(y * width + 40, y * width + 150), y * width + 40)
  expect(height).toBe(180)
  expect(found(() => portrait).faults()).toEqual([])
})

test('where there is no edge there is nothing to blur', () => {
  const fog = { ...sharp, yuv420p: new Uint8Array(sharp.yuv420p.length).fill(140) }
  const finder = found(() => fog)
  expect([finder.faults().length, finder.worst()]).toEqual([0, 0])
})
