import { describe, expect, it } from 'vitest'
import { slotsOf } from './timeline.ts'

const stretch = { startSeconds: 0, durationSeconds: 5, segmentSeconds: 2, firstSegment: 0, final: true, fps: 30 }

describe('the segments of a stretch', () => {
  it('follow each other without a gap, in frames, samples and AAC frames', () => {
    const joined = [
      ...slotsOf({ ...stretch, durationSeconds: 3.2, final: false }),
      ...slotsOf({ ...stretch, startSeconds: 3.2, durationSeconds: 4.7, firstSegment: 2 }),
    ]
    expect(joined.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    for (const [i, slot] of joined.entries()) {
      const before = joined[i - 1]
      if (!before) continue
      expect(slot.startSeconds).toBeCloseTo(before.startSeconds + before.durationSeconds, 9)
      expect(slot.samples.from).toBe(before.samples.to)
      expect(slot.sound.from).toBe(before.sound.to)
    }
    expect(joined.at(-1)?.samples.to).toBe(7.9 * 48_000)
    expect(joined.at(-1)?.sound.to).toBe(Math.ceil((7.9 * 48_000) / 1_024))
  })

  it('leave the sound frame that crosses a joint to the next stretch', () => {
    expect(slotsOf({ ...stretch, final: false }).at(-1)?.sound.to).toBe(Math.floor((5 * 48_000) / 1_024))
  })

  it('are never empty, also when a length is a hair over a whole number of them', () => {
    expect(slotsOf({ ...stretch, durationSeconds: 4.000000001 }).length).toBe(2)
    expect(slotsOf({ ...stretch, durationSeconds: 4 + 1 / 30 }).map(({ frames }) => frames.to - frames.from)).toEqual([60, 60, 1])
  })

  it.each([24, 25, 30])('have whole frames at %i a second', (fps) => {
    for (const { frames, durationSeconds } of slotsOf({ ...stretch, fps }))
      expect(durationSeconds).toBeCloseTo((frames.to - frames.from) / fps, 9)
  })

  it('are of sound alone without a picture', () => {
    expect(slotsOf({ ...stretch, fps: null, durationSeconds: 2.5 }).map(({ samples }) => samples)).toEqual([
      { from: 0, to: 96_000 },
      { from: 96_000, to: 120_000 },
    ])
  })
})
