import { expect, test } from 'vitest'
import { createRecovery, quantile } from './recovery.ts'

test('a fault is over with the first commit after it, told late or early', () => {
  const recovery = createRecovery()
  const before = new Date(Date.now() - 1)
  recovery.fault('kill')
  recovery.progress(before)
  expect(recovery.seconds().size).toBe(0)
  recovery.progress(new Date(Date.now() + 2_000))
  recovery.progress(new Date(Date.now() + 9_000))
  const [seconds = 0, ...more] = recovery.seconds().get('kill') ?? []
  expect(seconds).toBeGreaterThan(1.9)
  expect(seconds).toBeLessThan(9)
  expect(more).toEqual([])
})

test('quantiles are of the values themselves, by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(quantile(values, 0.5)).toBe(50)
  expect(quantile(values, 0.99)).toBe(99)
  expect(quantile([3], 0.99)).toBe(3)
  expect(quantile([], 0.5)).toBeNull()
})
