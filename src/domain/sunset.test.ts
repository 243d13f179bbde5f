import { expect, test } from 'vitest'
import { endsSoon, isOver } from './sunset.ts'

const on = (day: string) => new Date(`${day}T12:00:00Z`)

test('a model answers on its last day, and is over the day after', () => {
  expect(isOver('2027-01-06', on('2027-01-06'))).toBe(false)
  expect(isOver('2027-01-06', on('2027-01-07'))).toBe(true)
  expect(isOver(undefined, on('2027-01-07'))).toBe(false)
})

test('a model ends soon from ninety days before its last day until that day', () => {
  expect(endsSoon('2027-01-06', on('2026-10-07'))).toBe(false)
  expect(endsSoon('2027-01-06', on('2026-10-08'))).toBe(true)
  expect(endsSoon('2027-01-06', on('2027-01-06'))).toBe(true)
  expect(endsSoon('2027-01-06', on('2027-01-07'))).toBe(false)
  expect(endsSoon(undefined, on('2027-01-06'))).toBe(false)
})
