import { describe, expect, it } from 'vitest'
import { grow, type Production, rateAt } from './production.ts'
import { startGate } from './start-gate.ts'

/** Production of one 2 s segment each `everyMs`, after `count` of them. */
function made(count: number, everyMs: number): { production: Production; nowMs: number } {
  let production: Production | null = null
  for (let index = 1; index <= count; index += 1) production = grow(production, 2 * index, index * everyMs)
  return { production: production as Production, nowMs: count * everyMs }
}

const gate = (count: number, everyMs: number, plannedSeconds = 8) =>
  startGate({ ...made(count, everyMs), plannedSeconds, complete: false, remainingSeconds: null })

/** Plays from `startMs` on what is made at a steady pace; returns whether it ever has to wait. */
function stalls(startMs: number, everyMs: number, plannedSeconds: number): boolean {
  for (let second = 0; second < plannedSeconds; second += 0.1) {
    const there = 2 * Math.floor((startMs + second * 1000) / everyMs)
    if (there < Math.min(second, plannedSeconds)) return true
  }
  return false
}

describe('startGate', () => {
  it('waits for the second segment, which tells the rate', () => {
    expect(gate(1, 4_000)).toEqual({ open: false, missingSeconds: 6, waitSeconds: null })
  })

  it('opens at once when it is made faster than it plays', () => {
    expect(gate(2, 2_000)).toEqual({ open: true })
    expect(gate(2, 1_000)).toEqual({ open: true })
  })

  it('opens at D (1 - r) with a tenth in reserve: half as fast, 8 s long', () => {
    expect(gate(2, 4_000)).toMatchObject({ open: false })
    expect(gate(2, 4_000)).toHaveProperty('missingSeconds', expect.closeTo(0.4, 5))
    expect(gate(3, 4_000)).toEqual({ open: true })
  })

  it.each([
    [4_000, 8],
    [4_000, 30],
    [3_000, 30],
    [6_000, 60],
    [2_100, 120],
  ])('lets nothing stall at a segment each %i ms of %i s, and does not wait for the whole', (everyMs, plannedSeconds) => {
    const total = plannedSeconds / 2
    let opened = 0
    for (let count = 1; count <= total && opened === 0; count += 1) if (gate(count, everyMs, plannedSeconds).open) opened = count
    expect(opened).toBeGreaterThan(0)
    expect(opened).toBeLessThan(total)
    expect(stalls(opened * everyMs, everyMs, plannedSeconds)).toBe(false)
  })

  it('goes by the guessed remaining time until a rate is known', () => {
    const { production, nowMs } = made(1, 4_000)
    const ask = (remainingSeconds: number) => startGate({ production, nowMs, plannedSeconds: 30, complete: false, remainingSeconds })
    expect(ask(20)).toEqual({ open: true })
    expect(ask(60)).toMatchObject({ open: false })
  })

  it('is open for whatever is complete, and closed while there is nothing', () => {
    expect(startGate({ production: null, plannedSeconds: 8, complete: true, remainingSeconds: null, nowMs: 0 })).toEqual({ open: true })
    expect(startGate({ production: null, plannedSeconds: 8, complete: false, remainingSeconds: 1, nowMs: 0 })).toMatchObject({ open: false })
  })
})

describe('rateAt', () => {
  it('is the smoothed pace', () => {
    const { production, nowMs } = made(5, 4_000)
    expect(rateAt(production, nowMs)).toBeCloseTo(0.5, 5)
  })

  it('falls while a segment is overdue', () => {
    const { production, nowMs } = made(5, 2_000)
    expect(rateAt(production, nowMs + 2_000)).toBeCloseTo(1, 5)
    expect(rateAt(production, nowMs + 8_000)).toBeCloseTo(0.25, 5)
  })

  it('takes segments that come together for one', () => {
    const first = grow(null, 2, 0)
    const second = grow(first, 4, 4_000)
    const third = grow(second, 6, 4_010)
    expect(third).toMatchObject({ endSeconds: 6, rate: 0.5 })
    expect(grow(third, 5, 9_000)).toBe(third)
  })
})
