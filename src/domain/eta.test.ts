import { describe, expect, it } from 'vitest'
import { estimate, judgeEta } from './eta.ts'

const steady = (seconds: number) => Array.from({ length: 40 }, (_, i) => seconds * (0.9 + (0.2 * i) / 39))

describe('estimate', () => {
  it('adds what is left of the running stage and the later ones', () => {
    const eta = estimate({ elapsedSeconds: 4, fraction: null, histories: [steady(10), steady(5)], quotedSeconds: [1, 1] })
    expect(eta?.basis).toBe('history')
    expect(eta?.p50Seconds).toBeGreaterThan(10)
    expect(eta?.p50Seconds).toBeLessThan(12)
    expect(eta?.p90Seconds).toBeGreaterThanOrEqual(eta?.p50Seconds ?? Number.NaN)
  })

  it('counts only the past runs that took longer than this one already has', () => {
    const history = [...steady(10), ...steady(60)]
    const early = estimate({ elapsedSeconds: 1, fraction: null, histories: [history], quotedSeconds: [0] })
    const late = estimate({ elapsedSeconds: 30, fraction: null, histories: [history], quotedSeconds: [0] })
    expect(late?.p50Seconds).toBeGreaterThan(early?.p50Seconds ?? Number.NaN)
  })

  it('grows beyond all history instead of sitting at zero', () => {
    const eta = estimate({ elapsedSeconds: 100, fraction: null, histories: [steady(10)], quotedSeconds: [0] })
    expect(eta?.p50Seconds).toBeGreaterThan(15)
  })

  it('believes a reported fraction the more the further it is', () => {
    const ask = (fraction: number) =>
      estimate({ elapsedSeconds: 50, fraction, histories: [steady(60)], quotedSeconds: [0] })?.p50Seconds ?? Number.NaN
    expect(ask(0.25)).toBeGreaterThan(50)
    expect(ask(0.9)).toBeLessThan(10)
  })

  it('ignores a first wild report', () => {
    const ask = (fraction: number | null) =>
      estimate({ elapsedSeconds: 5, fraction, histories: [steady(20)], quotedSeconds: [0] })?.p50Seconds
    expect(ask(0.01)).toBe(ask(null))
  })

  it('rests on the quote without history, and says so', () => {
    const eta = estimate({ elapsedSeconds: 0, fraction: null, histories: [[], []], quotedSeconds: [20, 5] })
    expect(eta?.basis).toBe('quote')
    expect(eta?.p50Seconds).toBeGreaterThan(18)
    expect(eta?.p50Seconds).toBeLessThan(35)
    expect(eta?.p90Seconds).toBeGreaterThan(eta?.p50Seconds ?? Number.NaN)
  })

  it('answers the same question the same way', () => {
    const question = { elapsedSeconds: 3, fraction: 0.4, histories: [steady(10), steady(7)], quotedSeconds: [1, 1] }
    expect(estimate(question)).toEqual(estimate(question))
  })
})

it('a forecast is judged by whether the job kept its p50, its p90 or neither, and by how much it took of the p50', () => {
  const eta = { p50Seconds: 10, p90Seconds: 20, basis: 'history' } as const
  expect(judgeEta(eta, 10)).toEqual({ basis: 'history', ratio: 1, ended: 'within_p50' })
  expect(judgeEta(eta, 15)).toMatchObject({ ratio: 1.5, ended: 'within_p90' })
  expect(judgeEta(eta, 25)).toMatchObject({ ratio: 2.5, ended: 'later' })
  expect(judgeEta({ ...eta, p50Seconds: 0 }, 1)).toBeNull()
})
