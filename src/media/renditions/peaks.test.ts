import { describe, expect, test } from 'vitest'
import { waveformPeaks } from './peaks.ts'

interface Peaks {
  length: number
  samples_per_pixel: number
  data: number[]
}

const RATE = 48_000

/** One second at a time, but cut into odd pieces. */
function* tone(seconds: number, amplitude: (at: number) => [number, number]) {
  const frames = seconds * RATE
  for (let at = 0; at < frames; at += 1_999) {
    const block = new Int16Array(Math.min(1_999, frames - at) * 2)
    for (let frame = 0; frame < block.length / 2; frame++) {
      const wave = Math.sin(2 * Math.PI * 480 * ((at + frame) / RATE))
      const [left, right] = amplitude((at + frame) / RATE)
      block[2 * frame] = Math.round(left * wave)
      block[2 * frame + 1] = Math.round(right * wave)
    }
    yield block
  }
}

describe('peaks', () => {
  test('of a known tone', async () => {
    const peaks = JSON.parse(
      await waveformPeaks(
        tone(2, (at) => (at < 1 ? [16_384, 0] : [0, 32_767])),
        { durationSeconds: 2, points: 100 },
      ),
    ) as Peaks
    expect(peaks).toMatchObject({ version: 2, channels: 1, sample_rate: RATE, bits: 8, length: 100, samples_per_pixel: 960 })
    expect(peaks.data).toHaveLength(200)
    for (let point = 0; point < 50; point++) expect(peaks.data.slice(2 * point, 2 * point + 2)).toEqual([-64, 64])
    for (let point = 50; point < 100; point++) expect(peaks.data.slice(2 * point, 2 * point + 2)).toEqual([-128, 127])
  })

  test('never has more points than asked for, and covers all of the time', async () => {
    for (const [durationSeconds, points] of [
      [1.0001, 7],
      [0.01, 1_200],
      [3, 1_199],
      [0, 10],
    ] as const) {
      const { length, samples_per_pixel, data } = JSON.parse(await waveformPeaks([], { durationSeconds, points })) as Peaks
      expect(length).toBeLessThanOrEqual(points)
      expect(length * samples_per_pixel).toBeGreaterThanOrEqual(Math.round(durationSeconds * RATE))
      expect(data).toEqual(new Array(2 * length).fill(0))
    }
  })

  test('sound beyond the end is left out', async () => {
    const { length } = JSON.parse(
      await waveformPeaks(
        tone(2, () => [100, 100]),
        { durationSeconds: 1, points: 10 },
      ),
    ) as Peaks
    expect(length).toBe(10)
  })
})
