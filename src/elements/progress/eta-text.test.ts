import { describe, expect, it } from 'vitest'
import { createEtaPacer, etaText } from './eta-text.ts'

const eta = (p50Seconds: number, p90Seconds = p50Seconds * 1.3) => ({ p50Seconds, p90Seconds })

describe('etaText', () => {
  it.each([
    [eta(3), 'about a few seconds left'],
    [eta(12.4), 'about 10 s left'],
    [eta(38), 'about 40 s left'],
    [eta(58), 'about 1 min left'],
    [eta(95), 'about 1½ min left'],
    [eta(700), 'about 12 min left'],
    [eta(38, 75), 'about 40 s to 1½ min left'],
    [eta(20, 45), 'about 20 to 45 s left'],
    [eta(60, 130), 'about 1 to 2 min left'],
    [eta(3, 30), 'up to 30 s left'],
  ])('rounds %j to "%s"', (value, text) => {
    expect(etaText(value)).toBe(text)
  })

  it('never shows a range as a point does not, and nothing when nothing is known', () => {
    expect(etaText(eta(20, 90), 'point')).toBe('about 20 s left')
    expect(etaText(eta(20), 'none')).toBe('')
    expect(etaText(null)).toBe('')
  })
})

describe('createEtaPacer', () => {
  const show = (pacer: ReturnType<typeof createEtaPacer>, seconds: number | null, nowMs: number, reason = 'render') =>
    pacer.show(seconds === null ? null : eta(seconds), 'range', reason, nowMs)

  it('changes the text at most each five seconds', () => {
    const pacer = createEtaPacer()
    expect(show(pacer, 40, 0)).toBe('about 40 s left')
    expect(show(pacer, 30, 3_000)).toBe('about 40 s left')
    expect(show(pacer, 30, 5_000)).toBe('about 30 s left')
  })

  it('goes up only with a reason, or when it has stayed higher for ten seconds', () => {
    const pacer = createEtaPacer()
    show(pacer, 30, 0)
    expect(show(pacer, 50, 6_000)).toBe('about 30 s left')
    expect(show(pacer, 50, 6_500, 'check')).toBe('about 50 s left')
    expect(show(pacer, 120, 12_000, 'check')).toBe('about 50 s left')
    expect(show(pacer, 120, 22_500, 'check')).toBe('about 2 min left')
  })

  it('says nothing at once when nothing is known any more', () => {
    const pacer = createEtaPacer()
    show(pacer, 30, 0)
    expect(show(pacer, null, 100)).toBe('')
    expect(show(pacer, 20, 200)).toBe('about 20 s left')
  })
})
