import { expect, test } from 'vitest'
import type { TenantId } from './ids.ts'
import { type Line, sharePlaces } from './places.ts'

const line = (name: string, change: Partial<Line>): Line => ({
  tenantId: `ten_${name}` as TenantId,
  weight: 1,
  inFlight: 0,
  waiting: 1_000,
  sinceMs: 0,
  ...change,
})
const shared = (lines: Line[], free: number) =>
  Object.fromEntries([...sharePlaces(lines, free)].map(([id, places]) => [id.slice(4), places]))

test('free places go to who has the fewest in flight for its weight, then to who has waited longest', () => {
  expect(shared([line('busy', { inFlight: 9 }), line('one', { waiting: 1, sinceMs: 5 })], 1)).toEqual({ one: 1 })
  expect(shared([line('busy', { inFlight: 9 }), line('one', { waiting: 1 })], 4)).toEqual({ one: 1, busy: 3 })
  expect(shared([line('a', { inFlight: 2 }), line('b', {})], 6)).toEqual({ a: 2, b: 4 })
  expect(shared([line('late', { sinceMs: 2 }), line('early', { sinceMs: 1 })], 1)).toEqual({ early: 1 })
  expect(shared([line('heavy', { weight: 3 }), line('light', {})], 8)).toEqual({ heavy: 6, light: 2 })
  expect(shared([line('a', { waiting: 2 })], 8)).toEqual({ a: 2 })
  expect(shared([line('a', {})], 0)).toEqual({})
})
