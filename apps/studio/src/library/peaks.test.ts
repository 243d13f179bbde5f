import { expect, it } from 'vitest'
import { barsOf, isPeaks } from './peaks.ts'

it('draws the loudest of each part, whichever sign and channel it has', () => {
  const mono = { version: 2, channels: 1, bits: 8, length: 4, data: [-10, 20, -64, 8, 0, 0, -5, 32] }
  expect(isPeaks(mono)).toBe(true)
  expect(barsOf(mono, 2)).toEqual([64 / 128, 32 / 128])
  const stereo = { bits: 16, channels: 2, length: 2, data: [0, 100, -32_768, 0, 0, 0, 0, 16_384] }
  expect(barsOf(stereo, 2)).toEqual([1, 0.5])
})

it('draws more bars than there are peaks, and refuses what is none', () => {
  expect(barsOf({ bits: 8, length: 1, data: [-64, 64] }, 3)).toEqual([0.5, 0.5, 0.5])
  expect([null, {}, { bits: 8, length: 1 }, 'peaks'].map(isPeaks)).toEqual([false, false, false, false])
})
