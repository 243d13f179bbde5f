import { expect, test } from 'vitest'
import { money, usd } from './figures.ts'

test('an amount has as many decimals as it needs to be told from nothing', () => {
  expect([0, 15, 4_200, 60_000, 123_456, 1_200_000].map(usd)).toEqual(['$0.00', 'under $0.0001', '$0.0042', '$0.06', '$0.12', '$1.20'])
  expect(money(0)).toBe('Free')
})
