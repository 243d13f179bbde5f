import { describe, expect, it } from 'vitest'
import { createStallWatch } from './stalls.ts'

const watching = { seeking: false, ended: false, bufferedSeconds: 0.05 }

describe('createStallWatch', () => {
  it('takes waiting before the start, during a seek and at the end for none', () => {
    const stalls = createStallWatch()
    expect(stalls.waiting(0, watching)).toBe(false)
    expect(stalls.playing(100)).toBeNull()
    expect(stalls.waiting(200, { ...watching, seeking: true })).toBe(false)
    expect(stalls.waiting(300, { ...watching, ended: true })).toBe(false)
    expect(stalls.count).toBe(0)
  })

  it('counts one stall from the first waiting to the next playing', () => {
    const stalls = createStallWatch()
    stalls.playing(0)
    expect(stalls.waiting(1_000, watching)).toBe(true)
    expect(stalls.waiting(1_200, watching)).toBe(false)
    expect(stalls.playing(1_500)).toBe(500)
    expect(stalls.playing(1_600)).toBeNull()
    expect(stalls.count).toBe(1)
  })

  it('tells a decoder that cannot keep up from data that is missing', () => {
    const stalls = createStallWatch()
    stalls.playing(0)
    expect(stalls.waiting(1_000, { ...watching, bufferedSeconds: 6 })).toBe(false)
    expect([stalls.count, stalls.hitches]).toEqual([0, 1])
  })
})
