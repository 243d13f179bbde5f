import { describe, expect, it } from 'vitest'
import { makersOf, rate, sunsetWarning } from './makers.ts'

const NOW = new Date('2026-11-23T15:00:00.000Z')
const price = { per: 'second' as const, amountMicroUsd: 120_000, asOf: '2026-11-22' }
const model = (id: string, sunset: string | null, kind = 'video') => ({ id, kind, price, sunset })

describe('who can be asked', () => {
  const providers = [
    { id: 'local', kinds: ['video', 'speech'], caution: null, models: [] },
    {
      id: 'runway',
      kinds: ['video', 'sound'],
      caution: null,
      models: [model('gen4.5', null), model('last-day', '2026-11-23'), model('gone', '2026-11-22'), model('noise', null, 'sound')],
    },
    { id: 'own', kinds: ['video'], caution: 'Mind the gap.', models: [] },
  ]

  it('is each model of the kind that still answers, and a provider without models by itself', () => {
    expect(makersOf(providers, 'video', NOW).map(({ route, caution }) => [route, caution])).toEqual([
      ['runway/gen4.5', null],
      ['runway/last-day', null],
      ['own', 'Mind the gap.'],
    ])
    expect(makersOf(providers, 'presentation', NOW)).toEqual([])
  })

  it('is warned of in its last 90 days', () => {
    expect(sunsetWarning({ sunset: '2027-02-22' }, NOW)).toBeNull()
    expect(sunsetWarning({ sunset: '2027-02-21' }, NOW)).toBe('It is offered until 21 February 2027: 90 more days.')
    expect(sunsetWarning({ sunset: '2026-11-24' }, NOW)).toBe('It is offered until 24 November 2026: 1 more day.')
    expect(sunsetWarning({ sunset: '2026-11-23' }, NOW)).toBe('It is offered until 23 November 2026: today is the last day.')
    expect(sunsetWarning({ sunset: '2026-11-22' }, NOW)).toBe('It has not been offered since 22 November 2026.')
    expect(sunsetWarning({ sunset: null }, NOW)).toBeNull()
  })
})

describe('a price', () => {
  it('is said in an amount a person can hold', () => {
    expect(rate(price)).toBe('$0.12 a second')
    expect(rate({ ...price, per: 'character', amountMicroUsd: 15 })).toBe('$0.0150 per 1,000 characters')
    expect(rate({ ...price, per: 'take', amountMicroUsd: 50_000 })).toBe('$0.05 each')
    expect(rate({ ...price, amountMicroUsd: 0 })).toBe('free')
  })
})
