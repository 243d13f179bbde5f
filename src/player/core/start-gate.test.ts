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
  startGate({ ...made(count, everyMs), plannedSeconds, positionSeconds: 0, complete: false, remaining: null })

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

  it('opens with three segments when it is made faster than it plays', () => {
    expect(gate(2, 1_000, 30)).toMatchObject({ open: false, missingSeconds: 2, waitSeconds: 1 })
    expect(gate(3, 2_000, 30)).toEqual({ open: true })
    expect(gate(3, 1_000, 30)).toEqual({ open: true })
  })

  it('opens with the whole, however short', () => {
    expect(gate(2, 1_000, 4)).toEqual({ open: true })
  })

  it('holds what lasts over the longest pause between two shots', () => {
    const given = (endSeconds: number) => {
      const production = grow(grow(grow(null, 4, 0), 6, 9_000), endSeconds, 9_100)
      return startGate({ production, plannedSeconds: 12, positionSeconds: 0, complete: false, remaining: null, nowMs: 9_100 })
    }
    expect(given(8.5)).toMatchObject({ open: false, missingSeconds: 0.5 })
    expect(given(9.5)).toEqual({ open: true })
  })

  it('opens at D (1 - r) with a tenth in reserve: half as fast, 30 s long', () => {
    expect(gate(8, 4_000, 30)).toHaveProperty('missingSeconds', expect.closeTo(0.5, 5))
    expect(gate(9, 4_000, 30)).toEqual({ open: true })
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

  it('goes by the cautious end of a guess from past jobs until a rate is known, never by a quoted one', () => {
    const [production, nowMs] = [grow(null, 6, 4_000), 4_000]
    const ask = (p90Seconds: number, basis: 'quote' | 'history') =>
      startGate({
        production,
        nowMs,
        plannedSeconds: 30,
        positionSeconds: 0,
        complete: false,
        remaining: { p50Seconds: 5, p90Seconds, basis },
      })
    expect(ask(20, 'history')).toEqual({ open: true })
    expect(ask(60, 'history')).toMatchObject({ open: false })
    expect(ask(20, 'quote')).toMatchObject({ open: false, waitSeconds: null })
  })

  it('believes a guess that is worse than what was measured so far', () => {
    const { production, nowMs } = made(3, 1_000)
    const ask = (p50Seconds: number) =>
      startGate({
        production,
        nowMs,
        plannedSeconds: 30,
        positionSeconds: 0,
        complete: false,
        remaining: { p50Seconds, p90Seconds: 90, basis: 'quote' },
      })
    expect(ask(20)).toEqual({ open: true })
    expect(ask(60)).toMatchObject({ open: false })
  })

  it('asks less the further on playing begins', () => {
    const ask = (positionSeconds: number) =>
      startGate({ ...made(10, 4_000), plannedSeconds: 30, positionSeconds, complete: false, remaining: null })
    expect(ask(0)).toEqual({ open: true })
    expect(ask(17)).toMatchObject({ open: false })
    expect(ask(20)).toMatchObject({ open: false, missingSeconds: expect.closeTo(10, 5) as number })
  })

  it('is open for whatever is complete, and closed while there is nothing', () => {
    const nothing = { production: null, plannedSeconds: 8, positionSeconds: 0, nowMs: 0, remaining: null }
    expect(startGate({ ...nothing, complete: true })).toEqual({ open: true })
    expect(startGate({ ...nothing, complete: false })).toMatchObject({ open: false })
  })
})

describe('rateAt', () => {
  it('is the smoothed pace', () => {
    const { production, nowMs } = made(5, 4_000)
    expect(rateAt(production, nowMs)).toBeCloseTo(0.5, 5)
  })

  it('forgets a fast beginning in proportion to time, not to the number of segments', () => {
    let production = grow(grow(null, 2, 0), 6, 300)
    for (let index = 1; index <= 4; index += 1) production = grow(production, 6 + 2 * index, 300 + 4_000 * index)
    expect(rateAt(production, 16_300)).toBeLessThan(0.7)
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
    expect(third.endSeconds).toBe(6)
    expect(rateAt(third, 4_010)).toBe(0.5)
    expect(grow(third, 5, 9_000)).toBe(third)
  })
})
